"""The breaker for the provider as a whole.

Each account has one of its own; this one opens when two meet an outage. While it is
open one sign-up at a time, of whichever account, is the probe: 15 s after the first
failure, growing to 5 min. Any answer that the provider itself gave, good or bad, closes
it, and every account that waited for it may try.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from app.accounts import api_rate
from app.accounts.api_key import client_id
from app.accounts.api_rate import LONGEST_PAUSE, Governor, midnight_after
from app.accounts.models import Account
from app.database.session import db, rowcount
from app.delivery.outcomes import (
    AccountBlocked,
    Delivered,
    NotAttempted,
    NoToken,
    Outcome,
)
from app.services import backoff, services

OUTAGES = ("unreachable", "unanswered", "provider_down", "nonsense")
REFUSALS = ("unauthorized", "forbidden")
# an account with anything waiting is probed more often than that
LATELY = timedelta(minutes=10)
PAUSES = ("throttled", "quota_exceeded")


def not_before(now: datetime) -> datetime | None:
    """When the next call may be made, or None when now.

    The key may be paused, its day spent, or the provider down.
    """
    columns = (
        Governor.paused_until,
        Governor.down_since,
        Governor.probe_at,
        Governor.day,
        Governor.used,
    )
    row = db.session.execute(select(*columns).where(_ours())).first()
    if row is None:
        return None
    ends = [row.paused_until]
    if row.down_since:
        ends.append(row.probe_at)
    if row.day == now.date() and row.used >= services().settings.calls_per_day:
        ends.append(midnight_after(now))
    ahead = [end for end in ends if end and now < end < now + LONGEST_PAUSE]
    return max(ahead, default=None)


def lets(session: Session, now: datetime, until: datetime) -> bool:
    """Whether this claim may go out.

    While the provider is down one may: of many, whoever moves the next probe first.
    """
    become_the_probe = (
        update(Governor)
        .where(
            _ours(),
            Governor.down_since.is_not(None),
            or_(Governor.probe_at.is_(None), Governor.probe_at <= now),
        )
        .values(probe_at=until)
    )
    return rowcount(session, become_the_probe) == 1 or not _is_down(session)


def note(session: Session, account_id: str, verdict: Outcome, now: datetime) -> None:
    """Write down what one verdict says of the provider as a whole.

    The governor's row is locked before any account's.
    """
    is_down = _is_down(session)
    if _is_outage(verdict):
        if is_down or _another_waits(session, account_id, now):
            _open(session, verdict.until, now)
    elif is_down and _answered(verdict):
        _close(session)
    elif is_down:  # it was not asked: the turn to probe is the next one's
        session.execute(update(Governor).where(_ours()).values(probe_at=now))


def _open(session: Session, until: datetime | None, now: datetime) -> None:
    row = session.scalars(
        select(Governor).where(_ours()).with_for_update()
    ).one_or_none()
    if row:
        row.down_since, row.down_count = row.down_since or now, row.down_count + 1
        row.probe_at = until or now + backoff(row.down_count)


def _close(session: Session) -> None:
    """Let every account that waited for the provider try."""
    session.execute(
        update(Governor)
        .where(_ours())
        .values(down_since=None, down_count=0, probe_at=None)
    )
    session.execute(
        update(Account).where(Account.trouble.in_(OUTAGES)).values(hold_until=None)
    )


def _is_outage(verdict: Outcome) -> bool:
    if isinstance(verdict, Delivered | NoToken):
        return False
    return verdict.reason in OUTAGES


def _is_down(session: Session) -> bool:
    return session.scalar(select(Governor.down_since).where(_ours())) is not None


def _answered(verdict: Outcome) -> bool:
    """Whether the provider itself spoke: a verdict of ours alone says nothing about it."""
    if isinstance(verdict, NotAttempted):
        return verdict.reason in PAUSES and bool(verdict.detail or verdict.request_id)
    if isinstance(verdict, NoToken) or verdict.reason == "unexpected":
        return False
    return not isinstance(verdict, AccountBlocked) or verdict.reason in REFUSALS


def _another_waits(session: Session, account_id: str, now: datetime) -> bool:
    query = (
        select(Account.id)
        .where(
            Account.id != account_id,
            Account.trouble.in_(OUTAGES),
            Account.disconnected_at.is_(None),
            Account.hold_until > now - LATELY,
        )
        .limit(1)
    )
    return session.scalar(query) is not None


def _ours() -> ColumnElement[bool]:
    return api_rate.is_row_of(client_id())
