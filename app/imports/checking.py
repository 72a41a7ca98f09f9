"""A whole file read and checked, once its columns are known.

Its good rows become parts; the others fill a list of problems. Both are written as they
fill up, so that memory is bounded by one part. A worker that dies is followed by
another, which begins anew: nothing has been sent.
"""

import zlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import IO

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import facts
from app.accounts.models import AccountField
from app.imports import columns, files, reading
from app.imports.claims import MAX_TRIES, ClaimedImport, go_on, holding, lease
from app.imports.errors import ImportRejected
from app.imports.models import (
    ContactImport,
    ImportPart,
    ImportPiece,
    ImportState,
    PartState,
)
from app.imports.parts import Filled, Splitter, csv_names
from app.imports.rows import Checker, Problem, Seen
from app.services import services

# A process may serve visitors too: every so many rows it pauses for so many seconds.
ROWS_PER_PAUSE = 200
PAUSE = 0.002
PROGRESS_EVERY = timedelta(seconds=1)
PROBLEMS_PIECE = 500_000  # characters


def check(job: ClaimedImport) -> None:
    """Check the whole file. Raises `Lost` when it was cancelled meanwhile."""
    run = _begin(job)
    if run is None:
        return
    try:
        with files.opened(job.id) as file:
            run.check_all(file)
    except ImportRejected as refused:
        with holding(job) as (session, row):
            _hand_back(session, row, refused.reason, refused.values)


def _begin(job: ClaimedImport) -> "_Run | None":
    """Prepare a pass over the rows; None when the import was handed back instead."""
    with holding(job) as (session, row):
        if row.failures >= MAX_TRIES:
            _hand_back(session, row, "kills_worker", {})
            return None
        forget_results(session, row)
        go_on(row, failures=row.failures + 1)
        fields = facts.fields_of(row.account_id)
        try:
            columns.check(row.columns, columns.targets(fields, row.door))
        except (
            ImportRejected
        ) as refused:  # a field is gone since the columns were chosen
            _hand_back(session, row, refused.reason, refused.values)
            return None
        return _Run(job, row, fields)


def forget_results(session: Session, row: ContactImport) -> None:
    """Make the import as it was before it was checked."""
    session.execute(delete(ImportPart).where(ImportPart.import_id == row.id))
    files.forget(session, row.id, files.PROBLEMS)
    row.rows = 0
    row.good = 0
    row.bad = 0
    row.duplicates = 0
    row.reason = ""
    row.details = {}


def _hand_back(
    session: Session, row: ContactImport, reason: str, values: dict[str, object]
) -> None:
    """Give the import back to people, who may choose otherwise or upload another."""
    forget_results(session, row)
    row.state = ImportState.UPLOADED
    row.due_at = None
    row.failures = 0
    row.reason = reason
    row.details = values


@dataclass
class _Counts:
    rows: int = 0
    good: int = 0
    bad: int = 0
    duplicates: int = 0


class _Run:
    """One pass over the rows."""

    def __init__(
        self, job: ClaimedImport, row: ContactImport, fields: Iterable[AccountField]
    ) -> None:
        self._job = job
        self.facts = dict(row.facts)
        self._checker = Checker(
            headings=row.facts["columns"],
            columns=row.columns,
            dates=row.dates,
            fields=fields,
            padded=row.facts["kind"] == "xlsx",
        )
        self._splitter = Splitter(
            row.door, csv_names(row.columns), services().settings.import_job_rows
        )
        self._counts = _Counts()
        self._parts = 0
        self._pieces = 0
        self._problems: list[str] = []
        self._problems_size = 0  # characters
        self._saved_at = services().clock.now()

    def check_all(self, file: IO[bytes]) -> None:
        rows = reading.data_rows(file, self.facts, meanwhile=self._save)
        with closing(Seen()) as seen, closing(rows):
            for line, cells in rows:
                self._check_one(seen, line, cells)
                if self._counts.rows % ROWS_PER_PAUSE == 0:
                    self._pause()
        self._finish()

    def _pause(self) -> None:
        services().clock.sleep(PAUSE)
        since_saved = services().clock.now() - self._saved_at
        if since_saved > min(PROGRESS_EVERY, lease() / 4):
            self._save()

    def _check_one(self, seen: Seen, line: int, cells: list[str]) -> None:
        self._counts.rows += 1
        contact, problems = self._checker.check(line, cells)
        if problems:
            self._counts.bad += 1
            self._note(problems)
            return
        email = str(contact["email"])
        if first_line := seen.before(email, line):
            self._counts.duplicates += 1
            self._note(
                [
                    Problem(
                        line,
                        column="",
                        reason="duplicate",
                        value=email,
                        values={"line": first_line},
                    )
                ]
            )
            return
        self._counts.good += 1
        if full := self._splitter.add(contact):
            self._save(full)

    def _note(self, problems: list[Problem]) -> None:
        for problem in problems:
            kept = problem.kept()
            self._problems.append(kept)
            self._problems_size += len(kept)
        if self._problems_size > PROBLEMS_PIECE:
            self._save()

    def _save(self, full: Filled | None = None) -> None:
        """Write down how far it is, a part that is full, and the problems so far."""
        with holding(self._job) as (session, row):
            self._write(session, row, full)
            go_on(row)
        self._saved_at = services().clock.now()

    def _write(self, session: Session, row: ContactImport, full: Filled | None) -> None:
        if full:
            self._write_part(session, row, full)
        if self._problems:
            self._write_problems(session, row)
        row.rows = self._counts.rows
        row.good = self._counts.good
        row.bad = self._counts.bad
        row.duplicates = self._counts.duplicates

    def _write_part(self, session: Session, row: ContactImport, full: Filled) -> None:
        self._parts += 1
        part = ImportPart(
            import_id=row.id,
            number=self._parts,
            account_id=row.account_id,
            rows=full.rows,
            state=PartState.PLANNED,
            payload=full.payload,
        )
        session.add(part)

    def _write_problems(self, session: Session, row: ContactImport) -> None:
        lines = "\n".join([*self._problems, ""]).encode("utf-8", "replace")
        piece = ImportPiece(
            import_id=row.id,
            kind=files.PROBLEMS,
            number=self._pieces,
            payload=zlib.compress(lines, 6),
        )
        session.add(piece)
        self._pieces += 1
        self._problems = []
        self._problems_size = 0

    def _finish(self) -> None:
        with holding(self._job) as (session, row):
            self._write(session, row, self._splitter.rest())
            row.state = ImportState.CHECKED
            row.due_at = None
            row.failures = 0
            row.reason = "" if self._counts.good else "no_good_rows"
