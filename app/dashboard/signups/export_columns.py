"""A sign-up as a line of a table: a column for each thing known of it, with its name in
plain words.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from sqlalchemy import Row, select

from app import messages
from app.accounts.models import Account, AccountField, AccountList
from app.core import csv_safe
from app.database.session import db
from app.forms.answer_text import emptied
from app.forms.fields import ADDRESS, STANDARD
from app.forms.models import ConsentWording, Form
from app.signups.clearing import cleared, cleared_fields
from app.signups.models import Signup, SignupState

COLUMNS = (
    Signup.state,
    Signup.reason,
    Signup.email,
    Signup.body,
    Signup.consent_id,
    Signup.form_id,
    Signup.account_id,
    Signup.host_page,
    Signup.settled_at,
    Signup.contact_id,
    Signup.attempts,
)
TEXTS = [
    name
    for name, known in STANDARD.items()
    if known.type not in ("birthday", "address")
]
BIRTHDAY = ("birthday_month", "birthday_day")
ELSEWHERE = {
    *TEXTS,
    *BIRTHDAY,
    "street_address",
    "list_memberships",
    "custom_fields",
    "exactly",
}
SOME = 500  # ids in one statement


@dataclass
class Known:
    """Names that rows point at, as cells, each read once: as many as there are forms
    and wordings, not sign-ups.
    """

    forms: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    consents: dict[str, Any] = field(default_factory=dict)
    states: dict[tuple[str, str | None], tuple[str, str]] = field(default_factory=dict)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    # by forms that clear something
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def learn(self, rows: Iterable[Row[Any]]) -> None:
        """Read what these rows name and nobody has read yet."""
        rows = list(rows)
        accounts = {row.account_id for row in rows} - set(self.accounts)
        _read(self.forms, {row.form_id for row in rows}, Form.id, Form.name)
        _read(self.accounts, accounts, Account.id, Account.name)
        _read(
            self.consents,
            {row.consent_id for row in rows},
            ConsentWording.id,
            ConsentWording.text,
            ConsentWording.version,
        )
        for some in _some(
            {row.form_id for row in rows if cleared(row.body)} - set(self.asked)
        ):
            self.asked.update(
                dict(
                    db.session.execute(
                        select(Form.id, Form.fields).where(Form.id.in_(some))
                    ).all()
                )
            )
        for some in _some(accounts):
            for table, key, name, known in (
                (AccountList, AccountList.list_id, AccountList.name, self.lists),
                (
                    AccountField,
                    AccountField.custom_field_id,
                    AccountField.label,
                    self.fields,
                ),
            ):
                known.update(
                    {
                        (account, id): label
                        for account, id, label in db.session.execute(
                            select(table.account_id, key, name).where(
                                table.account_id.in_(some)
                            )
                        )
                    }
                )


@dataclass(frozen=True)
class Table:
    """The columns of one export.

    `custom` are ids of custom fields in order, `labels` what heads them.
    """

    zone: ZoneInfo
    custom: tuple[str, ...]
    labels: tuple[str, ...]
    known: Known = field(default_factory=Known)

    def head(self) -> list[str]:
        return [
            csv_safe.safe(name)
            for name in (
                *_first_names(),
                *_standard_names(),
                *self.labels,
                *_last_names(),
            )
        ]

    def lines(self, rows: list[Row[Any]]) -> list[list[str]]:
        self.known.learn(rows)
        return [self._line(row) for row in rows]

    def _line(self, row: Row[Any]) -> list[str]:
        body, address = row.body, row.body.get("street_address") or {}
        custom = {
            item["custom_field_id"]: item.get("value")
            for item in body.get("custom_fields", [])
        }
        said = [
            row.email,
            *(body.get(name) for name in (*TEXTS, *BIRTHDAY)),
            address.get("kind"),
            *(address.get(name) for name in ADDRESS),
            *(custom.pop(id, "") for id in self.custom),
            self._others(row, custom),
            self._emptied(row),
            self._lists(row),
        ]
        return [
            row.id,
            self._time(row.created_at),
            *self._state(row.state, row.reason),
            *(_text(value) for value in said),
            *self.known.consents.get(row.consent_id, ("", "")),
            *self.known.forms.get(row.form_id, ("",)),
            *self.known.accounts.get(row.account_id, ("",)),
            _text(row.host_page),
            _text(row.contact_id),
            self._time(row.settled_at) if row.state == SignupState.DELIVERED else "",
            str(row.attempts),
        ]

    def _state(self, state: str, reason: str | None) -> tuple[str, str]:
        """In words, looked up once each."""
        known = self.known.states
        if (state, reason) not in known:
            known[state, reason] = (
                _text(messages.STATES.get(state, state)),
                _text(messages.reason(reason)),
            )
        return known[state, reason]

    def _time(self, moment: datetime | None) -> str:
        return (
            moment.astimezone(self.zone).isoformat(timespec="seconds") if moment else ""
        )

    def _lists(self, row: Row[Any]) -> str:
        return "; ".join(
            self.known.lists.get((row.account_id, id), id)
            for id in row.body.get("list_memberships", [])
        )

    def _others(self, row: Row[Any], custom: dict[str, Any]) -> str:
        """What no column is for: what the form has stopped asking, and of which kind a
        phone number is.
        """
        found = [
            (self.known.fields.get((row.account_id, id), id), value)
            for id, value in custom.items()
        ]
        found += [
            (key, value) for key, value in row.body.items() if key not in ELSEWHERE
        ]
        if kind := row.body.get("exactly", {}).get("phone"):
            found.append((gettext("Kind of number"), kind))
        return "\n".join(f"{label}: {value}" for label, value in found)

    def _emptied(self, row: Row[Any]) -> str:
        """What it clears, by the form's labels; by the account's where the form has
        stopped asking.
        """
        known = self.known.fields
        own = [
            {"custom_field_id": id, "label": known[row.account_id, id]}
            for id in cleared_fields(row.body)
            if (row.account_id, id) in known
        ]
        return "; ".join(
            emptied(cleared(row.body), [*own, *self.known.asked.get(row.form_id, [])])
        )


def table_of(form_ids: set[str], zone: ZoneInfo) -> Table:
    """With a column for each custom field that these forms ask for, in the order of the
    forms' names.
    """
    asked: dict[str, list[str]] = {}
    account_of: dict[str, str] = {}
    for fields, account in _forms(form_ids):
        for one in fields:
            if id := one.get("custom_field_id"):
                asked.setdefault(id, []).append(one["label"])
                account_of[id] = account
    labels = {
        id: said[0] if len(set(said)) == 1 else _own_label(id) or said[0]
        for id, said in asked.items()
    }
    return Table(zone, tuple(labels), tuple(_apart(labels, account_of)))


def _forms(ids: set[str]) -> list[tuple[list[dict[str, Any]], str]]:
    found = [
        row
        for some in _some(ids)
        for row in db.session.execute(
            select(Form.name, Form.id, Form.fields, Account.name)
            .join(Account, Account.id == Form.account_id)
            .where(Form.id.in_(some))
        )
    ]
    return [
        (fields, account)
        for _name, _id, fields, account in sorted(
            found, key=lambda row: (row[0], row[1])
        )
    ]


def _own_label(custom_field_id: str) -> str | None:
    return db.session.scalar(
        select(AccountField.label)
        .where(AccountField.custom_field_id == custom_field_id)
        .limit(1)
    )


def _apart(labels: dict[str, str], account_of: dict[str, str]) -> list[str]:
    """A name of its own for each column: with its account's where two say the same,
    then with a number.
    """
    taken = Counter(
        map(
            str.casefold,
            (*_first_names(), *_standard_names(), *_last_names(), *labels.values()),
        )
    )
    found: list[str] = []
    for id, label in labels.items():
        name = label if taken[label.casefold()] == 1 else f"{label} ({account_of[id]})"
        again = sum(other == name or other.startswith(f"{name} #") for other in found)
        found.append(f"{name} #{again + 1}" if again else name)
    return found


def _first_names() -> list[str]:
    return [
        gettext("Sign-up"),
        gettext("Time"),
        gettext("State"),
        gettext("Reason"),
        gettext("E-mail address"),
    ]


def _standard_names() -> list[str]:
    return [
        *(str(STANDARD[name].label) for name in TEXTS),
        gettext("Birthday, month"),
        gettext("Birthday, day"),
        gettext("Kind of address"),
        *(str(part.label) for part in ADDRESS.values()),
    ]


def _last_names() -> list[str]:
    return [
        gettext("Other answers"),
        gettext("Left empty to clear it"),
        gettext("Lists"),
        gettext("Consent"),
        gettext("Version of the consent"),
        gettext("Form"),
        gettext("Account"),
        gettext("Page"),
        gettext("Contact at Constant Contact"),
        gettext("Delivered at"),
        gettext("Attempts"),
    ]


def _text(value: Any) -> str:
    return csv_safe.safe(str(value)) if value is not None and value != "" else ""


def _read(known: dict[str, Any], ids: set[str], key: Any, *columns: Any) -> None:
    for some in _some(ids - set(known)):
        known.update(
            {
                row[0]: tuple(map(_text, row[1:]))
                for row in db.session.execute(
                    select(key, *columns).where(key.in_(some))
                )
            }
        )


def _some(ids: Iterable[str]) -> list[list[str]]:
    ordered = sorted(ids)
    return [ordered[at : at + SOME] for at in range(0, len(ordered), SOME)]
