"""A file comes in.

No more than its first bytes are looked at before it is stored, so that a request takes
as long as writing it down. A worker looks at the rest.
"""

from contextlib import suppress
from pathlib import PurePath
from typing import BinaryIO

from sqlalchemy import delete, update

from app.accounts.models import Account
from app.database.session import db, new_id, write_transaction
from app.imports import files, tables
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportState
from app.services import services

MB = 1_000_000  # bytes
MAX_NAME = 255  # characters


def most_bytes() -> int:
    """Return how big a file may be."""
    return services().settings.import_mb * MB


def receive(stream: BinaryIO, file_name: str, account_id: str, by: str) -> str:
    """Take a file for an account; return the import's id.

    Raises `Refused`, or `LookupError` for no such account.
    """
    account = db.session.get(Account, account_id)
    if account is None:
        raise LookupError(account_id)
    if account.disconnected_at:
        raise ImportRejected("disconnected")
    db.session.rollback()
    size = stream.seek(0, 2)
    if size > most_bytes():
        raise ImportRejected("too_big", most=services().settings.import_mb)
    tables.refuse_at_a_glance(stream)
    id = _begun(file_name, size, account_id, by)
    this_import = ContactImport.id == id
    try:
        stream.seek(0)
        files.write_down(id, stream)
        with write_transaction() as session:
            session.execute(
                update(ContactImport)
                .where(this_import)
                .values(state=ImportState.READING, due_at=services().clock.now())
            )
    except BaseException:
        with (
            suppress(Exception),
            write_transaction() as session,
        ):  # else it is tidied up later
            session.execute(delete(ContactImport).where(this_import))
        raise
    return id


def _begun(file_name: str, size: int, account_id: str, by: str) -> str:
    """Store the import's row, so that pieces of its file can name it; return its id."""
    now = services().clock.now()
    row = ContactImport(
        id=new_id(),
        account_id=account_id,
        file_name=_base_name(file_name) or "?",
        size=size,
        made_by=by,
        created_at=now,
        changed_at=now,
        state=ImportState.RECEIVING,
    )
    with write_transaction() as session:
        session.add(row)
        return row.id


def _base_name(path: str) -> str:
    """Return the last part of a path of any system, as it can be shown."""
    name = PurePath(path.replace("\\", "/")).name
    return "".join(filter(str.isprintable, name))[:MAX_NAME]
