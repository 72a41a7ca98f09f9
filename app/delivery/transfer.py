"""An account's forms and undelivered sign-ups handed to another account, every list and
custom field named anew.
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
from app.forms import validation
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
    """The other account's id for each list and custom field in use; a field that is not
    named is left out.
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
    account_id: str, used: Iterable[str], there: list[AccountField]
) -> dict[str, list[AccountField]]:
    """For each used custom field those of the other account that take the same kind of
    answer.
    """
    types = {
        row.custom_field_id: _kind(row.type)
        for row in db.session.scalars(
            select(AccountField).where(AccountField.account_id == account_id)
        )
    }
    return {
        id: [one for one in there if _kind(one.type) == types.get(id, "text")]
        for id in used
    }


def _kind(type: str) -> str:
    return "text" if type in TEXT_TYPES else type


class Changed(Exception):
    """A list came into use after the mapping was made: somebody has to say what stands
    for it.
    """


def move(from_id: str, to_id: str, mapping: Mapping) -> tuple[int, int]:
    """Move all of it in one transaction; return how many forms and sign-ups. Raises
    `Changed`, and nothing is moved.

    Sign-ups are locked before forms and accounts, as by those who settle them.
    """
    with write_transaction() as session:
        rows = list(
            session.execute(
                select(Signup.id, Signup.state, Signup.attempts, Signup.body)
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
    return {item["list_id"] for form in forms for item in form.lists} | {
        id for body in bodies for id in body.get("list_memberships", ())
    }


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
    session: Session, forms: list[Form], to_id: str, mapping: Mapping, there: Fields
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
        form.fields = [
            field for item in form.fields if (field := _field(item, mapping, there))
        ]


def _note(session: Session, from_id: str, to_id: str) -> None:
    now, here, there = (
        services().clock.now(),
        session.get_one(Account, from_id),
        session.get_one(Account, to_id),
    )
    session.add(
        AccountEvent(account_id=from_id, at=now, what="moved_out", detail=there.name)
    )
    session.add(
        AccountEvent(account_id=to_id, at=now, what="moved_in", detail=here.name)
    )


def _lists(
    old: list[dict[str, Any]], mapping: Mapping, names: Names
) -> list[dict[str, Any]]:
    """Two old lists may have become one: who joined either without a choice joins it."""
    always = {mapping.lists[item["list_id"]] for item in old if item.get("always")}
    return [
        {
            "list_id": id,
            "label": names[id],
            **({"always": True} if id in always else {}),
        }
        for id in dict.fromkeys(mapping.lists[item["list_id"]] for item in old)
    ]


def _field(
    item: dict[str, Any], mapping: Mapping, there: Fields
) -> dict[str, Any] | None:
    """The field as the other account knows it; what nobody chooses there is not chosen
    beforehand.
    """
    old = item.get("custom_field_id")
    if not old:
        return item
    new = mapping.fields.get(old)
    if not new:
        return None
    (field,) = validation.completed_by(
        [{**item, "key": f"cf_{new}", "custom_field_id": new}], [there[new]]
    )
    kept = _answer(field.get("default", ""), there[new])
    return {name: value for name, value in field.items() if name != "default"} | (
        {"default": kept} if kept else {}
    )


def _answer(value: str, field: AccountField) -> str:
    """What of an answer this field takes: of choices those that it has, of anything
    else all.
    """
    choices = tuple((field.details or {}).get("choices") or ())
    return join_choices(split_choices(value, choices)) if choices else value


def _body(body: dict[str, Any], mapping: Mapping, there: Fields) -> dict[str, Any]:
    new = {
        **body,
        "list_memberships": list(
            dict.fromkeys(mapping.lists[id] for id in body.get("list_memberships", ()))
        ),
    }
    if "custom_fields" in body:
        named = [
            (mapping.fields[item["custom_field_id"]], item)
            for item in body["custom_fields"]
            if item["custom_field_id"] in mapping.fields
        ]
        new["custom_fields"] = [
            {**item, "custom_field_id": id, "value": value}
            for id, item in named
            if (value := _answer(item["value"], there[id]))
        ]
    return with_fields(new, mapping.fields.get)


def suggested(used: Names, there: list[AccountList] | list[AccountField]) -> Names:
    """For each old id the other account's one of the same name."""
    by_name = {
        (one.name if isinstance(one, AccountList) else one.label).casefold(): (
            one.list_id if isinstance(one, AccountList) else one.custom_field_id
        )
        for one in there
    }
    return {
        id: by_name[name.casefold()]
        for id, name in used.items()
        if name.casefold() in by_name
    }
