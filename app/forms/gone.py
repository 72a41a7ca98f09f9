"""Lists and custom fields that forms use and that were deleted at Constant Contact."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal, select, union_all

from app.accounts.models import Account, AccountField, AccountList
from app.database.session import db
from app.forms.models import Form, is_taking_signups
from app.services import services

Lists = list[dict[str, Any]]  # of a form: [{"list_id", "label", "always"?}]


def marked(lists: Lists, account_id: str) -> Lists:
    """Return a form's lists, those that are gone with `"gone": True`."""
    query = select(AccountList.list_id).where(
        AccountList.account_id == account_id, AccountList.gone_at.is_not(None)
    )
    return with_marks(lists, db.session.scalars(query))


def with_marks(lists: Lists, gone: Iterable[str]) -> Lists:
    """Mark these lists as gone: visitors are no longer offered them."""
    ids = set(gone)
    return [
        {**item, "gone": True} if item["list_id"] in ids else item for item in lists
    ]


@dataclass(frozen=True)
class Use:
    """A form that takes sign-ups and adds people to a list, or fills a custom field,
    that is gone.
    """

    form_id: str
    form_name: str
    account_id: str
    what: str  # list or field
    name: str  # as it was last called at Constant Contact


def uses(most: int = 5) -> tuple[list[Use], int]:
    """Return the first uses of what is gone by open forms, by the forms' names, and how
    many there are in all.

    Two statements. Both walk the lists and fields that are gone, of which there are few,
    and the forms of their accounts.
    """
    everything = union_all(
        _uses_of(
            "list", AccountList, AccountList.list_id, AccountList.name, Form.lists
        ),
        _uses_of(
            "field",
            AccountField,
            AccountField.custom_field_id,
            AccountField.label,
            Form.fields,
        ),
    ).subquery()
    columns = everything.c
    query = select(everything).order_by(
        columns.form_name, columns.form_id, columns.what, columns.name
    )
    rows = db.session.execute(query.limit(most)).all()
    total = len(rows)
    if total == most:
        counting = select(func.count()).select_from(everything)
        total = db.session.scalar(counting) or 0
    return [Use(*row) for row in rows], total


def _uses_of(
    what: str, table: Any, id_column: Any, name_column: Any, part_of_form: Any
) -> Select[Any]:
    """Select the open forms whose lists or fields, stored as JSON, name what is gone."""
    now = services().clock.now()
    return (
        select(
            Form.id.label("form_id"),
            Form.name.label("form_name"),
            Form.account_id.label("account_id"),
            literal(what).label("what"),
            name_column.label("name"),
        )
        .join(table, table.account_id == Form.account_id)
        .join(Account, Account.id == Form.account_id)
        .where(
            *is_taking_signups(now),
            Account.disconnected_at.is_(None),
            table.gone_at.is_not(None),
            cast(part_of_form, Text).contains(id_column),
        )
    )
