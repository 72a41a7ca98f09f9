"""Security events: one line each in the log, with who and from where, and no address."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import api_key
from app.auth import users
from app.auth.models import User
from app.core import logs
from app.database.session import db
from app.signups.models import SignupState
from tests.accounts.owner import Owner
from tests.auth.acting import ADA, BOB, PASSWORD, command, sign_in
from tests.world import ONE_DATABASE, PUBLIC_URL, World, csrf_of

pytestmark = ONE_DATABASE
Lines = Callable[[], list[dict[str, Any]]]
HERE, COMMANDS = "127.0.0.1", "command line"


@pytest.fixture
def lines(app: Flask, capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was logged since the last look, but for requests; the first look begins."""

    def read() -> list[dict[str, Any]]:
        said = capsys.readouterr().err
        # the handler writes to the standard error of this very test
        logs.init(Flask("another"), "INFO", "json")
        assert "@" not in said
        assert PASSWORD not in said
        events = [json.loads(line) for line in said.splitlines()]
        return [each for each in events if each["event"] != "request"]

    return read


def id_of(email: str) -> str:
    db.session.rollback()
    return str(db.session.scalar(select(User.id).where(User.email == email)))


def told(line: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(line.get(name) for name in ("event", "user", "network", *names))


def test_signing_in_and_out(world: World, visitor: FlaskClient, lines: Lines) -> None:
    users.create(ADA, PASSWORD, "admin")
    ada = id_of(ADA)
    lines()
    sign_in(visitor, ADA, "something else entirely")
    sign_in(visitor, "eve@example.com", PASSWORD)
    sign_in(visitor, ADA, PASSWORD)
    visitor.post("/sign-out", data={"csrf_token": csrf_of(visitor.get("/").text)})

    assert [told(line) for line in lines()] == [
        ("sign_in_failed", ada, HERE),
        ("sign_in_failed", None, HERE),
        ("signed_in", ada, HERE),
        ("signed_out", ada, HERE),
    ]


def test_a_network_that_is_locked_out(
    world: World, make_app: Callable[..., Flask], lines: Lines
) -> None:
    browser = make_app(sign_in_limits="1 per minute", log_level="INFO").test_client()
    for _ in range(2):
        sign_in(browser, "eve@example.com", PASSWORD)

    assert [told(line) for line in lines()] == [
        ("sign_in_failed", None, HERE),
        ("sign_in_locked_out", None, HERE),
    ]


def test_what_commands_do_to_people(world: World, lines: Lines) -> None:
    world.signed_in("admin", ADA)
    lines()
    for words in (
        ("create", BOB, "--role", "viewer", "--password", PASSWORD),
        ("role", BOB, "admin"),
        ("password", BOB, "--password", f"{PASSWORD} again"),
        ("disable", BOB),
        ("enable", BOB),
    ):
        assert command(world.app, *words)[0] == 0
    bob = id_of(BOB)

    assert [told(line, "whose") for line in lines()] == [
        (event, None, COMMANDS, bob)
        for event in (
            "user_created",
            "role_changed",
            "password_changed",
            "user_disabled",
            "user_enabled",
        )
    ]


def test_links_made_used_and_revoked(world: World, lines: Lines) -> None:
    admin = world.signed_in("admin", ADA)
    page = admin.get("/accounts").text
    lines()
    made = admin.post(
        "/accounts/links", data={"csrf_token": csrf_of(page), "label": "x", "days": "7"}
    )
    ((event, who, where, link),) = [told(line, "link") for line in lines()]
    address = made.text.partition(f"{PUBLIC_URL}/connect/")[2].partition('"')[0]
    Owner(world).connect(f"/connect/{address}")
    used = [told(line, "link") for line in lines() if line["event"] == "link_used"]

    assert (event, who, where) == ("link_made", id_of(ADA), HERE)
    assert used == [("link_used", None, HERE, link)]


def test_decisions_about_who_opted_out(world: World, lines: Lines) -> None:
    admin, form = world.signed_in("admin", ADA), world.form(world.account())
    held = {"state": SignupState.HELD, "due_at": None}
    ids = [
        world.signup(form, f"{n}@example.com", reason=reason, **held).id
        for n, reason in enumerate(("opted_out", "opted_out", "looks_automatic"))
    ]
    token = csrf_of(admin.get("/signups").text)
    lines()
    admin.post(
        "/signups/send-again",
        data={"csrf_token": token, "id": ids[0], "resubscribe": "yes"},
    )
    admin.post("/signups/refuse", data={"csrf_token": token, "id": ids[1:]})

    ada = id_of(ADA)
    assert [told(line, "signup", "decision") for line in lines()] == [
        ("optout_decided", ada, HERE, ids[0], "resubscribe"),
        ("optout_decided", ada, HERE, ids[1], "refuse"),
    ]


def test_who_saw_evidence_judged_and_expected_a_crowd(
    world: World, lines: Lines
) -> None:
    admin, form = world.signed_in("admin", ADA), world.form(world.account())
    row = world.signup(form, state=SignupState.HELD, reason="suspicious", due_at=None)
    typed = {"csrf_token": csrf_of(admin.get("/signups").text)}
    address = {**typed, "address": row.email}
    lines()
    admin.post("/signups/spam", data={**typed, "id": row.id})
    admin.post("/setup/unblock", data=address)
    admin.get(f"/signups/{row.id}/evidence")
    admin.post("/evidence", data=address)
    admin.post(f"/forms/{form.id}/event", data=typed)

    ada = id_of(ADA)
    assert [told(line) for line in lines()] == [
        (event, ada, HERE)
        for event in (
            "spam_decided",
            "address_unblocked",
            "evidence_shown",
            "evidence_shown",
            "crowd_expected",
        )
    ]


def test_another_api_key(world: World, lines: Lines) -> None:
    lines()
    api_key.store("another-key", "another-secret", ADA)

    assert [line["event"] for line in lines()] == ["api_key_changed"]


def test_the_access_line_names_the_user_and_the_network(
    world: World, visitor: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    admin = world.signed_in("admin", ADA)
    logs.init(Flask("another"), "INFO", "json")
    capsys.readouterr()
    admin.get("/accounts")
    far = {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}
    visitor.get("/sign-in", environ_overrides=far)
    visitor.post("/sign-in", json={}, environ_overrides=far)
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [told(line, "route") for line in said] == [
        ("request", id_of(ADA), HERE, "/accounts"),
        ("request", None, "2001:db8:1:2::/64", "/sign-in"),
        ("request", None, "2001:db8:1:2::/64", "/sign-in"),
    ]
