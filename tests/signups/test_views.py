"""The visitor's page: what it shows to whom, and where it may be framed."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from app.accounts.models import Account
from app.database.session import write_transaction
from app.forms import service
from app.forms.models import Form
from app.services import services
from tests.signups.acting import BOTH_WAYS, rows
from tests.signups.reading import form_token
from tests.world import ONE_DATABASE, World


@ONE_DATABASE
@BOTH_WAYS
def test_looking_sets_no_cookie_and_needs_no_script(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}/embed" if embed else f"/f/{form.id}")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "<script>" not in answer.text
    assert "Yes, send me news." in answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"


@ONE_DATABASE
def test_the_hosted_page_cannot_be_framed(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}")

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@ONE_DATABASE
@pytest.mark.parametrize("end", ["embed", "thanks?embed=True"])
def test_the_embedded_pages_may_be_framed_anywhere(
    world: World, visitor: FlaskClient, end: str
) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}/{end}")

    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers


@ONE_DATABASE
def test_sites_that_are_named_may_frame_a_form_and_no_other(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(
        world.account(),
        sites=["https://bakery.example", "https://www.bakery.example:8443"],
    )
    only = (
        "frame-ancestors 'self' https://bakery.example https://www.bakery.example:8443"
    )

    answers = [
        visitor.get(f"/f/{form.id}/{end}") for end in ("embed", "thanks?embed=True")
    ]
    answers.append(world.press(visitor, form, embed=True, email_address="nonsense"))

    assert [
        answer.headers["Content-Security-Policy"].endswith(only) for answer in answers
    ] == [True] * 3
    assert ["X-Frame-Options" in answer.headers for answer in answers] == [False] * 3


@ONE_DATABASE
@BOTH_WAYS
def test_a_page_allows_nothing_from_elsewhere(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())

    policy = visitor.get(f"/f/{form.id}/embed" if embed else f"/f/{form.id}").headers[
        "Content-Security-Policy"
    ]

    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy


@ONE_DATABASE
def test_the_admins_words_are_shown_as_text(world: World, visitor: FlaskClient) -> None:
    form = world.form(
        world.account(),
        heading="<script>alert(1)</script>",
        intro="a & b",
        consent="<b>Yes</b>",
        success="<img src=x>",
    )

    page = visitor.get(f"/f/{form.id}").text + visitor.get(f"/f/{form.id}/thanks").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Yes&lt;/b&gt;" in page
    assert "<img src=x>" not in page


def test_an_unknown_form_is_not_found(world: World, visitor: FlaskClient) -> None:
    paths = [
        "/f/nowhere",
        "/f/nowhere/embed",
        "/f/nowhere/thanks",
        "/f/%F0%9F%8C%B1",
        "/f/" + "x" * 3000,
    ]

    answers = {path: visitor.get(path) for path in paths}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert all("Latchkey" in answer.text for answer in answers.values())


def test_a_form_address_with_a_null_byte_is_no_accident(
    world: World, visitor: FlaskClient
) -> None:
    answer = visitor.get("/f/%00")

    assert answer.status_code in (400, 404)


@ONE_DATABASE
@BOTH_WAYS
def test_a_closed_form_says_so_and_stores_nothing(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    token = form_token(visitor.get(address).text)
    close(form)

    seen = visitor.get(address)
    pressed = visitor.post(
        address,
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert (seen.status_code, pressed.status_code) == (410, 410)
    assert "This form is closed." in pressed.text
    assert "This sign-up was not received" in pressed.text
    assert "not received" not in seen.text
    assert rows() == []


@ONE_DATABASE
@BOTH_WAYS
def test_a_deleted_form_says_that_it_is_closed_until_it_is_back(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account(), closed_words="Open again in May.")
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    token = form_token(visitor.get(address).text)
    press = {"form_token": token, "email_address": "zoe@example.com", "consent": "y"}
    service.delete(form.id)

    seen, pressed = visitor.get(address), visitor.post(address, data=press)
    pasted = visitor.post(address, data={"email_address": "zoe@example.com"})
    others = [visitor.get(f"/f/{form.id}/qr.svg"), visitor.post(f"/f/{form.id}/begun")]
    stored = rows()
    service.restore(form.id)
    again = visitor.post(address, data=press)

    answers = (seen, pressed, pasted)
    assert {answer.status_code for answer in answers} == {410}
    assert all("This form is closed." in answer.text for answer in answers)
    assert all("Open again" not in answer.text for answer in answers)
    assert "This sign-up was not received" in pressed.text
    assert "This sign-up was not received" in pasted.text
    assert "not received" not in seen.text
    assert [answer.status_code for answer in others] == [404, 404]
    assert stored == []
    assert again.status_code == 303


@ONE_DATABASE
@BOTH_WAYS
def test_a_form_closes_by_itself_with_the_words_given_for_it(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(
        world.account(),
        closes_at=world.clock.now() + timedelta(minutes=5),
        closed_words="The course is full.\n\nThe next begins in <May>.",
    )
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    open_still = visitor.get(address).status_code
    world.clock.advance(minutes=5)

    seen = visitor.get(address)

    assert (open_still, seen.status_code) == (200, 410)
    assert "The course is full.</p>" in seen.text
    assert "<p>The next begins in &lt;May&gt;.</p>" in seen.text
    assert "This form is closed." not in seen.text


@ONE_DATABASE
def test_a_draft_is_not_shown_to_visitors(world: World, visitor: FlaskClient) -> None:
    form = world.form(
        world.account(),
        heading="Not yet",
        intro="Half a thought",
        draft=True,
        open=False,
    )

    seen = visitor.get(f"/f/{form.id}")

    assert seen.status_code == 410
    assert "Half a thought" not in seen.text


def close(form: Form) -> None:
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False


@ONE_DATABASE
@pytest.mark.parametrize(
    ("sender", "lines"),
    [
        ({}, ["Maple & Rye Bakery", "1 Oven Street", "Springfield"]),
        (
            {"sender_name": "Rye <b>News</b>", "sender_address": "PO Box 7"},
            ["Rye <b>News</b>", "PO Box 7"],
        ),
    ],
)
def test_who_will_write_stands_under_the_button_where_the_form_shows_it(
    world: World, visitor: FlaskClient, sender: dict[str, str], lines: list[str]
) -> None:
    account = world.account()
    shown, not_shown = world.form(account, shows_sender=True), world.form(account)
    with write_transaction() as session:
        row = session.get_one(Account, account.id)
        row.postal_address = "1 Oven Street\nSpringfield"
        for name, value in sender.items():
            setattr(row, name, value)

    page = visitor.get(f"/f/{shown.id}/embed").text
    small_print = page.partition("</form>")[2].partition("</p>")[0]

    assert [
        unescape(line) for line in re.findall("<bdi>(.*?)</bdi>", small_print)
    ] == lines
    assert "fine-print" not in visitor.get(f"/f/{not_shown.id}/embed").text


@ONE_DATABASE
@BOTH_WAYS
def test_the_thanks_lead_to_a_fresh_form_for_somebody_else(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    """With the host page and the campaign of the first one."""
    form = world.form(world.account())
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    where = "https://bakery.example/news"
    link = f"{address}?utm_source=flyer&page={where}&embed=x&form_id=y&_scheme=z"
    host = {"Referer": "https://bakery.example/"}

    for name in ("zoe", "ben"):
        page = visitor.get(link, headers=host)
        typed = {"email_address": f"{name}@example.com", "consent": "y"}
        pressed = visitor.post(
            link, data={**typed, "form_token": form_token(page.text)}
        )
        thanks = visitor.get(pressed.location)
        found = re.search(r'href="([^"]*)">Sign up someone else', thanks.text)
        assert found
        link = unescape(found[1])
        host = {"Referer": services().settings.public_url + pressed.location}

    assert link.startswith(f"{address}?utm_source=flyer&page=https")
    assert not {"embed=", "form_id=", "_scheme="} & set(re.findall(r"\w+=", link))
    assert [row.host_page for row in rows()] == [where if embed else ""] * 2


@ONE_DATABASE
def test_a_site_that_leads_its_visitors_elsewhere_has_no_such_link(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(
        world.account(),
        redirect_url="https://bakery.example/danke",
        sites=["https://bakery.example"],
    )

    for end in ("thanks", "thanks?embed=True"):
        assert "Sign up someone else" not in visitor.get(f"/f/{form.id}/{end}").text
