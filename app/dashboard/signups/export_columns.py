"""Make a line of a table of each sign-up, with a column for each thing known of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
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
from app.signups import corrections
from app.signups.clearing import cleared, cleared_fields
from app.signups.corrections import CorrectionLine
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
    for name, standard in STANDARD.items()
    if standard.type not in ("birthday", "address")
]
BIRTHDAY = ("birthday_month", "birthday_day")
# parts of a body that have columns of their own
WITH_COLUMN = {
    *TEXTS,
    *BIRTHDAY,
    "street_address",
    "list_memberships",
    "custom_fields",
    "exactly",
}
BATCH = 500  # ids in one statement


@dataclass
class Known:
    """The names that rows point at, as cells, each read once.

    There are as many as forms and wordings, not as many as sign-ups.
    """

    forms: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Any] = field(default_factory=dict)
    consents: dict[str, Any] = field(default_factory=dict)
    states: dict[tuple[str, str | None], tuple[str, str]] = field(default_factory=dict)
    # by account and id
    lists: dict[tuple[str, str], str] = field(default_factory=dict)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    # of sign-ups that were corrected: when, by whom, what
    corrections: dict[str, tuple[str, str]] = field(default_factory=dict)
    # of forms that clear something
    fields_of_form: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def learn(self, rows: list[Row[Any]]) -> None:
        """Read what these rows name and nobody has read yet."""
        form_ids = {row.form_id for row in rows}
        account_ids = {row.account_id for row in rows} - set(self.accounts)
        consent_ids = {row.consent_id for row in rows}
        _read(self.forms, form_ids, Form.id, Form.name)
        _read(self.accounts, account_ids, Account.id, Account.name)
        _read(
            self.consents,
            consent_ids,
            ConsentWording.id,
            ConsentWording.text,
            ConsentWording.version,
        )
        clearing = {row.form_id for row in rows if cleared(row.body)}
        for ids in _batches(clearing - set(self.fields_of_form)):
            query = select(Form.id, Form.fields).where(Form.id.in_(ids))
            self.fields_of_form.update(db.session.execute(query).all())
        self._learn_facts(account_ids)
        self.corrections = {}
        for ids in _batches({row.id for row in rows}):
            for signup_id, lines in corrections.lines_of(ids).items():
                self.corrections[signup_id] = _corrected(lines)

    def _learn_facts(self, account_ids: set[str]) -> None:
        for ids in _batches(account_ids):
            lists = select(AccountList).where(AccountList.account_id.in_(ids))
            for account_list in db.session.scalars(lists):
                key = account_list.account_id, account_list.list_id
                self.lists[key] = account_list.name
            fields = select(AccountField).where(AccountField.account_id.in_(ids))
            for account_field in db.session.scalars(fields):
                key = account_field.account_id, account_field.custom_field_id
                self.fields[key] = account_field.label


@dataclass(frozen=True)
class Table:
    """The columns of one export; `labels` head those of the custom fields."""

    zone: ZoneInfo
    custom: tuple[str, ...]
    labels: tuple[str, ...]
    known: Known = field(default_factory=Known)

    def head(self) -> list[str]:
        """Return the names of all columns, as cells."""
        names = (
            *_first_names(),
            *_standard_names(),
            *self.labels,
            *_last_names(),
        )
        return [csv_safe.safe(name) for name in names]

    def lines(self, rows: list[Row[Any]]) -> list[list[str]]:
        """Return a line of cells for each row."""
        self.known.learn(rows)
        return [self._line(row) for row in rows]

    def _line(self, row: Row[Any]) -> list[str]:
        delivered_at = ""
        if row.state == SignupState.DELIVERED:
            delivered_at = self._time(row.settled_at)
        return [
            row.id,
            self._time(row.created_at),
            *self._state(row.state, row.reason),
            *map(_text, self._answers(row)),
            *self.known.consents.get(row.consent_id, ("", "")),
            *self.known.forms.get(row.form_id, ("",)),
            *self.known.accounts.get(row.account_id, ("",)),
            _text(row.host_page),
            _text(row.contact_id),
            delivered_at,
            str(row.attempts),
            *self.known.corrections.get(row.id, ("", "")),
        ]

    def _answers(self, row: Row[Any]) -> list[Any]:
        """List the values from the address to the lists."""
        body, address = row.body, row.body.get("street_address") or {}
        custom = {}
        for item in body.get("custom_fields", []):
            custom[item["custom_field_id"]] = item.get("value")
        return [
            row.email,
            *map(body.get, TEXTS),
            *map(body.get, BIRTHDAY),
            address.get("kind"),
            *map(address.get, ADDRESS),
            *(custom.pop(id, "") for id in self.custom),
            self._others(row, custom),
            self._emptied(row),
            self._lists(row),
        ]

    def _state(self, state: str, reason: str | None) -> tuple[str, str]:
        """Look up the words of a state and a reason once."""
        known = self.known.states
        if (state, reason) not in known:
            state_word = _text(messages.STATES.get(state, state))
            known[state, reason] = state_word, _text(messages.reason(reason))
        return known[state, reason]

    def _time(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def _lists(self, row: Row[Any]) -> str:
        return "; ".join(
            self.known.lists.get((row.account_id, id), id)
            for id in row.body.get("list_memberships", [])
        )

    def _others(self, row: Row[Any], custom: dict[str, Any]) -> str:
        """Say what no column is for, such as what the form has stopped asking."""
        lines = []
        for id, value in custom.items():
            label = self.known.fields.get((row.account_id, id), id)
            lines.append(f"{label}: {value}")
        for key, value in row.body.items():
            if key not in WITH_COLUMN:
                lines.append(f"{key}: {value}")
        if kind := row.body.get("exactly", {}).get("phone"):
            lines.append(f"{gettext('Kind of number')}: {kind}")
        return "\n".join(lines)

    def _emptied(self, row: Row[Any]) -> str:
        """Say what it clears, by the form's labels, or by the account's."""
        names = cleared(row.body)
        if not names:
            return ""
        fields = []
        for id in cleared_fields(row.body):
            label = self.known.fields.get((row.account_id, id))
            if label is not None:
                fields.append({"custom_field_id": id, "label": label})
        fields += self.known.fields_of_form.get(row.form_id, [])
        return "; ".join(emptied(names, fields))


def table_of(form_ids: set[str], zone: ZoneInfo) -> Table:
    """Make a table with a column for each custom field that these forms ask for."""
    labels_of: dict[str, list[str]] = {}
    account_of: dict[str, str] = {}
    for fields, account in _forms(form_ids):
        for item in fields:
            if id := item.get("custom_field_id"):
                labels_of.setdefault(id, []).append(item["label"])
                account_of[id] = account
    labels = {}
    for id, several in labels_of.items():
        labels[id] = several[0]
        if len(set(several)) > 1:
            labels[id] = _own_label(id) or several[0]
    return Table(zone, tuple(labels), tuple(_apart(labels, account_of)))


def _forms(form_ids: set[str]) -> list[tuple[list[dict[str, Any]], str]]:
    """List the forms' fields with their account's name, by the forms' names."""
    rows: list[Any] = []
    for ids in _batches(form_ids):
        query = (
            select(Form.name, Form.id, Form.fields, Account.name)
            .join(Account, Account.id == Form.account_id)
            .where(Form.id.in_(ids))
        )
        rows += db.session.execute(query)
    rows.sort(key=itemgetter(0, 1))
    return [(fields, account) for _name, _id, fields, account in rows]


