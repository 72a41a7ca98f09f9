"""Twelve rows in three jobs, and what is left of them."""

import pytest
from sqlalchemy import func, select

from app.database.session import db
from app.imports.models import ContactImport, ImportPiece
from tests.imports.acting import Importing, people

JOBS = "/activities/contacts_json_import"
TWELVE, THREE = people(12), 3  # rows, and the jobs that carry them
DOORS = pytest.mark.parametrize("door", ["json", "csv"])


def states(importing: Importing, made: ContactImport) -> list[str]:
    return [each.state for each in importing.parts(made)]


def left_of(made: ContactImport, kind: str) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(ImportPiece)
            .where(ImportPiece.import_id == made.id, ImportPiece.kind == kind)
        )
        or 0
    )
