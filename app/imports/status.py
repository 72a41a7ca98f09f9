"""What an import has come to, by its parts, and when there is something to do for it
again.

Every change of a part ends here, in the same transaction, with the import's row locked.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.imports.models import ContactImport, ImportPart, ImportState, PartState
from app.services import services

FIRST_LOOK = timedelta(seconds=2)
LONGEST_LOOK = timedelta(minutes=5)
# the pause between two looks is a tenth of an activity's age
AGE_PER_LOOK = 10
DOUBT_LOOK = timedelta(seconds=10)
ROOM_LOOK = timedelta(seconds=5)


def settle(session: Session, row: ContactImport, fine: bool = True) -> None:
    """State and due time of an import that is being sent; `fine`: the provider has just
    answered.
    """
    session.flush()
    now = services().clock.now()
    if row.cancelled_at:
        session.execute(
            update(ImportPart)
            .where(
                ImportPart.import_id == row.id, ImportPart.state == PartState.PLANNED
            )
            .values(state=PartState.DROPPED, payload=None)
        )
    if fine:
        row.failures, row.reason, row.details = 0, "", {}
    found = session.execute(
        select(
            ImportPart.state,
            func.count(),
            func.min(ImportPart.look_at),
            func.min(ImportPart.doubt_until),
        )
        .where(ImportPart.import_id == row.id)
        .group_by(ImportPart.state)
    ).all()
    by_state = {each.state: each for each in found}
    if PartState.SENDING in by_state:
        doubt_until = by_state[PartState.SENDING][3]
        row.state, row.due_at = (
            ImportState.SENDING,
            min(now + DOUBT_LOOK, max(now, doubt_until or now)),
        )
    elif PartState.PLANNED in by_state:
        row.state, row.due_at = ImportState.SENDING, now
    elif PartState.ACCEPTED in by_state:
        row.state, row.due_at = (
            ImportState.FOLLOWING,
            by_state[PartState.ACCEPTED][2] or now,
        )
    else:
        _end(row, PartState.FAILED in by_state, now)


def give_up(session: Session, row: ContactImport) -> None:
    """After a month in which its account could not be served nothing more is sent, nor
    can be learnt of what was.
    """
    if row.begun_at and services().clock.now() - row.begun_at > timedelta(
        days=services().settings.wait_days
    ):
        for state, reason in (
            (PartState.PLANNED, "waited_too_long"),
            (PartState.SENDING, "forgotten"),
            (PartState.ACCEPTED, "forgotten"),
        ):
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
    """When to look at an activity again: seldom when it is old, so that one that hangs
    does not eat the day's calls.
    """
    return now + min(LONGEST_LOOK, max(FIRST_LOOK, (now - accepted_at) / AGE_PER_LOOK))


def _end(row: ContactImport, some_failed: bool, now: datetime) -> None:
    if row.cancelled_at:
        row.state = ImportState.CANCELLED
    else:
        row.state = ImportState.FAILED if some_failed else ImportState.DONE
        row.reason = "parts_failed" if some_failed else ""
    row.due_at, row.finished_at, row.changed_at = None, now, now
