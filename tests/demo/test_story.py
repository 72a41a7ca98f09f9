"""The demo's history: written as rows, it adds up as if it had been played."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import create_app
from app.accounts.models import Account, AccountEvent, TokenSet
from app.database.session import db
from app.delivery.models import Arrival
from app.demo import story
from app.demo.control import Control, MovedClock
from app.forms.models import FormView
from app.signups.intake import day_of
from app.signups.models import Attempt, Signup, SignupState, Tally
from app.simulator import SimulatorSettings
from app.simulator.server import start
from app.stats import counts
from tests.conftest import test_settings as settings_for_test
from tests.world import ROTATING

DAYS = 10


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Control]]:
    """An app and its simulator, after a story of ten days."""
    clock = MovedClock(datetime.now(UTC))
    no_limits = SimulatorSettings(
        calls_per_second=None, calls_per_day=None, token_calls_per_second=None
    )
    with start(no_limits) as simulator:
        folder = tmp_path_factory.mktemp("story")
        app = create_app(settings_for_test("", simulator.url, folder), clock)
        control = Control(simulator.url, ROTATING.client_id)
        story.play(app, clock, control, DAYS)
        story.settle(app, clock)
        yield app, control


@pytest.fixture
def control(played: tuple[Flask, Control]) -> Iterator[Control]:
    app, control = played
    with app.app_context():
        yield control
        db.session.remove()
        db.engine.dispose()


def test_ten_days_add_up(control: Control) -> None:
    signups = list(db.session.scalars(select(Signup)))
    tallied = {(row.form_id, row.day): row.accepted for row in _all(Tally)}
    attempts = Counter(row.signup_id for row in _all(Attempt))
    audit = counts.audit()

    assert len(signups) == 10 * DAYS
    assert audit.balance.holds
    assert audit.miscounted == 0
    assert counts.balance() == audit.balance
    assert tallied == Counter((row.form_id, day_of(row.created_at)) for row in signups)
    assert {row.id: row.attempts for row in signups if row.attempts} == attempts
    assert audit.balance.by_state[SignupState.DELIVERED] == 10 * DAYS - story.AT_THE_END
    for state, number in (
        (SignupState.HELD, 2),
        (SignupState.PARKED, 2),
        (SignupState.WAITING, 20),
    ):
        assert audit.balance.by_state[state] == number


def test_every_delivered_signup_is_at_constant_contact(control: Control) -> None:
    delivered = select(Signup).where(Signup.state == SignupState.DELIVERED)
    for account in _all(Account):
        contacts = control.get(f"contacts?account={account.provider_id}")["contacts"]
        listed = {each["contact_id"]: each["list_memberships"] for each in contacts}
        mine = delivered.where(Signup.account_id == account.id)
        for signup in db.session.scalars(mine):
            assert signup.contact_id in listed
            assert signup.body["list_memberships"] == listed[signup.contact_id]


def test_accounts_lived_through_the_days_as_they_do(control: Control) -> None:
    for account in _all(Account):
        lines = select(AccountEvent).where(AccountEvent.account_id == account.id)
        happened = Counter(row.what for row in db.session.scalars(lines))
        token_set = db.session.scalars(
            select(TokenSet).where(TokenSet.account_id == account.id)
        ).one()

        assert happened["connected"] == 1
        assert happened["refreshed"] == token_set.version - 1
        assert DAYS - 1 <= happened["refreshed"] <= 1.5 * DAYS
        assert happened["mended"] <= happened["trouble"]
    assert db.session.scalar(_number(Arrival).where(Arrival.found == "there"))
    assert not db.session.scalar(_number(Arrival).where(Arrival.found == "missing"))
    looks, presses = db.session.execute(
        select(func.sum(FormView.views), func.sum(FormView.signups))
    ).one()
    assert presses == 10 * DAYS - story.AT_THE_END
    assert looks > 3 * presses


def test_the_past_costs_one_call_a_signup(control: Control) -> None:
    """Playing it all through took over ten calls for each day more."""
    requests = control.get("requests")["requests"]
    refreshes = [each for each in requests if each["path"].endswith("/token")]
    signed_up = [each for each in requests if each["path"].endswith("/sign_up_form")]
    accounts = 4
    played_days = story.PLAYED // timedelta(days=1)

    assert len(refreshes) <= accounts * 2 * played_days + 1
    assert len(signed_up) <= 10 * DAYS
    assert len(requests) <= len(signed_up) + 200


def _all(model: type) -> list:
    return list(db.session.scalars(select(model)))


def _number(model: type):
    return select(func.count()).select_from(model)
