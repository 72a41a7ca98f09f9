"""Sessions: a row for each, ended at once by whatever should end them."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login.utils import encode_cookie
from sqlalchemy import select

from app.auth import users
from app.auth.models import User, UserSession
from app.config.settings import Settings
from app.core.crypto import digest
from app.database.session import db
from app.simulator.server import Running
from tests.auth.acting import ADA, BOB, PASSWORD, command
from tests.conftest import test_settings
from tests.imports.acting import Importing, people
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE
HOME = "https://signup.example.org"
OTHER = "another four words in a row"


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path) -> Settings:
    as_shipped = {
        name: Settings.model_fields[name].default
        for name in ("session_idle_hours", "session_days")
    }
    return test_settings(database, simulator.url, data_dir, **as_shipped)


@pytest.fixture
def ada(world: World) -> FlaskClient:
    """The browser of an admin who typed her password."""
    users.create(ADA, PASSWORD, "admin")
    browser = world.app.test_client()
    sign_in(browser)
    return browser


def sign_in(browser: FlaskClient, base_url: str = "", **more: str) -> Any:
    place = {"base_url": base_url} if base_url else {}
    token = csrf_of(browser.get("/sign-in", **place).text)
    typed = {"csrf_token": token, "email": ADA, "password": PASSWORD, **more}
    return browser.post("/sign-in", data=typed, **place)


def copy_of(browser: FlaskClient, app: Flask) -> FlaskClient:
    """Another browser with the same cookie."""
    cookie = browser.get_cookie("latchkey")
    assert cookie
    thief = app.test_client()
    thief.set_cookie("latchkey", cookie.value)
    return thief


def rows() -> list[UserSession]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(UserSession)))


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/").status_code == 200


def test_a_copied_cookie_opens_nothing_after_signing_out(
    ada: FlaskClient, app: Flask
) -> None:
    thief = copy_of(ada, app)
    before = is_in(thief)
    ada.post("/sign-out", data={"csrf_token": csrf_of(ada.get("/").text)})

    assert before
    assert not is_in(thief)
    assert rows() == []


def test_signing_out_leaves_the_other_browser_alone(
    ada: FlaskClient, app: Flask
) -> None:
    phone = app.test_client()
    sign_in(phone)
    ada.post("/sign-out", data={"csrf_token": csrf_of(ada.get("/").text)})

    assert (is_in(ada), is_in(phone)) == (False, True)


@pytest.mark.parametrize(
    "words",
    [
        ("password", ADA, "--password", OTHER),
        ("disable", ADA),
        ("role", ADA, "viewer"),
    ],
)
def test_what_changes_a_person_ends_their_sessions_at_once(
    ada: FlaskClient, world: World, words: tuple[str, ...]
) -> None:
    bob = world.signed_in("admin", BOB)
    status, said = command(world.app, *words)

    assert status == 0, said
    assert (is_in(ada), is_in(bob)) == (False, True)
    assert len(rows()) == 1


def test_it_is_made_at_sign_in_only_and_its_id_is_in_the_cookie_alone(
    world: World, visitor: FlaskClient
) -> None:
    users.create(ADA, PASSWORD, "admin")
    visitor.get("/sign-in")
    sign_in(visitor, password="something else entirely")
    before = rows()
    sign_in(visitor)
    visitor.get("/accounts")
    (row,) = rows()
    with visitor.session_transaction() as cookie:
        session_id = cookie["session_id"]

    assert before == []
    assert row.id_digest == digest(session_id)
    assert row.network == "127.0.0.1"
    assert row.user_id == db.session.scalar(select(User.id))


def test_it_ends_when_nobody_came_for_twelve_hours(
    ada: FlaskClient, world: World
) -> None:
    world.clock.advance(hours=11, minutes=59)
    in_time = is_in(ada)
    world.clock.advance(hours=12, minutes=1)

    assert (in_time, is_in(ada)) == (True, False)


def test_it_ends_after_a_week_however_often_it_is_used(
    ada: FlaskClient, world: World
) -> None:
    days = []
    for _half_a_day in range(15):
        world.clock.advance(hours=11.5)
        days.append(is_in(ada))

    assert days == [True] * 14 + [False]


def test_settings_say_how_long(world: World, make_app: Callable[..., Flask]) -> None:
    users.create(ADA, PASSWORD, "admin")
    browser = make_app(session_idle_hours=1, session_days=0.1).test_client()
    sign_in(browser)
    world.clock.advance(minutes=59)
    first = is_in(browser)
    world.clock.advance(minutes=61)
    idle = is_in(browser)
    sign_in(browser)
    for _ in range(3):
        world.clock.advance(minutes=50)
        last = is_in(browser)

    assert (first, idle, last) == (True, False, False)


def test_its_use_is_written_down_every_five_minutes_at_most(
    ada: FlaskClient, world: World
) -> None:
    began = rows()[0].seen_at
    seen = []
    for _ in range(3):
        world.clock.advance(minutes=2)
        ada.get("/accounts")
        seen.append(round((rows()[0].seen_at - began).total_seconds()))

    assert seen == [0, 0, 360]


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    ada: FlaskClient, world: World
) -> None:
    imported = Importing(world, world.account()).upload(people(1))
    began = rows()[0].seen_at
    world.clock.advance(hours=11)
    polls = [
        ada.get(f"/imports/{imported.id}/progress").status_code,
        ada.get(f"/imports/{imported.id}?poll=1").status_code,
    ]

    assert polls == [200, 200]
    assert rows()[0].seen_at == began


def test_rows_of_sessions_that_are_over_go_at_the_next_sign_in(
    ada: FlaskClient, world: World, visitor: FlaskClient
) -> None:
    world.clock.advance(hours=13)
    sign_in(visitor)

    assert len(rows()) == 1


def test_remember_me_is_refused(ada: FlaskClient, app: Flask) -> None:
    browser = app.test_client()
    answer = sign_in(browser, remember="y")
    uniquifier = db.session.scalar(select(User.fs_uniquifier))
    with app.test_request_context():
        old = encode_cookie(str(uniquifier))
    five_years_later = app.test_client()
    five_years_later.set_cookie("remember_token", old)

    assert answer.status_code == 302
    assert browser.get_cookie("remember_token") is None
    assert not is_in(five_years_later)


def test_behind_https_every_cookie_belongs_to_this_host_alone(
    world: World, make_app: Callable[..., Flask]
) -> None:
    users.create(ADA, PASSWORD, "admin")
    app = make_app(public_url=HOME)
    browser = app.test_client()
    answers = [sign_in(browser, HOME)]
    token = csrf_of(browser.get("/accounts", base_url=HOME).text)
    answers.append(
        browser.post("/accounts/connect", data={"csrf_token": token}, base_url=HOME)
    )
    lines = [
        line for answer in answers for line in answer.headers.getlist("Set-Cookie")
    ]
    cookies = [SimpleCookie(line) for line in lines]
    morsels = [morsel for cookie in cookies for morsel in cookie.values()]

    assert {morsel.key for morsel in morsels} == {
        "__Host-latchkey",
        "__Host-latchkey_connect",
    }
    assert all(morsel["secure"] and morsel["httponly"] for morsel in morsels)
    assert {(morsel["path"], morsel["domain"]) for morsel in morsels} == {("/", "")}
