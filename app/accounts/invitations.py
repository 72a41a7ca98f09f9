"""Connect links: made by an admin, opened by an account's owner, used once."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from app.accounts.models import AccountEvent, ConnectLink
from app.constant_contact.oauth import new_secret
from app.core.crypto import digest
from app.core.logs import log
from app.database.session import UNUSABLE, db, new_id, rowcount, write_transaction
from app.services import services

DAYS_TO_RECONNECT = 14  # that a link for one certain account is good for
ONE_VISIT = timedelta(minutes=5)  # a page that is loaded again


@dataclass(frozen=True)
class NewLink:
    """Shown once: afterwards only the digest of the address is known."""

    id: str
    address: str


def create(
    label: str, days: int, created_by: str, account_id: str | None = None
) -> NewLink:
    """Make a link for an owner, good for one connection within `days`.

    With an account, for connecting that one.
    """
    with write_transaction() as session:
        return add(session, label, days, created_by, account_id)


def add(
    session: Session,
    label: str,
    days: int,
    created_by: str,
    account_id: str | None = None,
) -> NewLink:
    """The same, inside the caller's transaction."""
    token, now = new_secret(), services().clock.now()
    link = ConnectLink(
        id=new_id(),
        digest=digest(token),
        label=label,
        created_by=created_by,
        created_at=now,
        expires_at=now + timedelta(days=days),
        account_id=account_id,
    )
    session.add(link)
    log.info("link_made", link=link.id, account=account_id)
    return NewLink(link.id, f"{services().settings.public_url}/connect/{token}")


def find(token: str) -> ConnectLink | None:
    return db.session.scalar(
        select(ConnectLink).where(ConnectLink.digest == digest(token))
    )


def newest(limit: int = 50, account_id: str | None = None) -> list[ConnectLink]:
    """List the newest links, all of them or those of one account."""
    query = select(ConnectLink).order_by(ConnectLink.created_at.desc()).limit(limit)
    if account_id:
        query = query.where(ConnectLink.account_id == account_id)
    return list(db.session.scalars(query))


def opened(link: ConnectLink) -> None:
    """Note that the page of a link that can be used was opened, by whomever."""
    now, id = services().clock.now(), link.id
    if link.last_opened_at and now - link.last_opened_at < ONE_VISIT:
        return
    is_first = (ConnectLink.id == id, ConnectLink.opened_at.is_(None))
    event = None
    if link.account_id:
        event = AccountEvent(account_id=link.account_id, at=now, what="link_opened")
    with suppress(*UNUSABLE), write_transaction() as session:
        first = update(ConnectLink).where(*is_first).values(opened_at=now)
        if rowcount(session, first) and event:
            session.add(event)
        last = update(ConnectLink).where(ConnectLink.id == id)
        session.execute(last.values(last_opened_at=now))


def state(link: ConnectLink, now: datetime) -> str:
    """open, used, revoked or expired."""
    if link.used_at:
        return "used"
    if link.revoked_at:
        return "revoked"
    if now >= link.expires_at:
        return "expired"
    return "open"


def change_unused(*which: ColumnElement[bool]) -> Update:
    """Change those links that were neither used nor revoked yet."""
    return update(ConnectLink).where(
        *which, ConnectLink.used_at.is_(None), ConnectLink.revoked_at.is_(None)
    )


def revoke_all(session: Session, *which: ColumnElement[bool]) -> int:
    """Revoke unused links, in the caller's transaction; return how many."""
    now = services().clock.now()
    return rowcount(session, change_unused(*which).values(revoked_at=now))


def revoke(link_id: str) -> bool:
    """Revoke a link that was not used yet."""
    with write_transaction() as session:
        is_closed = revoke_all(session, ConnectLink.id == link_id) == 1
    if is_closed:
        log.info("link_revoked", link=link_id)
    return is_closed
