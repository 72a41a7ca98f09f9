"""What an attempt ends in.

Each carries a reason that has words, the provider's own words, and a request id.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Verdict:
    reason: str
    detail: str = ""
    request_id: str = ""
    until: datetime | None = None  # when it may be tried again, where that is known


@dataclass(frozen=True)
class Delivered(Verdict):
    """`reason` is the provider's action: created or updated."""

    contact_id: str = ""


@dataclass(frozen=True)
class Later(Verdict):
    """This row's own trouble: try again, at `until` when that is known; park it when
    that goes on for days.
    """


@dataclass(frozen=True)
class NotYet(Verdict):
    """Nobody's fault: the pace, or a refresh under way.

    Due again at `until`; counts as nothing.
    """


@dataclass(frozen=True)
class AccountWaits(Verdict):
    """Trouble of the account or the provider: the row waits with all others of its
    account.
    """


@dataclass(frozen=True)
class TokenWaits(AccountWaits):
    """The same, but the API was not asked: there is no token."""


@dataclass(frozen=True)
class Held(Verdict):
    """A person has to decide."""


@dataclass(frozen=True)
class Parked(Verdict):
    """It cannot be delivered as it is."""
