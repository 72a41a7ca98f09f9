"""The arrival check: once a day a sample of what was delivered is read back.

It takes at most a hundredth of the allowance. It takes at most a hundredth of the
allowance. A sign-up counts as arrived when its contact is there and on every list it
asked for. People who left since have left of their own will. Of several processes one
draws the sample, and each row of it is leased while it is read.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.constant_contact import errors
from app.constant_contact.client import Client, Contact
from app.core.crypto import CannotDecrypt
from app.database.leases import Lease
from app.database.session import db, insert, write_transaction
from app.delivery.models import Arrival
from app.delivery.queue_order import DELIVERED
from app.services import services
from app.signups.models import Signup

EVERY = timedelta(days=1)
SETTLED_FOR = timedelta(minutes=10)
LEASE = Lease(
    Arrival, Arrival.signup_id, until=Arrival.leased_until, fence=Arrival.reader
)
LEASE_FOR = timedelta(minutes=2)  # longer than one read takes
# after a read that failed: it must not eat the day's calls
AGAIN = timedelta(minutes=15)
UNCHECKED = ""
THERE, LEFT = "there", "left"
LISTS_MISSING, MISSING = "lists_missing", "missing"
DRIFT = (LISTS_MISSING, MISSING)
OF_ONE_ACCOUNT = (
    tokens.NeedsOwner,
    tokens.NotNow,
    CannotDecrypt,
    errors.Forbidden,
    errors.Unauthorized,
)


def check_some(now: datetime) -> None:
    """Draw today's sample if it is time, then read back what of it is still unread.

    Raises what the client raises.
    """
    _draw(now)
    for signup_id in _unchecked(now):
        signup = db.session.get_one(Signup, signup_id)
        account_id = signup.account_id
        try:
            _check(signup)
        except OF_ONE_ACCOUNT:
            put_off(now + AGAIN, account_id)


def put_off(until: datetime, account_id: str = "") -> None:
    """Let nobody read the sample, or an account's part of it, before `until`."""
    now, rows = services().clock.now(), [Arrival.found == UNCHECKED]
    if account_id:
        rows.append(Arrival.account_id == account_id)
    with write_transaction() as session:
        LEASE.put_off(session, *rows, now=now, until=until)


def lately(now: datetime) -> dict[str, int]:
    """What the checks of the last week found: {"there": 97, "missing": 1, …}."""
    query = (
        select(Arrival.found, func.count())
        .where(Arrival.checked_at > now - 7 * EVERY, Arrival.found != UNCHECKED)
        .group_by(Arrival.found)
    )
    return {row.found: row[1] for row in db.session.execute(query)}


def drifted(now: datetime) -> list[str]:
    """Ids of delivered sign-ups that were not found as sent, newest check first.

    Those of the last week. Those of the last week.
    """
    return list(
        db.session.scalars(
            select(Arrival.signup_id)
            .where(Arrival.checked_at > now - 7 * EVERY, Arrival.found.in_(DRIFT))
            .order_by(Arrival.checked_at.desc())
        )
    )


def _draw(now: datetime) -> None:
    """Write today's sample down; of several processes that would, one does."""
    if _is_drawn(db.session(), now):
        return
    sample = db.session.execute(
        select(Signup.id, Signup.account_id)
        .where(
            Signup.state == DELIVERED,
            Signup.settled_at > now - EVERY,
            Signup.settled_at < now - SETTLED_FOR,
        )
        .order_by(func.random())
        .limit(max(1, services().settings.calls_per_day // 100))
    ).all()
    if not sample:
        return
    rows = [
        {
            "signup_id": row.id,
            "account_id": row.account_id,
            "checked_at": now,
            "found": UNCHECKED,
        }
        for row in sample
    ]
    with write_transaction() as session:
        # SQLite has one writer at a time; here nobody draws between look and insert
        if db.engine.dialect.name == "postgresql":
            session.execute(text("LOCK TABLE arrival IN SHARE ROW EXCLUSIVE MODE"))
        if not _is_drawn(session, now):
            session.execute(insert(Arrival).values(rows).on_conflict_do_nothing())


def _is_drawn(session: Session, now: datetime) -> bool:
    drawn_at = session.scalar(select(func.max(Arrival.checked_at)))
    return drawn_at is not None and drawn_at > now - EVERY


def _unchecked(now: datetime) -> list[str]:
    """Ids of sign-ups in the sample that nobody has read back, nor is reading.

    Accounts in trouble are left alone, as by all reads that can wait.
    """
    query = (
        select(Arrival.signup_id)
        .join(Account, Account.id == Arrival.account_id)
        .where(
            Arrival.found == UNCHECKED,
            Arrival.checked_at > now - 2 * EVERY,
            LEASE.is_free(now),
            Account.trouble.is_(None),
        )
    )
    return list(db.session.scalars(query))


def _check(signup: Signup) -> None:
    """Read one back, unless another process does."""
    now = services().clock.now()
    with LEASE.hold(
        signup.id, Arrival.found == UNCHECKED, now=now, most=LEASE_FOR
    ) as fence:
        if fence is None:
            return
        read = partial(_find, signup.email)
        contact = authorized_call(signup.account_id, read, 0, can_wait=True)
        with write_transaction() as session:
            LEASE.write(
                session,
                signup.id,
                fence,
                found=_found(signup, contact),
                checked_at=services().clock.now(),
            )


def _find(email: str, api: Client) -> Contact | None:
    return api.find(email, lists=True)


def _found(signup: Signup, contact: Contact | None) -> str:
    if contact is None:
        return MISSING
    if contact.opted_out or contact.deleted_at:
        return LEFT
    wanted = set(signup.body.get("list_memberships", ()))
    if wanted <= set(contact.list_memberships):
        return THERE
    return LISTS_MISSING
