"""An app with settings of one's own, as the tests of accounts make it."""

from tests.accounts.conftest import make_world

__all__ = ["make_world"]
