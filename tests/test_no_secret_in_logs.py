"""A full run, and every way that it can go wrong, logs no secret."""

import json
import re
import urllib.parse
from pathlib import Path

import pytest
import requests
from sqlalchemy import select, text

from app import create_app
from app.accounts import oauth_transaction, tokens
from app.accounts.models import Account, AuthorizationTransaction, TokenSet
from app.auth import first_admin
from app.database.session import db, write_transaction
from app.simulator.server import Running
from app.worker import periodic, runner
from tests.accounts.owner import Owner, asked_for, consent
from tests.apps import Browser
from tests.conftest import KEY, test_settings
from tests.world import (
    LONG_LIVED,
    ONE_DATABASE,
    PATIENCE,
    ROTATING,
    SharedClock,
    World,
)


def full_run(
    database: str,
    simulator: Running,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
    log_format: str,
) -> tuple[str, dict[str, str]]:
    """Let everything happen; return what was logged, and by name every secret in it."""
    settings = test_settings(
        database, simulator.url, folder, log_level="DEBUG", log_format=log_format
    )
    app = create_app(settings, SharedClock())
    app.config["TESTING"] = False
    app.test_client_class = Browser
    with app.app_context():
        world = World(app, simulator)
        secrets = everything_happens(world)
        db.session.remove()
        db.engine.dispose()
    return capfd.readouterr().err, secrets


def test_a_full_run_logs_no_secret(
    database: str, simulator: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said, secrets = full_run(database, simulator, tmp_path, capfd, "json")
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    assert {line["event"] for line in lines} >= {"request", "refresh_put_off"}
    assert {line["event"] for line in lines} & {"unexpected", "database_unusable"}
    assert len(lines) > 30
    assert_no_secret(said, secrets)


@ONE_DATABASE
def test_a_full_run_logs_no_secret_on_a_console_either(
    database: str, simulator: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said, secrets = full_run(database, simulator, tmp_path, capfd, "console")

    assert re.search(r"^\d\d:\d\d:\d\d \[info\] POST /f/<form_id> 303", said, re.M)
    assert re.search(r"^\d\d:\d\d:\d\d \[warning\] refresh_put_off", said, re.M)
    assert len(said.splitlines()) > 30
    assert_no_secret(said, secrets)


def assert_no_secret(said: str, secrets: dict[str, str]) -> None:
    assert len(secrets) > 20
    assert [
        name
        for name, secret in secrets.items()
        if secret in said or urllib.parse.quote(secret) in said
    ] == []
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", said)
    assert "eyJ" not in said
    assert "gAAAA" not in said


def everything_happens(world: World) -> dict[str, str]:
    """Connecting, failing to, renewing, signing up, delivering, breaking: by name,
    every secret on the way.
    """
    secrets = {
        "key": KEY,
        "client secret": ROTATING.client_secret,
        "other": LONG_LIVED.client_secret,
        "visitor": "zoe+secret@example.com",
        "first name": "Zoëlla-Unmistakable",
    }
    secrets["first admin"] = first_admin.link().rpartition("/")[2]
    world.app.test_client().get(f"/first-admin/{secrets['first admin']}")
    owner = Owner(world)
    link = owner.link()
    secrets["link"] = link.rpartition("/")[2]
    for number, (fault, allow) in enumerate(
        [
            (None, False),
            ({"status": 503, "body": "<h1>"}, True),
            ({"reset": True, "when": "after"}, True),
            (None, True),
        ]
    ):
        world.mend()
        if fault:
            world.fault("/oauth2/default/v1/token", **fault)
        address = owner.leave(link)
        secrets |= secrets_of_trip(world, address, number)
        callback = consent(owner.theirs, address, allow=allow)
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(callback).query).get("code")
        if code:
            secrets[f"code {number}"] = code[0]
        owner.come_back(callback)
        owner.come_back(callback)
    account = db.session.scalars(select(Account)).one()
    secrets |= secrets_of_tokens(world, "first")
    world.expired(account)
    periodic.run_due(world.clock.now())
    secrets |= secrets_of_tokens(world, "second")
    visits(world, account)
    world.expired(account)
    world.fault("/oauth2/default/v1/token", status=400)
    periodic.run_due(world.clock.now())
    breakage(world)
    return secrets


def secrets_of_trip(world: World, address: str, number: int) -> dict[str, str]:
    db.session.rollback()
    newest = db.session.scalars(
        select(AuthorizationTransaction).order_by(
            AuthorizationTransaction.created_at.desc()
        )
    ).first()
    assert newest
    trip = oauth_transaction._trip(newest)
    assert trip.code_verifier
    return {
        f"state {number}": asked_for(address)["state"],
        f"verifier {number}": trip.code_verifier,
        f"challenge {number}": asked_for(address)["code_challenge"],
    }


def secrets_of_tokens(world: World, when: str) -> dict[str, str]:
    db.session.rollback()
    db.session.expire_all()
    held = db.session.scalars(select(TokenSet)).one()
    vault = world.app.extensions["latchkey"].cipher
    return {
        f"{when} {column}": vault.decrypt(
            getattr(held, column), "token_set", held.id, column
        )
        for column in ("access_token", "refresh_token")
    }


def visits(world: World, account: Account) -> None:
    """A visitor's sign-up, delivered after trouble; another that breaks the provider's
    rules.
    """
    form = world.form(db.session.get_one(Account, account.id))
    visitor = world.app.test_client()
    world.press(
        visitor,
        form,
        email_address="zoe+secret@example.com",
        first_name="Zoëlla-Unmistakable",
    )
    for status in (500, 401, 400):
        world.fault("/v3/contacts/sign_up_form", status=status, times=1)
        runner.drain()
        world.clock.advance(minutes=10)
    with write_transaction() as session:
        session.get_one(Account, account.id).hold_until = None
    runner.drain()
    visitor.post(
        "/sign-in",
        data={"email": "zoe+secret@example.com", "password": "a-guessed-password"},
    )
    visitor.get("/signups?q=zoe%2Bsecret@example.com")
    world.signed_in().get("/signups?q=zoe%2Bsecret@example.com")


def breakage(world: World) -> None:
    """An error nobody foresaw, whose text holds what was being written."""
    admin = world.signed_in()
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE signup RENAME TO signup_elsewhere"))
    admin.get("/signups?q=zoe%2Bsecret@example.com")
    requests.get(f"{world.simulator.url}/_control/accounts", timeout=PATIENCE)
    with pytest.raises((tokens.NeedsOwner, tokens.NotNow)):
        tokens.fresh_token("nobody")
