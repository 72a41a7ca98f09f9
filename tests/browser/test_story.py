"""The whole story as people live it: admin, owner and visitor, each in a browser of
their own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, Response
from playwright.sync_api import Page, expect

from app.accounts.models import Account
from app.auth import users
from app.database.session import db
from app.forms.models import Form
from app.services import services
from app.signups.models import Signup
from tests.browser.window import Spot, Window
from tests.world import PATIENCE, World, until

pytestmark = pytest.mark.browser
Open = Callable[..., Window]
# What a browser does is the same on either database; the two stories are told on both.
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "a long enough password"
ZOE = "Zoe.OBrien+Bakery@Example.com"
CONSENT = "Yes, send me news by email. I can unsubscribe at any time."


def test_from_signing_in_to_a_delivered_sign_up(
    served: str, world: World, window: Open
) -> None:
    users.create("admin@example.com", PASSWORD, "admin")
    admin = window().page
    sign_in_as_admin(admin, served)
    link = create_link(admin)
    owner = window().page
    connect(owner, link)
    checklist = owner.locator(".checklist").inner_text()
    form_address, nickname = make_form(admin)
    visitor = window(java_script_enabled=False)
    sign_up(visitor.page, form_address)
    thanks, cookies = (
        visitor.page.locator("main").inner_text(),
        visitor.context.cookies(),
    )
    seen = see_it_delivered(admin, served)
    account = db.session.query(Account).one()
    contact = world.contacts(account)[ZOE.lower()]
    lists = {item.list_id: item.name for item in account.lists}

    assert "The connection can be renewed" in checklist
    assert "Contact lists loaded" in checklist
    assert "Thank you! You’re on the list." in thanks
    assert cookies == []
    assert (contact["first_name"], contact["last_name"]) == (
        "Zoë",
        "O’Brien-Łukasiewicz",
    )
    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert [lists[id] for id in contact["list_memberships"]] == ["Newsletter"]
    assert nickname in [item["value"] for item in contact["custom_fields"]]
    assert CONSENT in seen
    assert "version 1 of the wording" in seen
    assert "A new contact was created." in seen


@once
def test_an_owner_keeps_a_status_page_disconnects_there_and_connects_again(
    served: str, world: World, window: Open
) -> None:
    users.create("admin@example.com", PASSWORD, "admin")
    admin = window().page
    sign_in_as_admin(admin, served)
    owner = window().page
    connect(owner, create_link(admin))
    owner.get_by_role("button", name="Open my status page").click()
    expect(owner.get_by_role("heading", name="Everything’s working")).to_be_visible()
    address = owner.url

    owner.get_by_text("Disconnect", exact=True).click()
    owner.get_by_role("button", name="Yes, disconnect").click()
    expect(owner.get_by_role("heading", name="Disconnected")).to_be_visible()
    owner.get_by_role("button", name="Reconnect").click()
    allow(owner)
    owner.get_by_role("link", name="Back to the status page").click()

    expect(owner.get_by_role("heading", name="Everything’s working")).to_be_visible()
    assert owner.url == address


def test_the_form_works_in_a_frame_on_another_site_without_any_cookie(
    served: str, world: World, window: Open
) -> None:
    account = world.account()
    form = world.form(account)
    with other_site(form.id, served) as host:
        visitor = window()
        set_by_the_form: list[str] = []
        visitor.page.on(
            "response",
            lambda answer: set_by_the_form.extend(
                value for name, value in answer.headers.items() if name == "set-cookie"
            ),
        )
        visitor.page.goto(host)
        frame = visitor.page.frame_locator("iframe")
        fill_in(frame, "zoe@example.com")
        frame.get_by_role("button", name="Sign me up").click()
        expect(frame.get_by_text("Thank you!")).to_be_visible()
        cookies = visitor.context.cookies()
    row = settled(db.session.query(Signup).one(), world)

    assert cookies == []
    assert set_by_the_form == []
    assert row.state == "delivered"
    assert row.host_page.startswith("http://localhost:")
    assert "zoe@example.com" in world.contacts(account)


@once
def test_a_frame_stays_light_and_the_page_of_its_own_follows_the_visitor(
    served: str, world: World, window: Open
) -> None:
    form = world.form(world.account())
    page = window(color_scheme="dark").page
    page.goto(f"{served}/f/{form.id}/embed")
    framed = ground_colour(page)
    page.goto(f"{served}/f/{form.id}")
    own = ground_colour(page)

    assert framed == "rgb(255, 255, 255)"
    assert own == "rgb(31, 29, 26)"


@once
def test_the_form_is_filled_in_and_sent_by_keyboard_alone(
    served: str, world: World, window: Open
) -> None:
    form = choosing(world)
    page = window().page
    page.goto(f"{served}/f/{form.id}")
    reached = []
    for keys in (
        "zoe@example.com",
        "Zoë",
        "O’Brien-Łukasiewicz",
        " ",
        None,
        None,
        None,
        " ",
    ):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.name"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if keys == " ":
            page.keyboard.press("Space")
        elif keys:
            page.keyboard.insert_text(keys)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you!")).to_be_visible()
    focused = page.evaluate("document.activeElement.textContent")

    assert reached == [
        "email_address",
        "first_name",
        "last_name",
        "lists",
        "lists",
        "lists",
        "lists",
        "consent",
    ]
    assert ring != "none"
    assert "Thank you!" in focused


@once
@pytest.mark.parametrize("script", [True, False])
def test_a_press_ends_on_the_sites_own_page_though_no_site_is_allowed(
    served: str, world: World, window: Open, script: bool
) -> None:
    """Also where that site goes on to another host of its own."""
    form = world.form(
        world.account(),
        redirect_url="https://bakery.example/welcome?from=form",
        sites=["https://bakery.example"],
    )
    visitor = window(java_script_enabled=script)
    visitor.context.route(
        "https://bakery.example/**",
        lambda route: route.fulfill(
            headers={"Refresh": "0; url=https://www.bakery.example/welcome"}, body=" "
        ),
    )
    visitor.context.route(
        "https://www.bakery.example/**",
        lambda route: route.fulfill(content_type="text/html", body="<h1>Welcome</h1>"),
    )
    page = visitor.page
    opened = page.goto(f"{served}/f/{form.id}")
    page.get_by_label("Email address").fill("zoe@example.com")
    page.locator("[name=consent]").check()
    page.get_by_role("button").last.click()

    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    assert opened
    assert "form-action 'self';" in opened.headers["content-security-policy"]
    assert page.url == "https://www.bakery.example/welcome"


@once
@pytest.mark.parametrize(
    "scripts", [True, False], ids=["with scripts", "without scripts"]
)
def test_errors_take_the_focus_lead_to_their_field_and_lose_nothing(
    served: str, world: World, window: Open, scripts: bool
) -> None:
    form = choosing(world)
    page = window(java_script_enabled=scripts).page
    page.goto(f"{served}/f/{form.id}")
    page.get_by_label("Email address").fill("zoe+bakery@@example.com")
    page.get_by_label("First name").fill("Zoë")
    page.get_by_role("button").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    typed = (
        page.get_by_label("Email address").input_value(),
        page.get_by_label("First name").input_value(),
    )
    page.get_by_role("link", name="This doesn’t look like an email address").click()
    led_to = page.evaluate("document.activeElement.id")
    tied = page.get_by_label("Email address").get_attribute("aria-describedby") or ""

    assert typed == ("zoe+bakery@@example.com", "Zoë")
    assert led_to == "email_address"
    assert "doesn’t look like" in page.locator(f"#{tied}").inner_text()


@once
def test_over_the_limit_everything_typed_stays_and_the_page_says_when(
    served: str, world: World, window: Open
) -> None:
    form = choosing(world)
    page = window(java_script_enabled=False).page
    for number in range(6):
        page.request.post(f"{served}/f/{form.id}", form={"email_address": f"{number}"})
    page.goto(f"{served}/f/{form.id}")
    fill_in(page, "zoe@example.com")
    page.get_by_label("Newsletter").check()
    page.get_by_role("button").click()
    said = page.get_by_role("alert").inner_text()
    kept = (
        page.get_by_label("Email address").input_value(),
        page.get_by_label("Last name").input_value(),
        page.get_by_label("Newsletter").is_checked(),
        page.get_by_label("Yes, send me news").is_checked(),
    )

    assert "Nothing you typed is lost" in said
    assert kept == ("zoe@example.com", "O’Brien-Łukasiewicz", True, True)


# -- what people do


def sign_in_as_admin(page: Page, served: str) -> None:
    page.goto(f"{served}/forms/new")  # wherever one wanted to go, one gets there
    page.get_by_label("Email address").fill("admin@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("First connect an account")).to_be_visible()


def create_link(page: Page) -> str:
    page.get_by_role("link", name="Accounts").click()
    page.get_by_label("Name", exact=True).fill("Maple & Rye Bakery")
    page.get_by_role("button", name="Create connect link").click()
    return page.get_by_label("Connect link", exact=True).input_value()


def connect(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Connect Constant Contact").click()
    allow(page)
    expect(
        page.get_by_role("heading", name="Maple & Rye Bakery is connected")
    ).to_be_visible()


def allow(page: Page) -> None:
    """At the provider: sign in as the bakery's owner and say yes."""
    page.get_by_role("button", name="Nora Lindqvist").click()
    page.get_by_role("button", name="Allow").click()


