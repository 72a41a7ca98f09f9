"""What people decide about an import: its columns, that it begins, that it ends.

Each names the states it may be in.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts import facts
from app.database.session import rowcount, write_transaction
from app.imports import checking, columns, files, status, values
from app.imports.errors import ImportRejected
from app.imports.models import (
    AT_REST,
    ContactImport,
    ImportPart,
    ImportPiece,
    ImportState,
    PartState,
)
from app.imports.parts import MAX_CONTACTS
from app.services import services

DOORS = tuple(MAX_CONTACTS)


def map_columns(
    import_id: str, targets: list[str], *, lists: list[str], dates: str, door: str
) -> None:
    """Say what each column becomes, "" for nothing, and have the rows checked.

    Raises `Refused`, `LookupError`.
    """
    with _deciding(import_id, ImportState.UPLOADED, ImportState.CHECKED) as (
        session,
        row,
    ):
        if (
            len(targets) != len(row.facts["columns"])
            or door not in DOORS
            or dates not in values.ORDERS
        ):
            raise ImportRejected("wrong_state")
        columns.check(targets, columns.targets(facts.fields_of(row.account_id), door))
        _check_lists(row.account_id, lists)
        checking.forget_results(session, row)
        row.columns, row.lists, row.dates, row.door = (
            targets,
            list(dict.fromkeys(lists)),
            dates,
            door,
        )
        row.state, row.due_at, row.failures = (
            ImportState.CHECKING,
            services().clock.now(),
            0,
        )


def begin(import_id: str, by: str) -> None:
    """Send what was found good.

    The uploaded file is deleted; its good rows wait in their parts.
    """
    with _deciding(import_id, ImportState.CHECKED) as (session, row):
        if not row.good:
            raise ImportRejected("no_good_rows")
        if row.account.disconnected_at:
            raise ImportRejected("disconnected")
        _check_lists(row.account_id, row.lists)
        files.forget(session, row.id, files.FILE)
        row.state, row.begun_by, row.begun_at, row.due_at = (
            ImportState.SENDING,
            by,
            row.changed_at,
            row.changed_at,
        )
        row.failures, row.reason, row.details = 0, "", {}


def cancel(import_id: str, by: str) -> None:
    """Nothing more is sent.

    What the provider has accepted it works off: it offers no way to stop it.
    """
    with _deciding(
        import_id, ImportState.CHECKING, ImportState.SENDING, ImportState.FOLLOWING
    ) as (
        session,
        row,
    ):
        if row.cancelled_at:
            return
        row.cancelled_at, row.cancelled_by = row.changed_at, by
        if row.state == ImportState.CHECKING:
            row.claim += 1  # whoever checks it has lost it
            checking.forget_results(session, row)
        files.forget(session, row.id, files.FILE)
        status.settle(session, row, fine=False)


def discard(import_id: str) -> None:
    """Delete an import at rest with all that is stored of it."""
    with _deciding(import_id, *AT_REST) as (session, row):
        for table in (ImportPiece, ImportPart):
            session.execute(delete(table).where(table.import_id == row.id))
        session.delete(row)


def try_again(import_id: str, by: str) -> None:
    """Send the parts that did not come through once more; those that had begun are
    imported a second time.
    """
    with _deciding(import_id, ImportState.FAILED) as (session, row):
        if not rowcount(
            session,
            update(ImportPart)
            .where(
                ImportPart.import_id == row.id,
                ImportPart.state == PartState.FAILED,
                ImportPart.payload.is_not(None),
            )
            .values(
                state=PartState.PLANNED,
                reason="",
                details={},
                provider_state="",
                percent=0,
                counters={},
                errors=[],
                activity_id="",
                accepted_at=None,
                look_at=None,
                deaths=0,
            ),
        ):
            raise ImportRejected("nothing_left")
        row.begun_by, row.begun_at, row.finished_at = by, row.changed_at, None
        status.settle(session, row)


@contextmanager
def _deciding(
    import_id: str, *states: ImportState
) -> Iterator[tuple[Session, ContactImport]]:
    """The import's row, locked, in one of these states.

    Raises `Refused` in any other, `LookupError` without one.
    """
    with write_transaction() as session:
        row = session.scalar(
            select(ContactImport).where(ContactImport.id == import_id).with_for_update()
        )
        if row is None:
            raise LookupError(import_id)
        if row.state not in states:
            raise ImportRejected("wrong_state")
        row.changed_at = services().clock.now()
        yield session, row


def _check_lists(account_id: str, lists: list[str]) -> None:
    if not lists:
        raise ImportRejected("no_list")
    if len(set(lists)) > columns.MAX_LISTS:
        raise ImportRejected("too_many_lists")
    if set(lists) - {each.list_id for each in facts.lists_of(account_id)}:
        raise ImportRejected("unknown_list")
