"""With a key that does not fit: visitors are served, tokens are untouched, a page and a
command say what to do.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select

from app.accounts import key_check
from app.accounts.models import Account, TokenSet
from app.cli.commands import latchkey
from app.core.crypto import new_key
from app.database.session import db
from app.signups.models import Signup, SignupState
from app.stats import counts
from app.web.access import is_locked
from app.worker import runner
from tests.conftest import KEY
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World


@pytest.fixture
def connected(world: World) -> Account:
    return world.account()


@pytest.fixture
def another_key(
    connected: Account, world: World, make_app: Callable[..., Flask]
) -> Iterator[World]:
    """The same make_app, started with another installation's key."""
    app = make_app(key=(SecretStr(new_key()),), worker="embedded")
    with app.app_context():
        yield World(app, world.simulator)


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(latchkey, list(words))


def sealed() -> list[Any]:
    db.session.rollback()
    return list(
        db.session.execute(
            select(TokenSet.access_token, TokenSet.refresh_token, TokenSet.version)
        )
    )


def test_visitors_sign_up_while_tokens_stay_untouched(
    another_key: World, connected: Account
) -> None:
    before, form = sealed(), another_key.form(connected)
    answer = another_key.press(
        another_key.app.test_client(), form, email_address="zoe@example.com"
    )

    assert answer.status_code == 303
    assert db.session.scalars(select(Signup.state)).all() == [SignupState.WAITING]
    assert counts.balance().holds
    assert sealed() == before
    assert not runner.wanted_here(another_key.app)


@ONE_DATABASE
@pytest.mark.parametrize("path", ["/", "/sign-in", "/accounts", "/signups", "/setup"])
def test_every_other_page_says_what_to_do(another_key: World, path: str) -> None:
    answer = another_key.app.test_client().get(path)

    assert answer.status_code == 503
    assert "Put the old key back" in text_of(answer.text)


@ONE_DATABASE
def test_an_owner_reads_nothing_of_keys(another_key: World) -> None:
    page = text_of(
        another_key.app.test_client().get("/connect/callback?code=c&state=s").text
    )

    assert "You can’t connect right now" in page
    assert "LATCHKEY_KEY" not in page


@ONE_DATABASE
def test_the_machines_that_watch_see_it(another_key: World) -> None:
    answer = another_key.app.test_client().get("/readyz")

    assert (answer.status_code, answer.json["checks"]["key"]) == (503, False)
    assert another_key.app.test_client().get("/healthz").status_code == 200


@ONE_DATABASE
@pytest.mark.parametrize(
    "words",
    [("worker",), ("users", "create", "ada@example.com", "--password", "x" * 20)],
)
def test_commands_that_hang_on_the_key_refuse(
    another_key: World, words: tuple[str, ...]
) -> None:
    said = run(another_key.app, *words)

    assert said.exit_code == 1
    assert "Put the old key back" in said.output


@ONE_DATABASE
def test_the_old_key_behind_the_new_one_opens_everything(
    connected: Account, make_app: Callable[..., Flask]
) -> None:
    ring = (SecretStr(new_key()), SecretStr(KEY))

    assert not is_locked(make_app(key=ring))


@ONE_DATABASE
def test_an_empty_house_fits_any_key(
    world: World, make_app: Callable[..., Flask]
) -> None:
    assert not is_locked(make_app(key=(SecretStr(new_key()),)))


def test_a_lost_key_costs_the_tokens_and_nothing_else(
    another_key: World, connected: Account, make_app: Callable[..., Flask]
) -> None:
    form = another_key.form(connected)
    another_key.signup(form)
    said = run(another_key.app, "forget-sealed", "--yes")
    again = make_app(key=another_key.app.extensions["latchkey"].settings.key)
    with again.app_context():
        found = (
            key_check.kept(),
            db.session.scalar(select(func.count()).select_from(Signup)),
            counts.balance().holds,
        )
        account = db.session.scalars(select(Account)).one()

        assert said.exit_code == 0, said.output
        assert not is_locked(again)
        assert found == ((0, 0), 1, True)
        assert account.disconnected_at


@ONE_DATABASE
def test_forgetting_asks_first_and_never_takes_what_opens(
    world: World, connected: Account, another_key: World
) -> None:
    unsure = another_key.app.test_cli_runner().invoke(
        latchkey, ["forget-sealed"], input="n\n"
    )
    with world.app.app_context():
        fitting = run(world.app, "forget-sealed", "--yes")

    assert unsure.exit_code == 1
    assert fitting.exit_code == 1
    assert "nothing to delete" in fitting.output
    assert len(sealed()) == 1
