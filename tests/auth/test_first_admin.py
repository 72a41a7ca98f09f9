"""The first admin's link: made while there is nobody, good for a day and for one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app import messages
from app.auth import first_admin, sessions, users
from app.auth.models import Role
from app.core.crypto import new_key
from app.database.session import write_transaction
from tests.auth.acting import ADA, BOB, PASSWORD, fill_in, link, sign_in
from tests.dashboard.reading import heading_of, text_of
from tests.world import ONE_DATABASE, World, csrf_of


def twice(password: str) -> dict[str, str]:
    return {"password": password, "password_again": password}


def test_the_link_makes_an_admin_who_is_signed_in_at_once(
    world: World, visitor: FlaskClient
) -> None:
    path = link()
    made = fill_in(visitor, path, email="Ada@Example.com")
    page = visitor.get(made.location)

    assert (made.status_code, made.location, page.status_code) == (303, "/", 200)
    assert "Your admin account is ready, and you are signed in." in page.text
    assert visitor.get("/forms/new").status_code == 200
    with visitor.session_transaction() as kept:
        assert kept[sessions.ID_IN_COOKIE]
    visitor.post("/sign-out", data={"csrf_token": csrf_of(page.text)})
    assert [
        (one.email, one.active, [role.name for role in one.roles])
        for one in users.everybody()
    ] == [(ADA, True, ["admin"])]
    assert sign_in(visitor, ADA, PASSWORD)
    assert visitor.get("/forms/new").status_code == 200


@ONE_DATABASE
def test_once_there_is_anybody_the_link_is_like_any_wrong_address(
    world: World, visitor: FlaskClient
) -> None:
    path = link()
    world.signed_in("viewer", BOB)
    users.disable(BOB)

    answer, wrong = visitor.get(path), visitor.get("/first-admin/wrong")

    assert (answer.status_code, wrong.status_code) == (404, 404)
    assert (
        heading_of(answer.text)
        == heading_of(wrong.text)
        == heading_of(visitor.get("/nowhere").text)
    )
    assert first_admin.announcement() is None


@ONE_DATABASE
def test_who_comes_second_is_told_so(
    world: World, app: Flask, visitor: FlaskClient
) -> None:
    second = app.test_client()
    path = link()
    token = csrf_of(second.get(path).text)
    fill_in(visitor, path)

    late, late_and_wrong = (
        fill_in(second, path, token, email=BOB),
        fill_in(second, "/first-admin/wrong", token),
    )

    assert (late.status_code, heading_of(late.text)) == (
        404,
        ("Someone already created the first admin"),
    )
    assert (late_and_wrong.status_code, heading_of(late_and_wrong.text)) == (
        404,
        "Page not found",
    )
    assert [one.email for one in users.everybody()] == [ADA]


def test_of_several_at_once_exactly_one_wins(world: World, app: Flask) -> None:
    with write_transaction() as session:
        # an old one, so that no first insert of it stands in the way
        session.add(Role(name="admin"))
    path, browsers = link(), [app.test_client() for _ in range(4)]
    tokens = [csrf_of(browser.get(path).text) for browser in browsers]

    with ThreadPoolExecutor(4) as crowd:
        answers = list(
            crowd.map(
                lambda n: fill_in(
                    browsers[n], path, tokens[n], email=f"n{n}@example.com"
                ),
                range(4),
            )
        )

    assert sorted(answer.status_code for answer in answers) == [303, 404, 404, 404]
    assert {
        heading_of(answer.text) for answer in answers if answer.status_code == 404
    } == {"Someone already created the first admin"}
    assert len(users.everybody()) == 1


@ONE_DATABASE
def test_a_link_is_good_in_its_hour_and_the_23_after(
    world: World, visitor: FlaskClient
) -> None:
    path = link()
    world.clock.advance(hours=23)
    in_time, newer = visitor.get(path).status_code, link()
    world.clock.advance(hours=1)
    late = visitor.get(path)

    assert (in_time, late.status_code) == (200, 404)
    assert visitor.get(newer).status_code == 200
    assert newer != path


@ONE_DATABASE
def test_a_wrong_link_says_how_to_get_a_right_one(
    world: World, visitor: FlaskClient
) -> None:
    for token in ("wrong", "0" * 64, "é", "%00", "%FF"):
        answer = visitor.get(f"/first-admin/{token}")

        assert answer.status_code == 404
        assert "Restart Latchkey" in answer.text
        assert "flask latchkey users create" in answer.text
        assert 'name="password"' not in answer.text


@ONE_DATABASE
def test_a_wrong_link_makes_nobody(world: World, visitor: FlaskClient) -> None:
    answer = fill_in(visitor, "/first-admin/wrong", csrf_of(visitor.get(link()).text))

    assert answer.status_code == 404
    assert not users.anybody()


@ONE_DATABASE
def test_another_key_makes_another_link(
    world: World, make_app: Callable[..., Flask]
) -> None:
    other = make_app(key=(SecretStr(new_key()),))
    with other.app_context():
        theirs = link()

    assert world.app.test_client().get(theirs).status_code == 404


@ONE_DATABASE
def test_what_is_wrong_is_said_at_its_field_and_above(
    world: World, visitor: FlaskClient
) -> None:
    for reason, typed in {
        "email_wrong": {"email": "ada@"},
        "password_short": twice("too-short"),
        "password_long": twice("x" * 129),
        "password_is_email": twice(ADA),
    }.items():
        answer = fill_in(visitor, link(), **typed)
        field, sentence = reason.split("_")[0], str(messages.PEOPLE[reason])

        assert answer.status_code == 422
        assert f'<a href="#{field}"><bdi>{sentence}</bdi></a>' in answer.text
        assert f'aria-describedby="{field}-error {field}-hint"' in answer.text
        assert text_of(answer.text).count(sentence) == 2
        assert "too-short" not in answer.text
    assert not users.anybody()


@ONE_DATABASE
def test_two_different_passwords_make_nobody(
    world: World, visitor: FlaskClient
) -> None:
    answer = fill_in(visitor, link(), password_again="something else entirely")

    assert answer.status_code == 422
    assert 'aria-describedby="password_again-error"' in answer.text
    assert text_of(answer.text).count("The passwords don’t match.") == 2
    assert not users.anybody()


@ONE_DATABASE
def test_without_a_csrf_token_nobody_is_made(
    world: World, visitor: FlaskClient
) -> None:
    answer = fill_in(visitor, link(), "not the token")

    assert answer.status_code == 400
    assert not users.anybody()


@ONE_DATABASE
def test_tries_are_counted_like_those_of_signing_in(
    make_app: Callable[..., Flask], world: World
) -> None:
    browser = make_app(sign_in_limits="2 per minute").test_client()
    tries = [fill_in(browser, link(), password="short").status_code for _ in range(3)]

    assert tries == [422, 422, 429]
    assert browser.get(link()).status_code == 200


@ONE_DATABASE
def test_while_nothing_can_be_written_no_password_is_shown(
    world: World, visitor: FlaskClient, data_dir: Path
) -> None:
    path = link()
    token = csrf_of(visitor.get(path).text)
    (data_dir / "latchkey.db.lock").mkdir()

    answer = fill_in(visitor, path, token)

    assert answer.status_code == 503
    assert ADA in answer.text
    assert PASSWORD not in answer.text


@ONE_DATABASE
def test_the_page_is_kept_by_nobody_and_knows_its_fields(
    world: World, visitor: FlaskClient
) -> None:
    answer = visitor.get(link())

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert 'autocomplete="username"' in answer.text
    assert answer.text.count('autocomplete="new-password"') == 2


@ONE_DATABASE
def test_signing_in_says_how_to_get_the_first_account_while_there_is_none(
    world: World, visitor: FlaskClient
) -> None:
    before = visitor.get("/sign-in").text
    world.signed_in()
    after = visitor.get("/sign-in").text

    assert "There are no users yet" in before
    assert "first-admin" not in before
    assert "There are no users yet" not in after


@ONE_DATABASE
def test_a_starting_server_has_one_link_to_announce(world: World) -> None:
    said = first_admin.announcement() or ""

    assert said.count(first_admin.link()) == 1
    assert "within 24 hours" in said
    assert "flask latchkey users create you@example.org" in said
