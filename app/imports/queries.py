"""What pages show of imports; nothing here writes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from flask_babel import format_date
from sqlalchemy import Row, func, select
from sqlalchemy.orm import selectinload

from app.accounts import facts
from app.accounts.models import Account
from app.core import csv_safe
from app.database.session import db
from app.imports import columns, files, text, values
from app.imports.cells import Bad
from app.imports.columns import Target
from app.imports.models import ContactImport, ImportPart, ImportState, PartState
from app.imports.rows import Checker, Contact, Problem
from app.messages import imports as said

DATES = values.ORDERS
ENCODINGS = [(name, said.ENCODINGS.get(name, name)) for name in text.ENCODINGS]
DELIMITERS = [(sign, said.DELIMITERS[sign]) for sign in text.DELIMITERS]
# The provider's counters.
PERSONS = "person_count"
ERRORS = "error_count"
CORRECTABLE = "correctable_count"
NO_LIST = "cannot_add_to_list_count"
ENDED = (PartState.DONE, PartState.FAILED, PartState.DROPPED)
# What stands in a workbook's cell that has no value, and why; a kept sample of rows has
# lost the reason.
ERRORS_OF_CELLS = {
    "=…": "formula_without_value",
    "#N/A": "cell_error",
    "#REF!": "cell_error",
    "#VALUE!": "cell_error",
    "#DIV/0!": "cell_error",
    "#NAME?": "cell_error",
    "#NULL!": "cell_error",
    "#NUM!": "cell_error",
}
LEAP_YEAR = 2000  # a birthday has no year, and may be the 29th of February


@dataclass(frozen=True)
class Shown:
    """One of the first rows as it would be sent."""

    line: int
    values: dict[str, str]
    problems: list[str]


@dataclass(frozen=True)
class Progress:
    """How far an import is: its parts, and what the provider has counted.

    `missing` are rows that were sent and are in none of its counters.
    """

    percent: int
    parts: int
    accepted: int
    ended: int
    rows_sent: int
    persons: int
    errors: int
    correctable: int
    no_list: int
    missing: int


def imports(account_id: str | None = None, most: int = 50) -> list[ContactImport]:
    """Return the imports, newest first."""
    query = (
        select(ContactImport)
        .options(selectinload(ContactImport.account))
        .where(ContactImport.state != ImportState.RECEIVING)
        .order_by(ContactImport.created_at.desc())
        .limit(most)
    )
    if account_id:
        query = query.where(ContactImport.account_id == account_id)
    return list(db.session.scalars(query))


def for_somebody(most: int = 5) -> list[Row[str, str, str, str, int]]:
    """Return (id, file, account, state, good rows) of what waits for a person.

    The failed ones come first, then the newest.
    """
    is_failed = ContactImport.state == ImportState.FAILED
    query = (
        select(
            ContactImport.id,
            ContactImport.file_name,
            Account.name,
            ContactImport.state,
            ContactImport.good,
        )
        .join(Account)
        .where(ContactImport.state.in_((ImportState.FAILED, ImportState.CHECKED)))
        .order_by(is_failed.desc(), ContactImport.created_at.desc())
        .limit(most)
    )
    return list(db.session.execute(query))


def by_state() -> dict[str, int]:
    """Count the imports in each state."""
    counted = db.session.execute(
        select(ContactImport.state, func.count()).group_by(ContactImport.state)
    ).all()
    return {state.value: 0 for state in ImportState} | dict(counted)


def one(import_id: str) -> ContactImport:
    """Return the import. Raises `LookupError`."""
    row = db.session.get(ContactImport, import_id)
    if row is None or row.state == ImportState.RECEIVING:
        raise LookupError(import_id)
    return row


def parts(import_id: str) -> list[ImportPart]:
    """Return an import's parts, in the order they are sent."""
    query = (
        select(ImportPart)
        .where(ImportPart.import_id == import_id)
        .order_by(ImportPart.number)
    )
    return list(db.session.scalars(query))


def targets(account_id: str, door: str = "json") -> list[Target]:
    """Return what a column can become."""
    return columns.targets(facts.fields_of(account_id), door)


def fields_unread(account_id: str) -> bool:
    """Tell whether custom fields are missing from `targets`.

    They are there once the account's facts have been read again.
    """
    return not all(map(columns.name_of, facts.fields_of(account_id)))


def guess(imported: ContactImport) -> list[str]:
    """Return the mapping that was chosen, or else a first one by the headings."""
    if imported.columns:
        return list(imported.columns)
    return columns.guess(imported.facts["columns"], targets(imported.account_id))


