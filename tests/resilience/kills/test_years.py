"""A week, and 179 quiet days, with fifty accounts: no token ends unnoticed, never two
calls within a second.
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
    fifty,
    live,
    over,
    refused,
)
from tests.world import ONE_DATABASE, World


@pytest.mark.slow
@ONE_DATABASE
def test_fifty_accounts_live_through_a_week_and_through_179_days_of_sleep(
    house: Callable[..., World],
) -> None:
    # so wide that a slow machine is no fault
    world = house(**{**SETTINGS, "token_gap": 3, "http_deadline": 5})
    accounts = fifty(world)
    log = Log(world)
    log.read()
    live(world, log, timedelta(days=7), timedelta(hours=3))
    ended = refused(accounts)
    log.read()
    in_the_week = len(log.at)

    row = world.signup(world.form(accounts[-1]))
    world.clock.advance(days=179)
    asleep = over(world)
    runner.drain()
    delivered = world.again(row).state
    chores(world)
    log.read()

    assert ended == []
    assert 50 * 7 <= in_the_week <= 50 * 10
    assert len(asleep) == 50
    assert delivered == SignupState.DELIVERED  # it need not wait for the others
    assert len(log.at) - in_the_week == 50
    assert (over(world), refused(accounts)) == ([], [])
    assert set(log.statuses) == {200}
    assert log.closest >= 1
    assert db.session.scalar(select(func.max(TokenSet.failures))) == 0
