"""Status pages of owners: a lasting link each, one open at a time for an account, known
by its digest only.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from app.accounts.models import Account, OwnerPage
from app.constant_contact.oauth import new_secret
from app.core.crypto import digest
from app.database.session import UNUSABLE, db, rowcount, write_transaction
from app.services import services

FOR_AN_OWNER = timedelta(hours=1)  # after connecting by a link


@dataclass(frozen=True)
class NewPage:
    """Shown once: afterwards only the digest of the token is known."""

    token: str

    @property
    def address(self) -> str:
        return f"{services().settings.public_url}/owner/{self.token}"


def make(account_id: str, created_by: str) -> NewPage:
    """A new link to the account's status page; earlier ones end."""
    token, now = new_secret(), services().clock.now()
    with write_transaction() as session:
        # one after the other
        session.execute(
            select(Account.id).where(Account.id == account_id).with_for_update()
        )
        session.execute(_open_ones(account_id).values(revoked_at=now))
        session.add(
            OwnerPage(
                account_id=account_id,
                digest=digest(token),
                created_by=created_by,
                created_at=now,
            )
        )
    return NewPage(token)


def find(token: str) -> OwnerPage | None:
    """The page of this token, unless it was revoked."""
    return db.session.scalar(
        select(OwnerPage).where(
            OwnerPage.digest == digest(token), OwnerPage.revoked_at.is_(None)
        )
    )


def is_open(page_id: str | None) -> bool:
    """Whether the page a trip began at still is one."""
    page = db.session.get(OwnerPage, page_id) if page_id else None
    return page is not None and page.revoked_at is None


def newest(account_id: str) -> OwnerPage | None:
    """The open page of an account."""
    return db.session.scalar(
        select(OwnerPage)
        .where(OwnerPage.account_id == account_id, OwnerPage.revoked_at.is_(None))
        .order_by(OwnerPage.created_at.desc())
        .limit(1)
    )


def may_be_made(account_id: str, connected_at: datetime) -> bool:
    """Whether who connected then may have a link still: for an hour, and not after
    somebody closed the page.
    """
    if services().clock.now() - connected_at > FOR_AN_OWNER:
        return False
    closed = select(OwnerPage.id).where(
        OwnerPage.account_id == account_id, OwnerPage.revoked_at > connected_at
    )
    return newest(account_id) is not None or db.session.scalar(closed.limit(1)) is None


def opened(page: OwnerPage) -> None:
    """Note that somebody looked, to the hour: whoever closes an unused link wants to
    know.
    """
    now = services().clock.now().replace(minute=0, second=0, microsecond=0)
    if page.opened_at is None or page.opened_at < now:
        with suppress(*UNUSABLE), write_transaction() as session:
            session.execute(
                update(OwnerPage).where(OwnerPage.id == page.id).values(opened_at=now)
            )


def revoke(account_id: str) -> bool:
    """Close the account's page; False when there was none."""
    with write_transaction() as session:
        return (
            rowcount(
                session,
                _open_ones(account_id).values(revoked_at=services().clock.now()),
            )
            > 0
        )


def _open_ones(account_id: str) -> Update:
    return update(OwnerPage).where(
        OwnerPage.account_id == account_id, OwnerPage.revoked_at.is_(None)
    )
