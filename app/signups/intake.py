"""Accepting a sign-up: the row, and the tally beside it, in one short transaction."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.database.raw import on_sqlite, single, storing
from app.database.session import new_id
from app.forms.models import Form
from app.services import services
from app.signups.models import Signup, SignupState, Tally

SIGNUP, TALLY, FORM = (cast(Table, model.__table__) for model in (Signup, Tally, Form))
PRESS = ("form_id", "person", "press_id")  # what makes a sign-up itself


@dataclass(frozen=True)
class Answers:
    """A checked form: the address, what else sign_up_form takes, and where it came
    from.
    """

    email: str
    body: dict[str, Any]
    press_id: str
    host_page: str
    looks_automatic: bool


class Asked(Protocol):
    """What of a form goes into the row: the form as it is stored, or as it was shown."""

    @property
    def id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def consent_id(self) -> str: ...
    @property
    def open(self) -> bool: ...
    @property
    def updated_at(self) -> datetime: ...


class FormChanged(Exception):
    """The form is another by now, or gone: the sign-up is not stored."""


def accept(form: Asked, answers: Answers) -> bool:
    """Store a sign-up durably; False when this very press with these answers was stored
    before.

    Raises `FormChanged` when the form was changed since it was read, and `Busy`.
    """
    now = services().clock.now()
    held = answers.looks_automatic
    row = {
        "id": new_id(),
        "form_id": form.id,
        "account_id": form.account_id,
        "consent_id": form.consent_id,
        "press_id": _press(answers),
        "email": answers.email,
        "person": answers.email.lower(),
        "body": answers.body,
        "host_page": answers.host_page,
        "created_at": now,
        "attempts": 0,
        "may_resubscribe": False,
        "state": SignupState.HELD if held else SignupState.WAITING,
        "reason": "looks_automatic" if held else None,
        "due_at": None if held else now,
    }
    tally = {"form_id": form.id, "day": day_of(now), "accepted": 1}
    asked = {"asked_open": form.open, "asked_at": form.updated_at}
    if not (_store_by_turns if on_sqlite() else _store_at_once)(row, tally, asked):
        return _known(row)
    services().wakeup.set()
    return True


def _known(row: dict[str, Any]) -> Literal[False]:
    """Nothing was stored: because it is there, or because there is no such form any
    more.
    """
    with single() as connection:
        if not connection.execute(
            _this_press, {name: row[name] for name in PRESS}
        ).first():
            raise FormChanged
    return False


def _store_by_turns(
    row: dict[str, Any], tally: dict[str, Any], asked: dict[str, Any]
) -> bool:
    signup, count = _two_statements(tuple(row))
    with storing() as connection:
        fresh = connection.execute(signup, row | asked).rowcount == 1
        if fresh:
            connection.execute(count, tally)
    return fresh


def _store_at_once(
    row: dict[str, Any], tally: dict[str, Any], asked: dict[str, Any]
) -> bool:
    """One statement is one transaction: the tally's row, which all presses of a form
    write, is locked for no trip.
    """
    with single() as connection:
        return (
            connection.execute(_one_statement(tuple(row)), row | tally | asked).rowcount
            == 1
        )


# Statements are made once: making them takes longer than they do.


_this_press = select(SIGNUP.c.id).where(
    *(SIGNUP.c[name] == bindparam(name) for name in PRESS)
)


@cache
def _two_statements(columns: tuple[str, ...]) -> tuple[Any, Any]:
    signup = (
        sqlite.insert(SIGNUP)
        .from_select(*_as_it_was_shown(columns))
        .on_conflict_do_nothing(index_elements=PRESS)
    )
    tally = sqlite.insert(TALLY).on_conflict_do_update(
        index_elements=["form_id", "day"], set_=_one_more()
    )
    return signup, tally


@cache
def _one_statement(columns: tuple[str, ...]) -> Any:
    tally = TALLY.c
    fresh = (
        postgresql.insert(SIGNUP)
        .from_select(*_as_it_was_shown(columns))
        .on_conflict_do_nothing(index_elements=PRESS)
        .returning(SIGNUP.c.form_id)
        .cte("fresh")
    )
    count = postgresql.insert(TALLY).from_select(
        ["form_id", "day", "accepted"],
        select(
            fresh.c.form_id,
            *(bindparam(name, type_=tally[name].type) for name in ("day", "accepted")),
        ),
        include_defaults=False,
    )  # the database has one for every other column
    return count.on_conflict_do_update(
        index_elements=["form_id", "day"], set_=_one_more()
    ).execution_options(preserve_rowcount=True)  # else it reads -1


def _as_it_was_shown(columns: tuple[str, ...]) -> tuple[list[str], Any]:
    """Names and values of a row, selected from its form: no row when that is not as the
    visitor saw it.
    """
    row = {name: bindparam(name, type_=SIGNUP.c[name].type) for name in columns}
    row |= {
        column.name: literal(column.default.arg, column.type)
        for column in SIGNUP.c
        if column.name not in columns
        and isinstance(column.default, ScalarElementColumnDefault)
    }
    return list(row), select(*row.values()).where(
        FORM.c.id == row["form_id"],
        FORM.c.account_id == row["account_id"],
        FORM.c.consent_id == row["consent_id"],
        FORM.c.open == bindparam("asked_open"),
        FORM.c.updated_at == bindparam("asked_at"),
    )


def _one_more() -> dict[str, Any]:
    return {"accepted": TALLY.c.accepted + 1}


def _press(answers: Answers) -> str:
    """A press sent twice is one sign-up; going back, correcting a name and pressing
    again is another.
    """
    said = sha256(json.dumps(answers.body, sort_keys=True).encode()).hexdigest()
    return f"{answers.press_id[:32]}.{said[:7]}"


def day_of(now: datetime) -> date:
    """The operator's, as charts show them."""
    return now.astimezone(ZoneInfo(services().settings.timezone)).date()
