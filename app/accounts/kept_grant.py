"""A new token set kept in its transaction, until it is known whose it is.

The code that brought it can be spent once, and its consent may have ended an earlier
grant. So it is stored before anything else is done. Whoever finishes the trip takes it
from there: the process that took back the owner, or a worker where that has died. A
set whose login may do too little is kept as a spare of the account it belongs to.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from app.accounts.models import Account, AuthorizationTransaction
from app.constant_contact.oauth import Tokens
from app.database.leases import Lease
from app.database.session import db, write_transaction
from app.services import services

LEASE = Lease(
    AuthorizationTransaction,
    AuthorizationTransaction.id,
    until=AuthorizationTransaction.leased_until,
    fence=AuthorizationTransaction.finisher,
)
LEASE_FOR = timedelta(minutes=2)  # longer than it takes to finish
WORTH_FINISHING = timedelta(hours=1)
WORTH_KEEPING = timedelta(days=1)


def keep(trip_id: str, granted: Tokens) -> None:
    """Store a new token set, encrypted."""
    now = services().clock.now()
    expires_at = now + granted.expires_in
    text = json.dumps(
        {
            "access_token": granted.access_token,
            "refresh_token": granted.refresh_token,
            "scopes": granted.scopes,
            "expires_at": expires_at.timestamp(),
        }
    )
    sealed = services().cipher.encrypt(text, *_place(trip_id))
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction)
            .where(AuthorizationTransaction.id == trip_id)
            .values(granted=sealed, granted_at=now)
        )


def kept(trip_id: str) -> Tokens:
    """Return the token set of a trip. Raises `CannotDecrypt`, or `LookupError`."""
    row = db.session.get(AuthorizationTransaction, trip_id, populate_existing=True)
    if row is None or row.granted is None:
        raise LookupError(trip_id)
    content = json.loads(services().cipher.decrypt(row.granted, *_place(trip_id)))
    seconds = content["expires_at"] - services().clock.now().timestamp()
    return Tokens(
        content["access_token"],
        content["refresh_token"],
        tuple(content["scopes"]),
        timedelta(seconds=max(seconds, 1)),
    )


def unfinished() -> ColumnElement[bool]:
    """True of a trip that brought a token set and has not ended."""
    return AuthorizationTransaction.granted.is_not(
        None
    ) & AuthorizationTransaction.outcome.is_(None)


def is_outdated(trip_id: str, provider_id: str) -> bool:
    """Tell whether the account was connected by a token set that came later."""
    granted_at = (
        select(AuthorizationTransaction.granted_at)
        .where(AuthorizationTransaction.id == trip_id)
        .scalar_subquery()
    )
    later = (
        select(AuthorizationTransaction.id)
        .join(Account, Account.id == AuthorizationTransaction.account_id)
        .where(
            Account.provider_id == provider_id,
            AuthorizationTransaction.outcome == "connected",
            AuthorizationTransaction.granted_at > granted_at,
        )
    )
    return db.session.scalars(later.limit(1)).first() is not None


def left_behind(now: datetime) -> list[str]:
    """Trips that nobody is finishing, since whoever began to has died."""
    query = select(AuthorizationTransaction.id).where(
        unfinished(),
        LEASE.is_free(now),
        AuthorizationTransaction.granted_at < now - LEASE_FOR,
    )
    return list(db.session.scalars(query))


def spares() -> list[AuthorizationTransaction]:
    """Trips that failed for an account that was connected, and kept what they brought."""
    query = select(AuthorizationTransaction).where(
        AuthorizationTransaction.granted.is_not(None),
        AuthorizationTransaction.outcome.is_not(None),
    )
    return list(db.session.scalars(query))


def drop(trip_id: str) -> None:
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction)
            .where(AuthorizationTransaction.id == trip_id)
            .values(granted=None)
        )


def _place(trip_id: str) -> tuple[str, str, str]:
    """Table, row and column: it opens nowhere else."""
    return "authorization_transaction", trip_id, "granted"
