"""An account's forms and undelivered sign-ups handed to another account.

Every list and custom field is named anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.facts import TEXT_TYPES
from app.accounts.models import Account, AccountEvent, AccountField, AccountList
from app.core.contact_rules import join_choices, split_choices
from app.database.session import db, write_transaction
from app.delivery import admin_actions
from app.forms import validation, versions
from app.forms.models import Form
from app.services import services
from app.signups.clearing import cleared_fields, with_fields
from app.signups.models import Signup, SignupState

UNDELIVERED = (
    SignupState.WAITING,
    SignupState.CONFIRMING,
    SignupState.HELD,
    SignupState.PARKED,
)

Names = dict[str, str]  # a list's or custom field's id, and its name
Fields = dict[str, AccountField]


@dataclass(frozen=True)
class Mapping:
    """The other account's id for each list and custom field in use.

    A field that is not named is left out.
    """

    lists: Names
    fields: Names


def in_use(account_id: str) -> tuple[Names, Names]:
    """Lists and custom fields that the account's forms and undelivered sign-ups name."""
    lists: dict[str, str] = {}
    fields: dict[str, str] = {}
    for form in db.session.scalars(
        select(Form).where(Form.account_id == account_id).order_by(Form.name)
    ):
        lists |= {item["list_id"]: item["label"] for item in form.lists}
        fields |= {
            item["custom_field_id"]: item["label"]
            for item in form.fields
            if item.get("custom_field_id")
        }
    for body in db.session.scalars(
        select(Signup.body).where(*_undelivered(account_id))
    ):
        lists |= {id: id for id in body.get("list_memberships", ()) if id not in lists}
        own = (
            *(item["custom_field_id"] for item in body.get("custom_fields", ())),
            *cleared_fields(body),
        )
        fields |= {id: id for id in own if id not in fields}
    db.session.rollback()
    return lists | _list_names(account_id, lists), fields


