"""The arrival check: once a day a sample of what was delivered is read back, for at
most a hundredth of the allowance.

A sign-up counts as arrived when its contact is there and on every list it asked for.
People who left since have left of their own will. The sample is drawn in one
transaction, so that of several processes one draws it.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select, update

from app.accounts import tokens
from app.accounts.authorized_call import authorized_call
from app.constant_contact import errors
from app.constant_contact.client import Client, Contact
from app.core.crypto import CannotDecrypt
from app.database.session import db, insert, write_transaction
from app.delivery.models import Arrival
from app.delivery.queue_order import DELIVERED
from app.services import services
from app.signups.models import Signup

EVERY = timedelta(days=1)
SETTLED_FOR = timedelta(minutes=10)
UNCHECKED, THERE, LEFT, LISTS_MISSING, MISSING = (
    "",
    "there",
    "left",
    "lists_missing",
    "missing",
)
DRIFT = (LISTS_MISSING, MISSING)


def check_some(now: datetime) -> None:
    """Draw today's sample if it is time, then read back what of it is still unread.

    Raises what the client raises.
    """
    _draw(now)
    without: set[str] = set()
    for id in db.session.scalars(
        select(Arrival.signup_id).where(
            Arrival.found == UNCHECKED, Arrival.checked_at > now - 2 * EVERY
        )
    ).all():
        row = db.session.get_one(Signup, id)
        if row.account_id in without:
            continue
        try:
            contact = authorized_call(
                row.account_id, partial(_find, row), 0, can_wait=True
            )
        except (
            tokens.NeedsOwner,
            tokens.NotNow,
            CannotDecrypt,
            errors.Forbidden,
            errors.Unauthorized,
        ):
            without.add(row.account_id)
            continue
        with write_transaction() as session:
            session.execute(
                update(Arrival)
                .where(Arrival.signup_id == id, Arrival.found == UNCHECKED)
                .values(found=_found(row, contact), checked_at=services().clock.now())
            )


def lately(now: datetime) -> dict[str, int]:
    """What the checks of the last week found: {"there": 97, "missing": 1, …}."""
    query = (
        select(Arrival.found, func.count())
        .where(Arrival.checked_at > now - 7 * EVERY, Arrival.found != UNCHECKED)
        .group_by(Arrival.found)
    )
    return {row.found: row[1] for row in db.session.execute(query)}


def drifted(now: datetime) -> list[str]:
    """Delivered sign-ups that were not found as sent within the last week, newest check
    first: their ids.
    """
    return list(
        db.session.scalars(
            select(Arrival.signup_id)
            .where(Arrival.checked_at > now - 7 * EVERY, Arrival.found.in_(DRIFT))
            .order_by(Arrival.checked_at.desc())
        )
    )


def _draw(now: datetime) -> None:
    drawn_at = _drawn_at()
    if drawn_at and drawn_at > now - EVERY:
        return
    most = max(1, services().settings.calls_per_day // 100)
    sample = db.session.execute(
        select(Signup.id, Signup.account_id)
        .where(
            Signup.state == DELIVERED,
            Signup.settled_at > now - EVERY,
            Signup.settled_at < now - SETTLED_FOR,
        )
        .order_by(func.random())
        .limit(most)
    ).all()
    if not sample:
        return
    with write_transaction() as session:
        session.execute(
            insert(Arrival)
            .values(
                [
                    {
                        "signup_id": row.id,
                        "account_id": row.account_id,
                        "checked_at": now,
                        "found": UNCHECKED,
                    }
                    for row in sample
                ]
            )
            .on_conflict_do_nothing()
        )


def _drawn_at() -> datetime | None:
    found = db.session.scalar(select(func.max(Arrival.checked_at)))
    db.session.rollback()
    return found


def _find(row: Signup, api: Client) -> Contact | None:
    return api.find(row.email, lists=True)


def _found(row: Signup, contact: Contact | None) -> str:
    if contact is None:
        return MISSING
    if contact.opted_out or contact.deleted_at:
        return LEFT
    return (
        THERE
        if set(row.body.get("list_memberships", ())) <= set(contact.list_memberships)
        else LISTS_MISSING
    )
