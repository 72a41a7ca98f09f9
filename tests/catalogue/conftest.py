"""A bakery with a form, in a house that tells by mail: Ada runs the house, Nora owns the bakery."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.config import Settings
from app.simulator.server import Running
from tests.accounts.owner import Owner
from tests.catalogue.acting import Scene
from tests.conftest import test_settings
from tests.notices.sink import Sink, serving
from tests.world import World


@pytest.fixture(scope="session")
def sink_for_all() -> Iterator[Sink]:
    with serving() as sink:
        yield sink


@pytest.fixture
def sink(sink_for_all: Sink) -> Sink:
    """The mail server, as new."""
    sink_for_all.forget()
    return sink_for_all


@pytest.fixture
def settings(database: str, simulator: Running, tmp_path: Path, sink: Sink) -> Settings:
    # A form's age is told by the system's clock: here months pass between showing and pressing.
    return test_settings(database, simulator.url, tmp_path, smtp_url=SecretStr(sink.url()), form_max_seconds=1e8)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)
