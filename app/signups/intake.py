"""Accepting a sign-up: the row, and the tally beside it, in one short transaction."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from app.database.raw import on_sqlite, single, storing
from app.database.session import new_id
from app.forms.models import Form, KnownContacts
from app.services import services
from app.signups import people
from app.signups.models import Signup, SignupState, Tally
from app.signups.screening import signals
from app.signups.screening.press import Door
from app.signups.screening.verdict import ACCEPTED, Action, Verdict

SIGNUP, TALLY, FORM = (cast(Table, model.__table__) for model in (Signup, Tally, Form))
PRESS = ("form_id", "person", "press_id")  # what makes a sign-up itself
DAY = ("form_id", "day")  # what makes a tally itself
COLUMNS = (
    "id",
    "form_id",
    "account_id",
    "consent_id",
    "press_id",
    "email",
    "person",
    "body",
    "host_page",
    "created_at",
    "attempts",
    "may_resubscribe",
    "state",
    "reason",
    "due_at",
    "door",
    "network_hash",
    "network",
    "proven",
    "signals",
    "form_version",
    "language",
    "lists_only",
)
STATES = {
    Action.ACCEPT: SignupState.WAITING,
    Action.CONFIRM: SignupState.CONFIRMING,
    Action.HOLD: SignupState.HELD,
}


@dataclass(frozen=True)
class Answers:
    """A checked form: the address, what else sign_up_form takes, where it came from,
    and what screening decided.
    """

    email: str
    body: dict[str, Any]
    press_id: str
    host_page: str
    verdict: Verdict = ACCEPTED
    door: Door = Door.HOSTED
    network: str = ""  # the visitor's (`web.limits.network_of`)
    proven: bool = False
    language: str = ""


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
    @property
    def known_contacts(self) -> str: ...


class FormChanged(Exception):
    """The form is another by now, or gone: the sign-up is not stored."""


def accept(form: Asked, answers: Answers) -> bool:
    """Store a sign-up durably; return False when this very press with these answers was
    stored before.

    Raises `FormChanged` when the form was changed since it was read, and `Busy`.
    """
    now, verdict = services().clock.now(), answers.verdict
    state = STATES[verdict.action]
    row = {
        "id": new_id(),
        "form_id": form.id,
        "account_id": form.account_id,
        "consent_id": form.consent_id,
        "press_id": _press_id(answers),
        "email": answers.email,
        "person": answers.email.lower(),
        "body": answers.body,
        "host_page": answers.host_page,
        "created_at": now,
        "attempts": 0,
        "may_resubscribe": False,
        "state": state,
        "reason": verdict.reason,
        "due_at": None if state == SignupState.HELD else now,
        "door": answers.door,
        "network_hash": people.network_hash(answers.network),
        "network": people.kept_network(answers.network),
        "proven": answers.proven,
        "signals": signals.stored(verdict.signals),
        "form_version": form.updated_at,
        "language": answers.language,
        "lists_only": lists_only(form, answers.body),
    }
    form_as_shown = {"shown_open": form.open, "shown_updated_at": form.updated_at}
    if not _store(row | form_as_shown | {"day": day_of(now)}):
        return _stored_before(row)
    services().wakeup.set()
    return True


def lists_only(form: Asked, body: dict[str, Any]) -> bool:
    """Tell whether the answers wait until the person has confirmed: forms that update
    exactly look the contact up, and ask who is known.
    """
    says_more = set(body) > {"list_memberships"}
    only_adds = form.known_contacts == KnownContacts.ADD_ONLY
    return only_adds and says_more and "exactly" not in body


def day_of(now: datetime) -> date:
    """Return the day of the operator's time zone, as charts show it."""
    return now.astimezone(ZoneInfo(services().settings.timezone)).date()


def _press_id(answers: Answers) -> str:
    """Name a press: sent twice it is one sign-up; going back, correcting a name and
    pressing again makes another.
    """
    digest = sha256(json.dumps(answers.body, sort_keys=True).encode()).hexdigest()
    return f"{answers.press_id[:32]}.{digest[:7]}"


def _store(values: dict[str, Any]) -> bool:
    """Write both rows; return False when the press is known or the form has changed."""
    if not on_sqlite():
        with single() as connection:
            return _changed_one(connection, _store_both(), values)
    with storing() as connection:
        stored = _changed_one(connection, _insert_signup(sqlite.insert), values)
        if stored:
            connection.execute(_add_to_tally(sqlite.insert), values)
    return stored


def _changed_one(
    connection: Connection, statement: Any, values: dict[str, Any]
) -> bool:
    return connection.execute(statement, values).rowcount == 1


def _stored_before(row: dict[str, Any]) -> Literal[False]:
    """Find out why nothing was stored: because the press is known, or because there is
    no such form any more.
    """
    with single() as connection:
        press = {name: row[name] for name in PRESS}
        if not connection.execute(_SAME_PRESS, press).first():
            raise FormChanged
    return False


# Statements are made once: making them takes longer than running them.


_SAME_PRESS = select(SIGNUP.c.id).where(
    *(SIGNUP.c[name] == bindparam(name) for name in PRESS)
)


@cache
def _insert_signup(insert: Any) -> Any:
    """INSERT … SELECT from the form as it was shown, so that nothing is stored for a
    form that has changed since.
    """
    return (
        insert(SIGNUP)
        .from_select(COLUMNS, _row_of_the_form_as_shown(), include_defaults=False)
        .on_conflict_do_nothing(index_elements=PRESS)
    )


@cache
def _add_to_tally(insert: Any) -> Any:
    return (
        insert(TALLY)
        .values(form_id=bindparam("form_id"), day=bindparam("day"), accepted=1)
        .on_conflict_do_update(index_elements=DAY, set_=_one_more())
    )


@cache
def _store_both() -> Any:
    """One statement is one transaction on PostgreSQL: the tally's row, which all presses
    of a form write, is locked for no round trip.
    """
    stored = _insert_signup(postgresql.insert).returning(SIGNUP.c.form_id).cte("stored")
    day = bindparam("day", type_=TALLY.c.day.type)
    tally = postgresql.insert(TALLY).from_select(
        [*DAY, "accepted"], select(stored.c.form_id, day, 1), include_defaults=False
    )
    return tally.on_conflict_do_update(
        index_elements=DAY, set_=_one_more()
    ).execution_options(preserve_rowcount=True)  # else it reads -1


def _row_of_the_form_as_shown() -> Select[Any]:
    values = {name: bindparam(name, type_=SIGNUP.c[name].type) for name in COLUMNS}
    return select(*values.values()).where(
        FORM.c.id == values["form_id"],
        FORM.c.account_id == values["account_id"],
        FORM.c.consent_id == values["consent_id"],
        FORM.c.open == bindparam("shown_open"),
        FORM.c.updated_at == bindparam("shown_updated_at"),
    )


def _one_more() -> dict[str, Any]:
    return {"accepted": TALLY.c.accepted + 1}
