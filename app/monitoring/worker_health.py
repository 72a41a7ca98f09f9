"""Whether deliveries are under way: a worker's sign of life, and no sign-up due for a
minute without a reason.
"""

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
    """When a worker, on any host, last gave a sign of life."""
    return db.session.scalar(select(func.max(Heartbeat.seen_at)))


def silent_seconds() -> float:
    """Since any worker's last sign of life; endless when there never was one."""
    seen = newest_heartbeat()
    return (services().clock.now() - seen).total_seconds() if seen else inf


def workers_alive(now: datetime) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                Heartbeat.seen_at > now - timedelta(seconds=SILENT_SECONDS)
            )
        )
        or 0
    )


def worker_alive() -> bool:
    return silent_seconds() < SILENT_SECONDS


def delivering() -> bool:
    """Whether a worker lives and takes what is due."""
    return worker_alive() and not overdue_seconds(services().clock.now())


def oldest_due(now: datetime) -> datetime | None:
    """Since when the longest-due sign-up is due, whatever it waits for."""
    return db.session.scalar(
        select(Signup.due_at)
        .where(Signup.due_at <= now)
        .order_by(Signup.due_at)
        .limit(1)
    )


def overdue_seconds(now: datetime) -> float:
    """For how long a sign-up is due that nothing holds up, when nothing at all was
    taken for a minute; else 0.

    A pause, the day's allowance, the provider's or an account's trouble explain a wait,
    and so does a queue that moves.
    """
    due = oldest_due(now - LATE)
    if due is None or _paused(pace().today(), now) or _moves(now):
        return 0.0
    session, then = db.session(), now - LATE
    stuck = any(
        queue_order.next_of(session, account_id, then)
        for account_id in queue_order.accounts(session, then)
    )
    return (now - due).total_seconds() if stuck else 0.0


def _paused(row: Governor | None, now: datetime) -> bool:
    if row is None:
        return False
    paused = row.paused_until is not None and row.paused_until > now - LATE
    spent = remaining(row, services().settings.calls_per_day, now.date()) <= 0
    return paused or spent or row.down_since is not None


def _moves(now: datetime) -> bool:
    """Accounts note when one of their sign-ups is taken."""
    last = db.session.scalar(select(func.max(Account.turn_at)))
    return last is not None and last > now - LATE
