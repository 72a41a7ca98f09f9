"""Renewals go on and on while their processes are killed: nothing is lost but what no
client can keep.

The short form. `make bench ONLY=torture` has the long one, with long-lived tokens and
both databases.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.resilience.kills.kills import Torture, judge, run
from tests.world import World

pytestmark = pytest.mark.slow
SEED = 20_261_122
REFRESHES = 20
# for a machine that is busy with other tests
ROOM = {"deadline": 3, "lease": 4, "delay": 0.17}


@pytest.mark.parametrize(
    ("database", "how"),
    [("sqlite", {"grace": 0}), ("postgresql", {"grace": 30})],
    indirect=["database"],
)
def test_renewals_survive_kills(
    world: World, database: str, tmp_path: Path, how: dict[str, Any]
) -> None:
    torture = Torture(SEED, REFRESHES, **ROOM, **how)
    print(f"seed {SEED}, {how}")  # shown when it fails

    seen = run(world, torture, database, tmp_path)

    print(seen)
    assert len(seen.kills) > 2
    judge(torture, seen)
