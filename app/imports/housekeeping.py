"""Deletes files and rows of people once they are not needed any more.

It happens also when nobody asks for it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from app.database.session import db, write_transaction
from app.imports.models import (
    TO_BE_MAPPED,
    ContactImport,
    ImportedAs,
    ImportPart,
    ImportPiece,
    ImportState,
)

EVERY = timedelta(minutes=10)
# An upload that was cut off.
UPLOADS_END = timedelta(hours=1)
# A file that nobody goes on with, and what is left of an import that has ended.
KEPT = timedelta(days=7)
# The provider keeps them for ten days.
ACTIVITIES_KEPT = timedelta(days=30)
TIDIED_AT = "latchkey.imports_tidied"


def now_and_then(kept: dict[str, Any], now: datetime) -> None:
    """Tidy up when it is time; `kept` remembers when that was."""
    last = kept.get(TIDIED_AT)
    if last is None or now >= last + EVERY:
        kept[TIDIED_AT] = now
        tidy(now)


def tidy(now: datetime) -> None:
    """Delete what has been kept for long enough."""
    was_cut_off = (ContactImport.state == ImportState.RECEIVING) & (
        ContactImport.created_at < now - UPLOADS_END
    )
    was_left = ContactImport.state.in_((*TO_BE_MAPPED, ImportState.UNREADABLE)) & (
        ContactImport.changed_at < now - KEPT
    )
    has_ended = ContactImport.finished_at < now - KEPT
    # read first: mostly there is nothing to delete, and a write would take its turn
    some = db.session.scalar(
        select(ContactImport.id).where(or_(was_cut_off, was_left, has_ended)).limit(1)
    )
    db.session.rollback()
    if some is None:
        return
    ended = select(ContactImport.id).where(has_ended)
    with write_transaction() as session:
        session.execute(delete(ContactImport).where(or_(was_cut_off, was_left)))
        session.execute(delete(ImportPiece).where(ImportPiece.import_id.in_(ended)))
        session.execute(
            update(ImportPart)
            .where(ImportPart.import_id.in_(ended), ImportPart.payload.is_not(None))
            .values(payload=None)
        )
        session.execute(
            delete(ImportedAs).where(ImportedAs.begun_at < now - ACTIVITIES_KEPT)
        )
