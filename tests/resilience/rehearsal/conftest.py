"""An admin at the dashboard, and an account's owner."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.simulator.server import Running
from tests.accounts.owner import Owner
from tests.simulator.openapi_check import watching
from tests.world import World


@pytest.fixture
def simulator(simulator: Running) -> Iterator[Running]:
    """The simulator; each of its answers is what its OpenAPI file declares."""
    with watching(simulator):
        yield simulator


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in()


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)
