"""Rank accounts by health in the database, so that only those shown are loaded.

`rank_of` says in SQL what accounts/health says of one account; a test compares the two.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload

from app import messages
from app.accounts import health
from app.accounts.models import Account, TokenSet
from app.database.session import db
from app.forms.models import Form, is_taking_signups
from app.stats import counts

PAGE = 15
RANK = {state: rank for rank, state in enumerate(health.ORDER)}
UNWELL = ("needs_owner", "retrying", "ageing")


@dataclass(frozen=True)
class AccountLine:
    """An account in a list, with its health, its queue and its last 30 days."""

    account: Account
    health: health.Health
    waiting: int
    days: list[int]

    @property
    def next_renewal(self) -> datetime | None:
        """When its tokens are renewed next; None while nothing is planned."""
        if self.account.token_set and self.health.state in ("healthy", "ageing"):
            return self.account.token_set.refresh_due_at
        return None


@dataclass(frozen=True)
class Summary:
    """How many accounts are in each state of health.

    `stopped` counts them by each reason that only an operator can mend; `ill` is the
    name of one that is connected and not healthy.
    """

    by_state: dict[str, int]
    stopped: dict[str, int]
    ill: str

    @property
    def connected(self) -> int:
        return sum(self.by_state.values()) - self.by_state["disconnected"]

    @property
    def unwell(self) -> int:
        return sum(self.by_state[state] for state in UNWELL)


@dataclass(frozen=True)
class ClosedDoor:
    """A disconnected account with open forms: how many, and the name of one."""

    account_id: str
    account: str
    forms: int
    form: str


@dataclass(frozen=True)
class Lines:
    """One page of accounts; `total` of all that match."""

    lines: list[AccountLine]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def summary(now: datetime) -> Summary:
    """Count all accounts in one statement."""
    by_state = dict.fromkeys(health.ORDER, 0)
    stopped = dict.fromkeys(messages.FOR_OPERATORS, 0)
    ill = ""
    query = _joined(
        rank_of(now), _operators_reason(), func.count(), func.min(Account.name)
    ).group_by("rank", "why")
    for rank, why, number, name in db.session.execute(query):
        state = health.ORDER[rank]
        by_state[state] += number
        if why:
            stopped[why] += number
        if state in UNWELL:
            ill = min(ill or name, name)
    return Summary(by_state, stopped, ill)


def lines(
    now: datetime, most: int = PAGE, page: int = 1, text: str = "", unwell: bool = False
) -> Lines:
    """Return one page, worst first, of accounts with `text` in their name or login.

    Past the end it is the last page.
    """
    conditions = _conditions(now, text, unwell)
    total = db.session.scalar(_joined(func.count()).where(*conditions)) or 0
    page = min(page, max(1, -(-total // most)))
    query = _joined(Account.id).where(*conditions)
    ids = _worst_first(query.limit(most).offset((page - 1) * most), now)
    return Lines(lines_of(ids, now), total, page)


def worst(now: datetime, most: int) -> list[str]:
    """Return the ids of the worst accounts."""
    return _worst_first(_joined(Account.id).limit(most), now)


def need_their_owner(now: datetime, most: int) -> list[tuple[str, str]]:
    """List id and name of accounts that only their owner can mend, by name."""
    query = (
        _joined(Account.id, Account.name)
        .where(rank_of(now) == RANK["needs_owner"], _operators_reason().is_(None))
        .order_by(Account.name, Account.id)
        .limit(most)
    )
    return [(id, name) for id, name in db.session.execute(query)]


def stopped_by(reason: str) -> str:
    """Return the name of one account that this reason stops, "" for none."""
    query = _joined(Account.name).where(_operators_reason() == reason)
    return db.session.scalar(query.order_by(Account.name).limit(1)) or ""


def closed_doors(now: datetime) -> list[ClosedDoor]:
    """List disconnected accounts whose forms are still open, by name."""
    query = (
        _joined(Account.id, Account.name, func.count(), func.min(Form.name))
        .join(Form, Form.account_id == Account.id)
        .where(is_disconnected(), *is_taking_signups(now))
        .group_by(Account.id, Account.name)
        .order_by(Account.name, Account.id)
        .limit(PAGE)
    )
    return [ClosedDoor(*row) for row in db.session.execute(query)]


def lines_of(ids: list[str], now: datetime) -> list[AccountLine]:
    """Load these accounts as lines of a list, in this order."""
    if not ids:
        return []
    query = (
        select(Account)
        .where(Account.id.in_(ids))
        .options(joinedload(Account.token_set))
    )
    accounts = {account.id: account for account in db.session.scalars(query)}
    waiting, days = counts.waiting_of(ids), counts.per_day_of(ids)
    lines = []
    for id in ids:
        if id not in accounts:
            continue
        account_health = health.of(accounts[id], now)
        numbers = [number for _day, number in days[id]]
        waiting_here = waiting.get(id, 0)
        lines.append(AccountLine(accounts[id], account_health, waiting_here, numbers))
    return lines


def rank_of(now: datetime) -> ColumnElement[int]:
    """Select the place of an account's state in health.ORDER."""
    failing = TokenSet.failures > 0
    return case(
        (is_disconnected(), RANK["disconnected"]),
        (TokenSet.refused_at.is_not(None), RANK["needs_owner"]),
        (Account.trouble.in_(health.ONLY_A_PERSON), RANK["needs_owner"]),
        (Account.trouble.is_not(None), RANK["retrying"]),
        (Account.privileges_missing != "", RANK["needs_owner"]),
        (and_(failing, TokenSet.failure.in_(health.OF_THE_GRANT)), RANK["needs_owner"]),
        (failing, RANK["retrying"]),
        (TokenSet.refresh_due_at < now - health.LATE, RANK["ageing"]),
        else_=RANK["healthy"],
    ).label("rank")


def _operators_reason() -> ColumnElement[Any]:
    """Select the reason of an account's state, where an operator can mend it."""
    mendable = messages.FOR_OPERATORS
    failure = case((TokenSet.failure.in_(mendable), TokenSet.failure))
    trouble = case((Account.trouble.in_(mendable), Account.trouble))
    return case(
        (is_disconnected(), None),
        (TokenSet.refused_at.is_not(None), failure),
        (Account.trouble.is_not(None), trouble),
        (Account.privileges_missing != "", None),
        (TokenSet.failures > 0, failure),
    ).label("why")


def is_disconnected() -> ColumnElement[bool]:
    """Select accounts that nothing can be sent for, since they have no tokens."""
    return or_(Account.disconnected_at.is_not(None), TokenSet.account_id.is_(None))


def _worst_first(query: Select[str], now: datetime) -> list[str]:
    ordered = query.order_by(rank_of(now), Account.name, Account.id)
    return list(db.session.scalars(ordered))


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Account)
        .outerjoin(TokenSet, TokenSet.account_id == Account.id)
    )


def _conditions(now: datetime, text: str, unwell: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if text := text.strip():
        in_name = Account.name.icontains(text, autoescape=True)
        in_login = Account.login.icontains(text, autoescape=True)
        conditions.append(or_(in_name, in_login))
    if unwell:
        conditions.append(rank_of(now).in_([RANK[state] for state in UNWELL]))
    return conditions
