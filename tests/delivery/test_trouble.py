"""Trouble that is not what it looks like: whose it is, how long it has lasted, and who
may ask again.
"""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app.accounts.api_rate import Governor, midnight_after
from app.accounts.disconnect import disconnect
from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.delivery import admin_actions, breaker, claims, deliver, read_back
from app.delivery.models import Arrival
from app.delivery.outcomes import AccountBlocked, RetryLater
from app.services import services
from app.signups.models import Attempt, Signup, SignupState
from app.worker import periodic, runner
from tests.world import ONE_DATABASE, World, until

API, SIGN_UPS, TOKENS = "/v3/*", "/contacts/sign_up_form", "/oauth2/default/v1/token"
CONFLICT = [{"error_key": "contacts.api.conflict", "error_message": "simultaneous"}]
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def down(world: World, **how: int) -> None:
    world.fault(API, status=503, body={}, **how)


def governed(**values: object) -> None:
    with write_transaction() as session:
        session.execute(update(Governor).values(**values))


def delivered(world: World, rows: list[Signup]) -> int:
    return sum(world.again(row).state == SignupState.DELIVERED for row in rows)


def for_a_while(world: World, seconds: int) -> None:
    """The worker looks every second."""
    for _ in range(seconds):
        runner.drain()
        world.clock.advance(seconds=1)


# -- how long it has lasted


@ONE_DATABASE
def test_a_conflict_after_four_days_of_outage_is_not_three_days_of_failing(
    world: World,
) -> None:
    row = world.signup(world.form(world.account()))
    down(world)
    runner.drain()
    world.mend()
    world.clock.advance(days=4)
    world.fault(SIGN_UPS, status=409, times=1, body=CONFLICT)

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "conflict")


@ONE_DATABASE
def test_who_signed_up_today_is_not_given_up_with_one_who_waited_a_month(
    world: World,
) -> None:
    began = world.clock.now() - timedelta(days=40)
    account = world.account(trouble="provider_down", trouble_since=began)
    form = world.form(account)
    old = world.signup(form, created_at=began)
    fresh = world.signup(form)
    down(world, times=1)
    runner.drain()
    first = world.again(old).reason
    admin_actions.refuse([old.id])
    world.clock.advance(hours=2)

    runner.drain()

    assert first == "waited_too_long"
    assert world.again(fresh).state == SignupState.DELIVERED


@ONE_DATABASE
def test_trouble_of_days_ago_where_nothing_waits_makes_no_outage_of_another(
    world: World,
) -> None:
    long_ago, other = world.account(0), world.account(1)
    row = world.signup(world.form(long_ago))
    down(world, times=1)
    runner.drain()
    with write_transaction() as session:  # it was moved away, say
        session.execute(
            update(Signup)
            .where(Signup.id == row.id)
            .values(state=SignupState.CLOSED, due_at=None)
        )
    world.clock.advance(days=5)
    world.signup(world.form(other))
    down(world, times=1)

    runner.drain()

    assert world.again(other).trouble == "provider_down"
    assert (
        db.session.scalar(
            select(Governor.api_key).where(Governor.down_since.is_not(None))
        )
        is None
    )


# -- whose it is


@ONE_DATABASE
def test_our_own_error_does_not_mend_an_account(world: World) -> None:
    account = world.account(trouble="forbidden", trouble_since=world.clock.now())
    world.signup(world.form(account))
    job = claims.claim(world.clock.now())
    assert job

    claims.settle(job, RetryLater("unexpected", "Busy"))

    assert world.again(account).trouble == "forbidden"


@POSTGRESQL
def test_connecting_again_ends_the_wait_also_while_a_verdict_is_written(
    world: World, app: Flask
) -> None:
    account = world.account()
    world.signup(world.form(account))
    job = claims.claim(world.clock.now())
    assert job

    def settle() -> None:
        with app.app_context():
            claims.settle(
                job,
                AccountBlocked(
                    "grant_refused", until=world.clock.now() + timedelta(hours=1)
                ),
            )

    writer, ours = (
        threading.Thread(target=settle),
        update(Account).where(Account.id == account.id),
    )
    with db.engine.connect() as owner:  # the callback has written and not yet committed
        owner.execute(ours.values(connected_at=world.clock.now()))
        writer.start()
        until(
            lambda: owner.scalar(
                text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            )
        )
        owner.commit()
    writer.join()

    assert (world.again(account).trouble, account.hold_until) == (None, None)


