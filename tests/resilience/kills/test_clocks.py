"""Hosts whose clocks are wrong: on PostgreSQL the database's time decides, and a 401 is
believed everywhere.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask

from app import create_app
from app.accounts import tokens
from app.accounts.authorized_call import authorized_call
from app.accounts.tokens import NotNow
from app.config.settings import Settings
from app.constant_contact.oauth import Tokens
from app.core.clock import Clock
from app.database.session import db, write_transaction
from app.services import services
from tests.accounts.acting import TOKEN, pair, stored
from tests.world import ONE_DATABASE, TOKEN_LEASE, SharedClock, World

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
TEN = timedelta(minutes=10)
Hosts = Callable[[timedelta], Flask]


class WrongClock(Clock):
    """A host's own clock, so much ahead of the true time."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Behind(SharedClock):
    """Ten minutes behind the provider's clock, as is the whole installation."""

    def now(self) -> datetime:
        return super().now() - TEN


@pytest.fixture
def host(app: Flask, settings: Settings) -> Iterator[Hosts]:
    """One more host of the same installation, its clock so much ahead."""
    SharedClock.follow_machine()
    with ExitStack() as ends:

        def make(ahead: timedelta) -> Flask:
            made = create_app(settings, WrongClock(ahead))

            def hang_up() -> None:
                with made.app_context():
                    db.engine.dispose()

            ends.callback(hang_up)
            return made

        yield make


@ON_POSTGRESQL
@pytest.mark.parametrize("ahead", [TEN, -TEN], ids=["ahead", "behind"])
def test_a_lease_that_is_held_is_held_for_every_host(
    world: World, host: Hosts, ahead: timedelta
) -> None:
    account = world.account()
    world.expired(account)
    until = world.clock.now() + timedelta(minutes=5)
    world.token_set(account, lease_until=until, lease_by="another host")
    id = account.id
    with host(ahead).app_context():
        due = tokens.due(services().clock.now())
        with pytest.raises(NotNow, match="refreshing") as not_now:
            tokens.fresh_token(id, patience=0)

    assert due == []
    assert world.calls(TOKEN) == []
    assert abs(not_now.value.until - until) < timedelta(seconds=1)


@ON_POSTGRESQL
@pytest.mark.parametrize("ahead", [TEN, -TEN], ids=["ahead", "behind"])
def test_a_lease_that_ran_out_blocks_no_host(
    world: World, host: Hosts, ahead: timedelta
) -> None:
    account = world.account()
    world.expired(account)
    ended = world.clock.now() - timedelta(seconds=1)
    world.token_set(
        account,
        lease_until=ended,
        lease_by="a dead one",
        intent_at=ended - timedelta(seconds=TOKEN_LEASE),
    )
    id = account.id
    with host(ahead).app_context():
        fresh = tokens.fresh_token(id, patience=0)

    assert pair(account)[0] == fresh
    assert [call["status"] for call in world.calls(TOKEN)] == [200]


@ON_POSTGRESQL
def test_hosts_with_different_clocks_make_one_call_at_one_expiry(
    world: World, host: Hosts
) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, latency_ms=400)
    hosts, id = [host(ahead) for ahead in (timedelta(), TEN, -TEN)] * 3, account.id
    together = Barrier(len(hosts))

    def want(there: Flask) -> str:
        with there.app_context():
            together.wait()
            return tokens.fresh_token(id)

    with ThreadPoolExecutor(len(hosts)) as pool:
        got = set(pool.map(want, hosts))

    assert got == {pair(account)[0]}
    assert [call["status"] for call in world.calls(TOKEN)] == [200]


@ON_POSTGRESQL
@pytest.mark.parametrize("ahead", [TEN, -TEN], ids=["ahead", "behind"])
def test_the_end_of_a_token_is_the_same_for_every_host(
    world: World, host: Hosts, ahead: timedelta
) -> None:
    account = world.account()
    now, id = world.clock.now(), account.id
    there = host(ahead)
    world.token_set(
        account,
        refresh_due_at=now + timedelta(minutes=2),
        expires_at=now + timedelta(minutes=8),
    )
    with there.app_context():
        young, due_young = tokens.fresh_token(id), tokens.due(services().clock.now())
    world.token_set(
        account,
        refresh_due_at=now - timedelta(minutes=8),
        expires_at=now - timedelta(minutes=2),
    )
    with there.app_context():
        due_old, renewed = tokens.due(services().clock.now()), tokens.fresh_token(id)
    held = stored(account)

    assert (due_young, due_old) == ([], [id])
    assert renewed != young
    assert len(world.calls(TOKEN)) == 1
    assert abs(held.expires_at - now - timedelta(days=1)) < timedelta(seconds=30)
    assert (
        timedelta(hours=18) - timedelta(seconds=1)
        <= held.refresh_due_at - now
        <= timedelta(hours=20.5)
    )


@ON_POSTGRESQL
def test_a_consent_that_a_host_with_a_wrong_clock_stores_ends_when_it_truly_ends(
    world: World, host: Hosts
) -> None:
    account = world.account()
    now, id = world.clock.now(), account.id
    with host(TEN).app_context():
        there = services().clock.now()
        with write_transaction() as session:
            tokens.store_grant(
                session, id, Tokens("opaque", "y", (), timedelta(hours=2)), there
            )

    assert abs(stored(account).expires_at - now - timedelta(hours=2)) < timedelta(
        seconds=30
    )


@ONE_DATABASE
def test_where_a_slow_clock_lets_a_dead_token_live_a_401_brings_one_renewal(
    world: World, settings: Settings
) -> None:
    world.control("limits", expires_in=1800)
    account = world.account()
    id, slow = account.id, create_app(settings, Behind())
    world.clock.advance(seconds=1810)
    together = Barrier(6)

    def use(_: int) -> bool:
        with slow.app_context():
            together.wait()
            return bool(authorized_call(id, lambda api: list(api.lists())))

    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(use, range(6)))
    with slow.app_context():
        db.engine.dispose()

    assert got == [True] * 6
    assert {call["status"] for call in world.calls("/contact_lists")} == {200, 401}
    assert [call["status"] for call in world.calls(TOKEN)] == [200]
