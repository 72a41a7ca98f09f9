"""Somebody who is signed in."""

import pytest
from flask.testing import FlaskClient

from tests.world import World


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in()
