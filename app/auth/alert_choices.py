"""Which email alerts each admin wants, and when their next summary is due.

Everybody gets every alert until they switch it off; nobody gets a summary unasked.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.auth.models import Role, User
from app.database.session import db, write_transaction
from app.messages import ALERTS, SUMMARIES
from app.services import services

# o'clock in LATCHKEY_TIMEZONE: summaries are sent, and the day of alerts begins
HOUR = 8
MONDAY = 0


def who_wants(alert: str) -> list[str]:
    """List the addresses of admins who want this alert, the oldest user first."""
    return [user.email for user in admins() if alert not in user.alerts_off]


def admins() -> list[User]:
    """List the admins who may sign in, the oldest first."""
    query = (
        select(User)
        .where(User.active, User.roles.any(Role.name == "admin"))
        .order_by(User.created_at, User.email)
    )
    return list(db.session.scalars(query).unique())


def choose(user_id: str, wanted: list[str], summary: str) -> None:
    """Store which alerts somebody wants, and how often a summary."""
    if summary not in SUMMARIES:
        raise ValueError(summary)
    switched_off = [alert for alert in ALERTS if alert not in wanted]
    due_at = next_due(summary, services().clock.now())
    whose = User.id == user_id
    with write_transaction() as session:
        session.execute(update(User).where(whose).values(alerts_off=switched_off))
        # what is due already stays due when nothing about it changes
        session.execute(
            update(User)
            .where(whose, User.summary != summary)
            .values(summary=summary, summary_due_at=due_at)
        )


def next_due(summary: str, now: datetime) -> datetime | None:
    """Return when the next summary is due: at the hour, tomorrow or on Monday."""
    if summary == "off":
        return None
    due_at = begin_of_day(now) + timedelta(days=1)
    while summary == "weekly" and due_at.weekday() != MONDAY:
        due_at += timedelta(days=1)
    return due_at


def begin_of_day(now: datetime) -> datetime:
    """Return when the day of alerts began: the last time that it was that hour.

    Adding days to it keeps the hour when clocks change.
    """
    zone = ZoneInfo(services().settings.timezone)
    today = now.astimezone(zone).date()
    begins = datetime.combine(today, time(HOUR), zone)
    if begins > now:
        begins -= timedelta(days=1)
    return begins
