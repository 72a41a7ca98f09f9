"""The mail card of the setup page, and the doctor's line: how it is, and the server's
own words.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app.cli.commands import latchkey
from app.database.session import db
from app.worker import periodic
from tests.dashboard.reading import text_of
from tests.mail.acting import ADA
from tests.mail.sink import PASSWORD, USER, Sink
from tests.mail.test_sender import NORA, post_all, put
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE
MARKUP = "550 <b>no</b> such person"


def press(admin: FlaskClient) -> str:
    page = admin.post(
        "/setup/mail",
        data={"csrf_token": csrf_of(admin.get("/setup").text)},
        follow_redirects=True,
    )
    assert page.status_code == 200
    return page.text


# -- the card


def test_a_test_mail_goes_to_whoever_asks_for_it(world: World, sink: Sink) -> None:
    admin = world.signed_in("admin", ADA)
    page = text_of(press(admin))

    assert (
        f"The mail server accepted an email to {ADA}. It said: 250 DATA is fine" in page
    )
    assert f"Send a test email to {ADA}" in page
    assert f"127.0.0.1:{sink.port}" in page
    assert "latchkey@example.org" in page
    (mail,) = sink.taken
    assert (mail.recipients, str(mail.message["Subject"])) == (
        [ADA],
        "Test email from Latchkey",
    )


def test_a_refused_test_mail_is_told_in_the_servers_words(
    world: World, sink: Sink
) -> None:
    sink.say["RCPT"] = MARKUP
    page = press(world.signed_in("admin", ADA))

    assert (
        f"The mail server permanently refused the recipient. It said: {MARKUP}"
        in text_of(page)
    )
    assert "<b>no</b>" not in page


def test_without_a_mail_server_the_card_says_which_setting(
    world: World, make_app: Callable[..., Flask]
) -> None:
    app = make_app(smtp_url=SecretStr(""))
    with app.app_context():
        page = text_of(press(World(app, world.simulator).signed_in()))
        db.session.remove()

    assert "Email is off because SMTP_URL isn’t set" in page
    assert "Send a test email" not in page


def test_the_password_is_on_no_page(
    world: World, sink: Sink, make_app: Callable[..., Flask]
) -> None:
    app = make_app(smtp_url=SecretStr(sink.url(USER, "hush-hush")))
    with app.app_context():
        page = press(World(app, world.simulator).signed_in())
        db.session.remove()

    assert "hush-hush" not in page


def test_the_last_mails_say_what_became_of_them(world: World, sink: Sink) -> None:
    put(NORA, "bob@example.com", "eve@example.com")
    sink.say |= {f"RCPT {NORA}": MARKUP, "RCPT bob@example.com": "451 come back"}
    post_all()
    page = text_of(world.signed_in().get("/setup").text)

    assert (
        f"Given up: {NORA} The mail server permanently refused the recipient." in page
    )
    assert (
        "Waiting: bob@example.com The mail server asked Latchkey to try again later. Next try:"
        in page
    )
    assert "Sent: eve@example.com" in page
    assert "550 <b>no</b> such person" in page


def test_ten_of_them_are_shown(world: World, sink: Sink) -> None:
    put(*(f"person{number}@example.com" for number in range(12)))
    page = text_of(world.signed_in().get("/setup").text)

    assert page.count("About something") == 10


def test_only_an_admin_may_send_one(world: World, sink: Sink) -> None:
    viewer = world.signed_in("viewer")
    answer = viewer.post(
        "/setup/mail", data={"csrf_token": csrf_of(viewer.get("/signups").text)}
    )

    assert (answer.status_code, sink.taken) == (403, [])


# -- the doctor


def ask(app: Flask, *more: str) -> str:
    return app.test_cli_runner().invoke(latchkey, ["doctor", *more]).output


def test_the_doctor_looks_in_without_sending_anything(world: World, sink: Sink) -> None:
    periodic.run_due(world.clock.now())
    said = ask(world.app)

    assert (
        f"Mail: 127.0.0.1:{sink.port} accepts the login and email from"
        " latchkey@example.org." in said
    )
    assert (sink.taken, sink.commands) == ([], [])


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("off", "Mail: Off: SMTP_URL isn't set."),
        ("gone", "BAD   Mail: 127.0.0.1:1: Latchkey couldn’t reach the mail server"),
        (
            "refused",
            "The mail server refused the user name or password in SMTP_URL. It said: 535",
        ),
    ],
)
def test_the_doctor_says_what_is_wrong(
    world: World, sink: Sink, make_app: Callable[..., Flask], how: str, says: str
) -> None:
    sink.login_wanted = True
    url = {
        "off": "",
        "gone": "smtp://127.0.0.1:1",
        "refused": sink.url(USER, f"not {PASSWORD}"),
    }[how]
    app = make_app(smtp_url=SecretStr(url))
    with app.app_context():
        said = ask(app)
        db.session.remove()

    assert says in said


def test_offline_the_doctor_leaves_the_mail_server_alone(world: World) -> None:
    assert "Mail:" not in ask(world.app, "--offline")
