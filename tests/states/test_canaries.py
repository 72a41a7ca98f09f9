"""After a full life no secret stands anywhere in clear: not in logs, answers, rows,
files, mails or addresses.
"""

import base64
import json
import logging
import re
from collections.abc import Callable
from contextlib import redirect_stderr
from html import escape
from io import StringIO
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

import pytest
import requests
from flask import Flask
from pydantic import SecretStr

from app.accounts.models import Account
from app.core.logs import log
from app.database.session import write_transaction
from app.database.sqlite_driver import journal_mode
from tests.accounts.owner import BAKER
from tests.auth.acting import PASSWORD
from tests.conftest import KEY
from tests.mail.sink import PASSWORD as MAIL_PASSWORD
from tests.mail.sink import USER, Sink
from tests.states.acting import TOKEN
from tests.states.canaries import Place, Secret, Wire, database, leaks, listening
from tests.states.echoes import ECHOES, look, settle
from tests.states.life import METRICS_TOKEN, WRONG_PASSWORD, WRONG_SECRET, Life
from tests.world import ONE_DATABASE, PATIENCE, ROTATING, World, csrf_of

# where a row stands that was written just now
NEWEST_FILE = f"the file latchkey.db{'-wal' * (journal_mode() == 'WAL')}"


@pytest.fixture
def heard() -> StringIO:
    """What the installation writes to its standard error."""
    return StringIO()


@pytest.fixture
def installation(
    world: World, make_app: Callable[..., Flask], sink: Sink, heard: StringIO
) -> Any:
    """A new one that says all it can: without an API key yet, and with a password for
    its mail server.
    """
    sink.login_wanted = True
    # the mail server of the tests talks in our process
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with redirect_stderr(heard):
        app = make_app(
            log_level="DEBUG",
            client_id="",
            client_secret=SecretStr(""),
            metrics_token=SecretStr(METRICS_TOKEN),
            smtp_url=SecretStr(sink.url(USER, MAIL_PASSWORD)),
        )
    with app.app_context():
        yield Life(World(app, world.simulator), sink)


def secrets_of(app: Flask, wire: Wire) -> set[Secret]:
    """What came into the world on the wire, and what this installation was given."""
    vault = app.extensions["latchkey"].cipher
    ours = {
        "LATCHKEY_KEY": KEY,
        "the client secret": ROTATING.client_secret,
        "a wrong client secret": WRONG_SECRET,
        "the metrics token": METRICS_TOKEN,
        "the password of the mail server": MAIL_PASSWORD,
        "a password": PASSWORD,
        "a wrong password": WRONG_PASSWORD,
        "the session secret": app.config["SECRET_KEY"],
    }
    derived = {
        Secret("a derived key", key)
        for purpose in ("cookies", "passwords", "form tokens", "first admin")
        for key in vault.derived(purpose)
    }
    return (
        {Secret(kind, text) for kind, text in ours.items()}
        | derived
        | wire.secrets
        | wire.links()
    )


def everything(life: Life, wire: Wire, heard: StringIO, folder: Path) -> list[Place]:
    """All that was written and said."""
    lines = [Place("the log", line.encode()) for line in heard.getvalue().splitlines()]
    mails = [
        Place(
            "the owner’s mail" if one.recipients == [BAKER] else "an admin’s mail",
            one.text.encode() + one.raw,
        )
        for one in life.sink.taken
    ]
    said = [Place("what doctor says", text.encode()) for text in life.said]
    return [*lines, *mails, *said, *wire.answers, *wire.addresses, *database(folder)]


def test_no_secret_stands_anywhere_after_a_full_life(
    installation: Life, heard: StringIO, data_dir: Path
) -> None:
    with listening(installation.world.app, installation.world.simulator) as wire:
        installation.live()
    secrets, places = (
        secrets_of(installation.world.app, wire),
        everything(installation, wire, heard, data_dir),
    )
    kinds = {secret.kind for secret in secrets}

    assert {
        "code",
        "code_verifier",
        "state",
        "link",
        "access_token",
        "refresh_token",
    } <= kinds
    assert "our answer 200 to GET /metrics" in {place.name for place in places}
    assert {"the log", "what doctor says", "an admin’s mail", "the owner’s mail"} <= {
        place.name for place in places
    }
    assert len(places) > 400
    assert leaks(secrets, places) == []


