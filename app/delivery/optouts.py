"""Who unsubscribed from an account, mirrored as keyed hashes.

So a sign-up needs no look-up of its own. The mirror is read whole once, by upkeep; then
whatever is new, in one call, whenever it is older than a minute and somebody is to be
delivered. Until it is whole, or while the provider will not tell, each sign-up is
looked up. Only a hit is, later: the provider has the last word, since people come back
by other doors too.
"""

import hmac
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

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


class TooMuchNews(Exception):
    """More was new than can be read between two sign-ups."""


def may_have_left(account_id: str, person: str, api: Client) -> bool:
    """Whether the contact must be looked up before it is signed up.

    Raises what the provider's client raises.
    """
    return not _is_fresh(account_id, api) or is_known(account_id, person)


def is_known(account_id: str, person: str) -> bool:
    """Tell whether the mirror, as it is, has this person."""
    key = (account_id, _hash(account_id, person))
    opt_out = db.session.get(OptOut, key, populate_existing=True)
    db.session.rollback()
    return opt_out is not None


def longest_lag() -> timedelta:
    """For how long somebody who opted out may not be in the mirror."""
    return timedelta(seconds=services().settings.optouts_max_age) + OVERLAP


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
    """Connected accounts whose mirror was never read whole, or not with the key in use.

    Leaves out those that somebody reads, or that are put off.
    """
    query = select(Account.id).where(
        Account.disconnected_at.is_(None),
        Account.trouble.is_(None),
        _not_whole(),
        LEASE.is_free(services().clock.now()),
    )
    return list(db.session.scalars(query))


def read_whole(account_id: str, api: Client) -> bool:
    """Read everybody who opted out; False when somebody else reads, or has read.

    Raises what the client raises. A reader that was silent for two minutes may be
    overtaken: of several the last to begin ends it.
    """
    began, reader = services().clock.now(), new_fence()
    if not _begin(account_id, began, reader):
        return False
    try:
        newest = _store_pages(account_id, api, BEGINNING, reader=reader)
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
    """Whether the mirror is whole and young enough, once it was read on if need be.

    One worker reads on, ahead of time; the others need not wait for it.
    """
    now = services().clock.now()
    max_age = timedelta(seconds=services().settings.optouts_max_age)
    mirror = db.session.execute(
        select(
            Account.optouts_read_at, Account.optouts_upto, Account.optouts_key
        ).where(Account.id == account_id)
    ).one()
    db.session.rollback()
    if mirror.optouts_key != _key_name() or mirror.optouts_read_at is None:
        return False
    age = now - mirror.optouts_read_at
    if timedelta(0) <= age <= max_age * AHEAD:
        return True
    as_seen = Account.optouts_read_at == mirror.optouts_read_at
    with LEASE.hold(account_id, as_seen, now=now, most=SILENT) as reader:
        if reader is None:
            return bool(timedelta(0) <= age <= max_age)
        return _read_on(account_id, api, now, mirror.optouts_upto, mirror.optouts_key)


def _read_on(
    account_id: str, api: Client, now: datetime, upto: datetime | None, key: str
) -> bool:
    """Read what is new; False when the mirror is not whole after that."""
    after = upto - OVERLAP if upto else BEGINNING
    try:
        newest = _store_pages(account_id, api, after, MAX_AT_ONCE)
    except TooMuchNews:
        _note(account_id, key, optouts_key=None)
        return False
    # a filter that it does not know after all: everybody is looked up one by one
    except (errors.Fault, errors.Nonsense) as refused:
        log.warning(
            "optouts_unread",
            account=account_id,
            reason=refused.reason,
            words=refused.detail,
        )
        return False
    _note(account_id, key, optouts_read_at=now, optouts_upto=_upto(now, upto, newest))
    return True


def _upto(began: datetime, *at: datetime | None) -> datetime | None:
    """The newest moment, but no later than the reading began.

    Who left since may stand on a page that was passed.
    """
    known = [moment for moment in at if moment]
    if not known:
        return None
    return min(began, max(known))


def _store_pages(
    account_id: str,
    api: Client,
    after: datetime,
    most: int | None = None,
    reader: str = "",
) -> datetime | None:
    """Store each page as it comes; return when the newest opted out.

    Raises `TooMuchNews` when there are more than `most` pages.
    """
    newest: datetime | None = None
    for number, page in enumerate(api.opted_out(after)):
        if most is not None and number >= most:
            raise TooMuchNews
        _store(account_id, page)
        moments = filter(None, (newest, *map(_opted_out_at, page)))
        newest = max(moments, default=None)
        if reader:
            _go_on(account_id, reader)
    return newest


def _store(account_id: str, page: Iterable[Contact]) -> None:
    addresses = [contact.email_address.address for contact in page]
    hashes = {_hash(account_id, address.lower()) for address in addresses if address}
    rows = [{"account_id": account_id, "person": each} for each in sorted(hashes)]
    for start in range(0, len(rows), SOME):
        batch = rows[start : start + SOME]
        with write_transaction() as session:
            session.execute(insert(OptOut).values(batch).on_conflict_do_nothing())


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
