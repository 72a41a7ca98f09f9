"""The owner and the app of the tests of accounts."""

from tests.accounts.conftest import make_world as make_world
from tests.accounts.conftest import owner as owner