def make_form(page: Page) -> tuple[str, str]:
    """Through the builder; returns the form's address and what the visitor will say in
    the custom field.
    """
    page.get_by_role("link", name="Forms", exact=True).click()
    page.get_by_role("link", name="Make the first form").click()
    page.get_by_label("Name", exact=True).fill("Bakery newsletter")
    page.get_by_label("Required (First name)").check()
    for more in ("Last name", "Nickname"):
        page.get_by_label("Add a field").select_option(label=more)
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_label(f"Label of {more}").wait_for()
    page.get_by_label("Label of Nickname").fill("What do friends call you?")
    for name in ("Newsletter", "Baking Classes"):
        page.get_by_label(name, exact=True).check()
    for only in page.get_by_label("Let visitors choose").all():
        if only.is_visible():
            only.check()
    page.get_by_role("button", name="Create form").click()
    return page.get_by_label("Link to the form").input_value(), "Zo"


def sign_up(page: Page, address: str) -> None:
    page.goto(address)
    fill_in(page, ZOE)
    page.get_by_label("What do friends call you?").fill("Zo")
    page.get_by_label("Newsletter").check()
    page.get_by_role("button", name="Sign me up").click()


def see_it_delivered(page: Page, served: str) -> str:
    """The sign-up's own page, once the first screen says that it was delivered."""
    row = page.get_by_role("row").filter(has_text=ZOE)
    page.goto(served)
    # sentence and table are two looks: one may be a moment older than the other
    for _ in range(10 * PATIENCE):
        if (
            row.get_by_text("Delivered").count()
            and "none waiting" in page.get_by_role("heading", level=1).inner_text()
        ):
            break
        page.wait_for_timeout(100)
        page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "The account is healthy. 1 sign-up in 7 days, none waiting."
    )
    row.get_by_role("link").click()
    return page.locator("main").inner_text()


