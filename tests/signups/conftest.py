"""An account that forms belong to."""

import pytest

from app.accounts.models import Account
from tests.world import World


@pytest.fixture
def account(world: World) -> Account:
    return world.account()
