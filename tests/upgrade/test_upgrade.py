"""A database made by 0.1.0 is brought up to date: nothing is lost, everything opens,
and the way back works too.

`v0.1.0.*.sql` are dumps of databases that 0.1.0 itself had filled: two users, two
connected accounts, two forms, eight sign-ups in every state, an invitation.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import create_engine, func, select

from app import create_app
from app.accounts import key_check
from app.accounts.models import Account, TokenSet
from app.auth.models import User
from app.cli.commands import latchkey
from app.database import migrate
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.simulator.server import Running
from app.stats import counts
from app.worker import runner
from tests import stranger
from tests.apps import Browser
from tests.conftest import test_settings
from tests.postgres import Postgres
from tests.world import SharedClock, World, csrf_of

HERE = Path(__file__).parent
KEY = "bGF0Y2hrZXktdXBncmFkZS10ZXN0LWtleS0zMmJ5dGU="
PASSWORD = "a password of 0.1.0"


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database as 0.1.0 left it."""
    if request.param == "sqlite":
        dump = (HERE / "v0.1.0.sqlite.sql").read_text()
        stranger.run_script(str(tmp_path / "latchkey.db"), dump)
        yield f"sqlite:///{tmp_path / 'latchkey.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    server.create("upgraded")
    engine = create_engine(server.address("upgraded"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql((HERE / "v0.1.0.postgresql.sql").read_text())
    engine.dispose()
    yield server.address("upgraded")
    server.drop("upgraded")


@pytest.fixture
def upgraded(old: str, simulator: Running, tmp_path: Path) -> Iterator[World]:
    app = _start(old, simulator, tmp_path)
    with app.app_context():
        yield World(app, simulator)
        db.session.remove()
        db.engine.dispose()


def _start(address: str, simulator: Running, folder: Path) -> Flask:
    app = create_app(
        test_settings(address, simulator.url, folder, key=(SecretStr(KEY),)),
        SharedClock(),
    )
    app.test_client_class = Browser
    return app


def row_counts() -> dict[str, int]:
    db.session.rollback()  # an open transaction would hold the tables
    found = {
        model.__tablename__: (
            db.session.scalar(select(func.count()).select_from(model)) or 0
        )
        for model in (User, Account, TokenSet, Form, Signup)
    }
    db.session.rollback()
    return found


def test_everything_is_still_there_and_opens(upgraded: World) -> None:
    assert migrate.current() == migrate.head()
    assert row_counts() == {
        "user_account": 2,
        "account": 2,
        "token_set": 2,
        "form": 2,
        "signup": 8,
    }
    assert counts.balance().holds
    assert key_check.kept() == (4, 4)


def test_its_people_sign_in_and_see_every_page(upgraded: World) -> None:
    browser = upgraded.app.test_client()
    token = csrf_of(browser.get("/sign-in").text)
    entered = browser.post(
        "/sign-in",
        data={"csrf_token": token, "email": "ada@example.com", "password": PASSWORD},
    )
    seen, wanted = {"/"}, ["/"]
    while wanted:
        answer: Any = browser.get(path := wanted.pop())
        assert answer.status_code == 200, path
        found = re.findall(
            r'href="(/(?:accounts|forms|signups|setup)[^"#?]*)"', answer.text
        )
        wanted += [one for one in dict.fromkeys(found) if one not in seen]
        seen |= {*found}

    assert entered.status_code == 302
    assert len(seen) > 15


def test_its_forms_take_sign_ups_and_what_waited_is_delivered(upgraded: World) -> None:
    form = db.session.scalars(select(Form).where(Form.name == "Newsletter")).one()
    answer = upgraded.press(
        upgraded.app.test_client(), form, email_address="new@example.com"
    )
    upgraded.connected_again(db.session.get_one(Account, form.account_id))
    runner.drain()
    waiting = db.session.scalars(
        select(Signup.email).where(
            Signup.state == SignupState.WAITING, Signup.account_id == form.account_id
        )
    ).all()

    assert answer.status_code == 303
    assert waiting == []
    there = upgraded.contacts(db.session.get_one(Account, form.account_id))
    assert {"new@example.com", "waiting@example.com"} <= there.keys()
    assert counts.balance().holds


def test_the_way_back_keeps_every_sign_up(upgraded: World, old: str) -> None:
    before = row_counts()
    said = upgraded.app.test_cli_runner().invoke(latchkey, ["migrate", "--to", "0001"])

    assert said.exit_code == 0, said.output
    assert migrate.current() == "0001"
    assert row_counts() == before


def test_an_unknown_way_back_is_refused_in_a_sentence(upgraded: World) -> None:
    said = upgraded.app.test_cli_runner().invoke(latchkey, ["migrate", "--to", "0815"])

    assert said.exit_code == 1
    assert "0815" in said.output
    assert "0001, 0002, 0003, 0004, 0005, 0006, 0007, 0008, 0009, 0010" in said.output
    assert migrate.current() == migrate.head()