def preview(
    imported: ContactImport, chosen: list[str], dates: str = "mdy", door: str = "json"
) -> list[Shown]:
    """Return the first rows as they would be sent.

    Raises `Refused` when the mapping itself will not do.
    """
    fields = facts.fields_of(imported.account_id)
    columns.check(chosen, columns.targets(fields, door))
    is_workbook = imported.facts["kind"] == "xlsx"
    checker = Checker(
        headings=imported.facts["columns"],
        columns=chosen,
        dates=dates,
        fields=fields,
        padded=is_workbook,
    )
    shown = []
    for line, *cells in imported.facts["sample"]:
        if is_workbook:
            cells = list(map(_with_reason, cells))
        contact, problems = checker.check(line, cells)
        named = {name: str(value) for name, value in contact.items()}
        if "birthday" in chosen and "birthday_day" in contact:
            named["birthday"] = _birthday(contact)
        shown.append(Shown(line, named, list(map(_with_column, problems))))
    return shown


def _with_reason(cell: str) -> str:
    """Make a cell of the sample what it was when the workbook was read."""
    if cell in ERRORS_OF_CELLS:
        return Bad(ERRORS_OF_CELLS[cell], cell)
    return cell


def _birthday(contact: Contact) -> str:
    """Word the day with its month's name, so that the order of numbers is seen."""
    month = int(contact["birthday_month"])
    day = int(contact["birthday_day"])
    return str(format_date(date(LEAP_YEAR, month, day), "MMM d"))


def progress(
    imported: ContactImport, of: Iterable[ImportPart] | None = None
) -> Progress:
    """Count over all parts; `of` are the import's parts where they are read already."""
    if of is None:
        of = parts(imported.id)
    all_parts = list(of)
    sent = [part for part in all_parts if part.activity_id]
    done = [part for part in sent if part.state == PartState.DONE]
    ended = 0
    percents = 0  # each part's, as often as it has rows
    for part in all_parts:
        if part.state in ENDED:
            ended += 1
            percents += 100 * part.rows
        else:
            percents += part.percent * part.rows
    rows_counted = _sum(done, PERSONS) + _sum(done, ERRORS) + _sum(done, CORRECTABLE)
    return Progress(
        percent=percents // (_rows(all_parts) or 1),
        parts=len(all_parts),
        accepted=len(sent),
        ended=ended,
        rows_sent=_rows(sent),
        persons=_sum(sent, PERSONS),
        errors=_sum(sent, ERRORS),
        correctable=_sum(sent, CORRECTABLE),
        no_list=_sum(sent, NO_LIST),
        missing=max(0, _rows(done) - rows_counted),
    )


def _rows(some_parts: list[ImportPart]) -> int:
    return sum(part.rows for part in some_parts)


def _sum(some_parts: list[ImportPart], counter: str) -> int:
    total = 0
    for part in some_parts:
        total += int((part.counters or {}).get(counter) or 0)
    return total


def problems(import_id: str, most: int | None = None) -> Iterator[Problem]:
    """Yield what is wrong with the file's rows, in their order.

    One piece of the list is in memory at a time.
    """
    return islice(_all_problems(import_id), most)


def _all_problems(import_id: str) -> Iterator[Problem]:
    for piece in files.pieces(import_id, files.PROBLEMS):
        for kept in piece.decode().split("\n"):
            if kept:
                yield Problem.of(kept)


def problems_csv(import_id: str) -> Iterator[str]:
    """Yield the same as CSV, then what the provider said on its own.

    No cell is a formula to a spreadsheet.
    """
    yield csv_safe.BOM + _line(*said.PROBLEM_HEADINGS)
    for problem in problems(import_id):
        yield _line(problem.line, problem.column, problem.value, problem.sentence)
    for part in parts(import_id):
        for words in part.errors:
            yield _line("", said.of_part(part.number), "", words)


def may_try_again(import_id: str) -> bool:
    """Tell whether rows of parts that did not come through are still kept."""
    kept = (
        select(ImportPart.number)
        .where(
            ImportPart.import_id == import_id,
            ImportPart.state == PartState.FAILED,
            ImportPart.payload.is_not(None),
        )
        .limit(1)
    )
    return db.session.scalar(kept) is not None


def _with_column(problem: Problem) -> str:
    if problem.column:
        return f"{problem.column}: {problem.sentence}"
    return problem.sentence


def _line(*cells: object) -> str:
    return csv_safe.line(csv_safe.safe(str(cell)) for cell in cells)