def forms_in(account_id: str) -> int:
    """How many forms go along, deleted ones too: each may be brought back."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Form).where(Form.account_id == account_id)
        )
        or 0
    )


def fitting(
    account_id: str, used: Iterable[str], fields: list[AccountField]
) -> dict[str, list[AccountField]]:
    """For each used custom field, those of the other account that could stand for it.

    They take the same kind of answer.
    """
    types = {
        row.custom_field_id: _kind(row.type)
        for row in db.session.scalars(
            select(AccountField).where(AccountField.account_id == account_id)
        )
    }
    return {
        id: [one for one in fields if _kind(one.type) == types.get(id, "text")]
        for id in used
    }


def _kind(type: str) -> str:
    if type in TEXT_TYPES:
        return "text"
    return type


class Changed(Exception):
    """A list came into use after the mapping was made.

    Somebody has to say what stands for it.
    """


def move(from_id: str, to_id: str, mapping: Mapping) -> tuple[int, int]:
    """Move all of it in one transaction; return how many forms and sign-ups.

    Raises `Changed`, and nothing is moved. Sign-ups are locked before forms and
    accounts, as by those who settle them.
    """
    with write_transaction() as session:
        rows = list(
            session.execute(
                select(
                    Signup.id,
                    Signup.state,
                    Signup.attempts,
                    Signup.body,
                    Signup.due_at,
                    Signup.contact_id,
                )
                .where(*_undelivered(from_id))
                .order_by(Signup.id)
                .with_for_update()
            )
        )
        forms = list(
            session.scalars(
                select(Form)
                .where(Form.account_id == from_id)
                .order_by(Form.id)
                .with_for_update()
            )
        )
        if not _used(forms, [row.body for row in rows]) <= set(mapping.lists):
            raise Changed
        fields = {
            row.custom_field_id: row
            for row in session.scalars(
                select(AccountField).where(AccountField.account_id == to_id)
            )
        }
        _move_forms(session, forms, to_id, mapping, fields)
        admin_actions.hand_over(
            session,
            rows,
            to_id,
            {row.id: _body(row.body, mapping, fields) for row in rows},
        )
        if forms or rows:
            _note(session, from_id, to_id)
    services().wakeup.set()
    return len(forms), len(rows)


def _used(forms: list[Form], bodies: list[Any]) -> set[str]:
    """Ids of lists that these forms and sign-ups name."""
    ids: set[str] = set()
    for form in forms:
        ids.update(item["list_id"] for item in form.lists)
    for body in bodies:
        ids.update(body.get("list_memberships", ()))
    return ids


def _undelivered(account_id: str) -> tuple[Any, ...]:
    return Signup.account_id == account_id, Signup.state.in_(UNDELIVERED)


def _list_names(account_id: str, ids: Names) -> Names:
    return {
        row.list_id: row.name
        for row in db.session.scalars(
            select(AccountList).where(
                AccountList.account_id == account_id, AccountList.list_id.in_(ids)
            )
        )
    }


def _move_forms(
    session: Session, forms: list[Form], to_id: str, mapping: Mapping, fields: Fields
) -> None:
    now = services().clock.now()
    names = {
        row.list_id: row.name
        for row in session.scalars(
            select(AccountList).where(AccountList.account_id == to_id)
        )
    }
    for form in forms:
        form.account_id, form.updated_at = to_id, now
        form.lists = _lists(form.lists, mapping, names)
        moved = [_field(item, mapping, fields) for item in form.fields]
        form.fields = [field for field in moved if field]
        versions.keep(session, form)


def _note(session: Session, from_id: str, to_id: str) -> None:
    now = services().clock.now()
    old, new = session.get_one(Account, from_id), session.get_one(Account, to_id)
    session.add(
        AccountEvent(account_id=from_id, at=now, what="moved_out", detail=new.name)
    )
    session.add(
        AccountEvent(account_id=to_id, at=now, what="moved_in", detail=old.name)
    )


def _lists(
    old: list[dict[str, Any]], mapping: Mapping, names: Names
) -> list[dict[str, Any]]:
    """Two old lists may have become one: who joined either without a choice joins it."""
    lists: dict[str, dict[str, Any]] = {}
    for item in old:
        id = mapping.lists[item["list_id"]]
        new = lists.setdefault(id, {"list_id": id, "label": names[id]})
        if item.get("always"):
            new["always"] = True
    return list(lists.values())


def _field(
    item: dict[str, Any], mapping: Mapping, fields: Fields
) -> dict[str, Any] | None:
    """The field as the other account knows it.

    What nobody chooses there is not chosen beforehand.
    """
    old = item.get("custom_field_id")
    if not old:
        return item
    new = mapping.fields.get(old)
    if not new:
        return None
    (field,) = validation.completed_by(
        [{**item, "key": f"cf_{new}", "custom_field_id": new}], [fields[new]]
    )
    default = _answer(field.pop("default", ""), fields[new])
    if default:
        field["default"] = default
    return field


def _answer(value: str, field: AccountField) -> str:
    """What of an answer this field takes.

    Of choices those that it has, of anything else all.
    """
    choices = tuple((field.details or {}).get("choices") or ())
    if not choices:
        return value
    return join_choices(split_choices(value, choices))


def _body(body: dict[str, Any], mapping: Mapping, fields: Fields) -> dict[str, Any]:
    lists = [mapping.lists[id] for id in body.get("list_memberships", ())]
    new = {**body, "list_memberships": list(dict.fromkeys(lists))}
    if "custom_fields" in body:
        answers = [_item(item, mapping, fields) for item in body["custom_fields"]]
        new["custom_fields"] = [answer for answer in answers if answer]
    return with_fields(new, mapping.fields.get)


def _item(
    item: dict[str, Any], mapping: Mapping, fields: Fields
) -> dict[str, Any] | None:
    """An answer under the other account's field; None when it takes nothing of it."""
    id = mapping.fields.get(item["custom_field_id"])
    if id is None:
        return None
    value = _answer(item["value"], fields[id])
    if not value:
        return None
    return {**item, "custom_field_id": id, "value": value}


def suggested(used: Names, theirs: list[AccountList] | list[AccountField]) -> Names:
    """For each old id the other account's one of the same name."""
    by_name = {}
    for one in theirs:
        if isinstance(one, AccountList):
            by_name[one.name.casefold()] = one.list_id
        else:
            by_name[one.label.casefold()] = one.custom_field_id
    return {
        id: by_name[name.casefold()]
        for id, name in used.items()
        if name.casefold() in by_name
    }
