"""What a worker's thread does for imports: one step of whichever is due, and what to do
when that went wrong.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import tokens
from app.accounts.api_rate import RateLimited
from app.constant_contact import errors
from app.constant_contact.activities import QueueFull
from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.session import db
from app.database.sqlite_lock import Busy
from app.imports import checking, claims, following, housekeeping, sending, status
from app.imports.claims import ClaimedImport, Lost, holding
from app.imports.models import ContactImport, ImportPart, ImportState, PartState
from app.services import backoff, services

# asking for a token that is not there costs the provider nothing
OWNER_PAUSE = timedelta(seconds=30)
QUEUE_PAUSE = timedelta(seconds=30)
# when it was not the provider who said so
OURS = {"throttled": "signups_first", "quota_exceeded": "kept_for_signups"}


@dataclass(frozen=True)
class Open:
    """A part that something is still to be done for, as it was read."""

    number: int
    state: str
    activity_id: str
    look_at: datetime | None


def step() -> bool:
    """Do one step for one import; False when none is due."""
    job = None
    try:
        now = services().clock.now()
        housekeeping.now_and_then(current_app.extensions, now)
        job = claims.claim(now)
        if job is None:
            return False
        checking.check(job) if job.state == ImportState.CHECKING else _go_on(job)
    except Lost:
        log.info("import_lost", id=job and job.id)
    except Exception as error:  # the lease makes it due again
        tell = log.error if isinstance(error, Busy | SQLAlchemyError) else log.exception
        tell("import_stumbled", id=job and job.id, error=type(error).__name__)
        with suppress(SQLAlchemyError):  # the connection may be gone as well
            db.session.rollback()
        return False
    return True


def _go_on(job: ClaimedImport) -> None:
    """Whatever is in doubt first, then a look that is due, then the next part."""
    part = _next(job)
    try:
        if part is None:
            _nothing_to_do(job)
        elif part.state == PartState.SENDING:
            sending.resolve(job, part.number)
        elif part.state == PartState.ACCEPTED:
            following.look(job, part.number, part.activity_id)
        else:
            sending.send(job, part.number)
    except Exception as error:
        if isinstance(error, Lost) or not _put_off(job, part, error):
            raise


def _next(job: ClaimedImport) -> Open | None:
    """A part to do something for now."""
    now = services().clock.now()
    parts = [
        Open(*each)
        for each in db.session.execute(
            select(
                ImportPart.number,
                ImportPart.state,
                ImportPart.activity_id,
                ImportPart.look_at,
            )
            .where(
                ImportPart.import_id == job.id,
                ImportPart.state.in_(
                    (PartState.SENDING, PartState.ACCEPTED, PartState.PLANNED)
                ),
            )
            .order_by(ImportPart.number)
        )
    ]
    db.session.rollback()
    in_doubt = [each for each in parts if each.state == PartState.SENDING]
    to_look = [
        each
        for each in parts
        if each.state == PartState.ACCEPTED and each.look_at and each.look_at <= now
    ]
    planned = [each for each in parts if each.state == PartState.PLANNED]
    under_way = sum(each.state == PartState.ACCEPTED for each in parts)
    may_send = planned if under_way < sending.MAX_AT_ONCE else []
    return next(
        iter(
            [
                *in_doubt,
                *sorted(to_look, key=lambda each: each.look_at or now),
                *may_send,
            ]
        ),
        None,
    )


def _nothing_to_do(job: ClaimedImport) -> None:
    with holding(job) as (session, row):
        status.settle(session, row)
        if row.due_at:
            row.due_at = (
                services().clock.now() + status.ROOM_LOOK
                if row.state == ImportState.SENDING
                else row.due_at
            )


def _put_off(job: ClaimedImport, part: Open | None, error: Exception) -> bool:
    """Note why it waits, and until when; False for an error that nobody expected."""
    reason, until = _why(job, error)
    if not reason:
        return False
    with holding(job) as (session, row):
        if part is not None and part.state == PartState.PLANNED:
            sending.stopped(session, row, part.number, error, reason)
        if isinstance(error, sending.Turned):
            status.settle(session, row)
            return True
        status.give_up(session, row)
        status.settle(session, row, fine=False)
        if row.due_at:
            row.failures, row.due_at, row.reason = row.failures + 1, until, reason
            row.details = {"said": getattr(error, "detail", "")}
    return True


def _why(job: ClaimedImport, error: Exception) -> tuple[str, datetime]:
    """(reason, until); no reason for what nobody expected."""
    now = services().clock.now()
    match error:
        case sending.Turned():
            return error.refusal.reason, now
        case sending.NotNow():
            return "other_import", now + status.ROOM_LOOK
        case sending.TooLate():
            return "unexpected", now
        case QueueFull():
            return "queue_full", now + QUEUE_PAUSE
        case RateLimited():
            ours = (
                OURS.get(error.reason, error.reason)
                if not (error.detail or error.request_id)
                else error.reason
            )
            return ours, max(error.until, now + timedelta(seconds=1))
        case tokens.NeedsOwner():
            return error.reason, now + OWNER_PAUSE
        case tokens.NotNow():
            return error.reason, error.until
        case CannotDecrypt():
            return "cannot_open", now + OWNER_PAUSE
        case errors.ProviderError():
            wait = backoff(_failures(job) + 1)
            return error.reason, now + max(
                wait, timedelta(seconds=error.retry_after or 0)
            )
    return "", now


def _failures(job: ClaimedImport) -> int:
    found = (
        db.session.scalar(
            select(ContactImport.failures).where(ContactImport.id == job.id)
        )
        or 0
    )
    db.session.rollback()
    return found
