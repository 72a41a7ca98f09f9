"""One word for an account's state: healthy, ageing, retrying, needs_owner or
disconnected.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.models import Account

ONLY_A_PERSON = {
    "grant_refused",
    "answer_lost",
    "forbidden",
    "client_refused",
    "other_key",
    "cannot_open",
    "privileges_missing",
}
# contract 1.4: both kinds must be used within 180 days
LIFE_OF_REFRESH_TOKEN = timedelta(days=180)
LATE = timedelta(minutes=10)
ORDER = ("needs_owner", "retrying", "ageing", "disconnected", "healthy")


@dataclass(frozen=True)
class Health:
    """`reason` has words; `since` and `next_at` are None when there is nothing to say."""

    state: str
    reason: str | None = None
    since: datetime | None = None
    next_at: datetime | None = None

    @property
    def rank(self) -> int:
        """Worst first."""
        return ORDER.index(self.state)


def of(account: Account, now: datetime) -> Health:
    """The state of an account as its rows tell it; nobody is asked."""
    held = account.token_set
    if account.disconnected_at or held is None:
        return Health("disconnected", "disconnected", account.disconnected_at)
    if held.refused_at and held.refused_at >= held.obtained_at + LIFE_OF_REFRESH_TOKEN:
        return Health("needs_owner", "unused", held.refused_at)
    if held.refused_at:
        return Health("needs_owner", held.failure or "grant_refused", held.refused_at)
    if account.trouble:
        state = "needs_owner" if account.trouble in ONLY_A_PERSON else "retrying"
        return Health(state, account.trouble, account.trouble_since, account.hold_until)
    if account.privileges_missing:
        return Health("needs_owner", "privileges_missing", account.facts_read_at)
    if held.failures:  # a 403 of the token endpoint says nothing about the login
        state = (
            "needs_owner"
            if held.failure in ONLY_A_PERSON - {"forbidden"}
            else "retrying"
        )
        return Health(state, held.failure, held.refresh_due_at, held.next_attempt_at)
    if held.refresh_due_at + LATE < now:
        return Health("ageing", "refresh_late", held.refresh_due_at)
    return Health("healthy")


def days_left(account: Account, now: datetime) -> int:
    """Full days until an unused refresh token dies; none when it is dead."""
    held = account.token_set
    return (
        max(0, (held.obtained_at + LIFE_OF_REFRESH_TOKEN - now).days)
        if held and not held.refused_at
        else 0
    )
