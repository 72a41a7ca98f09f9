"""The rehearsal board: who may press its buttons, what it shows, and how it is in a
browser.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.browser.window import Window, open_browser

from .acting import BAKER, BAKERY, Actor
from .rehearsing import PERSON, board, in_force, permission, press, take_back

AXE = (
    Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1" / "axe.min.js"
).read_text()
LOOK = """async (rules) => (await axe.run(
    {resultTypes: ["violations"], ...(rules && {runOnly: rules})})).violations"""


# -- who may press


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "itself"}, True),
    ],
)
def test_only_our_own_pages_may_press_buttons(
    actor: Actor, headers: dict[str, str], let_in: bool
) -> None:
    sent = {
        name: actor.running.url if value == "itself" else value
        for name, value in headers.items()
    }
    pressed = press(actor, "down", **sent)
    on = bool(in_force(actor))
    controlled = actor.http.post(actor.url("/_control/reset"), headers=sent)

    assert (pressed.status_code, controlled.status_code) == (
        (200, 200) if let_in else (403, 403)
    )
    assert on == let_in


def test_the_pages_policy_is_strict(actor: Actor) -> None:
    for path in ("/", "/magic", f"/board/accounts/{BAKERY}"):
        page = actor.http.get(actor.url(path))
        policy = page.headers["Content-Security-Policy"]

        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert page.text.count("<script") == page.text.count("copy.js") <= 1
        assert "style=" not in page.text


# -- what it shows


def test_the_newest_calls_are_shown_without_what_was_in_them(actor: Actor) -> None:
    actor.granted().get("/contacts", email="somebody@example.com")
    actor.sign_up("503@example.org")
    page = board(actor)
    received = unescape(
        re.sub(
            "<[^>]+>",
            " ",
            page[page.index('id="received"') : page.index('id="accounts"')],
        )
    )

    assert (
        " ".join(received.split()).count(
            "POST /v3/contacts/sign_up_form 503 Maple & Rye Bakery"
        )
        == 1
    )
    assert received.index("POST") < received.index("GET")
    assert "somebody@example.com" not in page
    assert actor.bearer not in page


def test_looking_at_the_board_is_no_call_and_survives_every_fault(actor: Actor) -> None:
    actor.control("faults", {"route": "*", "status": 503})
    pages = [
        actor.http.get(actor.url(path)).status_code
        for path in ("/", "/magic", f"/board/accounts/{BAKERY}")
    ]

    assert pages == [200] * 3
    assert take_back(actor).status_code == 200
    assert actor.control("requests")["total"] == 0


def contacts(actor: Actor, **asked: Any) -> list[str]:
    """The rows of the account's page, each as its words."""
    page = actor.http.get(actor.url(f"/board/accounts/{BAKERY}"), params=asked).text
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.S)
    return [" ".join(unescape(re.sub("<[^>]+>", " ", row)).split()) for row in rows]


def test_an_accounts_contacts_are_shown_newest_first_with_permission_and_lists(
    actor: Actor,
) -> None:
    actor.granted().sign_up(PERSON, first_name="Zoë", last_name="O’Brien")
    actor.sign_up("ada@example.org")
    actor.clock.advance(60)
    actor.sign_up("neighbour5@example.org")
    rows = contacts(actor)

    assert rows[0].startswith("neighbour5@example.org")
    assert rows[1].startswith("ada@example.org")
    assert (
        rows[2] == "zoe@example.org Zoë O’Brien May be mailed: asked for it Newsletter"
        " 2027-01-15 08:00:00"
    )
    assert any(
        row.startswith("deleted@example.com") and " Deleted none" in row for row in rows
    )
    assert any(
        row.startswith("opted-out@example.com") and " Unsubscribed none" in row
        for row in rows
    )


def test_contacts_can_be_searched_and_leafed_through(actor: Actor) -> None:
    actor.granted()
    for number in range(55):
        actor.sign_up(f"guest{number}+Shop@example.org")

    assert len(contacts(actor, q="SHOP@")) == 50
    assert len(contacts(actor, q="shop@", page=2)) == 5
    assert [row.split()[0] for row in contacts(actor, q="guest54")] == [
        "guest54+Shop@example.org"
    ]
    assert (
        contacts(actor, q="nobody")
        == contacts(actor, page=9)
        == contacts(actor, page=-3)
        == []
    )
    assert actor.http.get(actor.url("/board/accounts/x")).url == actor.url("/")


# -- in a browser


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    with open_browser() as browser:
        opened = Window(browser)
        yield opened
        opened.close()
    assert opened.complaints == []


@pytest.mark.browser
def test_a_person_presses_buttons_and_takes_them_back(
    actor: Actor, window: Window
) -> None:
    page = window.page
    page.goto(actor.url("/"))
    page.get_by_role("button", name="Take it down").click()
    page.get_by_role("article", name="Smaller role").get_by_label("On").select_option(
        BAKER
    )
    page.get_by_role("button", name="Reduce the role").click()
    page.get_by_role("article", name="Someone unsubscribes").get_by_label(
        "Email address"
    ).fill(PERSON)
    page.get_by_role("button", name="Unsubscribe").click()
    on, shown_faults = in_force(actor), faults(window, actor, "/?done=down")
    page.get_by_role("button", name="Take it back (Provider down)").click()
    without = in_force(actor)
    page.get_by_role("button", name="All is well again").click()

    assert on == {"down": [""], "role": [BAKER]}
    assert shown_faults == []
    assert permission(actor) == "unsubscribed"
    assert without == {"role": [BAKER]}
    assert page.get_by_role("heading", name="All is well").is_visible()
    assert in_force(actor) == {}


@pytest.mark.browser
def test_nothing_for_axe_to_find_and_nothing_wider_than_a_small_phone(
    actor: Actor, window: Window
) -> None:
    actor.granted().sign_up("a-very-long-address-of-somebody-here@mail.example")
    paths = ("/", "/magic", f"/board/accounts/{BAKERY}")

    assert [fault for path in paths for fault in faults(window, actor, path)] == []


def faults(window: Window, actor: Actor, path: str) -> list[str]:
    """axe on the page, its colours again in the dark, and its width on a phone."""
    page = window.page
    page.goto(actor.url(path))
    page.evaluate(AXE)
    found = page.evaluate(LOOK, None)
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(LOOK, ["color-contrast"])
    page.set_viewport_size({"width": 320, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    return [
        f"{path} {fault['id']}: {node['html'][:120]}"
        for fault in found
        for node in fault["nodes"]
    ] + ([f"{path} is {width} wide"] if width > 320 else [])
