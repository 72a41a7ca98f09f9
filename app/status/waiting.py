"""Why sign-ups wait: each has exactly one cause at any moment.

`_cause` decides it, in one SQL expression that counts, filters and explains. So the
parts always sum to what waits, and the overview, the lists, a sign-up's page, the mails
and the metrics cannot disagree. It costs as much as there are waiting sign-ups, however
many were delivered.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts import health
from app.accounts.api_client import pace
from app.accounts.api_rate import LONGEST_PAUSE, Governor, midnight_after
from app.accounts.models import Account, TokenSet
from app.database.session import UtcTime, db
from app.delivery.breaker import OUTAGES
from app.delivery.queue_order import WAITING
from app.messages import FOR_OPERATORS
from app.services import services
from app.signups.models import Attempt, Signup
from app.stats.account_ranking import is_disconnected
from app.status import worker_health


class Cause(StrEnum):
    """What a sign-up waits for, those first that no time alone will end."""

    DISCONNECTED = "disconnected"  # its account is
    NEEDS_OPERATOR = "needs_operator"  # the API key or LATCHKEY_KEY is wrong
    NEEDS_OWNER = "needs_owner"  # only the account's owner can go on
    NO_WORKER = "no_worker"  # nothing else holds it up, and nobody delivers
    STUCK_WORKER = "stuck_worker"  # a worker lives and takes nothing
    DAILY_LIMIT = "daily_limit"  # today's calls are used up
    PROVIDER_DOWN = "provider_down"  # Constant Contact does not answer
    ACCOUNT_RETRYING = "account_retrying"  # trouble of its account that may pass
    PAUSED = "paused"  # Constant Contact asked for a slower pace
    OWN_RETRY = "own_retry"  # it is to be tried later, for its own reason
    EARLIER_ONE = "earlier_one"  # of the same person goes first, later
    DELIVERING = "delivering"  # a worker has it in hand
    NEXT = "next"  # in line


@dataclass(frozen=True)
class Gate:
    """What holds up every account at once, as it is now; None where nothing does."""

    worker: Cause = Cause.NEXT  # or NO_WORKER, STUCK_WORKER
    down_since: datetime | None = None
    probe_at: datetime | None = None
    limit_until: datetime | None = None
    # this installation used up the daily limit itself
    limit_is_ours: bool = False
    paused_until: datetime | None = None


@dataclass(frozen=True)
class Group:
    """The waiting sign-ups of one account that have one cause."""

    account_id: str
    account: str
    cause: Cause
    number: int
    since: datetime | None  # when the longest waiting one came in
    reason: str | None = None  # the account's trouble, where it has any


@dataclass(frozen=True)
class Waiting:
    """All that waits, by account and cause."""

    gate: Gate
    groups: list[Group]

    @property
    def total(self) -> int:
        return sum(group.number for group in self.groups)

    def by_cause(self) -> dict[Cause, int]:
        """Return how many have each cause, of those that any has."""
        numbers: dict[Cause, int] = defaultdict(int)
        for group in self.groups:
            numbers[group.cause] += group.number
        return {cause: numbers[cause] for cause in Cause if numbers[cause]}

    def of(self, *causes: Cause) -> int:
        """Count those that have one of these causes."""
        return sum(group.number for group in self.groups if group.cause in causes)

    def accounts(self, cause: Cause) -> list[Group]:
        """Return the accounts with this cause, those with the most waiting first."""
        groups = [group for group in self.groups if group.cause == cause]
        return sorted(groups, key=lambda group: (-group.number, group.account))


@dataclass(frozen=True)
class Why:
    """Why one sign-up waits. `until` is never past; None where nobody knows."""

    cause: Cause
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None  # has words in `messages`
    limit_is_ours: bool = False


def gate(now: datetime) -> Gate:
    """Read what holds up every account: one row of the pace, and the workers."""
    worker = Cause.NEXT
    if not worker_health.worker_alive():
        worker = Cause.NO_WORKER
    elif worker_health.overdue_seconds(now):
        worker = Cause.STUCK_WORKER
    row = pace().today()
    if row is None:
        return Gate(worker)
    limit_until, is_ours = _daily_limit(row, now)
    paused_until = None
    if limit_until is None:
        paused_until = _ahead(row.paused_until, now)
    return Gate(
        worker, row.down_since, row.probe_at, limit_until, is_ours, paused_until
    )


def waiting(now: datetime, *conditions: ColumnElement[bool]) -> Waiting:
    """Count what waits by account and cause, in one statement."""
    is_now = gate(now)
    of_account = (
        Signup.account_id,
        Account.name,
        func.coalesce(Account.trouble, TokenSet.failure),
    )
    query = (
        _joined(
            *of_account,
            _cause(now, is_now).label("cause"),
            func.count(),
            func.min(Signup.created_at, type_=UtcTime),
        )
        .where(*conditions)
        .group_by(*of_account, "cause")
    )
    groups = []
    for account_id, name, reason, cause, number, since in db.session.execute(query):
        groups.append(Group(account_id, name, Cause(cause), number, since, reason))
    return Waiting(is_now, groups)


def having(cause: Cause, now: datetime) -> ColumnElement[bool]:
    """Select the sign-ups that wait for this cause, in any query of sign-ups."""
    row = aliased(Signup)
    query = _joined(row.id, of=row).where(_cause(now, gate(now), row) == cause)
    return Signup.id.in_(query)


def causes_of(ids: list[str], now: datetime) -> dict[str, Cause]:
    """Return the cause of each of these sign-ups that waits, by id."""
    query = _joined(Signup.id, _cause(now, gate(now))).where(Signup.id.in_(ids))
    return {id: Cause(cause) for id, cause in db.session.execute(query)}


def why(signup: Signup, now: datetime) -> Why | None:
    """Tell why this sign-up waits; None when it does not."""
    is_now = gate(now)
    query = _joined(_cause(now, is_now)).where(Signup.id == signup.id)
    name = db.session.scalar(query)
    if name is None:
        return None
    cause = Cause(name)
    account = signup.account
    match cause:
        case Cause.DISCONNECTED:
            return Why(cause, account.disconnected_at, reason="disconnected")
        case Cause.NEEDS_OWNER | Cause.NEEDS_OPERATOR | Cause.ACCOUNT_RETRYING:
            state = health.of(account, now)
            until = _ahead(account.hold_until, now)
            return Why(cause, state.since, until, account.trouble or state.reason)
        case Cause.PROVIDER_DOWN:
            since = is_now.down_since or account.trouble_since
            until = _ahead(is_now.probe_at, now) or _ahead(account.hold_until, now)
            return Why(cause, since, until, account.trouble)
        case Cause.DAILY_LIMIT:
            until = is_now.limit_until or _ahead(signup.due_at, now)
            return Why(cause, until=until, limit_is_ours=is_now.limit_is_ours)
        case Cause.PAUSED:
            until = is_now.paused_until or _ahead(signup.due_at, now)
            return Why(cause, until=until)
        case Cause.OWN_RETRY | Cause.DELIVERING:
            return Why(cause, None, _ahead(signup.due_at, now), signup.reason)
        case Cause.EARLIER_ONE:
            return Why(cause, until=_earlier_ones_due(signup, now))
        case _:
            return Why(cause)


def _cause(now: datetime, gate: Gate, row: type[Signup] = Signup) -> ColumnElement[str]:
    """Select the one cause of a waiting sign-up; the first that applies.

    What only a person can end comes first, then what this sign-up alone waits for,
    since that may be later than the end of anything else; then what holds up all.
    """
    is_later = row.due_at > now
    is_over = and_(TokenSet.refused_at.is_not(None), TokenSet.expires_at <= now)
    trouble = Account.trouble
    causes: list[tuple[Any, Cause]] = [
        (is_disconnected(), Cause.DISCONNECTED),
        (trouble.in_(FOR_OPERATORS), Cause.NEEDS_OPERATOR),
        (
            and_(is_over, TokenSet.failure.in_(FOR_OPERATORS)),
            Cause.NEEDS_OPERATOR,
        ),
        (or_(trouble.in_(health.ONLY_A_PERSON), is_over), Cause.NEEDS_OWNER),
        (and_(is_later, _is_under_way(row)), Cause.DELIVERING),
        (and_(is_later, row.reason == "quota_exceeded"), Cause.DAILY_LIMIT),
        (and_(is_later, row.reason == "throttled"), Cause.PAUSED),
        (is_later, Cause.OWN_RETRY),
        (_earlier_one_waits(now, row), Cause.EARLIER_ONE),
    ]
    if gate.worker != Cause.NEXT:
        causes.append((row.id.is_not(None), gate.worker))
    if gate.down_since:
        causes.append((row.id.is_not(None), Cause.PROVIDER_DOWN))
    causes.append((trouble.in_(OUTAGES), Cause.PROVIDER_DOWN))
    if gate.limit_until:
        causes.append((row.id.is_not(None), Cause.DAILY_LIMIT))
    if gate.paused_until:
        causes.append((row.id.is_not(None), Cause.PAUSED))
    causes.append((trouble.is_not(None), Cause.ACCOUNT_RETRYING))
    return case(
        *((condition, cause.value) for condition, cause in causes),
        else_=Cause.NEXT.value,
    )


def _joined(*columns: Any, of: type[Signup] = Signup) -> Select[Any]:
    """Select columns of what waits, with its account and token set."""
    return (
        select(*columns)
        .select_from(of)
        .join(Account, Account.id == of.account_id)
        .outerjoin(TokenSet, TokenSet.account_id == Account.id)
        .where(of.state == WAITING)
    )


def _is_under_way(row: type[Signup]) -> ColumnElement[bool]:
    """Select those whose newest attempt is open, each by its key: PostgreSQL would
    read all attempts for an EXISTS.
    """
    still_open = (
        select(func.count())
        .select_from(Attempt)
        .where(
            Attempt.signup_id == row.id,
            Attempt.number == row.attempts,
            Attempt.ended_at.is_(None),
        )
        .correlate(row)
        .scalar_subquery()
    )
    return still_open == 1


def _earlier_one_waits(now: datetime, row: type[Signup]) -> ColumnElement[bool]:
    """Select those whose person has an earlier sign-up that is to be tried later."""
    earlier = aliased(Signup)
    return exists().where(
        earlier.account_id == row.account_id,
        earlier.person == row.person,
        earlier.state == WAITING,
        earlier.created_at <= row.created_at,
        earlier.id != row.id,
        earlier.due_at > now,
    )


def _earlier_ones_due(signup: Signup, now: datetime) -> datetime | None:
    query = select(func.max(Signup.due_at, type_=UtcTime)).where(
        Signup.account_id == signup.account_id,
        Signup.person == signup.person,
        Signup.state == WAITING,
        Signup.created_at <= signup.created_at,
        Signup.id != signup.id,
        Signup.due_at > now,
    )
    return db.session.scalar(query)


def _daily_limit(row: Governor, now: datetime) -> tuple[datetime | None, bool]:
    """Return until when no calls are left, and whether we used them all ourselves."""
    is_today = row.day == now.date()
    if is_today and row.used >= services().settings.calls_per_day:
        return midnight_after(now), True
    if row.paused_for == "quota_exceeded":
        return _ahead(row.paused_until, now), False
    return None, False


def _ahead(moment: datetime | None, now: datetime) -> datetime | None:
    """Return a moment that is still to come; a wrong clock may have written others."""
    if moment is not None and now < moment < now + LONGEST_PAUSE:
        return moment
    return None
