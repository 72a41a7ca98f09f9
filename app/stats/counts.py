"""Count sign-ups: add the few rows that still change to what is counted already."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.database.patience import unhurried
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

    The two are written by different statements.
    """

    accepted: int
    by_state: dict[str, int]

    @property
    def rows(self) -> int:
        """How many sign-ups are stored."""
        return sum(self.by_state.values())

    @property
    def holds(self) -> bool:
        """Whether as many are stored as were accepted."""
        return self.accepted == self.rows


@dataclass(frozen=True)
class Audit:
    """The balance by every single row, and by how many the counts differ from it."""

    balance: Balance
    miscounted: int


def balance() -> Balance:
    """Read tally and rows in one statement, so that both are of one moment."""
    gained = func.coalesce(func.sum(Tally.accepted - Tally.folded), 0)
    tally = select(literal(ACCEPTED), gained).where(HAS_GAINED)
    numbers = _summed(_counted(ALL, ALL), _live(), tally)
    accepted = numbers.pop(ACCEPTED, 0)
    return Balance(accepted, dict.fromkeys(SignupState, 0) | numbers)


def audit() -> Audit:
    """Count every row in one statement: a second or two for a million rows."""
    numbers: dict[tuple[str, bool], int] = defaultdict(int)
    with unhurried(db.session.connection()):
        for name, counted, number in db.session.execute(_every_row()):
            numbers[name, counted] = int(number)
    by_state: dict[str, int] = {}
    miscounted = abs(numbers["folded", False] - numbers[f"{ACCEPTED} counted", True])
    for state in SignupState:
        by_state[state] = numbers[state, False] + numbers[state, True]
        miscounted += abs(numbers[state, True] - numbers[f"{state} counted", True])
    return Audit(Balance(numbers[ACCEPTED, False], by_state), miscounted)


def _every_row() -> CompoundSelect[str, bool, int]:
    """Select (name, is it counted, number): of the tally, the rows and the counts."""
    rows = select(Signup.state, Signup.counted, func.count())
    counts = select(Counted.state.concat(" counted"), literal(True), Counted.number)
    return union_all(
        _tally(ACCEPTED, Tally.accepted),
        _tally("folded", Tally.folded),
        rows.group_by(Signup.state, Signup.counted),
        counts.where(Counted.form_id == ALL, Counted.account_id == ALL),
    )


def _tally(name: str, column: InstrumentedAttribute[int]) -> Select[str, bool, int]:
    return select(literal(name), literal(False), func.coalesce(func.sum(column), 0))


def states_of(account_id: str) -> dict[str, int]:
    """Count the sign-ups of an account by state."""
    return _summed(
        _counted(ALL, account_id).where(Counted.state.in_(FINAL)),
        _live(unindexed(Signup.account_id) == account_id),
    )


def states_of_form(form_id: str) -> dict[str, int]:
    """Count the sign-ups of a form by state."""
    return _summed(
        _counted(form_id).where(Counted.state.in_(FINAL)),
        _live(unindexed(Signup.form_id) == form_id),
    )


def waiting_of(account_ids: list[str]) -> dict[str, int]:
    """Count the sign-ups that wait, by account."""
    query = (
        select(Signup.account_id, func.count())
        .where(Signup.account_id.in_(account_ids), Signup.state == WAITING)
        .group_by(Signup.account_id)
    )
    return dict(db.session.execute(query).all())


def accepted_by_form(form_ids: list[str]) -> dict[str, int]:
    """Count the accepted sign-ups of these forms."""
    counted = select(Counted.form_id, Counted.number).where(
        Counted.form_id.in_(form_ids), Counted.state == ACCEPTED
    )
    gained = (
        select(Tally.form_id, func.sum(Tally.accepted - Tally.folded))
        .where(HAS_GAINED, Tally.form_id.in_(form_ids))
        .group_by(Tally.form_id)
    )
    return _summed(counted, gained)


def per_day(days: int = 30, account_id: str | None = None) -> list[tuple[date, int]]:
    """Count accepted sign-ups for each of the last days, the oldest first.

    A day is one of the operator's time zone.
    """
    return per_day_of([account_id or ALL], days)[account_id or ALL]


def per_day_of(
    account_ids: list[str], days: int = 30
) -> dict[str, list[tuple[date, int]]]:
    """Count the same by account; `ALL` stands for all of them together."""
    shown = last_days(days)
    numbers: dict[tuple[str, date], int] = defaultdict(int)
    counted = select(CountedDay.account_id, CountedDay.day, CountedDay.accepted).where(
        CountedDay.account_id.in_(account_ids), CountedDay.day >= shown[0]
    )
    for query in (counted, _gained_by_day(account_ids)):
        for account_id, day, number in db.session.execute(query):
            numbers[account_id, day] += int(number)
    by_account = {}
    for account_id in account_ids:
        by_account[account_id] = [(day, numbers[account_id, day]) for day in shown]
    return by_account


def last_days(number: int) -> list[date]:
    """List the last days up to today in the operator's time zone, the oldest first."""
    today = day_of(services().clock.now())
    return [today - timedelta(days=ago) for ago in reversed(range(number))]


def _gained_by_day(account_ids: list[str]) -> Select[str, date, int]:
    """Select what is accepted and not counted yet, of every day.

    A bound on the day would lead SQLite away from the index of these few rows.
    """
    gained = func.sum(Tally.accepted - Tally.folded)
    if account_ids == [ALL]:
        query = select(literal(ALL), Tally.day, gained)
        return query.where(HAS_GAINED).group_by(Tally.day)
    return (
        select(Form.account_id, Tally.day, gained)
        .join(Form, Form.id == unindexed(Tally.form_id))
        .where(HAS_GAINED, Form.account_id.in_(account_ids))
        .group_by(Form.account_id, Tally.day)
    )


def _counted(form_id: str, account_id: str | None = None) -> Select[str, int]:
    query = select(Counted.state, Counted.number).where(Counted.form_id == form_id)
    if account_id is None:
        return query
    return query.where(Counted.account_id == account_id)


def _live(*conditions: ColumnElement[bool]) -> Select[str, int]:
    """Select state and number of the sign-ups that are not counted yet."""
    state = unindexed(Signup.state)
    query = select(state, func.count()).where(~Signup.counted, *conditions)
    return query.group_by(state)


def unindexed(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """Hide a column from SQLite's planner.

    The other conditions have a partial index of a few rows; for a plain column SQLite
    may take that column's own index, and read a million.
    """
    return column.concat("")


def _summed(*queries: Select[str, int]) -> dict[str, int]:
    """Add up the numbers of each name, in one statement."""
    numbers: dict[str, int] = defaultdict(int)
    for name, number in db.session.execute(union_all(*queries)):
        numbers[name] += int(number or 0)
    return dict(numbers)


def latest_of(account_id: str) -> datetime | None:
    """Return when the last sign-up came in through one of an account's forms."""
    newest = (
        select(Signup.created_at)
        .where(Signup.form_id == Form.id)
        .order_by(Signup.created_at.desc())
        .limit(1)
        .correlate(Form)
        .scalar_subquery()
    )
    query = select(newest).where(Form.account_id == account_id)
    return max(filter(None, db.session.scalars(query)), default=None)
