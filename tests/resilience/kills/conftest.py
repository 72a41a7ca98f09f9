"""A house with settings of one's own, as the tests of accounts build it."""

from tests.accounts.conftest import house

__all__ = ["house"]
