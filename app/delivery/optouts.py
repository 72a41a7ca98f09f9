"""Who unsubscribed from an account, mirrored as keyed hashes, so that a sign-up needs
no look-up of its own.

The mirror is read whole once, by upkeep; then whatever is new, in one call, whenever it
is older than a minute and somebody is to be delivered. Until it is whole, or while the
provider will not tell, each sign-up is looked up. Only a hit is, later: the provider
has the last word, since people come back by other doors too.
"""

import hmac
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import ColumnElement, delete, or_, select, update

from app.accounts.models import Account
from app.constant_contact import errors
from app.constant_contact.client import Client, Contact
from app.core.logs import log
from app.database.leases import Lease, new_fence
from app.database.session import db, insert, write_transaction
from app.delivery.models import OptOut
from app.services import services

BEGINNING = datetime(1990, 1, 1, tzinfo=UTC)
# read again: the provider's lists may lag behind its own clock
OVERLAP = timedelta(minutes=10)
AHEAD = 0.75  # of the age that it may have; it takes a while to come by a call
LEASE = Lease(
    Account,
    Account.id,
    until=Account.optouts_leased_until,
    fence=Account.optouts_reader,
)
SILENT = timedelta(minutes=2)  # then a reader is taken for dead
SOME = 500
# pages of news read on between two sign-ups: more than that is upkeep's
MAX_AT_ONCE = 20


def may_have_left(account_id: str, person: str, api: Client) -> bool:
    """Whether the contact must be looked up before it is signed up.

    Raises what the provider's client raises.
    """
    if not _is_fresh(account_id, api):
        return True
    key = (account_id, _hash(account_id, person))
    found = db.session.get(OptOut, key, populate_existing=True)
    db.session.rollback()
    return found is not None


def came_back(account_id: str, person: str) -> None:
    """Somebody in the mirror is no longer opted out: forget it."""
    key = _hash(account_id, person)
    if db.session.get(OptOut, (account_id, key)) is not None:
        with write_transaction() as session:
            session.execute(
                delete(OptOut).where(
                    OptOut.account_id == account_id, OptOut.person == key
                )
            )
    db.session.rollback()


def unread() -> list[str]:
    """Connected accounts whose mirror was never read whole, or not with the key in use."""
    return list(
        db.session.scalars(
            select(Account.id).where(
                Account.disconnected_at.is_(None),
                Account.trouble.is_(None),
                _not_whole(),
            )
        )
    )


def read_whole(account_id: str, api: Client) -> bool:
    """Read everybody who opted out; False when somebody else reads, or has read. Raises
    what the client raises.

    A reader that was silent for two minutes may be overtaken: of several the last to
    begin ends it.
    """
    began, reader = services().clock.now(), new_fence()
    if not _begin(account_id, began, reader):
        return False
    try:
        _number, newest = _store_pages(account_id, api, BEGINNING, reader=reader)
    except BaseException:
        _end(account_id, reader)
        raise
    _end(
        account_id,
        reader,
        optouts_read_at=began,
        optouts_upto=_upto(began, newest),
        optouts_key=_key_name(),
    )
    return True


def _not_whole() -> ColumnElement[bool]:
    return or_(Account.optouts_key.is_(None), Account.optouts_key != _key_name())


def _begin(account_id: str, now: datetime, reader: str) -> bool:
    """Start with an empty mirror; False when somebody else reads, or it is whole."""
    with write_transaction() as session:
        begun = LEASE.claim(
            session,
            account_id,
            _not_whole(),
            LEASE.is_free(now),
            fence=reader,
            until=now + SILENT,
            optouts_key=None,
        )
        if begun:
            session.execute(delete(OptOut).where(OptOut.account_id == account_id))
    return begun


def _go_on(account_id: str, reader: str) -> None:
    """Begin the lease anew: this reader is alive."""
    until = services().clock.now() + SILENT
    with write_transaction() as session:
        LEASE.write(session, account_id, reader, optouts_leased_until=until)


