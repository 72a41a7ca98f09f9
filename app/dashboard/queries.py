"""What the pages read. Nothing here writes, and nothing here asks the provider."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app.accounts import facts, health
from app.accounts.models import Account, Occurrence
from app.accounts.provider import pace
from app.db import db
from app.delivery.models import Heartbeat
from app.delivery.move import UNDELIVERED
from app.forms.models import Form
from app.ground import ground
from app.pace import remaining
from app.signups.models import Signup, State, Tally

WORKER_SILENT_SECONDS = 60
PAGE = 50
NEEDS_A_PERSON = (State.HELD, State.PARKED)


@dataclass(frozen=True)
class Balance:
    """What was accepted, by the tally, and where it is now, by the rows. The two are written apart."""

    accepted: int
    by_state: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.by_state.values())

    @property
    def holds(self) -> bool:
        return self.accepted == self.rows


@dataclass(frozen=True)
class AccountLine:
    """An account in the overview, with its health, its queue and its last 30 days."""

    account: Account
    health: health.Health
    waiting: int
    days: list[int]


@dataclass(frozen=True)
class Drift:
    """What a form sends that its account no longer has, by the name it had; and lists called otherwise by now."""

    missing: list[str]
    renamed: list[tuple[str, str]]


@dataclass(frozen=True)
class Found:
    """One page of sign-ups."""

    rows: list[Signup]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def balance() -> Balance:
    """Tally and rows in one statement, so that both are of one moment."""
    found = _pairs(union_all(select(literal("accepted"), func.coalesce(func.sum(Tally.accepted), 0)),
                             select(Signup.state, func.count()).group_by(Signup.state)))
    accepted = found.pop("accepted")
    return Balance(accepted, {state.value: 0 for state in State} | found)


def per_day(days: int = 30, account_id: str | None = None, form_id: str | None = None) -> list[tuple[date, int]]:
    """Accepted sign-ups for each of the last days, in the operator's time zone, oldest first."""
    zone = ZoneInfo(ground().settings.timezone)
    today = ground().clock.now().astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    query = select(Signup.created_at).where(Signup.created_at >= since)
    if account_id:
        query = query.where(Signup.account_id == account_id)
    if form_id:
        query = query.where(Signup.form_id == form_id)
    counts: dict[date, int] = {}
    for at in db.session.scalars(query):
        counts[at.astimezone(zone).date()] = counts.get(at.astimezone(zone).date(), 0) + 1
    return [(day, counts.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]


def account_lines() -> list[AccountLine]:
    """Every account, worst first."""
    now = ground().clock.now()
    waiting = count_by(Signup.account_id, Signup.state == State.WAITING)
    accounts = db.session.scalars(select(Account).options(joinedload(Account.token_set)).order_by(Account.name))
    lines = [AccountLine(account, health.of(account, now), waiting.get(account.id, 0),
                         [n for _, n in per_day(30, account.id)]) for account in accounts.unique().all()]
    return sorted(lines, key=lambda line: (line.health.rank, line.account.name))


def count_by(column: Any, *conditions: ColumnElement[bool]) -> dict[str, int]:
    """How many sign-ups for each value of a column."""
    return _pairs(select(column, func.count()).where(*conditions).group_by(column))


def form_counts() -> dict[str, int]:
    """Accepted sign-ups by form."""
    return _pairs(select(Tally.form_id, func.sum(Tally.accepted)).group_by(Tally.form_id))


def states_of(account_id: str) -> dict[str, int]:
    """How many sign-ups of an account are in each state."""
    return count_by(Signup.state, Signup.account_id == account_id)


def undelivered(states: dict[str, int]) -> int:
    """How many of them go along when another account takes over."""
    return sum(states.get(state, 0) for state in UNDELIVERED)


def latest_of(account_id: str) -> datetime | None:
    """When an account's last sign-up came in."""
    return db.session.scalar(select(func.max(Signup.created_at)).where(Signup.account_id == account_id))


def occurrences(account_id: str, most: int | None) -> list[Occurrence]:
    """An account's life, newest first; all of it without a limit."""
    return list(db.session.scalars(select(Occurrence).where(Occurrence.account_id == account_id)
                                   .order_by(Occurrence.at.desc()).limit(most)))


def any_form() -> bool:
    return db.session.scalar(select(Form.id).limit(1)) is not None


def forms_of(account_id: str) -> list[Form]:
    return list(db.session.scalars(select(Form).where(Form.account_id == account_id).order_by(Form.name)))


def drift_of(form: Form) -> Drift:
    """How the account's lists and custom fields, as last read, differ from what the form was made with."""
    lists = {item.list_id: item.name for item in facts.lists_of(form.account_id)}
    fields = {item.custom_field_id for item in facts.text_fields_of(form.account_id)}
    return Drift(
        [*(item["label"] for item in form.lists if item["list_id"] not in lists),
         *(item["label"] for item in form.fields if item.get("custom_field_id", "") not in {"", *fields})],
        [(item["label"], lists[item["list_id"]]) for item in form.lists
         if item["label"] != lists.get(item["list_id"], item["label"])])


def signups(text: str, state: str, form_id: str, page: int) -> Found:
    """One page, of addresses that begin with `text`: the exact one first, then the newest.

    Past the end it is the last page.
    """
    query = _filtered(select(Signup), text, state, form_id)
    total = db.session.scalar(_filtered(select(func.count()).select_from(Signup), text, state, form_id)) or 0
    page = min(page, max(1, -(-total // PAGE)))
    rows = db.session.scalars(query.options(joinedload(Signup.form), joinedload(Signup.account))
                              .order_by((Signup.person == text.strip().lower()).desc(),
                                        Signup.created_at.desc(), Signup.id)
                              .limit(PAGE).offset((page - 1) * PAGE))
    return Found(list(rows), total, page)


def signup(id: str) -> Signup | None:
    return db.session.scalar(select(Signup).where(Signup.id == id).options(
        joinedload(Signup.form), joinedload(Signup.account), joinedload(Signup.consent), selectinload(Signup.tries)))


def latest(most: int = 6) -> list[Signup]:
    return list(db.session.scalars(select(Signup).options(joinedload(Signup.form))
                                   .order_by(Signup.created_at.desc()).limit(most)))


def allowance() -> tuple[int, int]:
    """(used, of) today's calls to the provider."""
    per_day = ground().settings.calls_per_day
    return per_day - remaining(pace().today(), per_day, ground().clock.now().date()), per_day


def newest_heartbeat() -> datetime | None:
    """When a worker, on any host, last gave a sign of life."""
    return db.session.scalar(select(func.max(Heartbeat.seen_at)))


def silent_seconds() -> float:
    """Since any worker's last sign of life; endless when there never was one."""
    seen = newest_heartbeat()
    return (ground().clock.now() - seen).total_seconds() if seen else inf


def worker_alive() -> bool:
    return silent_seconds() < WORKER_SILENT_SECONDS


def _pairs(query: Any) -> dict[str, int]:
    return {name: int(number) for name, number in db.session.execute(query)}


def _filtered(query: Select[Any], text: str, state: str, form_id: str) -> Select[Any]:
    text = text.strip().lower()
    if text:
        query = query.where(Signup.person.startswith(text, autoescape=True))  # a whole address is its own beginning
    if state in set(State):
        query = query.where(Signup.state == state)
    return query.where(Signup.form_id == form_id) if form_id else query
