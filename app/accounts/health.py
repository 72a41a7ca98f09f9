"""One word for an account's state.

It is healthy, ageing, retrying, needs_owner or disconnected.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from app.accounts.models import Account, TokenSet

ONLY_A_PERSON = {
    "grant_refused",
    "answer_lost",
    "forbidden",
    "client_refused",
    "other_key",
    "cannot_open",
    "privileges_missing",
}
# a 403 of the token endpoint says nothing about the login
OF_THE_GRANT = ONLY_A_PERSON - {"forbidden"}
# contract 1.4: both kinds must be used within 180 days
LIFE_OF_REFRESH_TOKEN = timedelta(days=180)
LATE = timedelta(minutes=10)
WORKS = ("healthy", "ageing", "retrying")  # what connecting again could end
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
    tokens = account.token_set
    if account.disconnected_at or tokens is None:
        return Health("disconnected", "disconnected", account.disconnected_at)
    if tokens.refused_at:
        return Health("needs_owner", _why_refused(tokens), tokens.refused_at)
    if account.trouble:
        state = "needs_owner" if account.trouble in ONLY_A_PERSON else "retrying"
        return Health(state, account.trouble, account.trouble_since, account.hold_until)
    if account.privileges_missing:
        return Health("needs_owner", "privileges_missing", account.facts_read_at)
    if tokens.failures:
        state = "needs_owner" if tokens.failure in OF_THE_GRANT else "retrying"
        return Health(
            state, tokens.failure, tokens.refresh_due_at, tokens.next_attempt_at
        )
    if tokens.refresh_due_at + LATE < now:
        return Health("ageing", "refresh_late", tokens.refresh_due_at)
    return Health("healthy")


def _why_refused(tokens: TokenSet) -> str:
    if tokens.refused_at and tokens.refused_at >= _end_of_life(tokens):
        return "unused"
    return tokens.failure or "grant_refused"


def _end_of_life(tokens: TokenSet) -> datetime:
    return tokens.obtained_at + LIFE_OF_REFRESH_TOKEN


def days_left(account: Account, now: datetime) -> int:
    """Days until an unused refresh token dies, begun ones too; none when it is dead."""
    tokens = account.token_set
    if tokens is None or tokens.refused_at:
        return 0
    return max(0, ceil((_end_of_life(tokens) - now) / timedelta(days=1)))
