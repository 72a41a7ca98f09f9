"""Who may act on an import, and the one place where workers write its fate.

`due_at` is the lease and `claim` the fence: claiming moves the one and counts the other
in the same statement, and whatever a worker writes asks for the claim that it holds, so
one that died or overslept changes nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.session import db, rowcount, write_transaction
from app.imports.models import ContactImport
from app.services import services

UPLOADS = 6  # an upload of 4 MB may take so many times as long as another call


class Lost(Exception):
    """Somebody else has it now, or a person has cancelled it: nothing was changed."""


@dataclass(frozen=True)
class ClaimedImport:
    """A claimed import as it was read. `until` is the end of the lease."""

    id: str
    claim: int
    state: str
    account_id: str
    until: datetime


def claim(now: datetime) -> ClaimedImport | None:
    """Take the longest-due import for one lease; None when nothing is due, or somebody
    was quicker.
    """
    found = db.session.execute(
        select(
            ContactImport.id,
            ContactImport.claim,
            ContactImport.state,
            ContactImport.account_id,
        )
        .where(ContactImport.due_at <= now)
        .order_by(ContactImport.due_at)
        .limit(1)
    ).first()
    db.session.rollback()
    if found is None:
        return None
    until = now + lease()
    with write_transaction() as session:
        taken = rowcount(
            session,
            update(ContactImport)
            .where(
                ContactImport.id == found.id,
                ContactImport.claim == found.claim,
                ContactImport.due_at <= now,
            )
            .values(claim=found.claim + 1, due_at=until),
        )
    return (
        ClaimedImport(found.id, found.claim + 1, found.state, found.account_id, until)
        if taken
        else None
    )


def lease() -> timedelta:
    """How long a worker may be silent before another takes over.

    Each step of its work begins it anew.
    """
    return timedelta(seconds=services().settings.delivery_lease)


def upload_seconds() -> float:
    return UPLOADS * services().settings.http_deadline


@contextmanager
def holding(job: ClaimedImport) -> Iterator[tuple[Session, ContactImport]]:
    """A write transaction in which this claim still holds; the import's row is locked.

    Raises `Lost`.
    """
    with write_transaction() as session:
        row = session.scalar(
            select(ContactImport)
            .where(ContactImport.id == job.id, ContactImport.claim == job.claim)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise Lost
        yield session, row


def go_on(row: ContactImport, **values: Any) -> None:
    """Write down a step, and begin the lease anew."""
    row.due_at = services().clock.now() + lease()
    for name, value in values.items():
        setattr(row, name, value)