@ONE_DATABASE
def test_answers_that_repeat_what_they_were_sent_are_not_repeated_further(
    installation: Life, heard: StringIO, data_dir: Path
) -> None:
    with listening(installation.world.app, installation.world.simulator) as wire:
        settle(installation, wire)
        for echo in ECHOES:
            echo(installation)
            look(installation)
        installation.look_around()
    secrets, places = (
        secrets_of(installation.world.app, wire),
        everything(installation, wire, heard, data_dir),
    )

    assert leaks(secrets, places) == []


# -- the scan itself


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "so it begins: {:.20}…",
        "Basic {basic}",
        "?state={percent}&x",
        "{html}",
        "{json}",
        "header.{}.signature",
    ],
)
def test_a_secret_is_found_however_it_was_written_down(written: str) -> None:
    secret = Secret("a password", 'p@ss/w<rd "of" a bakery')
    basic = base64.b64encode(f"client:{secret.text}".encode()).decode()
    said = written.format(
        secret.text,
        basic=basic,
        percent=quote(secret.text, safe=""),
        html=escape(secret.text),
        json=json.dumps(secret.text),
    )

    found = leaks(
        {secret}, [Place("somewhere", said.encode()), Place("elsewhere", b"p@ss/word")]
    )

    assert len(found) == 1
    assert found[0].endswith(" in somewhere")


@ONE_DATABASE
def test_a_canary_planted_in_any_place_is_found(
    installation: Life, heard: StringIO, data_dir: Path
) -> None:
    canaries = {
        place: f"canary-{token_urlsafe(24)}"
        for place in (
            "the log",
            NEWEST_FILE,
            "the table form",
            "our answer 200 to GET /f/ID",
            "what doctor says",
            "our answer 303 to GET /accounts",
            "our answer 303 to POST /setup/mail",
            "an admin’s mail",
            "the address /v3/contacts as the provider saw it",
        )
    }
    with listening(installation.world.app, installation.world.simulator) as wire:
        planted(installation, wire, canaries)
    places = everything(installation, wire, heard, data_dir)
    found = {
        re.sub(r"(?<=/f/)[\w-]+", "ID", leak)
        for place, text in canaries.items()
        for leak in leaks({Secret(place, text)}, places)
    }

    assert {f"{place} in clear in {place}" for place in canaries} <= found


def planted(life: Life, wire: Wire, canaries: dict[str, str]) -> None:
    """One canary in each place that is looked at, by whatever leads there."""
    settle(life, wire)
    anybody, provider = life.world.app.test_client(), life.world.simulator.url
    log.warning("planted", note=canaries["the log"])
    life.world.form(
        life.account,
        intro=canaries[NEWEST_FILE],
        name=canaries["the table form"],
    )
    shown = life.world.form(life.account, intro=canaries["our answer 200 to GET /f/ID"])
    anybody.get(f"/f/{shown.id}")
    anybody.get(
        "/accounts", query_string={"x": canaries["our answer 303 to GET /accounts"]}
    )
    life.sink.say["RCPT"] = f"550 {canaries['our answer 303 to POST /setup/mail']}"
    life.ada.post(
        "/setup/mail", data={"csrf_token": csrf_of(life.ada.get("/setup").text)}
    )
    life.sink.say.clear()
    with write_transaction() as session:
        session.get_one(Account, life.account.id).name = canaries["an admin’s mail"]
    life.world.control("revoke", account=life.account.provider_id)
    life.world.expired(life.account)
    life.later(minutes=1)
    requests.get(
        f"{provider}/v3/contacts",
        timeout=PATIENCE,
        params={"email": canaries["the address /v3/contacts as the provider saw it"]},
    )
    said = {"error": "odd", "error_description": canaries["what doctor says"]}
    life.world.fault(TOKEN, status=400, times=1, body=said)
    life.doctor()
