"""Tell whether deliveries are under way, by workers' signs of life and what is due."""

from datetime import datetime, timedelta
from math import inf

from sqlalchemy import func, select

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor, remaining
from app.accounts.models import Account
from app.database.session import db
from app.delivery import queue_order
from app.delivery.models import Heartbeat
from app.services import services
from app.signups.models import Signup

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
    """Tell whether a worker lives and takes what is due."""
    return worker_alive() and not overdue_seconds(services().clock.now())


def oldest_due(now: datetime) -> datetime | None:
    """Return since when the longest-due sign-up is due, whatever it waits for."""
    return db.session.scalar(
        select(Signup.due_at)
        .where(Signup.due_at <= now)
        .order_by(Signup.due_at)
        .limit(1)
    )


def overdue_seconds(now: datetime) -> float:
    """Return for how long a sign-up is due without a reason; 0 if there is none.

    A pause, the day's allowance, the provider's or an account's trouble explain a wait,
    and so does a queue that moves.
    """
    due_at = oldest_due(now - LATE)
    if due_at is None or _paused(pace().today(), now) or _moves(now):
        return 0.0
    session, then = db.session(), now - LATE
    for account_id in queue_order.accounts(session, then):
        if queue_order.next_of(session, account_id, then):
            return (now - due_at).total_seconds()
    return 0.0


def _paused(row: Governor | None, now: datetime) -> bool:
    if row is None:
        return False
    paused = row.paused_until is not None and row.paused_until > now - LATE
    spent = remaining(row, services().settings.calls_per_day, now.date()) <= 0
    return paused or spent or row.down_since is not None


def _moves(now: datetime) -> bool:
    """Tell whether any account had a turn within a minute."""
    last = db.session.scalar(select(func.max(Account.turn_at)))
    return last is not None and last > now - LATE
