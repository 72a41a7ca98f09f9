"""What a worker's thread does for imports: one step of whichever is due.

Also what to do when that step goes wrong.
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
from app.imports import (
    checking,
    claims,
    following,
    housekeeping,
    looking,
    sending,
    status,
)
from app.imports.claims import ClaimedImport, Lost, holding
from app.imports.models import ContactImport, ImportPart, ImportState, PartState
from app.services import backoff, services

# A look for a token that is not there costs the provider nothing.
OWNER_PAUSE = timedelta(seconds=30)
QUEUE_PAUSE = timedelta(seconds=30)
MIN_PAUSE = timedelta(seconds=1)
# The reason when it is our own pace that refuses, not the provider.
OURS = {"throttled": "signups_first", "quota_exceeded": "kept_for_signups"}
OPEN_STATES = (PartState.SENDING, PartState.ACCEPTED, PartState.PLANNED)


@dataclass(frozen=True)
class Open:
    """A part that something is still to be done for, as it was read."""

    number: int
    state: str
    activity_id: str
    look_at: datetime | None


@dataclass(frozen=True)
class Wait:
    """Why an import waits, and until when."""

    reason: str
    until: datetime


def step() -> bool:
    """Do one step for one import; return False when none is due."""
    job = None
    try:
        now = services().clock.now()
        housekeeping.now_and_then(current_app.extensions, now)
        job = claims.claim(now)
        if job is None:
            return False
        match job.state:
            case ImportState.READING:
                looking.look(job)
            case ImportState.CHECKING:
                checking.check(job)
            case _:
                _go_on(job)
    except Lost:
        log.info("import_lost", id=job and job.id)
    except Exception as error:  # the import is due again when the lease ends
        tell = log.error if isinstance(error, Busy | SQLAlchemyError) else log.exception
        tell("import_stumbled", id=job and job.id, error=type(error).__name__)
        with suppress(SQLAlchemyError):  # the connection may be gone as well
            db.session.rollback()
        return False
    return True


def _go_on(job: ClaimedImport) -> None:
    """Take the next part one step further."""
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
    except Lost:
        raise
    except Exception as error:
        wait = _wait_for(job, error)
        if wait is None:
            raise
        _put_off(job, part, error, wait)


def _next(job: ClaimedImport) -> Open | None:
    """Choose a part: one in doubt, else a look that is due, else one to be sent."""
    now = services().clock.now()
    to_look: list[Open] = []
    planned: list[Open] = []
    accepted = 0
    for part in _open_parts(job):
        if part.state == PartState.SENDING:
            return part
        if part.state == PartState.PLANNED:
            planned.append(part)
            continue
        accepted += 1
        if part.look_at and part.look_at <= now:
            to_look.append(part)
    if to_look:
        return min(to_look, key=lambda part: part.look_at or now)
    if planned and accepted < sending.MAX_AT_ONCE:
        return planned[0]
    return None


def _open_parts(job: ClaimedImport) -> list[Open]:
    rows = db.session.execute(
        select(
            ImportPart.number,
            ImportPart.state,
            ImportPart.activity_id,
            ImportPart.look_at,
        )
        .where(ImportPart.import_id == job.id, ImportPart.state.in_(OPEN_STATES))
        .order_by(ImportPart.number)
    ).all()
    db.session.rollback()
    return [Open(*row) for row in rows]


def _nothing_to_do(job: ClaimedImport) -> None:
    with holding(job) as (session, row):
        status.settle(session, row)
        if row.due_at and row.state == ImportState.SENDING:
            row.due_at = services().clock.now() + status.ROOM_LOOK


def _put_off(
    job: ClaimedImport, part: Open | None, error: Exception, wait: Wait
) -> None:
    """Note why the import waits and until when, or that a part was refused."""
    with holding(job) as (session, row):
        if part is not None and part.state == PartState.PLANNED:
            sending.stopped(session, row, part.number, error, wait.reason)
        if isinstance(error, sending.Turned):
            status.settle(session, row)
            return
        status.give_up(session, row)
        status.settle(session, row, fine=False)
        if row.due_at:
            row.failures += 1
            row.due_at = wait.until
            row.reason = wait.reason
            row.details = {"said": getattr(error, "detail", "")}


def _wait_for(job: ClaimedImport, error: Exception) -> Wait | None:
    """Return how long an error keeps an import; None for one that nobody expected."""
    now = services().clock.now()
    match error:
        case sending.Turned():
            return Wait(error.refusal.reason, now)
        case sending.NotNow():
            return Wait("other_import", now + status.ROOM_LOOK)
        case sending.TooLate():
            return Wait("unexpected", now)
        case QueueFull():
            return Wait("queue_full", now + QUEUE_PAUSE)
        case RateLimited():
            return Wait(_reason_of(error), max(error.until, now + MIN_PAUSE))
        case tokens.NeedsOwner():
            return Wait(error.reason, now + OWNER_PAUSE)
        case tokens.NotNow():
            return Wait(error.reason, error.until)
        case CannotDecrypt():
            return Wait("cannot_open", now + OWNER_PAUSE)
        case errors.ProviderError():
            pause = backoff(_failures(job) + 1)
            asked_for = timedelta(seconds=error.retry_after or 0)
            return Wait(error.reason, now + max(pause, asked_for))
    return None


def _reason_of(error: RateLimited) -> str:
    """Tell the provider's own refusal from that of our pace, which keeps calls back."""
    is_the_providers = error.detail or error.request_id
    if is_the_providers:
        return error.reason
    return OURS.get(error.reason, error.reason)


def _failures(job: ClaimedImport) -> int:
    failures = db.session.scalar(
        select(ContactImport.failures).where(ContactImport.id == job.id)
    )
    db.session.rollback()
    return failures or 0
