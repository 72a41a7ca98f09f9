"""An account's token set: stored encrypted, and refreshed by one of many who may try.

A refresh is leased by one conditional UPDATE that also writes the intent (which refresh
token, when, by whom) before a single-use token is spent; the pair that comes back is
stored before it is used, guarded by version and grant. Whoever loses the lease never
calls: it takes the token that is still valid, or waits for the winner. Times of the row
are the database's where there may be several hosts, since their clocks differ.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, true, update

from app.accounts import token_refresh
from app.accounts.models import Account, TokenSet
from app.accounts.token_refresh import NeedsOwner, NotNow
from app.accounts.token_store import (
    TokenRow,
    change,
    clock_ahead,
    opened,
    read,
    store_grant,
    whoami,
)
from app.database.session import db, write_transaction
from app.database.sqlite_lock import Busy
from app.services import services

# seconds between two looks at somebody else's refresh
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.09

__all__ = [
    "NeedsOwner",
    "NotNow",
    "due",
    "expire_now",
    "fresh_token",
    "prove",
    "store_grant",
    "whoami",
]


def fresh_token(account_id: str, patience: float | None = None) -> str:
    """An access token that works now; refreshes first when one is due.

    Waits up to `patience` seconds (default: the token lease) for a refresh that
    somebody else has begun. Raises `NeedsOwner` or `NotNow`.
    """
    clock, pause = services().clock, FIRST_PAUSE
    if patience is None:
        patience = services().settings.token_lease
    ends = clock.now() + timedelta(seconds=patience)
    while True:
        row = _read(account_id)
        now = row.now()
        if row.works(now) and now < row.refresh_due_at:
            return opened(row)
        if row.may_try(now):
            if row.lease_until:
                token_refresh.clear_expired_lease(row)
                continue
            refresh = _begin(row)
            token = refresh.run() if refresh else None
            if token:
                return token
            # somebody was quicker, or the grant has ended: judge by what was written
            row = _read(account_id)
        if row.works(now):
            return opened(row)
        if row.refused_at:
            raise NeedsOwner(row.failure or "grant_refused")
        if clock.now() >= ends or not (row.is_leased(now) or row.may_try(now)):
            raise NotNow(row.failure or "refreshing", _next_chance(row, now))
        pause = min(1.5 * pause, LONGEST_PAUSE)
        clock.sleep(pause)


def due(now: datetime) -> list[str]:
    """Accounts whose token set wants a refresh, oldest first."""
    now += clock_ahead(db.session())
    not_leased = or_(TokenSet.lease_until.is_(None), TokenSet.lease_until <= now)
    not_put_off = or_(
        TokenSet.next_attempt_at.is_(None), TokenSet.next_attempt_at <= now
    )
    query = (
        select(TokenSet.account_id)
        .where(
            TokenSet.refresh_due_at <= now,
            TokenSet.refused_at.is_(None),
            not_leased,
            not_put_off,
        )
        .order_by(TokenSet.refresh_due_at)
    )
    return list(db.session.scalars(query))


def expire_now(account_id: str, access_token: str) -> None:
    """Make a refresh due, since the provider refused this access token.

    It has not ended by its own time. Nothing changes when there is a newer one.
    """
    row = _read(account_id)
    # also of a refused grant: its old token need not live until its end
    if opened(row) == access_token:
        now = row.now()
        change(row, only=true(), expires_at=now, refresh_due_at=now)


def prove(provider_id: str) -> None:
    """Let a stored pair be refreshed soon.

    A consent that led nowhere may have ended its grant.
    """
    with write_transaction() as session:
        of_account = (
            select(Account.id)
            .where(Account.provider_id == provider_id)
            .scalar_subquery()
        )
        session.execute(
            update(TokenSet)
            .where(TokenSet.account_id == of_account, TokenSet.refused_at.is_(None))
            .values(refresh_due_at=services().clock.now() + clock_ahead(session))
        )


def _read(account_id: str) -> TokenRow:
    row = read(account_id)
    if row is None:
        raise NeedsOwner("disconnected")
    return row


def _begin(row: TokenRow) -> token_refresh.Refresh | None:
    """Begin a refresh, or None: another process has it, or kept us from writing."""
    try:
        return token_refresh.begin(row)
    except Busy:  # nothing was spent, and whoever wrote may have stored a new pair
        return None


def _next_chance(row: TokenRow, now: datetime) -> datetime:
    """When somebody may try again, by our own clock."""
    moments = [row.lease_until, row.next_attempt_at, now]
    return max(moment for moment in moments if moment) - row.ahead
