"""Keep the links to owners' status pages: one open at a time for each account."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from app.accounts.models import Account, OwnerPage
from app.constant_contact.oauth import new_secret
from app.core.crypto import digest
from app.core.logs import log
from app.database.session import UNUSABLE, db, rowcount, write_transaction
from app.services import services

FOR_AN_OWNER = timedelta(hours=1)  # after connecting by a link


@dataclass(frozen=True)
class NewPage:
    """A new link, shown once: only the digest of its token is stored."""

    token: str

    @property
    def address(self) -> str:
        return f"{services().settings.public_url}/owner/{self.token}"


def make(account_id: str, created_by: str) -> NewPage:
    """Make a link to the account's status page, and end earlier ones."""
    token, now = new_secret(), services().clock.now()
    page = OwnerPage(
        account_id=account_id,
        digest=digest(token),
        created_by=created_by,
        created_at=now,
    )
    with write_transaction() as session:
        # two at once would both find no open page to end
        session.execute(
            select(Account.id).where(Account.id == account_id).with_for_update()
        )
        session.execute(_end_open_pages(account_id).values(revoked_at=now))
        session.add(page)
    log.info("status_page_made", account=account_id)
    return NewPage(token)


def find(token: str) -> OwnerPage | None:
    """Find the page of this token, unless it was revoked."""
    return db.session.scalar(
        select(OwnerPage).where(
            OwnerPage.digest == digest(token), OwnerPage.revoked_at.is_(None)
        )
    )


def is_open(page_id: str | None) -> bool:
    """Tell whether the page where somebody began to connect is still open."""
    if not page_id:
        return False
    page = db.session.get(OwnerPage, page_id)
    return page is not None and page.revoked_at is None


def newest(account_id: str) -> OwnerPage | None:
    """Find the open page of an account."""
    return db.session.scalar(
        select(OwnerPage)
        .where(OwnerPage.account_id == account_id, OwnerPage.revoked_at.is_(None))
        .order_by(OwnerPage.created_at.desc())
        .limit(1)
    )


def may_be_made(account_id: str, connected_at: datetime) -> bool:
    """Tell whether whoever connected at that time may still have a link.

    They may for an hour, unless somebody closed the page meanwhile.
    """
    if services().clock.now() - connected_at > FOR_AN_OWNER:
        return False
    closed = select(OwnerPage.id).where(
        OwnerPage.account_id == account_id, OwnerPage.revoked_at > connected_at
    )
    return newest(account_id) is not None or db.session.scalar(closed.limit(1)) is None


def opened(page: OwnerPage) -> None:
    """Note the hour in which the page was last opened."""
    now = services().clock.now().replace(minute=0, second=0, microsecond=0)
    if page.opened_at is None or page.opened_at < now:
        with suppress(*UNUSABLE), write_transaction() as session:
            session.execute(
                update(OwnerPage).where(OwnerPage.id == page.id).values(opened_at=now)
            )


def revoke(account_id: str) -> bool:
    """Close the account's page; return False when there was none."""
    ending = _end_open_pages(account_id).values(revoked_at=services().clock.now())
    with write_transaction() as session:
        return rowcount(session, ending) > 0


def _end_open_pages(account_id: str) -> Update:
    return update(OwnerPage).where(
        OwnerPage.account_id == account_id, OwnerPage.revoked_at.is_(None)
    )
