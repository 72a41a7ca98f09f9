"""The owner and the app of the tests of accounts."""

from tests.accounts.conftest import house as house
from tests.accounts.conftest import owner as owner
