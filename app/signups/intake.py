"""Accepting a sign-up: the row, and the tally beside it, in one short transaction."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.db import new_id
from app.ground import ground
from app.signups.models import Signup, State, Tally
from app.statements import on_sqlite, single, storing

SIGNUP, TALLY = cast(Table, Signup.__table__), cast(Table, Tally.__table__)
PRESS = ("form_id", "person", "press_id")  # what makes a sign-up itself


@dataclass(frozen=True)
class Answers:
    """A checked form: the address, what else sign_up_form takes, and where it came from."""

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


def accept(form: Asked, answers: Answers) -> bool:
    """Store a sign-up durably; False when this very press with these answers was stored before. Raises `Busy`."""
    now = ground().clock.now()
    held = answers.looks_automatic
    row = {
        "id": new_id(), "form_id": form.id, "account_id": form.account_id, "consent_id": form.consent_id,
        "press_id": _press(answers), "email": answers.email, "person": answers.email.lower(),
        "body": answers.body, "host_page": answers.host_page, "created_at": now, "attempts": 0,
        "may_resubscribe": False, "state": State.HELD if held else State.WAITING,
        "reason": "looks_automatic" if held else None, "due_at": None if held else now,
    }
    tally = {"form_id": form.id, "day": _day(now), "accepted": 1}
    fresh = _store_by_turns(row, tally) if on_sqlite() else _store_at_once(row, tally)
    ground().bell.ring()
    return fresh


def _store_by_turns(row: dict[str, Any], tally: dict[str, Any]) -> bool:
    signup, count = _two_statements()
    with storing() as connection:
        fresh = connection.execute(signup, row).rowcount == 1
        if fresh:
            connection.execute(count, tally)
    return fresh


def _store_at_once(row: dict[str, Any], tally: dict[str, Any]) -> bool:
    """One statement is one transaction: the tally's row, which all presses of a form write, is locked for no trip."""
    with single() as connection:
        return connection.execute(_one_statement(tuple(row)), row | tally).rowcount == 1


# Statements are made once: making them takes longer than they do.


@cache
def _two_statements() -> tuple[Any, Any]:
    signup = sqlite.insert(SIGNUP).on_conflict_do_nothing(index_elements=PRESS)
    tally = sqlite.insert(TALLY).on_conflict_do_update(index_elements=["form_id", "day"], set_=_one_more())
    return signup, tally


@cache
def _one_statement(columns: tuple[str, ...]) -> Any:
    signup, tally = SIGNUP.c, TALLY.c
    row = {name: bindparam(name, type_=signup[name].type) for name in columns}
    fresh = postgresql.insert(SIGNUP).values(_unsaid(row, SIGNUP) | row).on_conflict_do_nothing(
        index_elements=PRESS).returning(signup.form_id).cte("fresh")
    count = postgresql.insert(TALLY).from_select(
        ["form_id", "day", "accepted"],
        select(fresh.c.form_id, *(bindparam(name, type_=tally[name].type) for name in ("day", "accepted"))),
        include_defaults=False)  # the database has one for every other column
    return count.on_conflict_do_update(index_elements=["form_id", "day"], set_=_one_more()).execution_options(
        preserve_rowcount=True)  # else it reads -1


def _unsaid(said: Iterable[str], table: Table) -> dict[str, Any]:
    """The model's defaults of all other columns: SQLAlchemy adds them to a statement that is not part of another."""
    return {column.name: literal(column.default.arg, column.type) for column in table.c
            if column.name not in said and isinstance(column.default, ScalarElementColumnDefault)}


def _one_more() -> dict[str, Any]:
    return {"accepted": TALLY.c.accepted + 1}


def _press(answers: Answers) -> str:
    """A press sent twice is one sign-up; going back, correcting a name and pressing again is another."""
    said = sha256(json.dumps(answers.body, sort_keys=True).encode()).hexdigest()
    return f"{answers.press_id[:32]}.{said[:7]}"


def _day(now: datetime) -> date:
    """The operator's, as charts show them."""
    return now.astimezone(ZoneInfo(ground().settings.timezone)).date()
