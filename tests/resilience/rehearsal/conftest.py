"""An admin at the dashboard, and an account's owner."""

import pytest
from flask.testing import FlaskClient

from tests.accounts.owner import Owner
from tests.world import World


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in()


@pytest.fixture
def owner(world: World) -> Owner:
    return Owner(world)
