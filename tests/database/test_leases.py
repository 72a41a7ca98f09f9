"""A lease: of many who see the same row one takes it, and who overslept writes nothing."""

from datetime import timedelta

from app.accounts.models import Account
from app.database.leases import LONGEST
from app.database.session import write_transaction
from app.delivery.optouts import LEASE
from tests.world import World

HOUR = timedelta(hours=1)


def claims(world: World, account: Account, fence: str) -> bool:
    now = world.clock.now()
    with write_transaction() as session:
        return LEASE.claim(
            session, account.id, LEASE.is_free(now), fence=fence, until=now + HOUR
        )


def writes(account: Account, fence: str, name: str) -> bool:
    with write_transaction() as session:
        return LEASE.write(session, account.id, fence, name=name)


def test_of_two_one_takes_it_until_its_time_has_come(world: World) -> None:
    account = world.account()
    taken = [claims(world, account, "first"), claims(world, account, "second")]
    world.clock.advance(minutes=59)
    taken.append(claims(world, account, "third"))
    world.clock.advance(minutes=1)
    taken.append(claims(world, account, "fourth"))

    assert taken == [True, False, False, True]


def test_who_was_overtaken_changes_nothing(world: World) -> None:
    account = world.account()
    claims(world, account, "slow")
    world.clock.advance(hours=1)
    claims(world, account, "quick")

    assert (writes(account, "quick", "Quick"), writes(account, "slow", "Slow")) == (
        True,
        False,
    )
    assert world.again(account).name == "Quick"
    with write_transaction() as session:
        assert LEASE.lock(session, account.id, "slow") is None
        assert LEASE.lock(session, account.id, "quick") is not None
        assert not LEASE.release(session, account.id, "slow")
    assert not claims(world, account, "third")


def test_what_is_given_back_can_be_taken_at_once(world: World) -> None:
    account = world.account()
    claims(world, account, "first")
    with write_transaction() as session:
        LEASE.release(session, account.id, "first", name="Done")

    assert world.again(account).name == "Done"
    assert claims(world, account, "second")


def test_a_lease_written_by_a_clock_that_was_wrong_blocks_nobody(world: World) -> None:
    account = world.account()
    with write_transaction() as session:
        until = world.clock.now() + LONGEST + HOUR
        LEASE.claim(session, account.id, fence="lost", until=until)

    assert claims(world, account, "next")
