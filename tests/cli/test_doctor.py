"""The doctor: each finding says how it is and what to do, and the exit status is for
scripts.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import delete, select

from app import create_app
from app.accounts.models import Account
from app.auth import sessions, users
from app.cli.commands import latchkey
from app.cli.doctor import business, inside
from app.cli.doctor.checks import CHECKS
from app.config.settings import Settings
from app.core.crypto import new_key
from app.database.session import db, write_transaction
from app.demo.control import MovedClock
from app.imports.models import ContactImport
from app.mail import outbox
from app.mail.models import Notice
from app.signups.models import Signup
from app.worker import periodic
from tests.constant_contact.endpoint import Answer, endpoint
from tests.imports.acting import Importing, people
from tests.world import ONE_DATABASE, ROTATING, World


def ask(app: Flask, *more: str) -> tuple[int, str]:
    said = app.test_cli_runner().invoke(latchkey, ["doctor", *more])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.output
    return said.exit_code, said.output


@pytest.fixture
def well(world: World) -> World:
    """A house with an admin, a worker, an account and a sign-up."""
    users.create("ada@example.com", "a long enough password", "admin")
    periodic.run_due(world.clock.now())
    world.signup(world.form(world.account()))
    return world


@ONE_DATABASE
def test_a_proxy_whose_hops_nobody_counts_is_noticed(
    well: World, make_app: Callable[..., Flask]
) -> None:
    home = "https://signup.example.org"
    app = make_app(public_url=home)
    counted = make_app(public_url=home, proxy_hops=1)
    with app.app_context():
        (before,) = inside.check_proxy()
        well.signed_in()
        (after,) = inside.check_proxy()
        sessions.begin(users.everybody()[0].id, "8.8.8.8")
        (with_others,) = inside.check_proxy()
    with counted.app_context():
        none = inside.check_proxy()

    assert (before.well, after.well, with_others.well) == (None, False, None)
    assert "LATCHKEY_PROXY_HOPS" in after.do
    assert none == []


def test_a_healthy_house(well: World) -> None:
    status, said = ask(well.app)

    assert status == 0, said
    assert "BAD" not in said
    assert said.endswith("Everything is working.\n")
    for what in (
        "Settings",
        "Key",
        "Disk",
        "Schema",
        "Database",
        "Worker",
        "Accounts",
        "Sign-ups",
        "Imports",
        "Balance",
        "People",
        "Mail",
        "Sign-in host",
        "API host",
        "API key",
        "Redirect URI",
    ):
        assert f"  {what}: " in said
    assert "decrypts all 2 values" in said
    assert "1 sign-ups accepted, and every one is accounted for" in said
    assert "Accounts: 1 is connected and healthy." in said
    assert (
        "Sign-ups: 1 is waiting (Next in line: 1). None is on hold or needs a fix."
        in said
    )
    assert "Imports: None failed." in said


@ONE_DATABASE
def test_offline_it_leaves_the_provider_out(well: World) -> None:
    well.mend()
    status, said = ask(well.app, "--offline")

    assert status == 0
    assert "API" not in said


def the_account(world: World, **values: Any) -> None:
    """Change the token set of the only account."""
    world.token_set(db.session.scalars(select(Account)).one(), **values)


def ill(
    well: World, make_app: Callable[..., Flask], what: str, tmp_path: Path
) -> Flask:
    """The house with one thing wrong."""
    match what:
        case "no worker":
            well.clock.advance(minutes=5)
        case "a row is gone":
            with write_transaction() as session:
                session.execute(delete(Signup))
        case "no admin":
            with write_transaction() as session:
                session.execute(users.User.__table__.update().values(active=False))
        case "a wrong secret":
            well.control(
                "apps", client_id=ROTATING.client_id, client_secret="another-one"
            )
        case "an unregistered address":
            well.control(
                "apps",
                client_id=ROTATING.client_id,
                redirect_uris=["https://elsewhere.example.org/"],
            )
        case "no network":
            return make_app(auth_url="http://127.0.0.1:1", api_url="http://127.0.0.1:1")
        case "no API key":
            return make_app(client_id="", client_secret=SecretStr(""))
        case "another key":
            return make_app(key=(SecretStr(new_key()),))
        case "a folder that is gone":
            return make_app(data_dir=tmp_path / "nowhere")
        case "a refused permission":
            the_account(well, refused_at=well.clock.now(), failure="grant_refused")
        case "a refused API key":
            the_account(well, failures=1, failure="client_refused")
        case "disconnected with open forms":
            account = db.session.scalars(select(Account)).one()
            well.form(account, name="Another")
            with write_transaction() as session:
                row = session.get_one(Account, account.id)
                row.disconnected_at = well.clock.now()
        case "a parked sign-up":
            parked = Signup.__table__.update().values(state="parked", due_at=None)
            with write_transaction() as session:
                session.execute(parked)
        case "an import that failed":
            account = db.session.scalars(select(Account)).one()
            imported = Importing(well, account).checked(people(2))
            with write_transaction() as session:
                session.get_one(ContactImport, imported.id).state = "failed"
        case "a mail that was given up":
            with write_transaction() as session:
                outbox.put(session, "x", "needs_owner", "ada@example.com", "s", "b")
                session.flush()
                mail = session.scalars(select(Notice)).one()
                mail.state, mail.settled_at = "given_up", well.clock.now()
    return well.app


@ONE_DATABASE
@pytest.mark.parametrize(
    ("what", "finding", "advice"),
    [
        ("no worker", "Worker: No worker was active", "flask latchkey worker"),
        (
            "a row is gone",
            "Balance: 1 sign-ups accepted, but 0 are stored",
            "Check the backup first",
        ),
        ("no admin", "People: 0 active admins", "flask latchkey users create"),
        ("a wrong secret", "API key: Constant Contact doesn’t accept", "/setup"),
        ("an unregistered address", "Redirect URI: Constant Contact refused", "/setup"),
        (
            "no network",
            "API host: http://127.0.0.1:1 can't be reached (unreachable",
            "firewall",
        ),
        ("no API key", "API key: Not set", "/setup"),
        (
            "another key",
            "Key: LATCHKEY_KEY decrypts none of 2 values, so Latchkey is locked",
            "forget-sealed",
        ),
        ("a folder that is gone", "can't be written", "LATCHKEY_DATA_DIR"),
        (
            "a refused permission",
            "Accounts: 1 needs its owner: Maple & Rye Bakery.",
            "/accounts?show=attention",
        ),
        ("a refused API key", "Accounts: 1 is stopped: Constant Contact", "/setup"),
        (
            "disconnected with open forms",
            "Accounts: Maple & Rye Bakery is disconnected, but 2 of its forms still take sign-ups.",
            "Reconnect it or close its forms",
        ),
        (
            "a parked sign-up",
            "Sign-ups: None is waiting. 1 needs a fix",
            "/signups?state=parked",
        ),
        (
            "an import that failed",
            "Imports: 1 finished with errors",
            "/imports",
        ),
        (
            "a mail that was given up",
            "Mails: 0 have waited more than ten minutes, 1 was given up",
            "/setup#mail",
        ),
    ],
)
def test_one_thing_wrong_is_found_and_told(
    well: World,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    what: str,
    finding: str,
    advice: str,
) -> None:
    app = ill(well, make_app, what, tmp_path)
    with app.app_context():
        status, said = ask(app)
        db.session.remove()

    assert status == 1
    assert f"BAD   {finding}" in said or ("BAD   Disk: " in said and finding in said)
    assert advice in said
    assert "of 1" in said.splitlines()[-1]


@ONE_DATABASE
def test_what_heals_or_waits_for_a_decision_is_told_and_is_not_wrong(
    well: World,
) -> None:
    account = db.session.scalars(select(Account)).one()
    the_account(well, failures=1, failure="provider_down")
    well.signup(well.form(account), "robot@example.com", looks_automatic=True)
    Importing(well, account).checked(people(2))
    status, said = ask(well.app, "--offline")

    assert status == 0, said
    assert "note  Accounts: 0 of 1 are healthy. Latchkey is retrying 1." in said
    assert "note  Sign-ups: 1 is waiting (Next in line: 1). 1 is on hold" in said
    assert "note  Imports: 1 was checked but not sent yet" in said
    assert said.endswith("Everything is working.\n")


def test_checks_are_listed_once_each_marked_by_what_it_costs() -> None:
    costly = {check.look for check in CHECKS if check.costly}

    assert len({check.look for check in CHECKS}) == len(CHECKS)
    assert costly == {inside.check_key, business.check_balance}


@ONE_DATABASE
def test_what_a_library_tries_again_is_not_printed(
    well: World,
    make_app: Callable[..., Flask],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = ill(well, make_app, "no network", tmp_path)
    with app.app_context():
        ask(app)
        db.session.remove()

    assert capsys.readouterr().err == ""


@ONE_DATABASE
def test_a_time_without_a_zone_is_that_of_utc(well: World, settings: Settings) -> None:
    standing = MovedClock(well.clock.now())
    with endpoint() as api:
        api.usual = Answer(
            401, headers={"Date": f"{standing.now():%a, %d %b %Y %H:%M:%S} -0000"}
        )
        app = create_app(settings.model_copy(update={"api_url": api.url}), standing)
        with app.app_context():
            status, said = ask(app)
            db.session.remove()
            db.engine.dispose()

    assert status == 0, said
    assert "Clock: Agrees" in said


@ONE_DATABASE
def test_a_clock_that_is_off_is_noticed(well: World) -> None:
    """The provider's own Date header is the yardstick; a simulator's is the real time."""
    well.clock.simulators.seconds = timedelta(minutes=3).total_seconds()
    periodic.run_due(well.clock.now())
    status, said = ask(well.app)

    assert status == 1
    # so much that a slow machine cannot be the cause
    assert re.search(
        r"BAD   Clock: 1[78]\d seconds ahead of Constant Contact's\.", said
    )
    assert "NTP" in said
