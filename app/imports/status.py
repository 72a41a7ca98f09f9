"""What an import has come to, by its parts, and when to go on with it.

Every change of a part ends here, in the same transaction, with the import's row locked.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.imports.models import ContactImport, ImportPart, ImportState, PartState
from app.services import services

FIRST_LOOK = timedelta(seconds=2)
LONGEST_LOOK = timedelta(minutes=5)
# The pause between two looks is a tenth of an activity's age.
AGE_PER_LOOK = 10
DOUBT_LOOK = timedelta(seconds=10)
ROOM_LOOK = timedelta(seconds=5)
# By state, why a part is given up after a month.
GIVEN_UP = {
    PartState.PLANNED: "waited_too_long",
    PartState.SENDING: "forgotten",
    PartState.ACCEPTED: "forgotten",
}


def settle(session: Session, row: ContactImport, fine: bool = True) -> None:
    """Set state and due time of an import that is being sent.

    `fine`: the provider has just answered.
    """
    session.flush()
    now = services().clock.now()
    if row.cancelled_at:
        _drop_planned(session, row)
    if fine:
        row.failures = 0
        row.reason = ""
        row.details = {}
    parts = _parts_by_state(session, row)
    if PartState.SENDING in parts:
        row.state = ImportState.SENDING
        doubt_until = parts[PartState.SENDING].doubt_until or now
        row.due_at = min(now + DOUBT_LOOK, max(now, doubt_until))
    elif PartState.PLANNED in parts:
        row.state = ImportState.SENDING
        row.due_at = now
    elif PartState.ACCEPTED in parts:
        row.state = ImportState.FOLLOWING
        row.due_at = parts[PartState.ACCEPTED].look_at or now
    else:
        _end(row, PartState.FAILED in parts, now)


def _drop_planned(session: Session, row: ContactImport) -> None:
    session.execute(
        update(ImportPart)
        .where(ImportPart.import_id == row.id, ImportPart.state == PartState.PLANNED)
        .values(state=PartState.DROPPED, payload=None)
    )


def _parts_by_state(session: Session, row: ContactImport) -> dict[str, Any]:
    """Return, for each state that parts are in, the earliest look and end of doubt."""
    earliest = session.execute(
        select(
            ImportPart.state,
            func.min(ImportPart.look_at).label("look_at"),
            func.min(ImportPart.doubt_until).label("doubt_until"),
        )
        .where(ImportPart.import_id == row.id)
        .group_by(ImportPart.state)
    )
    return {of_state.state: of_state for of_state in earliest}


def _end(row: ContactImport, some_failed: bool, now: datetime) -> None:
    row.due_at = None
    row.finished_at = now
    row.changed_at = now
    if row.cancelled_at:
        row.state = ImportState.CANCELLED
    elif some_failed:
        row.state = ImportState.FAILED
        row.reason = "parts_failed"
    else:
        row.state = ImportState.DONE
        row.reason = ""


def give_up(session: Session, row: ContactImport) -> None:
    """Fail what is left of an import that its account has kept waiting for a month.

    Nothing more is sent, and what became of parts that were sent cannot be learnt.
    """
    longest = timedelta(days=services().settings.wait_days)
    if row.begun_at is None or services().clock.now() - row.begun_at <= longest:
        return
    for state, reason in GIVEN_UP.items():
        session.execute(
            update(ImportPart)
            .where(ImportPart.import_id == row.id, ImportPart.state == state)
            .values(
                state=PartState.FAILED,
                reason=reason,
                look_at=None,
                doubt_until=None,
            )
        )


def look_again(accepted_at: datetime, now: datetime) -> datetime:
    """Return when to look at an activity again.

    The pause grows with its age, so that one that hangs does not eat the day's calls.
    """
    pause = (now - accepted_at) / AGE_PER_LOOK
    return now + min(LONGEST_LOOK, max(FIRST_LOOK, pause))