def _own_label(custom_field_id: str) -> str | None:
    return db.session.scalar(
        select(AccountField.label)
        .where(AccountField.custom_field_id == custom_field_id)
        .limit(1)
    )


def _apart(labels: dict[str, str], account_of: dict[str, str]) -> list[str]:
    """Give each column a name of its own, with its account's or a number if needed."""
    all_names = (
        *_first_names(),
        *_standard_names(),
        *_last_names(),
        *labels.values(),
    )
    uses = Counter(map(str.casefold, all_names))
    names: list[str] = []
    for id, label in labels.items():
        name = label
        if uses[label.casefold()] > 1:
            name = f"{label} ({account_of[id]})"
        same = [
            other for other in names if other == name or other.startswith(f"{name} #")
        ]
        if same:
            name = f"{name} #{len(same) + 1}"
        names.append(name)
    return names


def _first_names() -> list[str]:
    return [
        gettext("Sign-up"),
        gettext("Time"),
        gettext("State"),
        gettext("Reason"),
        gettext("Email address"),
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
        gettext("Corrected"),
        gettext("Corrected by"),
    ]


def _corrected(lines: list[CorrectionLine]) -> tuple[str, str]:
    """Say what was corrected, old and new, and by whom."""
    changes = []
    for line in lines:
        changes += [f"{label}: {old} → {new}" for label, old, new in line.changes]
    names = dict.fromkeys(line.who for line in lines)
    return _text("\n".join(changes)), _text("; ".join(names))


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return csv_safe.safe(str(value))


def _read(known: dict[str, Any], ids: set[str], key: Any, *columns: Any) -> None:
    """Read these columns of the rows that are not known yet, as cells."""
    for some_ids in _batches(ids - set(known)):
        query = select(key, *columns).where(key.in_(some_ids))
        for id, *values in db.session.execute(query):
            known[id] = tuple(map(_text, values))


def _batches(ids: set[str]) -> Iterator[list[str]]:
    """Yield as many ids at once as a statement may name."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
