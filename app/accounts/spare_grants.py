"""Token sets of a failed connect, kept in case it ended the account's connection.

A consent may end the account's earlier grant, also when its login may do too little to
be connected. The stored pair is then refreshed at once. Does it live, then the new set
goes; is it refused, then the new one takes its place, which is better than none: it may
do some of the work, and all of it as soon as its login is given the rights.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import kept_grant, tokens
from app.accounts.models import (
    Account,
    AccountEvent,
    AuthorizationTransaction,
    TokenSet,
)
from app.constant_contact import oauth
from app.core.crypto import CannotDecrypt
from app.database.session import db, write_transaction
from app.services import services

CONTACTS = "contact_data"  # without this scope a token set is of no use


def look() -> None:
    """Use or drop each spare whose account's own pair was tried meanwhile."""
    now = services().clock.now()  # later than the refresh that told
    for trip in kept_grant.spares():
        if _is_needed(trip, now):
            _use(trip, now)


def _is_needed(trip: AuthorizationTransaction, now: datetime) -> bool:
    """Tell whether an account's own pair was refused; drop what it does not need."""
    pair = db.session.scalar(
        select(TokenSet).where(TokenSet.account_id == trip.account_id)
    )
    kept_at = trip.granted_at or now
    is_late = now - kept_at > kept_grant.WORTH_KEEPING
    if pair is None or is_late or pair.obtained_at > kept_at:
        kept_grant.drop(trip.id)
        return False
    return pair.refused_at is not None


def _use(trip: AuthorizationTransaction, now: datetime) -> None:
    trip_id, account_id = trip.id, str(trip.account_id)
    lacks = ""
    if trip.outcome == "privileges_missing":
        lacks = str(trip.details.get("detail", ""))
    try:
        granted = kept_grant.kept(trip_id)
    except (CannotDecrypt, LookupError):
        kept_grant.drop(trip_id)
        return
    if granted.refresh_token and CONTACTS in granted.scopes:
        with write_transaction() as session:
            _give(session, account_id, granted, lacks, now)
    kept_grant.drop(trip_id)


def _give(
    session: Session, account_id: str, granted: oauth.Tokens, lacks: str, now: datetime
) -> None:
    """Put a spare in the place of a pair that was refused."""
    account = session.scalar(
        select(Account).where(Account.id == account_id).with_for_update()
    )
    pair = session.scalar(select(TokenSet).where(TokenSet.account_id == account_id))
    if account is None or pair is None or pair.refused_at is None:
        return
    account.login = oauth.claims_of(granted.access_token).sub[:255] or account.login
    account.connected_at = now
    account.privileges_missing = lacks[:255]
    account.end_trouble()
    session.flush()
    tokens.store_grant(session, account_id, granted, now)
    session.add(
        AccountEvent(
            account_id=account_id, at=now, what="spare_used", detail=account.login
        )
    )
