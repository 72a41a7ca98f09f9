"""What pages show of imports: reads only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

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
from app.imports.rows import Checker, Problem
from app.messages import imports as said

DATES = values.ORDERS
ENCODINGS = [(name, said.ENCODINGS.get(name, name)) for name in text.ENCODINGS]
DELIMITERS = [(sign, said.DELIMITERS[sign]) for sign in text.DELIMITERS]
PERSONS, ERRORS, CORRECTABLE, NO_LIST = (
    "person_count",
    "error_count",
    "correctable_count",
    "cannot_add_to_list_count",
)


ERRORS_OF_CELLS = {
    "=…": "formula_without_value",
    **dict.fromkeys(
        ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"),
        "cell_error",
    ),
}


@dataclass(frozen=True)
class Shown:
    """One of the first rows as it would be sent."""

    line: int
    values: dict[str, str]
    problems: list[str]


@dataclass(frozen=True)
class Progress:
    """How far an import is: parts, and what the provider has counted.

    `missing`: sent, and in none of its counters.
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
    """The newest first."""
    query = (
        select(ContactImport)
        .options(selectinload(ContactImport.account))
        .where(ContactImport.state != ImportState.RECEIVING)
        .order_by(ContactImport.created_at.desc())
        .limit(most)
    )
    return list(
        db.session.scalars(
            query.where(ContactImport.account_id == account_id) if account_id else query
        )
    )


def for_somebody(most: int = 5) -> list[Row[str, str, str, str, int]]:
    """(id, file, account, state, good rows) of what only a person can take further: the
    failed first, then the newest.
    """
    failed = ContactImport.state == ImportState.FAILED
    return list(
        db.session.execute(
            select(
                ContactImport.id,
                ContactImport.file_name,
                Account.name,
                ContactImport.state,
                ContactImport.good,
            )
            .join(Account)
            .where(ContactImport.state.in_((ImportState.FAILED, ImportState.CHECKED)))
            .order_by(failed.desc(), ContactImport.created_at.desc())
            .limit(most)
        )
    )


def by_state() -> dict[str, int]:
    """How many imports are in each state."""
    found = db.session.execute(
        select(ContactImport.state, func.count()).group_by(ContactImport.state)
    )
    return {state.value: 0 for state in ImportState} | dict(found.all())


def one(import_id: str) -> ContactImport:
    """Raises `LookupError`."""
    found = db.session.get(ContactImport, import_id)
    if found is None or found.state == ImportState.RECEIVING:
        raise LookupError(import_id)
    return found


def parts(import_id: str) -> list[ImportPart]:
    return list(
        db.session.scalars(
            select(ImportPart)
            .where(ImportPart.import_id == import_id)
            .order_by(ImportPart.number)
        )
    )


def targets(account_id: str, door: str = "json") -> list[Target]:
    """What a column can become."""
    return columns.targets(facts.fields_of(account_id), door)


def fields_unread(account_id: str) -> bool:
    """Whether custom fields are missing from `targets` until the account's facts are
    read again.
    """
    return any(
        not (each.details or {}).get("name") for each in facts.fields_of(account_id)
    )


def guess(imported: ContactImport) -> list[str]:
    """The mapping that was chosen, or else a first one by the headings."""
    return list(imported.columns) or columns.guess(
        imported.facts["columns"], targets(imported.account_id)
    )


def preview(
    imported: ContactImport, chosen: list[str], dates: str = "mdy", door: str = "json"
) -> list[Shown]:
    """The first rows under a mapping.

    Raises `Refused` when the mapping itself will not do.
    """
    fields = facts.fields_of(imported.account_id)
    columns.check(chosen, columns.targets(fields, door))
    checker = Checker(
        imported.facts["columns"],
        chosen,
        dates,
        fields,
        padded=imported.facts["kind"] == "xlsx",
    )
    shown = []
    for line, *cells in imported.facts["sample"]:
        if imported.facts["kind"] == "xlsx":
            cells = [
                Bad(ERRORS_OF_CELLS[cell], cell) if cell in ERRORS_OF_CELLS else cell
                for cell in cells
            ]
        contact, problems = checker.check(line, cells)
        named = {name: str(value) for name, value in contact.items()}
        # with the month's name, so that its order is seen
        if "birthday" in chosen and "birthday_day" in contact:
            of_year = date(
                2000, int(contact["birthday_month"]), int(contact["birthday_day"])
            )
            named["birthday"] = format_date(of_year, "d MMM")
        shown.append(Shown(line, named, [_with_column(each) for each in problems]))
    return shown


def progress(
    imported: ContactImport, of: Iterable[ImportPart] | None = None
) -> Progress:
    """Counted over all parts."""
    all_parts = list(of if of is not None else parts(imported.id))
    sent = [each for each in all_parts if each.activity_id]
    ended = [
        each
        for each in all_parts
        if each.state in (PartState.DONE, PartState.FAILED, PartState.DROPPED)
    ]
    done = [each for each in sent if each.state == PartState.DONE]
    rows = sum(each.rows for each in all_parts) or 1

    def counted(name: str, among: list[ImportPart] = sent) -> int:
        return sum(int((each.counters or {}).get(name) or 0) for each in among)

    told = sum(counted(name, done) for name in (PERSONS, ERRORS, CORRECTABLE))
    weighed = sum(
        each.rows * (100 if each in ended else each.percent) for each in all_parts
    )
    return Progress(
        weighed // rows,
        len(all_parts),
        len(sent),
        len(ended),
        sum(each.rows for each in sent),
        counted(PERSONS),
        counted(ERRORS),
        counted(CORRECTABLE),
        counted(NO_LIST),
        max(0, sum(each.rows for each in done) - told),
    )


def problems(import_id: str, most: int | None = None) -> Iterator[Problem]:
    """What is wrong with the file's rows, in their order; held in memory a piece at a
    time.
    """
    given = 0
    for piece in files.pieces(import_id, files.PROBLEMS):
        for kept in piece.decode().split("\n"):
            if kept and (most is None or given < most):
                given += 1
                yield Problem.of(kept)
        if most is not None and given >= most:
            return


def problems_csv(import_id: str) -> Iterator[str]:
    """The same as CSV, then what the provider said of its own; no cell is a formula to
    a spreadsheet.
    """
    yield csv_safe.BOM + _line(*said.PROBLEM_HEADINGS)
    for each in problems(import_id):
        yield _line(each.line, each.column, each.value, each.sentence)
    for part in parts(import_id):
        for words in part.errors:
            yield _line("", said.of_part(part.number), "", words)


def may_try_again(import_id: str) -> bool:
    """Whether rows of parts that did not come through are still kept."""
    return (
        db.session.scalar(
            select(ImportPart.number)
            .where(
                ImportPart.import_id == import_id,
                ImportPart.state == PartState.FAILED,
                ImportPart.payload.is_not(None),
            )
            .limit(1)
        )
        is not None
    )


def _with_column(problem: Problem) -> str:
    return (
        f"{problem.column}: {problem.sentence}" if problem.column else problem.sentence
    )


def _line(*cells: object) -> str:
    return csv_safe.line(csv_safe.safe(str(cell)) for cell in cells)
