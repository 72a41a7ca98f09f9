"""A bakery with a form, in a house that tells by mail: Ada runs the house, Nora owns
the bakery.
"""

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.config.settings import Settings
from app.simulator.server import Running
from tests.accounts.owner import Owner
from tests.conftest import test_settings
from tests.mail.conftest import sink, sink_for_all
from tests.mail.sink import Sink
from tests.states.acting import Scene
from tests.world import World

__all__ = ["sink", "sink_for_all"]  # the same mail server


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path, sink: Sink) -> Settings:
    # A form's age is told by the system's clock: here months pass between showing and
    # pressing.
    return test_settings(
        database,
        simulator.url,
        data_dir,
        smtp_url=SecretStr(sink.url()),
        form_max_seconds=1e8,
    )


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)
