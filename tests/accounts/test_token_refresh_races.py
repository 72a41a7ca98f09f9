"""Many may want a fresh token, one may ask for it, and a dead one does not block."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts import tokens
from app.accounts.tokens import NeedsOwner, NotNow
from tests.accounts.acting import TOKEN, pair, stored, wanted_by
from tests.others import others, threads_want_a_token, wants_a_token
from tests.world import TOKEN_LEASE, World


def test_whoever_loses_uses_the_token_that_still_works(world: World) -> None:
    account = world.account()
    access, _ = pair(account)
    world.clock.advance(hours=21)
    world.token_set(
        account,
        lease_until=world.clock.now() + timedelta(seconds=5),
        lease_by="somebody else",
    )

    assert tokens.fresh_token(account.id, patience=0) == access
    assert world.calls(TOKEN) == []


def test_whoever_loses_is_told_until_when_when_nothing_works(world: World) -> None:
    account = world.account()
    world.expired(account)
    until = world.clock.now() + timedelta(seconds=5)
    world.token_set(account, lease_until=until, lease_by="somebody else")

    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id, patience=0)
    assert (not_now.value.reason, not_now.value.until) == ("refreshing", until)
    assert world.calls(TOKEN) == []


def test_sixteen_threads_at_a_slow_token_endpoint_make_one_call(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, latency_ms=2500)
    got = wanted_by(world, account, 16)

    assert set(got) == {pair(account)[0]}
    assert [call["status"] for call in world.calls(TOKEN)] == [200]


@pytest.mark.slow
def test_sixteen_threads_in_each_of_three_processes_make_one_call(
    world: World, tmp_path: Path
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.expired(account)
    world.fault(TOKEN, latency_ms=300)
    about = json.dumps({"account": account.id, "threads": 16})
    with others(3, threads_want_a_token, about, world, tmp_path) as processes:
        for process in processes:
            process.go()
        got = [token for process in processes for token in json.loads(process.hear())]

    assert len(got) == 48
    assert set(got) == {pair(account)[0]}
    assert access not in got
    assert [call["status"] for call in world.calls(TOKEN)] == [200]
    assert stored(account).version == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "grace", "ends"),
    [("before", 0, "renewed"), ("after", 60, "renewed"), ("after", 0, "needs owner")],
)
def test_a_process_killed_during_a_refresh_blocks_nobody_for_longer_than_its_lease(
    world: World, tmp_path: Path, when: str, grace: int, ends: str
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.control("limits", grace=grace)
    world.expired(account)
    if when == "before":
        world.fault(TOKEN, reset=True, when=when, times=1)
    with (
        others(1, wants_a_token, account.id, world, tmp_path) as [process],
        world.holding(TOKEN, when) as call,
    ):
        process.go()
        call.until_arrived()
        process.kill()

    assert rotated(world) == (when == "after")
    assert stored(account).intent_at is not None
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id, patience=0)
    assert not_now.value.reason == "refreshing"
    assert stored(account).intent_fingerprint is not None

    world.clock.advance(seconds=TOKEN_LEASE + 1)
    if ends == "renewed":
        assert tokens.fresh_token(account.id) not in ("", access)
        assert stored(account).intent_at is None
        return
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)
    # the trace of what went wrong stays readable
    assert stored(account).intent_at is not None


def rotated(world: World) -> bool:
    return any(grant.rotated_out for grant in world.simulator.state.grants.values())
