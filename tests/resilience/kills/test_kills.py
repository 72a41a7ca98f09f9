"""Renewals go on and on while their processes are killed: nothing is lost but what no
client can keep.

Each database has its short form here and a longer one in `make test-long`; `make bench
ONLY=torture` has the longest, with long-lived tokens.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.resilience.kills.kills import Torture, judge, run
from tests.world import World

pytestmark = pytest.mark.slow
SEED = 20_261_122
# for a machine that is busy with other tests
ROOM = {"deadline": 3, "lease": 4, "delay": 0.17}


@pytest.mark.parametrize(
    ("refreshes", "min_kills"), [(6, 1), pytest.param(20, 3, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    ("database", "how"),
    [("sqlite", {"grace": 0}), ("postgresql", {"grace": 30})],
    indirect=["database"],
)
def test_renewals_survive_kills(
    world: World,
    database: str,
    tmp_path: Path,
    how: dict[str, Any],
    refreshes: int,
    min_kills: int,
) -> None:
    torture = Torture(SEED, refreshes, **ROOM, **how)
    print(f"seed {SEED}, {how}")  # shown when it fails

    seen = run(world, torture, database, tmp_path)

    print(seen)
    assert len(seen.kills) >= min_kills
    judge(torture, seen)
