"""People sign up while workers and the web are killed: every thanked-for one ends as
the rules say.
"""

from pathlib import Path

import pytest

from app.config.settings import Settings
from tests.resilience.chaos.storm import run
from tests.resilience.chaos.town import Plan
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("presses", "kills"), [(40, 1), pytest.param(200, 3, marks=pytest.mark.long)]
)
def test_sign_ups_survive_kills(
    world: World, settings: Settings, tmp_path: Path, presses: int, kills: int
) -> None:
    said = run(
        world,
        Plan(seed=20_261_121, presses=presses, kills=kills, people=presses * 9 // 10),
        settings,
        tmp_path,
    )

    assert said.startswith(f"{presses} acknowledged")
