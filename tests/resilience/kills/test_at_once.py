"""Many processes find the same token expired at the same moment: one call, and all get
what it brought.

16 processes four times; 64 processes 14 times in `make test-long`, and 500 times in
`make bench ONLY=expiry`.
"""

from pathlib import Path

import pytest

from tests.accounts.acting import TOKEN
from tests.conftest import KEY
from tests.resilience.kills.children import Nursery
from tests.resilience.kills.crowd import Trials, expire_and_ask
from tests.world import PATIENCE, World


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "trials"), [(16, 4), pytest.param(64, 14, marks=pytest.mark.long)]
)
def test_many_processes_at_one_expiry_make_one_call_each_time(
    world: World, database: str, tmp_path: Path, processes: int, trials: int
) -> None:
    account, all_of_them = world.account(), Trials()
    settings = {"key": KEY, "http_deadline": 20, "token_lease": PATIENCE}
    with Nursery(
        "crowd",
        database=database,
        simulator=world.simulator.url,
        folder=str(tmp_path),
        account=account.id,
        many=processes,
        settings=settings,
    ) as crowd:
        for latency in (0, 250):
            if latency:
                world.fault(TOKEN, latency_ms=latency)
            expire_and_ask(world, account, crowd, processes, trials // 2, all_of_them)

    assert all_of_them.calls == [1] * trials
    assert all_of_them.same == [True] * trials
    assert {call["status"] for call in world.calls(TOKEN)} == {200}
