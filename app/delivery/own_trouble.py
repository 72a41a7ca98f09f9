"""Trouble that one sign-up alone meets, told from trouble of its account."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.outcomes import AccountBlocked, Outcome, RetryLater
from app.signups.models import Attempt, Signup, SignupState

MAYBE_THE_ROWS = {"provider_down", "nonsense", "unanswered"}


def of(session: Session, row: Signup, verdict: Outcome) -> RetryLater | None:
    """Call trouble that this row alone meets its own.

    Others of its account were delivered since it last failed.
    """
    if not isinstance(verdict, AccountBlocked) or verdict.reason not in MAYBE_THE_ROWS:
        return None
    failed_at = _failed_before(session, row)
    if failed_at is None:
        return None
    others_failed_at = _others_failed(session, row)
    is_known = row.failing_since is not None and others_failed_at is None
    since = max(failed_at, others_failed_at or failed_at)
    if is_known or _others_delivered(session, row, since):
        return RetryLater(verdict.reason, verdict.detail, verdict.request_id)
    return None


def _failed_before(session: Session, row: Signup) -> datetime | None:
    """When an earlier attempt of this row last failed so."""
    return session.scalar(
        select(func.max(Attempt.ended_at)).where(
            Attempt.signup_id == row.id,
            Attempt.number < row.attempts,
            Attempt.outcome.in_(MAYBE_THE_ROWS),
        )
    )


def _others_failed(session: Session, row: Signup) -> datetime | None:
    """When another waiting sign-up of the account last failed so."""
    return session.scalar(
        select(func.max(Attempt.ended_at))
        .join(Attempt.signup)
        .where(
            Signup.account_id == row.account_id,
            Signup.state == SignupState.WAITING,
            Signup.id != row.id,
            Attempt.number == Signup.attempts,
            Attempt.outcome.in_(MAYBE_THE_ROWS),
        )
    )


def _others_delivered(session: Session, row: Signup, since: datetime) -> bool:
    query = (
        select(Signup.id)
        .where(
            Signup.account_id == row.account_id,
            Signup.state == SignupState.DELIVERED,
            Signup.settled_at > since,
        )
        .limit(1)
    )
    return session.scalar(query) is not None
