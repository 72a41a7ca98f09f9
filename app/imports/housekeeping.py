"""Files and rows of people that nobody needs any more are deleted, also when nobody
says so.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update

from app.database.session import db, write_transaction
from app.imports.models import (
    ContactImport,
    ImportedAs,
    ImportPart,
    ImportPiece,
    ImportState,
)

EVERY = timedelta(minutes=10)
UPLOADS_END = timedelta(hours=1)  # an upload that was cut off
# a file that nobody goes on with, and what is left of an import that has ended
KEPT = timedelta(days=7)
ACTIVITIES_KEPT = timedelta(days=30)  # the provider keeps them for ten


def now_and_then(kept: dict[str, Any], now: datetime) -> None:
    """Tidy up when it is time; `kept` remembers when that was."""
    if now >= kept.get("latchkey.imports_tidied", now - EVERY) + EVERY:
        kept["latchkey.imports_tidied"] = now
        tidy(now)


def tidy(now: datetime) -> None:
    """Delete what has lain too long."""
    old = or_(
        (ContactImport.state == ImportState.RECEIVING)
        & (ContactImport.created_at < now - UPLOADS_END),
        ContactImport.state.in_((ImportState.UPLOADED, ImportState.CHECKED))
        & (ContactImport.changed_at < now - KEPT),
    )
    ended = select(ContactImport.id).where(ContactImport.finished_at < now - KEPT)
    there = db.session.scalar(
        select(ContactImport.id)
        .where(or_(old, ContactImport.finished_at < now - KEPT))
        .limit(1)
    )
    db.session.rollback()
    if not there:
        return
    with write_transaction() as session:
        session.execute(delete(ContactImport).where(old))
        session.execute(delete(ImportPiece).where(ImportPiece.import_id.in_(ended)))
        session.execute(
            update(ImportPart)
            .where(ImportPart.import_id.in_(ended), ImportPart.payload.is_not(None))
            .values(payload=None)
        )
        session.execute(
            delete(ImportedAs).where(ImportedAs.begun_at < now - ACTIVITIES_KEPT)
        )
