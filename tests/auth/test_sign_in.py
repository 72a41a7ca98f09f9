"""Signing in and out with the real password dance, and who may open what."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.auth import users
from app.auth.models import User
from app.database.session import db
from app.web.limits import network_of
from tests.world import ONE_DATABASE, World, csrf_of

EMAIL, PASSWORD = "ada@example.com", "a long enough password"


@pytest.fixture
def ada(world: World) -> None:
    users.create(EMAIL, PASSWORD, "admin")


def sign_in(
    browser: FlaskClient, email: str = EMAIL, password: str = PASSWORD, then: str = ""
) -> Any:
    address = f"/sign-in?next={then}" if then else "/sign-in"
    return browser.post(
        address,
        data={
            "csrf_token": csrf_of(browser.get(address).text),
            "email": email,
            "password": password,
        },
    )


def test_the_right_password_opens_the_dashboard(
    ada: None, visitor: FlaskClient
) -> None:
    answer = sign_in(visitor)

    assert (answer.status_code, answer.location) == (302, "/")
    assert visitor.get("/").status_code == 200
    stored = db.session.scalars(select(User.password)).one()
    assert stored
    assert stored.startswith("$argon2id$")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    ada: None, visitor: FlaskClient
) -> None:
    wrong, unknown = (
        sign_in(visitor, password="something else entirely"),
        sign_in(visitor, email="eve@example.com"),
    )

    pages = [
        answer.text.replace(EMAIL, "").replace("eve@example.com", "")
        for answer in (wrong, unknown)
    ]
    assert wrong.status_code == unknown.status_code
    assert all("don’t match" in page for page in pages)
    assert visitor.get("/").status_code == 303


class Counting:
    """The library's hashes, counted; it stands for a password context."""

    def __init__(self, context: Any) -> None:
        self.context, self.number = context, 0

    def hash(self, *args: Any, **options: Any) -> Any:
        self.number += 1
        return self.context.hash(*args, **options)

    def verify(self, *args: Any) -> Any:
        self.number += 1
        return self.context.verify(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)


@pytest.fixture
def work_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], tuple[int, int]]:
    """Signs in, and tells how often that normalized a password, and hashed."""
    security = world.app.extensions["security"]
    hashes = Counting(security.pwd_context)
    normalize, normalized = security.password_util.normalize, []

    def counting(password: str) -> Any:
        normalized.append(password)
        return normalize(password)

    monkeypatch.setattr(security, "pwd_context", hashes)
    monkeypatch.setattr(security.password_util, "normalize", counting)

    def work(email: str, password: str) -> tuple[int, int]:
        hashes.number, normalized[:] = 0, []
        page = sign_in(world.app.test_client(), email, password).text
        assert "don’t match" in page
        return len(normalized), hashes.number

    return work


@ONE_DATABASE
def test_signing_in_is_the_same_work_for_every_address(
    ada: None, world: World, work_of: Callable[[str, str], tuple[int, int]]
) -> None:
    """Else the time that it takes tells who has an account."""
    users.create("bob@example.com", PASSWORD, "viewer")
    users.disable("bob@example.com")
    world.signed_in(email="nopassword@example.com")

    work = {
        "known": work_of(EMAIL, "something else entirely"),
        "unknown": work_of("eve@example.com", PASSWORD),
        "disabled, the right password": work_of("bob@example.com", PASSWORD),
        "disabled, a wrong one": work_of("bob@example.com", "something else"),
        "without a password": work_of("nopassword@example.com", PASSWORD),
    }

    assert set(work.values()) == {(1, 1)}


MARKS = "\u0301\u0316" * 5_000  # 60 KB as they are sent, slow to normalize


@ONE_DATABASE
@pytest.mark.parametrize("email", [EMAIL, "eve@example.com"])
def test_what_is_too_long_is_refused_before_any_work(
    ada: None, work_of: Callable[[str, str], tuple[int, int]], email: str
) -> None:
    assert work_of(email, MARKS) == (0, 0)
    assert work_of(f"{'a' * 58_000}{email}", PASSWORD) == (0, 0)


@ONE_DATABASE
def test_too_many_tries_are_paused_before_any_hashing(
    ada: None, make_app: Callable[..., Flask]
) -> None:
    browser = make_app(sign_in_limits="3 per minute").test_client()

    tries = [sign_in(browser, password="wrong wrong wrong") for _ in range(4)]
    right = sign_in(browser)

    assert [answer.status_code == 429 for answer in tries] == [
        False,
        False,
        False,
        True,
    ]
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0
    assert right.headers["X-Request-Id"] in right.text
    assert browser.get("/sign-in").status_code == 200


