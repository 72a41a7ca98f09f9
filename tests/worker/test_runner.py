"""The threads that deliver, and the chores that keep an idle house alive."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts import facts
from app.accounts.api_rate import Governor
from app.accounts.models import Account
from app.config.settings import Settings
from app.database import sqlite_lock
from app.database.session import db, write_transaction
from app.database.sqlite_lock import BUSY_SECONDS
from app.delivery.models import Heartbeat
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests import stranger
from tests.world import ONE_DATABASE, World, locked, until


@pytest.fixture
def at_work(app: Flask) -> Iterator[runner.Worker]:
    working = runner.Worker(app)
    working.start()
    yield working
    working.stop()


def delivering() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("delivery-")
    ]


# -- threads


def test_a_started_worker_delivers_by_itself_and_stops_when_told(
    world: World, app: Flask
) -> None:
    form = world.form(world.account())
    before = world.signup(form, "before@example.com")
    working = runner.Worker(app)

    working.start()
    threads = delivering()
    after = world.signup(form, "after@example.com")
    until(
        lambda: (
            {world.again(row).state for row in (before, after)}
            == {SignupState.DELIVERED}
        )
    )
    working.stop()

    assert len(threads) == 2
    assert delivering() == []


@ONE_DATABASE
def test_a_stopped_worker_can_start_again(world: World, app: Flask) -> None:
    form = world.form(world.account())
    working = runner.Worker(app)
    working.start()
    working.stop()

    row = world.signup(form)
    working.start()
    until(lambda: world.again(row).state == SignupState.DELIVERED)
    working.stop()

    assert delivering() == []


def test_stopping_lets_the_call_under_way_finish(world: World, app: Flask) -> None:
    row = world.signup(world.form(world.account()))
    world.fault("/contacts/sign_up_form", latency_ms=400, times=1)
    working = runner.Worker(app)

    working.start()
    until(lambda: world.again(row).attempts == 1)
    working.stop()

    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_threads_outlive_any_trouble_of_the_machine(
    world: World, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    lock_file = f"{db.engine.url.database}.lock"
    row = world.signup(world.form(world.account()), due_at=None)
    request.getfixturevalue("at_work")  # not before: it would deliver what comes in
    until(lambda: db.session.scalar(select(Heartbeat.seen_at)) is not None)
    # it cannot be opened: an OSError, as without file descriptors
    until(lambda: became_a_folder(lock_file))

    make_due_by_hand(row.id)
    until(lambda: "worker_stumbled" in caplog.text)
    os.rmdir(lock_file)
    world.clock.advance(seconds=61)
    until(
        lambda: (
            world.again(row).state == SignupState.DELIVERED
            or world.clock.advance(seconds=1)
        )
    )

    assert len(delivering()) == 2


def became_a_folder(path: str) -> bool:
    """False when a worker made the file anew between the two steps."""
    with suppress(OSError):
        os.remove(path)
        os.mkdir(path)
    return os.path.isdir(path)


def make_due_by_hand(id: str) -> None:
    """Past our own lock file."""
    stranger.execute(
        str(db.engine.url.database),
        "UPDATE signup SET due_at = created_at WHERE id = ?",
        id,
    )


@ONE_DATABASE
def test_nobody_delivers_from_a_process_that_leaves_it_to_others(
    app: Flask, make_app: Callable[..., Flask]
) -> None:
    wanted = [
        runner.wanted_here(app),
        runner.wanted_here(make_app(worker="embedded")),
        runner.wanted_here(Flask("bare")),
    ]

    assert wanted == [False, True, False]


# -- chores


def test_a_worker_gives_a_sign_of_life(world: World) -> None:
    periodic.run_due(world.clock.now())
    world.clock.advance(seconds=30)
    periodic.run_due(world.clock.now())

    (beat,) = db.session.scalars(select(Heartbeat))
    assert abs((beat.seen_at - world.clock.now()).total_seconds()) < 5


def test_tokens_are_renewed_ahead_of_time_without_any_sign_up(world: World) -> None:
    account = world.account()
    before = world.token_set(account).expires_at
    world.clock.advance(hours=22)

    periodic.run_due(world.clock.now())

    db.session.expire_all()
    assert len(world.calls("/token")) == 1
    assert world.token_set(account).expires_at > before + timedelta(hours=20)


@ONE_DATABASE
def test_a_token_that_cannot_be_renewed_is_not_asked_for_at_every_chore(
    world: World,
) -> None:
    world.expired(world.account())
    world.fault("/token", status=503)

    for _ in range(12):
        periodic.run_due(world.clock.now())
        world.clock.advance(seconds=5)

    assert 1 <= len(world.calls("/token")) <= 4


def test_lists_and_fields_are_read_once_a_day(world: World) -> None:
    account = world.account()
    periodic.run_due(world.clock.now())
    quiet = len(world.calls("/contact_lists"))
    renamed = world.control(
        "lists",
        account=account.provider_id,
        list_id=facts.lists_of(account.id)[0].list_id,
    )["list"]["name"]
    world.clock.advance(days=1, minutes=1)

    periodic.run_due(world.clock.now())

    db.session.rollback()
    assert len(world.calls("/contact_lists")) == quiet + 1
    assert renamed not in {item.name for item in facts.lists_of(account.id)}


def test_an_account_whose_lists_cannot_be_read_keeps_no_other_from_being_read(
    world: World,
) -> None:
    accounts = [world.account(number) for number in range(3)]
    unread(*accounts)
    world.control("revoke", account=accounts[0].provider_id)
    world.control("revoke", account=accounts[1].provider_id)

    for _ in range(2):
        periodic.run_due(world.clock.now())
        world.clock.advance(seconds=5)

    assert [world.again(account).facts_read_at is not None for account in accounts] == [
        False,
        False,
        True,
    ]


@ONE_DATABASE
def test_lists_that_cannot_be_read_are_not_asked_for_at_every_chore(
    world: World,
) -> None:
    unread(world.account())
    world.fault("/contact_lists", status=500)
    before = len(world.calls("/contact_lists"))

    for _ in range(24):
        periodic.run_due(world.clock.now())
        world.clock.advance(seconds=5)

    assert 1 <= len(world.calls("/contact_lists")) - before <= 3


def unread(*accounts: Account) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id.in_([account.id for account in accounts]))
            .values(facts_read_at=None)
        )


# PostgreSQL has no lock for the whole of it
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_verdict_is_kept_until_the_database_takes_it(
    world: World, settings: Settings
) -> None:
    """A stranger locks the file while the provider answers: the sign-up is delivered
    once, not sent again.
    """
    account = world.account()
    row = world.signup(world.form(account))
    world.fault("/contacts/sign_up_form", latency_ms=800, times=1)
    path = settings.database.removeprefix("sqlite:///")
    used = db.session.scalars(select(Governor.used)).one()

    def lock_for_a_while() -> None:
        with world.app.app_context():
            # both calls left
            until(lambda: db.session.scalar(select(Governor.used)) == used + 2)
        with stranger.transaction(path):
            threading.Event().wait(BUSY_SECONDS + 2)  # longer than a writer's patience

    thread = threading.Thread(target=lock_for_a_while)
    thread.start()
    runner.step()
    thread.join()

    assert world.again(row).state == "delivered"
    assert len(world.calls("/contacts/sign_up_form")) == 1


@ONE_DATABASE
def test_a_verdict_is_kept_for_as_long_as_its_lease(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away for most of a lease: the sign-up is sent once."""
    monkeypatch.setattr(sqlite_lock, "BUSY_SECONDS", 0.01)
    row = world.signup(world.form(world.account()))
    away_until = world.clock.now() + timedelta(seconds=45)

    with ThreadPoolExecutor(1) as pool:
        with world.holding("/contacts/sign_up_form", when="after") as call:
            stepping = pool.submit(step_in, world)
            call.until_arrived()
            with locked("signup"):
                call.release()
                # each try to write takes its pause of the shared clock
                until(lambda: world.clock.now() > away_until)
        stepping.result()

    assert world.again(row).state == "delivered"
    assert len(world.calls("/contacts/sign_up_form")) == 1


def step_in(world: World) -> None:
    with world.app.app_context():
        runner.step()
