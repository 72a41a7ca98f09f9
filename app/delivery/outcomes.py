"""What an attempt ends in.

Each carries a reason that has words, the provider's own words, and a request id.
"""

from dataclasses import dataclass
from datetime import datetime

# Reasons of `NotAttempted`: nothing was learnt of the sign-up, nor of its account.
NOT_ASKED = ("refreshing", "throttled", "quota_exceeded", "database_unusable")


@dataclass(frozen=True)
class Outcome:
    reason: str
    detail: str = ""
    request_id: str = ""
    until: datetime | None = None  # when it may be tried again, where that is known


@dataclass(frozen=True)
class Delivered(Outcome):
    """`reason` is the provider's action: created or updated."""

    contact_id: str = ""


@dataclass(frozen=True)
class RetryLater(Outcome):
    """This row's own trouble: try again, at `until` when that is known.

    When that goes on for days, it is parked.
    """


@dataclass(frozen=True)
class NotAttempted(Outcome):
    """Nobody's fault: the pace, or a refresh under way.

    Due again at `until`; counts as nothing.
    """


@dataclass(frozen=True)
class AccountBlocked(Outcome):
    """Trouble of the account or the provider.

    The row waits with all others of its account.
    """


@dataclass(frozen=True)
class NoToken(AccountBlocked):
    """The same, but the API was not asked: there is no token."""


@dataclass(frozen=True)
class AskFirst(Outcome):
    """The person has to confirm by mail first; where nobody can be asked it is held."""


@dataclass(frozen=True)
class Held(Outcome):
    """A person has to decide."""


@dataclass(frozen=True)
class Rejected(Outcome):
    """It cannot be delivered as it is."""
