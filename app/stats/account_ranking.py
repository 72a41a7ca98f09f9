"""Accounts, worst first, of a thousand: their health told by the database, so that only
those shown are loaded.

`state` says in SQL what accounts/health says of one account; a test compares the two.
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
from app.stats import counts

PAGE = 15
RANK = {state: rank for rank, state in enumerate(health.ORDER)}
UNWELL = ("needs_owner", "retrying", "ageing")
# a 403 of the token endpoint says nothing about the login
MENDED_HERE = health.ONLY_A_PERSON - {"forbidden"}


@dataclass(frozen=True)
class AccountLine:
    """An account in a list, with its health, its queue and its last 30 days."""

    account: Account
    health: health.Health
    waiting: int
    days: list[int]


@dataclass(frozen=True)
class Summary:
    """How many accounts are in each state of health; `stopped` by each reason that only
    an operator can mend.

    `ill` is the name of one that is connected and not healthy.
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
class Lines:
    """One page of accounts; `total` of all that match."""

    lines: list[AccountLine]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def summary(now: datetime) -> Summary:
    """All accounts in one statement."""
    by_state, stopped, ill = (
        dict.fromkeys(health.ORDER, 0),
        dict.fromkeys(messages.FOR_OPERATORS, 0),
        "",
    )
    for rank, why, number, name in db.session.execute(
        _joined(
            rank_of(now), _operators_reason(), func.count(), func.min(Account.name)
        ).group_by("rank", "why")
    ):
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
    """One page, worst first, of accounts whose name or login has `text` in it.

    Past the end it is the last page.
    """
    conditions = _conditions(now, text, unwell)
    total = db.session.scalar(_joined(func.count()).where(*conditions)) or 0
    page = min(page, max(1, -(-total // most)))
    ids = _worst_first(
        _joined(Account.id).where(*conditions).limit(most).offset((page - 1) * most),
        now,
    )
    return Lines(lines_of(ids, now), total, page)


def worst(now: datetime, most: int) -> list[str]:
    """The ids of the first of all accounts, worst first."""
    return _worst_first(_joined(Account.id).limit(most), now)


def need_their_owner(now: datetime, most: int) -> list[tuple[str, str, int]]:
    """(id, name, how many sign-ups wait) of the first of those whom only their owner
    can help.
    """
    found = [
        (id, name)
        for id, name in db.session.execute(
            _joined(Account.id, Account.name)
            .where(rank_of(now) == RANK["needs_owner"], _operators_reason().is_(None))
            .order_by(Account.name, Account.id)
            .limit(most)
        )
    ]
    waiting = counts.waiting_of([id for id, _name in found])
    return [(id, name, waiting.get(id, 0)) for id, name in found]


def stopped_by(reason: str, now: datetime) -> tuple[str, int]:
    """(the name of one account that this reason stops, how many sign-ups wait for all
    of them).
    """
    names = db.session.execute(
        _joined(Account.id, Account.name)
        .where(_operators_reason() == reason)
        .order_by(rank_of(now), Account.name)
    ).all()
    return names[0].name if names else "", sum(
        counts.waiting_of([row.id for row in names]).values()
    )


def lines_of(ids: list[str], now: datetime) -> list[AccountLine]:
    """These accounts, in this order."""
    if not ids:
        return []
    accounts = {
        one.id: one
        for one in db.session.scalars(
            select(Account)
            .where(Account.id.in_(ids))
            .options(joinedload(Account.token_set))
        )
    }
    waiting, days = counts.waiting_of(ids), counts.per_day_of(ids)
    return [
        AccountLine(
            accounts[id],
            health.of(accounts[id], now),
            waiting.get(id, 0),
            [number for _day, number in days[id]],
        )
        for id in ids
        if id in accounts
    ]


def rank_of(now: datetime) -> ColumnElement[int]:
    """The place of an account's state in health.ORDER."""
    held = TokenSet
    return case(
        (
            or_(Account.disconnected_at.is_not(None), held.account_id.is_(None)),
            RANK["disconnected"],
        ),
        (held.refused_at.is_not(None), RANK["needs_owner"]),
        (Account.trouble.in_(health.ONLY_A_PERSON), RANK["needs_owner"]),
        (Account.trouble.is_not(None), RANK["retrying"]),
        (Account.privileges_missing != "", RANK["needs_owner"]),
        (and_(held.failures > 0, held.failure.in_(MENDED_HERE)), RANK["needs_owner"]),
        (held.failures > 0, RANK["retrying"]),
        (held.refresh_due_at < now - health.LATE, RANK["ageing"]),
        else_=RANK["healthy"],
    ).label("rank")


def _operators_reason() -> ColumnElement[Any]:
    """The reason of an account's state if whoever runs this can mend it, and no owner."""
    theirs = messages.FOR_OPERATORS
    return case(
        (
            or_(Account.disconnected_at.is_not(None), TokenSet.account_id.is_(None)),
            None,
        ),
        (
            TokenSet.refused_at.is_not(None),
            case((TokenSet.failure.in_(theirs), TokenSet.failure)),
        ),
        (
            Account.trouble.is_not(None),
            case((Account.trouble.in_(theirs), Account.trouble)),
        ),
        (Account.privileges_missing != "", None),
        (and_(TokenSet.failures > 0, TokenSet.failure.in_(theirs)), TokenSet.failure),
    ).label("why")


def _worst_first(query: Select[str], now: datetime) -> list[str]:
    return list(
        db.session.scalars(query.order_by(rank_of(now), Account.name, Account.id))
    )


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Account)
        .outerjoin(TokenSet, TokenSet.account_id == Account.id)
    )


def _conditions(now: datetime, text: str, unwell: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if text := text.strip():
        found.append(
            or_(
                Account.name.icontains(text, autoescape=True),
                Account.login.icontains(text, autoescape=True),
            )
        )
    if unwell:
        found.append(rank_of(now).in_([RANK[state] for state in UNWELL]))
    return found
