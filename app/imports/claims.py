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

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.leases import Lease
from app.database.session import db, write_transaction
from app.imports.models import ContactImport
from app.services import services

LEASE = Lease(
    ContactImport,
    ContactImport.id,
    until=ContactImport.due_at,
    fence=ContactImport.claim,
)
# Workers that may die over one file, or lose their lease, before it is given up.
MAX_TRIES = 3
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
    """Take the longest-due import for one lease.

    None when nothing is due, or somebody was quicker.
    """
    due = db.session.execute(
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
    if due is None:
        return None
    next_claim, until = due.claim + 1, now + lease()
    with write_transaction() as session:
        if not LEASE.claim(
            session,
            due.id,
            LEASE.held_with(due.claim),
            ContactImport.due_at <= now,
            fence=next_claim,
            until=until,
        ):
            return None
    return ClaimedImport(due.id, next_claim, due.state, due.account_id, until)


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
        row = LEASE.lock(session, job.id, job.claim)
        if row is None:
            raise Lost
        yield session, row


def go_on(row: ContactImport, **values: Any) -> None:
    """Write down a step, and begin the lease anew."""
    row.due_at = services().clock.now() + lease()
    for name, value in values.items():
        setattr(row, name, value)
