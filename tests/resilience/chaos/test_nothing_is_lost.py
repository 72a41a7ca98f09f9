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


def test_200_sign_ups_survive_three_kills(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    said = run(
        world,
        Plan(seed=20_261_121, presses=200, kills=3, people=180),
        settings,
        tmp_path,
    )

    assert said.startswith("200 acknowledged")
