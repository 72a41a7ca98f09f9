"""A file comes in: looked at first, then written down, so that one that is refused
leaves nothing.
"""

from contextlib import suppress
from pathlib import PurePath
from typing import BinaryIO

from sqlalchemy import delete, select, update

from app.accounts.models import Account
from app.database.session import db, new_id, rowcount, write_transaction
from app.imports import checking, files, tables
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportState
from app.services import services

MB = 1_000_000


def most_bytes() -> int:
    """How big a file may be."""
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
    facts = tables.facts_of(stream)
    id = _begun(file_name, size, account_id, by)
    try:
        stream.seek(0)
        files.write_down(id, stream)
        with write_transaction() as session:
            session.execute(
                update(ContactImport)
                .where(ContactImport.id == id)
                .values(state=ImportState.UPLOADED, facts=facts)
            )
    except BaseException:
        with (
            suppress(Exception),
            write_transaction() as session,
        ):  # else it is tidied up later
            session.execute(delete(ContactImport).where(ContactImport.id == id))
        raise
    return id


def read_again(
    import_id: str, *, encoding: str = "", delimiter: str = "", sheet: str = ""
) -> None:
    """Look at the stored file with another encoding, delimiter or sheet.

    When it raises `Refused`, all is as before.
    """
    found = db.session.execute(
        select(ContactImport.facts, ContactImport.state).where(
            ContactImport.id == import_id
        )
    ).first()
    if found is None:
        raise LookupError(import_id)
    if found.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise ImportRejected("wrong_state")
    known = found.facts
    with files.opened(import_id) as file:
        if known["kind"] == "csv":
            facts = tables.facts_of(file, encoding or known["encoding"], delimiter)
        else:
            facts = tables.facts_of(file, sheet_name=sheet or known["sheet"])
    with write_transaction() as session:
        if not rowcount(
            session,
            update(ContactImport)
            .where(
                ContactImport.id == import_id,
                ContactImport.state.in_((ImportState.UPLOADED, ImportState.CHECKED)),
            )
            .values(
                state=ImportState.UPLOADED,
                facts=facts,
                columns=[],
                changed_at=services().clock.now(),
            ),
        ):
            raise ImportRejected("wrong_state")
        checking.forget_results(session, session.get_one(ContactImport, import_id))


def _begun(file_name: str, size: int, account_id: str, by: str) -> str:
    now, id = services().clock.now(), new_id()
    name = "".join(
        char
        for char in PurePath(file_name.replace("\\", "/")).name
        if char.isprintable()
    )[:255]
    with write_transaction() as session:
        session.add(
            ContactImport(
                id=id,
                account_id=account_id,
                file_name=name or "?",
                size=size,
                made_by=by,
                created_at=now,
                changed_at=now,
                state=ImportState.RECEIVING,
            )
        )
    return id