def _end(account_id: str, reader: str, **values: object) -> None:
    """Give the lease back and write what came of it, unless another has taken over."""
    with write_transaction() as session:
        LEASE.release(session, account_id, reader, **values)


def _note(account_id: str, key: str, **values: object) -> None:
    """Write down what was read on, unless the mirror is read anew meanwhile."""
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id, Account.optouts_key == key)
            .values(values)
        )


def _is_fresh(account_id: str, api: Client) -> bool:
    """Whether the mirror is whole and as young as it has to be, once it was read on if
    need be.

    One thread reads on, ahead of time; the others need not wait for it.
    """
    now, most = (
        services().clock.now(),
        timedelta(seconds=services().settings.optouts_max_age),
    )
    read_at, upto, key = db.session.execute(
        select(
            Account.optouts_read_at, Account.optouts_upto, Account.optouts_key
        ).where(Account.id == account_id)
    ).one()
    db.session.rollback()
    if key != _key_name() or read_at is None:
        return False
    if timedelta(0) <= now - read_at <= most * AHEAD:
        return True
    lock = _lock(account_id)
    if not lock.acquire(blocking=False):
        return bool(timedelta(0) <= now - read_at <= most)
    try:
        return _read_on(account_id, api, now, upto, key)
    finally:
        lock.release()


def _read_on(
    account_id: str, api: Client, now: datetime, upto: datetime | None, key: str
) -> bool:
    """Read what is new; False when the mirror is not whole after that."""
    try:
        number, newest = _store_pages(
            account_id, api, upto - OVERLAP if upto else BEGINNING, MAX_AT_ONCE
        )
    except (
        errors.Fault,
        errors.Nonsense,
    ) as refused:  # a filter that it does not know after all: one by one
        log.warning(
            "optouts_unread",
            account=account_id,
            reason=refused.reason,
            words=refused.detail,
        )
        return False
    if number is None:
        _note(account_id, key, optouts_key=None)
        return False
    _note(account_id, key, optouts_read_at=now, optouts_upto=_upto(now, upto, newest))
    return True


def _upto(began: datetime, *at: datetime | None) -> datetime | None:
    """The newest, but no later than the reading began: who left since may stand on a
    page that was passed.
    """
    return min(began, max(found)) if (found := [one for one in at if one]) else None


def _store_pages(
    account_id: str,
    api: Client,
    after: datetime,
    most: int | None = None,
    reader: str = "",
) -> tuple[int | None, datetime | None]:
    """How many were read, None if there are more than `most` pages, and the newest.

    Each page is kept as it comes.
    """
    number, newest = 0, None
    for count, page in enumerate(api.opted_out(after)):
        if most is not None and count >= most:
            return None, newest
        _store(
            account_id,
            (
                _hash(account_id, one.email_address.address.lower())
                for one in page
                if one.email_address.address
            ),
        )
        number += len(page)
        newest = max(filter(None, (newest, *map(_opted_out_at, page))), default=None)
        if reader:
            _go_on(account_id, reader)
    return number, newest


def _store(account_id: str, hashes: Iterable[str]) -> None:
    rows = [{"account_id": account_id, "person": one} for one in sorted(set(hashes))]
    for some in (rows[n : n + SOME] for n in range(0, len(rows), SOME)):
        with write_transaction() as session:
            session.execute(insert(OptOut).values(some).on_conflict_do_nothing())


def _opted_out_at(contact: Contact) -> datetime | None:
    at = contact.email_address.opt_out_date
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def _hash(account_id: str, person: str) -> str:
    return hmac.new(
        _key().encode(), f"{account_id} {person}".encode(), sha256
    ).hexdigest()


def _key() -> str:
    return services().cipher.derived("opt-outs")[0]


def _key_name() -> str:
    return sha256(_key().encode()).hexdigest()[:16]


def _lock(account_id: str) -> threading.Lock:
    """One reader of an account's news in this process."""
    locks: dict[str, threading.Lock] = current_app.extensions.setdefault(
        "latchkey.optouts", {}
    )
    return locks.setdefault(account_id, threading.Lock())
