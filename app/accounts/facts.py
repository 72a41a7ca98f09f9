"""An account's lists and custom fields as last read from the provider.

Reading them back asks nobody.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountField, AccountList
from app.constant_contact.client import Client
from app.database.leases import Lease
from app.database.session import db, insert, new_id, write_transaction
from app.services import services

LEASE = Lease(
    Account,
    Account.id,
    until=Account.facts_leased_until,
    fence=Account.facts_reader,
)
TEXT_TYPES = ("string", "text_area")


def lists_of(account_id: str) -> list[AccountList]:
    """Stored lists that still exist, by name."""
    return list(
        db.session.scalars(
            select(AccountList)
            .where(AccountList.account_id == account_id, AccountList.gone_at.is_(None))
            .order_by(AccountList.name)
        )
    )


def fields_of(account_id: str) -> list[AccountField]:
    """Stored custom fields that still exist, by label."""
    return list(
        db.session.scalars(
            select(AccountField)
            .where(
                AccountField.account_id == account_id, AccountField.gone_at.is_(None)
            )
            .order_by(AccountField.label)
        )
    )


def connected_accounts() -> list[Account]:
    """Accounts a form can be made for."""
    return list(
        db.session.scalars(
            select(Account)
            .where(Account.disconnected_at.is_(None))
            .order_by(Account.name)
        )
    )


def read_lists(account_id: str, api: Client) -> int:
    """Ask the provider for every list and store them; return how many."""
    read = api.lists()
    lists = [{"list_id": item.list_id, "name": item.label[:255]} for item in read]
    with write_transaction() as session:
        if not read.skipped:
            _mark_gone(session, AccountList, account_id)
        _store(session, AccountList, AccountList.list_id.key, account_id, lists)
    return len(lists)


def read_fields(account_id: str, api: Client) -> int:
    """Ask the provider for every custom field and store them; return how many."""
    read = api.custom_fields()
    fields = [
        {
            "custom_field_id": item.custom_field_id,
            "label": item.title[:255],
            "type": item.type[:20],
            "details": item.details,
        }
        for item in read
    ]
    with write_transaction() as session:
        if not read.skipped:
            _mark_gone(session, AccountField, account_id)
        _store(
            session, AccountField, AccountField.custom_field_id.key, account_id, fields
        )
    return len(fields)


def read_all(account_id: str, api: Client) -> None:
    """Lists and custom fields, both."""
    read_lists(account_id, api)
    read_fields(account_id, api)
    mark_read(account_id)


def mark_read(account_id: str) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(facts_read_at=services().clock.now())
        )


def unread(before: datetime, mended_before: datetime) -> list[str]:
    """Connected accounts whose facts should be read: their ids.

    Never read, or not since `before`; of those that lack rights, `mended_before`.
    Leaves out those that somebody reads, or that are put off.
    """
    query = select(Account.id).where(
        is_unread(before, mended_before), LEASE.is_free(services().clock.now())
    )
    return list(db.session.scalars(query))


def is_unread(before: datetime, mended_before: datetime) -> ColumnElement[bool]:
    """True of a connected account whose facts should be read."""
    lacks_rights = and_(
        Account.privileges_missing != "", Account.facts_read_at < mended_before
    )
    return and_(
        Account.disconnected_at.is_(None),
        Account.trouble.is_(None),
        or_(
            Account.facts_read_at.is_(None),
            Account.facts_read_at < before,
            lacks_rights,
        ),
    )


def _mark_gone(
    session: Session, table: type[AccountList] | type[AccountField], account_id: str
) -> None:
    """Take all for gone; what the provider still shows is stored over that.

    Not where something could not be read, since nobody knows what it was.
    """
    session.execute(
        update(table)
        .where(table.account_id == account_id, table.gone_at.is_(None))
        .values(gone_at=services().clock.now())
    )


def _store(
    session: Session,
    table: type[AccountList] | type[AccountField],
    key: str,
    account_id: str,
    items: Iterable[dict[str, Any]],
) -> None:
    """Write down what the provider shows now."""
    rows = [
        {"id": new_id(), "account_id": account_id, "gone_at": None, **item}
        for item in items
    ]
    if rows:
        new = insert(table)
        session.execute(
            new.on_conflict_do_update(
                index_elements=["account_id", key],
                set_={
                    name: new.excluded[name]
                    for name in rows[0]
                    if name not in ("id", "account_id")
                },
            ),
            rows,
        )
