"""64 processes find the same token expired at the same moment: one call, and all get
what it brought.

28 times in sum over the two databases; 500 times in `make bench ONLY=expiry`.
"""

from pathlib import Path

import pytest

from tests.accounts.test_tokens import TOKEN
from tests.conftest import KEY
from tests.resilience.kills.children import Nursery
from tests.resilience.kills.crowd import Trials, expire_and_ask
from tests.world import World

PROCESSES, TRIALS = 64, 14


@pytest.mark.slow
def test_64_processes_at_one_expiry_make_one_call_each_time(
    world: World, database: str, tmp_path: Path
) -> None:
    account, all_of_them = world.account(), Trials()
    settings = {"key": KEY, "http_deadline": 5, "token_lease": 12}
    with Nursery(
        "crowd",
        database=database,
        simulator=world.simulator.url,
        folder=str(tmp_path),
        account=account.id,
        many=PROCESSES,
        settings=settings,
    ) as crowd:
        for latency in (0, 250):
            if latency:
                world.fault(TOKEN, latency_ms=latency)
            expire_and_ask(world, account, crowd, PROCESSES, TRIALS // 2, all_of_them)

    assert all_of_them.calls == [1] * TRIALS
    assert all_of_them.same == [True] * TRIALS
    assert {call["status"] for call in world.calls(TOKEN)} == {200}
