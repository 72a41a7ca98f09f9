"""Tell whether deliveries are under way, by workers' signs of life and what is due."""

from datetime import datetime, timedelta
from math import inf

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor, remaining
from app.accounts.models import Account
from app.database.session import UtcTime, db
from app.delivery import queue_order
from app.delivery.models import Heartbeat
from app.delivery.outcomes import NOT_ASKED
from app.services import services
from app.signups.models import Attempt, Signup

SILENT_SECONDS = 60
LATE = timedelta(seconds=60)


def newest_heartbeat() -> datetime | None:
    """Return when a worker, on any host, last gave a sign of life."""
    return db.session.scalar(select(func.max(Heartbeat.seen_at)))


def silent_seconds() -> float:
    """Return the seconds since any worker's sign of life; endless without one."""
    seen_at = newest_heartbeat()
    if seen_at is None:
        return inf
    return (services().clock.now() - seen_at).total_seconds()


def workers_alive(now: datetime) -> int:
    """Count the workers that gave a sign of life within a minute."""
    since = now - timedelta(seconds=SILENT_SECONDS)
    query = select(func.count()).where(Heartbeat.seen_at > since)
    return db.session.scalar(query) or 0


def worker_alive() -> bool:
    """Tell whether any worker gave a sign of life within a minute."""
    return silent_seconds() < SILENT_SECONDS


def delivering() -> bool:
    """Tell whether a worker lives, and what is due gets to the provider."""
    return worker_alive() and not overdue_seconds(services().clock.now())


def oldest_due(now: datetime) -> datetime | None:
    """Return since when the longest-due sign-up is due, whatever it waits for."""
    return db.session.scalar(
        select(Signup.due_at)
        .where(Signup.due_at <= now, Signup.state == queue_order.WAITING)
        .order_by(Signup.due_at)
        .limit(1)
    )


def overdue_seconds(now: datetime) -> float:
    """Return for how long a sign-up is due without a reason; 0 if there is none.

    It is also due while it is taken again and again in vain: by workers that die, or
    that cannot ask Constant Contact. A pause, the day's allowance, the provider's or an
    account's trouble explain a wait, and so does a queue that moves.
    """
    if _paused(pace().today(), now) or _moves(now):
        return 0.0
    moments = [_untaken_since(now), *_taken_in_vain_since(now)]
    since = min((moment for moment in moments if moment), default=now)
    return (now - since).total_seconds() if since <= now - LATE else 0.0


def _untaken_since(now: datetime) -> datetime | None:
    """Return since when a sign-up is due that nobody takes."""
    due_at = oldest_due(now - LATE)
    if due_at is None:
        return None
    session, then = db.session(), now - LATE
    for account_id in queue_order.accounts(session, then):
        if queue_order.next_of(session, account_id, then):
            return due_at
    return None


def _taken_in_vain_since(now: datetime) -> list[datetime]:
    """Return when the first attempt began since which Constant Contact was not asked.

    An open one may be under way until its lease ends. A sign-up that is put off for
    longer than a lease has a reason.
    """
    lease = timedelta(seconds=services().settings.delivery_lease)
    earlier = aliased(Attempt)
    last_asked = (
        select(func.coalesce(func.max(earlier.number), 0))
        .where(earlier.signup_id == Signup.id, earlier.outcome.not_in(NOT_ASKED))
        .correlate(Signup)
        .scalar_subquery()
    )
    is_open = Attempt.ended_at.is_(None)
    query = (
        select(is_open, func.min(Attempt.started_at, type_=UtcTime))
        .join(Signup, Signup.id == Attempt.signup_id)
        .join(Account, Account.id == Signup.account_id)
        .where(
            Signup.state == queue_order.WAITING,
            Signup.attempts > 0,
            Signup.due_at <= now + max(lease, LATE),
            Account.disconnected_at.is_(None),
            Account.trouble.is_(None),
            Attempt.number > last_asked,
        )
        .group_by(is_open)
    )
    return [
        began + lease if still_open else began
        for still_open, began in db.session.execute(query)
    ]


def _paused(row: Governor | None, now: datetime) -> bool:
    if row is None:
        return False
    paused = row.paused_until is not None and row.paused_until > now - LATE
    spent = remaining(row, services().settings.calls_per_day, now.date()) <= 0
    return paused or spent or row.down_since is not None


def _moves(now: datetime) -> bool:
    """Tell whether Constant Contact was asked for any sign-up within a minute.

    That one was taken says nothing: its worker may die, or wait for a lock for ever.
    """
    longest = timedelta(seconds=services().settings.delivery_lease)
    query = (
        select(Attempt.number)
        .where(
            Attempt.started_at > now - LATE - longest,
            Attempt.ended_at > now - LATE,
            Attempt.outcome.not_in(NOT_ASKED),
        )
        .limit(1)
    )
    return db.session.scalar(query) is not None
