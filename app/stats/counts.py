"""How many: what is counted already, and beside it the few rows that still change.

A page never counts a million.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from app.database.session import db
from app.delivery.queue_order import WAITING
from app.forms.models import Form
from app.services import services
from app.signups.intake import day_of
from app.signups.models import FINAL, Counted, CountedDay, Signup, SignupState, Tally
from app.stats.rollup import ALL, HAS_GAINED

ACCEPTED = "accepted"


@dataclass(frozen=True)
class Balance:
    """What was accepted, by the tally, and where it is now, by the rows.

    The two are written apart.
    """

    accepted: int
    by_state: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.by_state.values())

    @property
    def holds(self) -> bool:
        return self.accepted == self.rows


@dataclass(frozen=True)
class Audit:
    """The balance by every single row, and by how many what is counted differs from it."""

    balance: Balance
    miscounted: int


def balance() -> Balance:
    """Tally and rows in one statement, so that both are of one moment."""
    found = _summed(
        _of(ALL, ALL),
        _live(),
        select(
            literal(ACCEPTED), func.coalesce(func.sum(Tally.accepted - Tally.folded), 0)
        ).where(HAS_GAINED),
    )
    return Balance(
        found.pop(ACCEPTED, 0), {state.value: 0 for state in SignupState} | found
    )


def audit() -> Audit:
    """Every row counted, in one statement: takes a second or two beside a million."""
    tally = [
        select(literal(name), literal(False), func.coalesce(func.sum(column), 0))
        for name, column in ((ACCEPTED, Tally.accepted), ("folded", Tally.folded))
    ]
    found = {
        (name, counted): int(number)
        for name, counted, number in db.session.execute(
            union_all(
                *tally,
                select(Signup.state, Signup.counted, func.count()).group_by(
                    Signup.state, Signup.counted
                ),
                select(
                    Counted.state.concat(" counted"), literal(True), Counted.number
                ).where(Counted.form_id == ALL, Counted.account_id == ALL),
            )
        )
    }
    by_state = {
        state.value: found.get((state, False), 0) + found.get((state, True), 0)
        for state in SignupState
    }
    off = abs(found["folded", False] - found.get((f"{ACCEPTED} counted", True), 0))
    off += sum(
        abs(found.get((state, True), 0) - found.get((f"{state} counted", True), 0))
        for state in SignupState
    )
    return Audit(Balance(found[ACCEPTED, False], by_state), off)


def _unindexed(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The column's value in a form that no index knows.

    SQLite's planner would take the index of this column, which leads past every
    sign-up ever made; so it keeps to the partial index of what is not counted yet.
    """
    return column.concat("")


def states_of(account_id: str) -> dict[str, int]:
    """How many sign-ups of an account are in each state."""
    return _summed(
        _of(ALL, account_id, final=True),
        _live(_unindexed(Signup.account_id) == account_id),
    )


def states_of_form(form_id: str) -> dict[str, int]:
    """How many sign-ups of a form are in each state."""
    return _summed(
        _of(form_id, final=True), _live(_unindexed(Signup.form_id) == form_id)
    )


def waiting_of(account_ids: list[str]) -> dict[str, int]:
    """How many sign-ups wait, by account."""
    return _summed(
        select(Signup.account_id, func.count())
        .where(Signup.account_id.in_(account_ids), Signup.state == WAITING)
        .group_by(Signup.account_id)
    )


def accepted_by_form(form_ids: list[str]) -> dict[str, int]:
    """Accepted sign-ups of these forms."""
    return _summed(
        select(Counted.form_id, Counted.number).where(
            Counted.form_id.in_(form_ids), Counted.state == ACCEPTED
        ),
        select(Tally.form_id, func.sum(Tally.accepted - Tally.folded))
        .where(HAS_GAINED, Tally.form_id.in_(form_ids))
        .group_by(Tally.form_id),
    )


def per_day(days: int = 30, account_id: str | None = None) -> list[tuple[date, int]]:
    """Accepted sign-ups for each of the last days, in the operator's time zone, oldest
    first.
    """
    return per_day_of([account_id or ALL], days)[account_id or ALL]


def per_day_of(
    account_ids: list[str], days: int = 30
) -> dict[str, list[tuple[date, int]]]:
    """The same by account; `ALL` stands for all of them together."""
    shown = last_days(days)
    counts: dict[tuple[str, date], int] = defaultdict(int)
    for id, day, number in db.session.execute(
        select(CountedDay.account_id, CountedDay.day, CountedDay.accepted).where(
            CountedDay.account_id.in_(account_ids), CountedDay.day >= shown[0]
        )
    ):
        counts[id, day] += number
    for id, day, number in db.session.execute(_gained_by_day(account_ids)):
        counts[id, day] += int(number)
    return {id: [(day, counts[id, day]) for day in shown] for id in account_ids}


def last_days(number: int) -> list[date]:
    """So many days up to today, in the operator's time zone, oldest first."""
    today = day_of(services().clock.now())
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


def _gained_by_day(account_ids: list[str]) -> Select[str, date, int]:
    """Of every day: those are few.

    A bound on the day would lead SQLite away from the index of them.
    """
    gained = func.sum(Tally.accepted - Tally.folded)
    if account_ids == [ALL]:
        return (
            select(literal(ALL), Tally.day, gained)
            .where(HAS_GAINED)
            .group_by(Tally.day)
        )
    return (
        select(Form.account_id, Tally.day, gained)
        .join(Form, Form.id == _unindexed(Tally.form_id))
        .where(HAS_GAINED, Form.account_id.in_(account_ids))
        .group_by(Form.account_id, Tally.day)
    )


def _of(
    form_id: str, account_id: str | None = None, final: bool = False
) -> Select[str, int]:
    query = select(Counted.state, Counted.number).where(Counted.form_id == form_id)
    if account_id is not None:
        query = query.where(Counted.account_id == account_id)
    return query.where(Counted.state.in_(FINAL)) if final else query


def _live(*conditions: ColumnElement[bool]) -> Select[str, int]:
    """Those that are not counted yet."""
    state = _unindexed(Signup.state)
    return (
        select(state, func.count()).where(~Signup.counted, *conditions).group_by(state)
    )


def _summed(*queries: Select[str, int]) -> dict[str, int]:
    """The numbers of each name, added up, in one statement."""
    found: dict[str, int] = defaultdict(int)
    for name, number in db.session.execute(
        union_all(*queries) if len(queries) > 1 else queries[0]
    ):
        found[name] += int(number or 0)
    return dict(found)


def latest_of(account_id: str) -> datetime | None:
    """When the last sign-up came in through one of an account's forms."""
    newest = (
        select(Signup.created_at)
        .where(Signup.form_id == Form.id)
        .order_by(Signup.created_at.desc())
        .limit(1)
        .correlate(Form)
        .scalar_subquery()
    )
    found: list[datetime | None] = list(
        db.session.scalars(select(newest).where(Form.account_id == account_id))
    )
    return max((at for at in found if at), default=None)
