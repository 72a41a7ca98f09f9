"""Of an account in trouble one sign-up at a time is the probe."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import Account, AccountEvent
from app.database.session import db, write_transaction
from app.delivery import claims
from app.delivery.outcomes import AccountBlocked, Delivered, NotAttempted
from app.signups.models import SignupState
from app.worker import runner
from tests.delivery.test_claims import at_once
from tests.world import World


def test_one_probe_at_a_time_while_an_account_is_in_trouble(
    world: World, app: Flask
) -> None:
    account = world.account()
    form = world.form(account)
    for n in range(12):
        world.signup(form, f"zoe{n}@example.com")
    in_trouble(account, world)

    probes = [
        job for job in at_once(app, 8, lambda: claims.claim(world.clock.now())) if job
    ]
    db.session.rollback()
    another = claims.claim(world.clock.now())

    assert len(probes) == 1
    assert another is None


def in_trouble(account: Account, world: World) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account.id)
            .values(
                trouble="provider_down",
                trouble_since=world.clock.now(),
                hold_until=world.clock.now(),
            )
        )


def test_a_probe_that_died_is_followed_by_another_after_its_lease(world: World) -> None:
    account = world.account()
    form = world.form(account)
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(3)]
    in_trouble(account, world)

    claims.claim(world.clock.now())
    world.clock.advance(seconds=61)
    runner.drain()

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert world.again(account).trouble is None


def test_trouble_begins_and_ends_once_in_the_accounts_story(world: World) -> None:
    account = world.account()
    world.signup(world.form(account))
    world.fault("/v3/contacts", status=503, times=3)

    for _ in range(4):
        runner.drain()
        world.clock.advance(minutes=10)

    db.session.rollback()
    story = list(
        db.session.scalars(
            select(AccountEvent.what)
            .where(AccountEvent.account_id == account.id)
            .order_by(AccountEvent.at)
        )
    )
    assert story == ["trouble", "mended"]


def test_not_yet_neither_mends_nor_blames(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    in_trouble(account, world)
    job = claims.claim(world.clock.now())
    assert job is not None

    claims.settle(
        job, NotAttempted("throttled", until=world.clock.now() + timedelta(seconds=1))
    )

    assert world.again(account).trouble == "provider_down"
    assert world.again(row).failing_since is None


def test_trouble_that_one_sign_up_alone_meets_becomes_its_own_and_is_parked_in_the_end(
    world: World,
) -> None:
    account = world.account()
    form = world.form(account)
    cursed, down = (
        world.signup(form, "cursed@example.com"),
        AccountBlocked("provider_down", "Internal Server Error"),
    )

    def take(email: str) -> claims.ClaimedSignup:
        world.clock.advance(minutes=10)
        job = claims.claim(world.clock.now())
        assert job
        assert job.email == email
        return job

    claims.settle(take("cursed@example.com"), down)
    held_at_first = world.again(account).trouble
    world.signup(form, "neighbour@example.com")
    claims.settle(take("cursed@example.com"), down)
    claims.settle(take("neighbour@example.com"), Delivered("created", contact_id="x"))
    claims.settle(take("cursed@example.com"), down)
    held_afterwards, state_afterwards = (
        world.again(account).trouble,
        world.again(cursed).state,
    )
    world.clock.advance(days=4)
    claims.settle(take("cursed@example.com"), down)
    row = world.again(cursed)

    assert held_at_first == "provider_down"
    assert (held_afterwards, state_afterwards) == (None, SignupState.WAITING)
    assert (row.state, row.reason) == (SignupState.PARKED, "kept_failing")
    assert world.again(account).trouble is None
