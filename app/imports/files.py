"""An uploaded file in the database, in compressed pieces.

The web and the worker may be on different hosts, so a file on a disk would not do.
"""

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.session import db, write_transaction
from app.imports.models import ImportPiece

PIECE = 1_048_576  # bytes
FILE = "file"
PROBLEMS = "problems"


def write_down(import_id: str, stream: BinaryIO) -> None:
    """Store a file, with a short transaction for each piece."""
    number = 0
    while piece := stream.read(PIECE):
        row = ImportPiece(
            import_id=import_id,
            kind=FILE,
            number=number,
            payload=zlib.compress(piece, 1),
        )
        with write_transaction() as session:
            session.add(row)
        number += 1


@contextmanager
def opened(import_id: str) -> Iterator[IO[bytes]]:
    """Give the file back as a file of this machine, deleted when the block ends."""
    with tempfile.TemporaryFile() as file:
        for piece in pieces(import_id, FILE):
            file.write(piece)
        file.seek(0)
        yield file


def pieces(import_id: str, kind: str) -> Iterator[bytes]:
    """Yield one unpacked piece after the other; only one is in memory."""
    number = 0
    while (packed := _payload(import_id, kind, number)) is not None:
        yield zlib.decompress(packed)
        number += 1


def _payload(import_id: str, kind: str, number: int) -> bytes | None:
    payload = db.session.scalar(
        select(ImportPiece.payload).where(
            ImportPiece.import_id == import_id,
            ImportPiece.kind == kind,
            ImportPiece.number == number,
        )
    )
    if payload is not None:
        db.session.rollback()
    return payload


def forget(session: Session, import_id: str, *kinds: str) -> None:
    """Delete an import's pieces of these kinds."""
    session.execute(
        delete(ImportPiece).where(
            ImportPiece.import_id == import_id, ImportPiece.kind.in_(kinds)
        )
    )
