"""An uploaded file looked at: what kind it is, how it is read, its headings and first rows.

It may take a while, or end the worker that does it: then another looks again, a few
times.
"""

from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.imports import files, reading
from app.imports.claims import MAX_TRIES, ClaimedImport, go_on, holding
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportState

WANTED = "wanted"  # among the facts: encoding, delimiter or sheet that somebody chose


def look(job: ClaimedImport) -> None:
    """Look at the file. Raises `Lost` when it was cancelled meanwhile."""
    wanted = _begin(job)
    if wanted is None:
        return
    try:
        with files.opened(job.id) as file:
            facts = reading.facts_of(file, partial(_still_at_it, job), **wanted)
    except ImportRejected as refused:
        with holding(job) as (session, row):
            _unread(session, row, refused.reason, refused.values)
    else:
        with holding(job) as (_session, row):
            row.facts = facts
            row.columns = []
            _hand_over(row)


def _still_at_it(job: ClaimedImport) -> None:
    """Keep the lease. Raises `Lost` when it was cancelled."""
    with holding(job) as (_session, row):
        go_on(row)


def _begin(job: ClaimedImport) -> dict[str, str] | None:
    """Return how somebody wants it read; None when it was given up instead."""
    with holding(job) as (session, row):
        if row.failures >= MAX_TRIES:
            _unread(session, row, "kills_worker", {})
            return None
        go_on(row, failures=row.failures + 1)
        return dict(row.facts.get(WANTED, {}))


def _unread(
    session: Session, row: ContactImport, reason: str, values: dict[str, Any]
) -> None:
    """Say why it could not be read.

    It stays as it was read before, if it was; else its file is of no use any more.
    """
    row.facts = {name: fact for name, fact in row.facts.items() if name != WANTED}
    _hand_over(row)
    row.reason = reason
    row.details = values
    if not row.facts:
        row.state = ImportState.UNREADABLE
        files.forget(session, row.id, files.FILE)


def _hand_over(row: ContactImport) -> None:
    """Leave the rest to people."""
    row.state = ImportState.UPLOADED
    row.due_at = None
    row.failures = 0
    row.reason = ""
    row.details = {}
