"""An account to import into, with jobs so small that a few rows make several."""

from pathlib import Path

import pytest

from app.config.settings import Settings
from app.simulator.server import Running
from tests.conftest import test_settings
from tests.imports.acting import JOB_ROWS, Importing
from tests.world import World


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path) -> Settings:
    return test_settings(database, simulator.url, data_dir, import_job_rows=JOB_ROWS)


@pytest.fixture
def importing(world: World) -> Importing:
    return Importing(world, world.account())
