"""An owner with a browser, and a house with settings of one's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.database.session import db
from app.simulator.server import Running
from tests.accounts.owner import Owner
from tests.conftest import Browser, test_settings
from tests.world import SharedClock, World


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)


@pytest.fixture
def house(
    database: str, simulator: Running, tmp_path: Path
) -> Iterator[Callable[..., World]]:
    """Build the app with other settings than usual; the newest built is the current
    one.
    """
    with ExitStack() as open_houses:

        def build(**settings: Any) -> World:
            made = create_app(
                test_settings(database, simulator.url, tmp_path, **settings),
                SharedClock(),
            )
            made.config["TESTING"] = False
            made.test_client_class = Browser
            open_houses.enter_context(made.app_context())
            open_houses.callback(db.engine.dispose)
            open_houses.callback(db.session.remove)
            return World(made, simulator)

        yield build