@ONE_DATABASE
def test_a_second_outage_is_one_again_for_those_who_were_probes_in_the_first(
    world: World,
) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(8)]
    down(world)
    for _ in range(6):
        runner.drain()
        world.clock.advance(minutes=6)
    world.mend()
    runner.step()
    runner.step()
    assert delivered(world, rows) == 2
    down(world)
    before = len(world.calls("/contacts"))

    runner.drain()

    assert len(world.calls("/contacts")) - before <= 2


# -- who may ask again


@ONE_DATABASE
def test_accounts_that_need_their_owner_do_not_use_up_the_probes(world: World) -> None:
    ill, well = [world.account(number) for number in range(3)], world.account(3)
    for account in ill:
        world.signup(world.form(account))
        world.expired(account)
        world.token_set(account, refused_at=world.clock.now(), failure="grant_refused")
    form = world.form(well)
    world.signup(form, "first@example.com")
    runner.drain()
    row = world.signup(form)
    governed(down_since=world.clock.now(), down_count=1, probe_at=world.clock.now())
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id.in_([one.id for one in ill]))
            .values(hold_until=None, turn_at=None)
        )  # theirs are the first turns

    for_a_while(world, 10)

    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_a_token_endpoint_in_trouble_is_no_outage_of_the_api(world: World) -> None:
    ill, well = [world.account(number) for number in range(2)], world.account(2)
    form = world.form(well)
    world.signup(form, "first@example.com")
    runner.drain()
    world.fault(TOKENS, status=503, body={})
    for account in ill:
        world.expired(account)
        world.signup(world.form(account))
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(10)]

    for_a_while(world, 10)

    assert delivered(world, rows) == 10


@ONE_DATABASE
def test_who_overslept_the_lease_does_not_call(world: World) -> None:
    account = world.account()
    periodic.run_due(world.clock.now())
    world.signup(world.form(account))
    job = claims.claim(world.clock.now())
    assert job
    world.clock.advance(seconds=61)  # in line, or for a token
    runner.drain()

    deliver.deliver(job)

    assert len(world.calls(SIGN_UPS)) == 1


@ONE_DATABASE
def test_once_the_day_is_spent_by_our_own_count_nobody_is_claimed(world: World) -> None:
    world.signup(world.form(world.account()))
    governed(used=services().settings.calls_per_day)

    runner.drain()

    assert db.session.scalar(select(func.count()).select_from(Attempt)) == 0
    assert breaker.not_before(world.clock.now()) == midnight_after(world.clock.now())


@ONE_DATABASE
def test_a_spent_day_told_just_after_midnight_does_not_cost_the_new_one(
    world: World,
) -> None:
    row = world.signup(world.form(world.account()))
    now = world.clock.now()
    world.clock.advance(seconds=(midnight_after(now) - now).total_seconds() + 2)
    world.fault(
        API,
        status=429,
        times=1,
        body={"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
    )

    runner.drain()

    assert world.again(row).reason == "quota_exceeded"
    assert breaker.not_before(world.clock.now() + timedelta(hours=1)) is None


@ONE_DATABASE
def test_a_pause_written_by_a_wrong_clock_stops_nobody(world: World) -> None:
    row = world.signup(world.form(world.account()))
    governed(
        paused_until=world.clock.now() + timedelta(days=400), paused_for="throttled"
    )

    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_arrivals_of_others_are_read_though_one_account_is_disconnected(
    world: World,
) -> None:
    rows = [world.signup(world.form(world.account(number))) for number in range(2)]
    runner.drain()
    sample = [
        Arrival(
            signup_id=row.id,
            account_id=row.account_id,
            checked_at=world.clock.now(),
            found=read_back.UNCHECKED,
        )
        for row in map(world.again, rows)
    ]
    with write_transaction() as session:  # drawn, and not yet read
        session.add_all(sample)
    disconnect(
        db.session.scalars(select(Arrival.account_id)).first() or "",
        "admin@example.com",
    )

    read_back.check_some(world.clock.now())

    assert read_back.lately(world.clock.now()) == {"there": 1}
