"""An uploaded file in the database: compressed pieces, as the web and the worker may be
on different hosts.
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

PIECE = 1_048_576
FILE, PROBLEMS = "file", "problems"


def write_down(import_id: str, stream: BinaryIO) -> None:
    """Store a file, a short transaction for each piece."""
    number = 0
    while piece := stream.read(PIECE):
        packed = zlib.compress(piece, 1)
        with write_transaction() as session:
            session.add(
                ImportPiece(
                    import_id=import_id, kind=FILE, number=number, payload=packed
                )
            )
        number += 1


@contextmanager
def opened(import_id: str) -> Iterator[IO[bytes]]:
    """The file again, on this machine's disk for as long as it is read.

    Nothing is left of it there.
    """
    with tempfile.TemporaryFile() as file:
        for piece in pieces(import_id, FILE):
            file.write(piece)
        file.seek(0)
        yield file


def pieces(import_id: str, kind: str) -> Iterator[bytes]:
    """One piece after the other, unpacked; only one is held."""
    number = 0
    while (
        packed := db.session.scalar(
            select(ImportPiece.payload).where(
                ImportPiece.import_id == import_id,
                ImportPiece.kind == kind,
                ImportPiece.number == number,
            )
        )
    ) is not None:
        db.session.rollback()
        yield zlib.decompress(packed)
        number += 1


def forget(session: Session, import_id: str, *kinds: str) -> None:
    session.execute(
        delete(ImportPiece).where(
            ImportPiece.import_id == import_id, ImportPiece.kind.in_(kinds)
        )
    )
