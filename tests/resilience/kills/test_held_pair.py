"""A new pair in hand and a database that does not take it; a disk that is full; a lease
that is no longer ours.
"""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.accounts import token_refresh, token_store, tokens
from app.accounts.models import TokenSet
from app.accounts.token_refresh import Refresh
from app.accounts.tokens import NeedsOwner, NotNow
from app.config.settings import Settings
from app.database.session import db, retry_write
from app.database.sqlite_lock import Busy
from tests import stranger
from tests.accounts.acting import TOKEN, happened, pair, reply, stored
from tests.conftest import test_settings
from tests.constant_contact.endpoint import Answer, Endpoint, endpoint
from tests.world import (
    HTTP_DEADLINE,
    ONE_DATABASE,
    PATIENCE,
    TOKEN_LEASE,
    SharedClock,
    World,
)


@pytest.fixture
def fake() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running


@contextmanager
def full_disk() -> Iterator[None]:
    """Nothing can be written into any file of this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# -- the disk (rows 8 and 9 of the catalogue)


@ONE_DATABASE
def test_on_a_full_disk_no_refresh_token_is_spent(world: World) -> None:
    account = world.account()
    world.expired(account)
    id = account.id
    with full_disk(), pytest.raises((Busy, SQLAlchemyError)):
        tokens.fresh_token(id)
    db.session.rollback()

    assert world.calls(TOKEN) == []
    assert stored(account).intent_at is None
    assert tokens.fresh_token(id) == pair(account)[0]


@ONE_DATABASE
def test_on_a_full_disk_a_token_that_still_works_serves(world: World) -> None:
    account = world.account()
    access, _ = pair(account)
    id = account.id
    with full_disk():
        assert tokens.fresh_token(id) == access


@ONE_DATABASE
def test_a_pair_that_comes_while_the_disk_is_full_is_stored_once_there_is_room(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    id, full, room = (
        account.id,
        full_disk(),
        threading.Timer(0.25, lambda: full.__exit__(None, None, None)),
    )

    def fill() -> None:
        full.__enter__()
        room.start()

    fake.usual = Answer(200, reply(), first=fill)

    assert tokens.fresh_token(id) == "fake-access"
    assert pair(account) == ("fake-access", "fake-refresh")
    assert len(fake.requests) == 1


# -- a locked database (row 7)


@ONE_DATABASE
def test_what_the_provider_has_done_is_written_for_minutes(app: Flask) -> None:
    slept: list[float] = []

    def write() -> str:
        if sum(slept) < 60:
            raise Busy("locked")
        return "written"

    assert retry_write(write, slept.append, 300) == "written"
    assert max(slept) <= 0.5  # so often that who waits for its last call waits in vain


@ONE_DATABASE
def test_who_cannot_write_for_a_while_waits_for_the_token_all_the_same(
    world: World, settings: Settings, data_dir: Path
) -> None:
    account, lock = world.account(), data_dir / "latchkey.db.lock"
    world.expired(account)
    id = account.id
    lock.unlink()
    lock.mkdir()  # nobody gets the turn to write

    class Unlocking(SharedClock):
        def sleep(self, seconds: float) -> None:
            if lock.is_dir():
                lock.rmdir()
            super().sleep(seconds)

    app = create_app(settings, Unlocking())
    with app.app_context():
        token = tokens.fresh_token(id)
        db.session.remove()
        db.engine.dispose()

    assert token == pair(account)[0]
    assert [call["status"] for call in world.calls(TOKEN)] == [200]


@pytest.mark.slow
def test_a_pair_in_hand_is_stored_before_anybody_may_offer_the_old_token_again(
    world: World, fake: Endpoint, database: str, tmp_path: Path
) -> None:
    """The database is locked until the lease is over; then whoever holds the pair and
    whoever wants one race.
    """
    account = world.account()
    world.expired(account)
    settings = test_settings(
        database,
        world.simulator.url,
        tmp_path,
        auth_url=fake.url,
        http_deadline=4,
        token_lease=8,
    )
    app, id = create_app(settings), account.id

    def want(after: float = 0) -> str:
        time.sleep(after)
        with app.app_context():
            return tokens.fresh_token(id, patience=30)

    with ThreadPoolExecutor(4) as pool:
        fake.usual = Answer(200, reply(), first=lambda: locked_for(database, id, 8.6))
        got = list(pool.map(want, [0, 8.1, 8.2, 8.3]))
    with app.app_context():
        db.engine.dispose()

    assert got == ["fake-access"] * 4
    assert len(fake.requests) == 1
    assert (pair(account), stored(account).version) == (
        ("fake-access", "fake-refresh"),
        2,
    )


def locked_for(database: str, account_id: str, seconds: float) -> None:
    """What a backup tool or an operator's shell does: hold a lock that is none of ours.

    Returns once it is held.
    """
    locked = threading.Event()
    threading.Thread(
        target=_hold, args=(database, account_id, locked, seconds), daemon=True
    ).start()
    assert locked.wait(PATIENCE)


def _hold(
    database: str, account_id: str, locked: threading.Event, seconds: float
) -> None:
    if database.startswith("sqlite"):
        with stranger.transaction(database.removeprefix("sqlite:///")):
            locked.set()
            time.sleep(seconds)
        return
    engine = create_engine(database)
    with engine.begin() as other:
        other.execute(
            select(TokenSet.id)
            .where(TokenSet.account_id == account_id)
            .with_for_update()
        )
        locked.set()
        time.sleep(seconds)
    engine.dispose()


def test_a_pair_that_comes_late_waits_for_the_answer_to_who_offers_the_old_token(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    id = account.id

    def another_takes_over_and_dies() -> None:
        world.clock.advance(seconds=TOKEN_LEASE + 1)
        with world.app.app_context():
            leased(id)

    fake.usual = Answer(200, reply(), first=another_takes_over_and_dies)
    before = world.clock.now()

    assert tokens.fresh_token(id) == "fake-access"
    assert pair(account) == ("fake-access", "fake-refresh")
    assert world.clock.now() - before > timedelta(seconds=2 * TOKEN_LEASE)
    assert len(fake.requests) == 1


def test_a_pair_that_comes_late_counts_for_more_than_a_refusal_of_the_token_that_it_replaced(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    id = account.id

    def another_is_refused() -> None:
        world.clock.advance(seconds=TOKEN_LEASE + 1)
        with world.app.app_context(), pytest.raises(NeedsOwner, match="answer_lost"):
            tokens.fresh_token(id)

    fake.answers += [
        Answer(200, reply(), first=another_is_refused),
        Answer(400, {"error": "invalid_grant"}),
    ]

    assert tokens.fresh_token(id) == "fake-access"
    row = stored(account)
    assert (row.version, row.refused_at, row.failure, row.intent_at) == (
        2,
        None,
        None,
        None,
    )
    assert happened(account) == ["answer_lost", "refreshed"]


# -- a lease that is no longer ours


def test_who_overslept_makes_no_call_and_leaves_the_lease_of_another_alone(
    world: World,
) -> None:
    account = world.account()
    world.expired(account)
    mine = leased(account.id)
    world.clock.advance(seconds=TOKEN_LEASE + 1)
    lease = leased(account.id).lease
    with pytest.raises(NotNow, match="refreshing"):
        mine.run()

    assert world.calls(TOKEN) == []
    assert stored(account).lease_until == lease


def test_a_call_that_could_outlive_its_lease_is_not_made(world: World) -> None:
    account = world.account()
    world.expired(account)
    mine = leased(account.id)
    # what is left is shorter than a call may take
    world.clock.advance(seconds=TOKEN_LEASE - HTTP_DEADLINE)
    with pytest.raises(NotNow, match="refreshing"):
        mine.run()
    row = stored(account)

    assert world.calls(TOKEN) == []
    assert (row.lease_until, row.intent_at, row.failures) == (None, None, 0)
    world.clock.advance(seconds=1)
    assert tokens.fresh_token(account.id)


def test_who_looked_before_another_tried_and_failed_does_not_take_the_lease(
    world: World,
) -> None:
    account = world.account()
    world.expired(account)
    before = token_store.read(account.id)
    world.fault(TOKEN, status=503, times=1)
    with pytest.raises(NotNow, match="provider_down"):
        tokens.fresh_token(account.id)

    assert before
    assert token_refresh.begin(before) is None
    assert stored(account).intent_at is not None


def leased(account_id: str) -> Refresh:
    """Somebody holds the lease, and does not go on."""
    row = token_store.read(account_id)
    assert row
    if row.lease_until:
        token_refresh.clear_expired_lease(row)
        row = token_store.read(account_id)
        assert row
    refresh = token_refresh.begin(row)
    assert refresh
    return refresh
