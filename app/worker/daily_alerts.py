"""Email admins what needs somebody: one mail a day at most for each cause, collected.

The day begins at eight in the operator's time zone. Of many workers that find the same,
one moves the cause's row on and puts the mails in that transaction; one that dies before
leaves all of it to the next. What came in after a mail is told in the next one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.auth import alert_choices
from app.database.session import db, insert, rowcount, write_transaction
from app.mail import outbox
from app.mail.models import DailyAlert
from app.worker.alert_causes import ABOUT, CAUSES, Mail, Window

LOOK_EVERY = timedelta(minutes=10)
# what was written just now may not be committed yet, or by a clock that is ahead
SETTLED = timedelta(minutes=1)
# before an installation looks for the first time
FIRST_LOOK_BACK = timedelta(days=7)
# a row from later than that was written by a clock that was wrong
LONGEST = timedelta(hours=25)


@dataclass(frozen=True)
class Seen:
    """A cause's row as it was read."""

    looked_at: datetime
    seen_until: datetime
    told_at: datetime | None


def due(now: datetime) -> dict[str, Seen | None]:
    """Return the causes to look at now, with their rows as they are."""
    rows = {
        row.cause: Seen(row.looked_at, row.seen_until, row.told_at)
        for row in db.session.scalars(select(DailyAlert))
    }
    return {cause: rows.get(cause) for cause in CAUSES if _is_due(rows.get(cause), now)}


def _is_due(seen: Seen | None, now: datetime) -> bool:
    if seen is None or seen.looked_at > now + LONGEST:
        return True
    if now - seen.looked_at < LOOK_EVERY:
        return False
    return seen.told_at is None or seen.told_at < alert_choices.begin_of_day(now)


def look(cause: str, seen: Seen | None, now: datetime) -> None:
    """Look for what is new of a cause, and put its mail."""
    since, told_at = now - FIRST_LOOK_BACK, None
    if seen and seen.looked_at <= now + LONGEST:
        since, told_at = seen.seen_until, seen.told_at
    window = Window(since, now - SETTLED, now, told_at)
    mail = CAUSES[cause](window)
    with write_transaction() as session:
        is_mine = _move_on(session, cause, seen, window, is_told=mail is not None)
        if is_mine and mail:
            _put(session, cause, mail)


def _move_on(
    session: Session, cause: str, seen: Seen | None, window: Window, is_told: bool
) -> bool:
    """Note the look; False when another worker was quicker, and nothing changes."""
    values = {
        "looked_at": window.now,
        "seen_until": window.until,
        "told_at": window.now if is_told else window.told_at,
    }
    if seen is None:
        row = insert(DailyAlert).values(cause=cause, **values)
        return rowcount(session, row.on_conflict_do_nothing()) == 1
    as_seen = DailyAlert.looked_at == seen.looked_at
    statement = update(DailyAlert).where(DailyAlert.cause == cause, as_seen)
    return rowcount(session, statement.values(values)) == 1


def _put(session: Session, cause: str, mail: Mail) -> None:
    for email in alert_choices.who_wants(cause):
        outbox.put(session, f"{ABOUT}{cause}", cause, email, *mail)
