"""How many mails that ask to confirm may go out: nobody is mail-bombed through us.

Counted from the rows of links, so over all hosts and after a restart too.
"""

from datetime import datetime, timedelta

from limits import parse_many
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from app.confirmation.models import ConfirmationLink
from app.database.raw import on_sqlite
from app.services import services
from app.signups.models import Signup

A_DAY = timedelta(days=1)
# ours among PostgreSQL's advisory locks: two that count at once would both find room
LOCK_ID = 0x1A7D


def one_at_a_time(session: Session) -> None:
    """Let nobody else count or write such mails until this transaction ends.

    On SQLite there is one writer anyway.
    """
    if not on_sqlite():
        session.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": LOCK_ID})


def too_many(session: Session, row: Signup, now: datetime) -> bool:
    """Tell whether one more mail about this sign-up would be too many."""
    settings = services().settings
    of_person = ConfirmationLink.person == row.person
    of_form = ConfirmationLink.form_id == row.form_id
    if _since(session, now - A_DAY, of_person, of_form):
        return True
    return _reached(
        session, settings.confirm_mails_per_address, now, of_person
    ) or _reached(session, settings.confirm_mails_per_form, now, of_form)


def _reached(
    session: Session, limits: str, now: datetime, which: ColumnElement[bool]
) -> bool:
    for limit in parse_many(limits):
        since = now - timedelta(seconds=limit.get_expiry())
        if _since(session, since, which) >= limit.amount:
            return True
    return False


def _since(session: Session, since: datetime, *which: ColumnElement[bool]) -> int:
    """Count mails; those that never went out, and were given up, do not count."""
    query = select(func.count()).where(
        *which, ConfirmationLink.created_at > since, ConfirmationLink.notice_id != ""
    )
    return session.scalar(query) or 0
