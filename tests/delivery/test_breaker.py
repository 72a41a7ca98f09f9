"""The provider as a whole is down: one probe at a time, whoever waits, and all may go
once it answers.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.api_rate import Governor
from app.accounts.models import Account
from app.database.session import db
from app.delivery import breaker
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.world import World

API = "/v3/*"


@pytest.fixture
def accounts(world: World) -> list[Account]:
    """Three accounts with two sign-ups each, and a provider that is down."""
    accounts = [world.account(number) for number in range(3)]
    for account in accounts:
        form = world.form(account)
        for n in range(2):
            world.signup(form, f"zoe{n}@example.com")
    world.fault(API, status=503, body={})
    return accounts


def governor() -> Governor:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Governor)).one()


def called(world: World) -> int:
    return len(world.calls("/contacts")) + len(world.calls("/contacts/sign_up_form"))


def test_two_accounts_in_trouble_are_an_outage_and_only_probes_go_out(
    world: World, accounts: list[Account]
) -> None:
    runner.drain()
    first = called(world)
    runner.drain()
    again = called(world)
    world.clock.advance(seconds=20)
    runner.drain()

    assert (first, again) == (2, 2)
    assert called(world) == 3
    assert governor().down_since is not None
    assert breaker.not_before(world.clock.now()) is not None


def test_one_account_in_trouble_is_no_outage(world: World) -> None:
    one, other = world.account(0), world.account(1)
    ill = world.signup(world.form(one))
    well = world.signup(world.form(other))
    world.fault("/v3/contacts", status=503, body={}, times=1)

    runner.drain()

    assert {world.again(row).state for row in (ill, well)} == {
        SignupState.WAITING,
        SignupState.DELIVERED,
    }
    assert governor().down_since is None


def test_once_it_answers_everybody_goes_at_once(
    world: World, accounts: list[Account]
) -> None:
    for _ in range(30):
        runner.drain()
        world.clock.advance(minutes=1)
    wasted = called(world)
    world.mend()
    world.clock.advance(minutes=6)
    before = world.clock.now()
    runner.drain()

    db.session.rollback()
    assert wasted <= 12  # probes 15 s, 30 s, 1, 2, 4, then every 5 minutes
    assert set(db.session.scalars(select(Signup.state))) == {SignupState.DELIVERED}
    assert world.clock.now() - before < timedelta(seconds=30)
    assert governor().down_since is None


def test_a_refusal_is_an_answer_and_ends_the_outage(
    world: World, accounts: list[Account]
) -> None:
    runner.drain()
    world.mend()
    world.fault(
        "/v3/contacts",
        status=403,
        times=1,
        body={
            "error_key": "access_denied",
            "error_message": "Request forbidden due to insufficient user privileges.",
        },
    )
    world.clock.advance(minutes=1)
    runner.step()

    assert governor().down_since is None
