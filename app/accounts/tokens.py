"""An account's token set: stored sealed, and refreshed by one of many who may try.

A refresh is leased by one conditional UPDATE that also writes the intent (which refresh
token, when, by whom) before a single-use token is spent; the pair that comes back is
stored before it is used, guarded by version and grant. Whoever loses the lease never
calls: it takes the token that is still valid, or waits for the winner. Times of the row
are the database's where there may be several hosts, since their clocks differ.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, true, update

from app.accounts.models import Account, TokenSet
from app.accounts.token_refresh import NeedsOwner, NotNow, renew
from app.accounts.token_store import (
    TokenRow,
    change,
    clock_ahead,
    last_call,
    opened,
    read,
    store_grant,
    take_lease,
    whoami,
)
from app.database.session import db, write_transaction
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
    clock, settings = services().clock, services().settings
    ends, pause = (
        clock.now()
        + timedelta(seconds=settings.token_lease if patience is None else patience),
        FIRST_PAUSE,
    )
    while True:
        held = _read(account_id)
        if held.works(now := held.now()) and now < held.refresh_due_at:
            return opened(held)
        if held.may_try(now):
            if held.lease_until:
                last_call(held)
                continue
            if (lease := take_lease(held)) and (renewed := renew(held, lease)):
                return renewed
            # somebody was quicker, or the grant has ended: judge by what was written
            held = _read(account_id)
        if held.works(now):
            return opened(held)
        if held.refused_at:
            raise NeedsOwner(held.failure or "grant_refused")
        if clock.now() >= ends or not (_under_way(held, now) or held.may_try(now)):
            raise NotNow(
                held.failure or "refreshing", _next_chance(held, now) - held.ahead
            )
        clock.sleep(pause := min(1.5 * pause, LONGEST_PAUSE))


def due(now: datetime) -> list[str]:
    """Accounts whose token set wants a refresh, oldest first."""
    now += clock_ahead(db.session())
    return list(
        db.session.scalars(
            select(TokenSet.account_id)
            .where(
                TokenSet.refresh_due_at <= now,
                TokenSet.refused_at.is_(None),
                or_(TokenSet.lease_until.is_(None), TokenSet.lease_until <= now),
                or_(
                    TokenSet.next_attempt_at.is_(None), TokenSet.next_attempt_at <= now
                ),
            )
            .order_by(TokenSet.refresh_due_at)
        )
    )


def expire_now(account_id: str, access_token: str) -> None:
    """The provider refused this access token before its time: make a refresh due,
    unless there is a newer one.
    """
    held = _read(account_id)
    # also of a refused grant: its old token need not live until its end
    if opened(held) == access_token:
        change(held, only=true(), expires_at=held.now(), refresh_due_at=held.now())


def prove(provider_id: str) -> None:
    """Let a stored pair be renewed soon, since a consent that led nowhere may have
    ended its grant.
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
    held = read(account_id)
    if held is None:
        raise NeedsOwner("disconnected")
    return held


def _under_way(held: TokenRow, now: datetime) -> bool:
    return held.lease_until is not None and held.lease_until > now


def _next_chance(held: TokenRow, now: datetime) -> datetime:
    return max(
        moment for moment in (held.lease_until, held.next_attempt_at, now) if moment
    )