def test_signing_out_takes_a_post(ada: None, visitor: FlaskClient) -> None:
    sign_in(visitor)

    by_link = visitor.get("/sign-out").status_code
    still = visitor.get("/").status_code
    by_button = visitor.post(
        "/sign-out", data={"csrf_token": csrf_of(visitor.get("/").text)}
    )

    assert (by_link, still) == (405, 200)
    assert (by_button.status_code, by_button.location) == (302, "/sign-in")
    assert visitor.get("/").status_code == 303


@ONE_DATABASE
def test_without_a_csrf_token_nothing_is_done(ada: None, visitor: FlaskClient) -> None:
    sign_in(visitor)

    answers = [
        visitor.post(path).status_code
        for path in ("/sign-out", "/signups/refuse", "/accounts/links")
    ]

    assert answers == [400, 400, 400]
    assert visitor.get("/").status_code == 200


@ONE_DATABASE
def test_the_cookie_is_closed_to_scripts_and_other_sites(
    ada: None, visitor: FlaskClient
) -> None:
    cookie = sign_in(visitor).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@ONE_DATABASE
def test_nobody_gets_a_token_for_machines(ada: None, visitor: FlaskClient) -> None:
    token = csrf_of(visitor.get("/sign-in").text)

    answer = visitor.post(
        "/sign-in?include_auth_token",
        headers={"X-CSRFToken": token},
        json={"email": EMAIL, "password": PASSWORD},
    )

    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("one", "other"),
    [("2001:db8::1", "2001:db8::ffff"), ("::ffff:192.0.2.1", "192.0.2.1")],
)
def test_limits_count_the_network_of_an_address(one: str, other: str) -> None:
    assert network_of(one) == network_of(other)
    assert network_of("192.0.2.1") != network_of("::ffff:192.0.2.2")
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8:0:2::1")


def test_who_is_signed_out_is_sent_to_sign_in_and_comes_back(
    ada: None, visitor: FlaskClient
) -> None:
    sent = visitor.get("/signups?state=held")

    assert sent.status_code == 303
    assert sent.location == "/sign-in?next=/signups?state%3Dheld"
    assert (
        sign_in(visitor, then="/signups?state%3Dheld").location == "/signups?state=held"
    )


@ONE_DATABASE
def test_nobody_is_led_elsewhere_after_signing_in(ada: None, app: Flask) -> None:
    elsewhere = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil.example",
        "\\\\evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "%20//evil.example",
    ]

    led = {one: sign_in(app.test_client(), then=one).location for one in elsewhere}

    assert not any(
        to and to.startswith(("http", "//", "\\", "javascript")) for to in led.values()
    )


PAGES = ["/", "/accounts", "/forms", "/signups"]
ADMINS_POSTS = [
    "/accounts/connect",
    "/accounts/links",
    "/accounts/links/x/revoke",
    "/accounts/x/read",
    "/forms/new",
    "/forms/x",
    "/forms/x/delete",
    "/forms/x/restore",
    "/forms/x/duplicate",
    "/forms/preview",
    "/forms/preview/try",
    "/signups/send-again",
    "/signups/refuse",
]


@ONE_DATABASE
def test_a_viewer_may_look_and_not_touch(world: World) -> None:
    viewer = world.signed_in("viewer")
    token = csrf_of(viewer.get("/").text)

    looks = {path: viewer.get(path).status_code for path in PAGES}
    posts = {
        path: viewer.post(path, data={"csrf_token": token}).status_code
        for path in ADMINS_POSTS
    }

    assert set(looks.values()) == {200}
    assert set(posts.values()) == {403}
    assert viewer.get("/forms/new").status_code == 403


@ONE_DATABASE
def test_who_is_signed_out_sees_and_does_nothing(
    world: World, visitor: FlaskClient
) -> None:
    token = csrf_of(visitor.get("/sign-in").text)

    answers = [visitor.get(path) for path in PAGES]
    answers += [visitor.post(path, data={"csrf_token": token}) for path in ADMINS_POSTS]

    assert {answer.status_code for answer in answers} == {303}
    assert all(answer.location.startswith("/sign-in") for answer in answers)


@ONE_DATABASE
def test_somebody_switched_off_is_out_at_once(ada: None, visitor: FlaskClient) -> None:
    from app.database.session import write_transaction

    sign_in(visitor)
    with write_transaction() as session:
        session.scalars(select(User)).unique().one().active = False

    assert visitor.get("/").status_code == 303
