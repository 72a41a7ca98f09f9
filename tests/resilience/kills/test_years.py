"""A week, and 179 quiet days, with many accounts: no token ends unnoticed, never two
calls within a second.

Twelve accounts for three days here, fifty for a week in `make test-long`.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import TokenSet
from app.database.session import db
from app.signups.models import SignupState
from app.worker import runner
from tests.resilience.kills.years import (
    SETTINGS,
    Log,
    chores,
    connect,
    live,
    over,
    refused,
)
from tests.world import ONE_DATABASE, World


@pytest.mark.slow
@ONE_DATABASE
@pytest.mark.parametrize(
    ("many", "days"), [(12, 3), pytest.param(50, 7, marks=pytest.mark.long)]
)
def test_accounts_live_through_days_of_work_and_through_179_days_of_sleep(
    make_world: Callable[..., World], many: int, days: int
) -> None:
    # so wide that a slow machine is no fault
    patient = {"token_gap": 3, "http_deadline": 20, "token_lease": 40}
    world = make_world(**{**SETTINGS, **patient})
    accounts = connect(world, many)
    log = Log(world)
    log.read()
    live(world, log, timedelta(days=days), timedelta(hours=3))
    ended = refused(accounts)
    log.read()
    in_the_days = len(log.at)

    row = world.signup(world.form(accounts[-1]))
    world.clock.advance(days=179)
    asleep = over(world)
    runner.drain()
    delivered = world.again(row).state
    chores(world)
    log.read()

    assert ended == []
    assert many * days <= in_the_days <= many * (days + 3)
    assert len(asleep) == many
    assert delivered == SignupState.DELIVERED  # it need not wait for the others
    assert len(log.at) - in_the_days == many
    assert (over(world), refused(accounts)) == ([], [])
    assert set(log.statuses) == {200}
    assert log.closest >= 1
    assert db.session.scalar(select(func.max(TokenSet.failures))) == 0
