"""An owner with a browser, and an app with settings of one's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app.database.session import db
from app.simulator.server import Running
from tests.accounts.owner import Owner
from tests.apps import new_app
from tests.conftest import test_settings
from tests.constant_contact.endpoint import Endpoint, endpoint
from tests.world import World


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)


@pytest.fixture
def fake() -> Iterator[Endpoint]:
    """An endpoint that says what the simulator never would."""
    with endpoint() as running:
        yield running


@pytest.fixture
def make_world(
    database: str, simulator: Running, data_dir: Path
) -> Iterator[Callable[..., World]]:
    """Build the app with other settings than usual; the newest built is the current
    one.
    """
    with ExitStack() as opened:

        def build(**settings: Any) -> World:
            made = new_app(test_settings(database, simulator.url, data_dir, **settings))
            opened.enter_context(made.app_context())
            opened.callback(db.engine.dispose)
            opened.callback(db.session.remove)
            return World(made, simulator)

        yield build
