"""Every row of a file read and checked, once its columns are known: parts for what is
good, a list of what is not.

Parts are written as they fill up, so memory is bounded by one of them. A worker that
dies is followed by another, which begins anew: nothing has been sent.
"""

import zlib
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts import facts
from app.accounts.models import AccountField
from app.imports import columns, files, tables
from app.imports.cells import Rows
from app.imports.claims import ClaimedImport, go_on, holding, lease
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

MAX_TRIES = 3
LOOK_UP_EVERY = 200  # rows, after which the clock is asked,
# and so many seconds are left to visitors, who may be served by the same process
BREATH = 0.002
SAY_EVERY = timedelta(seconds=1)
PROBLEMS_PIECE = 500_000  # characters


def check(job: ClaimedImport) -> None:
    """Check the whole file. Raises `Lost` when it was cancelled meanwhile."""
    with holding(job) as (session, row):
        if row.failures >= MAX_TRIES:
            return _back(session, row, "kills_worker")
        forget_results(session, row)
        go_on(row, failures=row.failures + 1)
        fields = facts.fields_of(row.account_id)
        try:
            columns.check(row.columns, columns.targets(fields, row.door))
        except ImportRejected as no:  # a field is gone since the columns were chosen
            return _back(session, row, no.reason, **no.values)
        run = _Run(job, row, fields)
    try:
        with files.opened(job.id) as file:
            run.all_of(tables.data_rows(file, run.facts))
    except ImportRejected as no:
        with holding(job) as (session, row):
            _back(session, row, no.reason, **no.values)


def forget_results(session: Session, row: ContactImport) -> None:
    """As before it was checked."""
    session.execute(delete(ImportPart).where(ImportPart.import_id == row.id))
    files.forget(session, row.id, files.PROBLEMS)
    row.rows = row.good = row.bad = row.duplicates = 0
    row.reason, row.details = "", {}


def _back(session: Session, row: ContactImport, reason: str, **values: object) -> None:
    """To whoever uploaded it, who may choose otherwise or upload another."""
    forget_results(session, row)
    row.state, row.due_at, row.failures, row.reason, row.details = (
        ImportState.UPLOADED,
        None,
        0,
        reason,
        values,
    )


class _Run:
    """One pass over the rows."""

    def __init__(
        self, job: ClaimedImport, row: ContactImport, fields: Iterable[AccountField]
    ) -> None:
        self._job, self.facts, settings = job, dict(row.facts), services().settings
        self._checker = Checker(
            row.facts["columns"],
            row.columns,
            row.dates,
            fields,
            padded=row.facts["kind"] == "xlsx",
        )
        self._splitter = Splitter(
            row.door, csv_names(row.columns), settings.import_job_rows
        )
        self._rows = self._good = self._bad = self._duplicates = self._parts = (
            self._pieces
        ) = 0
        self._problems: list[str] = []
        self._problems_size = 0
        self._said_at = services().clock.now()

    def all_of(self, rows: Rows) -> None:
        seen = Seen()
        try:
            for line, cells in rows:
                self._one(seen, line, cells)
                if self._rows % LOOK_UP_EVERY == 0:
                    services().clock.sleep(BREATH)
                    if services().clock.now() - self._said_at > min(
                        SAY_EVERY, lease() / 4
                    ):
                        self._say()
        finally:
            seen.close()
        self._finish()

    def _one(self, seen: Seen, line: int, cells: list[str]) -> None:
        self._rows += 1
        contact, problems = self._checker.check(line, cells)
        if problems:
            self._bad += 1
        elif first := seen.before(str(contact["email"]), line):
            self._duplicates += 1
            problems = [
                Problem(line, "", "duplicate", str(contact["email"]), {"line": first})
            ]
        else:
            self._good += 1
            if full := self._splitter.add(contact):
                self._say(full)
        for problem in problems:
            self._problems.append(problem.kept())
            self._problems_size += len(self._problems[-1])
        if self._problems_size > PROBLEMS_PIECE:
            self._say()

    def _say(self, full: Filled | None = None) -> None:
        """Write down how far it is, and what is full."""
        with holding(self._job) as (session, row):
            self._write(session, row, full)
            go_on(row)
        self._said_at = services().clock.now()

    def _write(self, session: Session, row: ContactImport, full: Filled | None) -> None:
        if full:
            self._parts += 1
            session.add(
                ImportPart(
                    import_id=row.id,
                    number=self._parts,
                    account_id=row.account_id,
                    rows=full.rows,
                    state=PartState.PLANNED,
                    payload=full.payload,
                )
            )
        if self._problems:
            packed = zlib.compress(
                "\n".join([*self._problems, ""]).encode("utf-8", "replace"), 6
            )
            session.add(
                ImportPiece(
                    import_id=row.id,
                    kind=files.PROBLEMS,
                    number=self._pieces,
                    payload=packed,
                )
            )
            self._pieces, self._problems, self._problems_size = self._pieces + 1, [], 0
        row.rows, row.good, row.bad, row.duplicates = (
            self._rows,
            self._good,
            self._bad,
            self._duplicates,
        )

    def _finish(self) -> None:
        with holding(self._job) as (session, row):
            self._write(session, row, self._splitter.rest())
            row.state, row.due_at, row.failures = ImportState.CHECKED, None, 0
            row.reason = "" if self._good else "no_good_rows"