def fill_in(place: Any, address: str) -> None:
    place.get_by_label("Email address").fill(address)
    place.get_by_label("First name").fill("Zoë")
    place.get_by_label("Last name").fill("O’Brien-Łukasiewicz")
    place.get_by_label("Yes, send me news").check()


def choosing(world: World) -> Form:
    """A form whose visitors choose among all lists of the account."""
    account = world.account()
    return world.form(
        account,
        visitor_chooses=True,
        lists=[{"list_id": item.list_id, "label": item.name} for item in account.lists],
    )


def settled(row: Signup, world: World) -> Signup:
    def is_settled() -> bool:
        services().wakeup.set()
        return str(world.again(row).state) != "waiting"

    until(is_settled)
    return world.again(row)


def ground_colour(page: Page) -> str:
    return str(
        page.evaluate(
            "getComputedStyle(document.querySelector('main')).backgroundColor"
        )
    )


@contextmanager
def other_site(form_id: str, served: str) -> Iterator[str]:
    """Somebody's website that frames the form: localhost is another site than
    127.0.0.1.
    """
    site = Flask("other_site")
    frame = (
        f'<iframe src="{served}/f/{form_id}/embed" title="Newsletter" width="600"'
        ' height="640"></iframe>'
    )
    page = (
        '<!doctype html><html lang="en"><title>Our bakery</title><link rel="icon"'
        f' href="data:,">{frame}'
    )
    site.add_url_rule(
        "/", view_func=lambda: Response(page, headers={"Referrer-Policy": "unsafe-url"})
    )
    there = Spot()
    with there.serve(site) as url:
        yield url.replace("127.0.0.1", "localhost")
    there.close()
