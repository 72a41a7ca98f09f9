"""Rows of who comes and how: in floods, without cookies or scripts, too late, or under
a false address.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.database.session import db, write_transaction
from app.forms import service
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.dashboard.reading import text_of
from tests.signups.reading import form_token
from tests.world import ONE_DATABASE, World

ZOE = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}


def rows() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Signup)) or 0


def presses(
    world: World, app: Flask, form: Form, addresses: list[str], **headers: str
) -> list[int]:
    """The answers to one press from each of these network addresses, in turn."""
    found, browser = [], app.test_client()
    for number, address in enumerate(addresses):
        token = form_token(browser.get(f"/f/{form.id}").text)
        found.append(
            browser.post(
                f"/f/{form.id}",
                data={
                    **ZOE,
                    "email_address": f"zoe{number}@example.com",
                    "form_token": token,
                },
                environ_overrides={"REMOTE_ADDR": address},
                headers=headers,
            ).status_code
        )
    return found


@ONE_DATABASE
@pytest.mark.parametrize(
    ("addresses", "answers"),
    [
        (["192.0.2.1"] * 4, [303, 303, 429, 429]),
        # one /64 is one visitor
        ([f"2001:db8:1:1::{number}" for number in range(4)], [303, 303, 429, 429]),
        ([f"2001:db8:1:{number}::1" for number in range(4)], [303] * 4),
        ([f"192.0.2.{number}" for number in range(4)], [303] * 4),
        (
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"],
            [303, 303, 429, 303],
        ),
    ],
)
def test_row_55_a_flood_from_one_network_is_stopped_and_its_neighbours_are_served(
    world: World,
    make_app: Callable[..., Flask],
    addresses: list[str],
    answers: list[int],
) -> None:
    form = world.form(world.account())

    assert (
        presses(world, make_app(signup_limits="2 per minute"), form, addresses)
        == answers
    )
    assert rows() == world.tally(form) == answers.count(303)


@ONE_DATABASE
def test_row_57_without_any_cookie_the_form_in_a_frame_works_to_the_end(
    world: World,
) -> None:
    form, browser = (
        world.form(world.account()),
        world.app.test_client(use_cookies=False),
    )
    page = browser.get(f"/f/{form.id}/embed")
    pressed = browser.post(
        f"/f/{form.id}/embed", data={**ZOE, "form_token": form_token(page.text)}
    )
    thanks = browser.get(pressed.headers["Location"])
    answers = [page, pressed, thanks]

    assert [answer.status_code for answer in answers] == [200, 303, 200]
    assert [
        cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")
    ] == []
    # nobody is kept from the thanks
    assert [answer.headers.get("Retry-After") for answer in answers] == [None] * 3
    assert all(
        "frame-ancestors *" in answer.headers["Content-Security-Policy"]
        for answer in (page, thanks)
    )
    assert "Thank you!" in text_of(thanks.text)
    assert rows() == 1


@ONE_DATABASE
def test_row_58_only_the_sites_of_a_form_may_frame_any_answer_of_it(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(
        world.account(), sites=["https://bakery.example", "https://www.bakery.example"]
    )
    frame = f"/f/{form.id}/embed"
    page = visitor.get(frame)
    wrong = visitor.post(frame, data={"form_token": form_token(page.text)})
    thanks = visitor.get(f"/f/{form.id}/thanks?embed=True")
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False
    closed = visitor.get(frame)
    answers = [page, wrong, thanks, closed]

    assert [answer.status_code for answer in answers] == [200, 422, 200, 410]
    assert {
        directive
        for answer in answers
        for directive in answer.headers["Content-Security-Policy"].split("; ")
        if directive.startswith("frame-ancestors")
    } == {"frame-ancestors 'self' https://bakery.example https://www.bakery.example"}
    # the hosted page
    assert visitor.get(f"/f/{form.id}").headers["X-Frame-Options"] == "DENY"


@ONE_DATABASE
def test_row_59_without_scripts_there_is_nothing_that_could_be_missing(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    page = visitor.get(f"/f/{form.id}").text
    # blocked, or switched off
    bare = page.replace("<script", "<noscript").replace("</script", "</noscript")
    pressed = visitor.post(
        f"/f/{form.id}", data={**ZOE, "form_token": form_token(bare)}
    )

    assert ('method="post"' in bare, 'type="submit"' in bare or "<button" in bare) == (
        True,
        True,
    )
    assert "captcha" not in page.lower()
    assert "onclick" not in page
    assert (pressed.status_code, rows()) == (303, 1)


@ONE_DATABASE
def test_row_60_a_form_closed_while_it_was_filled_in_thanks_nobody(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed = {**ZOE, "form_token": form_token(visitor.get(f"/f/{form.id}").text)}
    values = {
        name: getattr(form, name)
        for name in (
            "account_id",
            "name",
            "heading",
            "intro",
            "fields",
            "lists",
            "visitor_chooses",
            "button",
            "success",
        )
    }
    service.change(
        form.id, service.Draft(**values, consent="Yes, send me news.", open=False)
    )
    pressed = visitor.post(f"/f/{form.id}", data=typed)

    assert pressed.status_code == 410
    assert "This form is closed" in pressed.text
    assert rows() == world.tally(form) == 0


def test_row_60_a_list_deleted_meanwhile_loses_no_sign_up_and_somebody_is_asked(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form, admin = world.form(account), world.signed_in()
    typed = {**ZOE, "form_token": form_token(visitor.get(f"/f/{form.id}").text)}
    world.control(
        "lists", account=account.provider_id, list_id=form.lists[0]["list_id"]
    )
    pressed = visitor.post(f"/f/{form.id}", data=typed).status_code
    runner.drain()
    row = db.session.scalars(select(Signup)).one()
    page, overview = (
        text_of(admin.get(path).text) for path in (f"/signups/{row.id}", "/")
    )

    assert (pressed, row.state, row.reason) == (303, SignupState.PARKED, "list_missing")
    assert (
        "A list or custom field of this form was deleted at Constant Contact." in page
    )
    assert "Needs a fix" in overview


@ONE_DATABASE
@pytest.mark.parametrize(
    ("hops", "forwarded", "answers"),
    [
        # invented: nobody is before us
        (0, ["198.51.100.1", "198.51.100.2"], [303, 429]),
        # seen by the one proxy
        (1, ["198.51.100.1", "198.51.100.2"], [303, 303]),
        # invented before that proxy
        (1, ["198.51.100.1, 192.0.2.9", "198.51.100.2, 192.0.2.9"], [303, 429]),
        (2, ["198.51.100.1, 192.0.2.9", "198.51.100.2, 192.0.2.9"], [303, 303]),
        (1, ["", "unknown"], [303, 303]),
        (1, ["x" * 5000, "x" * 5000], [303, 429]),
        (1, ["198.51.100.1\x0b", "198.51.100.1\x0b"], [303, 429]),
    ],
)
def test_row_61_a_forwarded_address_is_believed_for_the_configured_hops_only(
    world: World,
    make_app: Callable[..., Flask],
    hops: int,
    forwarded: list[str],
    answers: list[int],
) -> None:
    form, app = (
        world.form(world.account()),
        make_app(signup_limits="1 per minute", proxy_hops=hops),
    )
    found = [
        presses(world, app, form, ["192.0.2.1"], **{"X-Forwarded-For": address})[0]
        for address in forwarded
    ]

    assert found == answers
