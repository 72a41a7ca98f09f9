"""What people decide about an import: its columns, that it begins, that it ends.

Every function names the states that it is possible in; in any other it raises
`Refused`, and `LookupError` without such an import.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts import facts
from app.core.contact_rules import MAX_LISTS
from app.database.session import rowcount, write_transaction
from app.imports import checking, columns, files, looking, status, values
from app.imports.errors import ImportRejected
from app.imports.models import (
    AT_REST,
    AT_WORK,
    TO_BE_MAPPED,
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
    """Say what each column becomes, "" for nothing, and have the rows checked."""
    with _deciding(import_id, *TO_BE_MAPPED) as (session, row):
        is_for_another_file = len(targets) != len(row.facts["columns"])
        if is_for_another_file or door not in DOORS or dates not in values.ORDERS:
            raise ImportRejected("wrong_state")
        columns.check(targets, columns.targets(facts.fields_of(row.account_id), door))
        _check_lists(row.account_id, lists)
        checking.forget_results(session, row)
        row.columns = targets
        row.lists = list(dict.fromkeys(lists))
        row.dates = dates
        row.door = door
        row.state = ImportState.CHECKING
        row.due_at = services().clock.now()
        row.failures = 0


def read_again(
    import_id: str, *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> None:
    """Have the stored file read with another encoding, delimiter or sheet.

    What was read before stays until that has been done.
    """
    with _deciding(import_id, *TO_BE_MAPPED) as (session, row):
        if row.facts["kind"] == "csv":
            wanted = {
                "encoding": encoding or row.facts["encoding"],
                "delimiter": delimiter,
            }
        else:
            wanted = {"sheet_name": sheet or row.facts["sheet"]}
        checking.forget_results(session, row)
        row.facts = {**row.facts, looking.WANTED: wanted}
        row.state = ImportState.READING
        row.due_at = row.changed_at
        row.failures = 0


def begin(import_id: str, by: str) -> None:
    """Have the good rows sent.

    The uploaded file is deleted; its good rows wait in their parts.
    """
    with _deciding(import_id, ImportState.CHECKED) as (session, row):
        if not row.good:
            raise ImportRejected("no_good_rows")
        if row.account.disconnected_at:
            raise ImportRejected("disconnected")
        _check_lists(row.account_id, row.lists)
        files.forget(session, row.id, files.FILE)
        row.state = ImportState.SENDING
        row.begun_by = by
        row.begun_at = row.changed_at
        row.due_at = row.changed_at
        row.failures = 0
        row.reason = ""
        row.details = {}


def cancel(import_id: str, by: str) -> None:
    """Stop an import: nothing more is sent.

    What the provider has accepted it works off: it offers no way to stop it.
    """
    with _deciding(import_id, *AT_WORK) as (session, row):
        if row.cancelled_at:
            return
        row.cancelled_at = row.changed_at
        row.cancelled_by = by
        if row.state in (ImportState.READING, ImportState.CHECKING):
            row.claim += 1  # whoever reads it has lost it
            checking.forget_results(session, row)
        files.forget(session, row.id, files.FILE)
        status.settle(session, row, fine=False)


def discard(import_id: str) -> None:
    """Delete an import at rest with all that is stored of it."""
    _delete(import_id, *AT_REST)


def discard_unreadable(import_id: str) -> None:
    """Delete an import whose file could not be read, if that is what it is."""
    with suppress(LookupError, ImportRejected):
        _delete(import_id, ImportState.UNREADABLE)


def _delete(import_id: str, *states: ImportState) -> None:
    with _deciding(import_id, *states) as (session, row):
        for table in (ImportPiece, ImportPart):
            session.execute(delete(table).where(table.import_id == row.id))
        session.delete(row)


def try_again(import_id: str, by: str) -> None:
    """Send the parts that did not come through once more.

    Of those that had begun, the same rows are imported a second time.
    """
    failed_parts = update(ImportPart).where(
        ImportPart.import_id == import_id,
        ImportPart.state == PartState.FAILED,
        ImportPart.payload.is_not(None),
    )
    planned_again = failed_parts.values(
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
    )
    with _deciding(import_id, ImportState.FAILED) as (session, row):
        if not rowcount(session, planned_again):
            raise ImportRejected("nothing_left")
        row.begun_by = by
        row.begun_at = row.changed_at
        row.finished_at = None
        status.settle(session, row)


@contextmanager
def _deciding(
    import_id: str, *states: ImportState
) -> Iterator[tuple[Session, ContactImport]]:
    """Lock the import's row, which must be in one of these states.

    Raises `Refused` in any other, `LookupError` without such a row.
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
    if len(set(lists)) > MAX_LISTS:
        raise ImportRejected("too_many_lists")
    existing = {row.list_id for row in facts.lists_of(account_id)}
    if set(lists) - existing:
        raise ImportRejected("unknown_list")
