"""A row of the file as the provider's import takes it, or all that is wrong with it."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.accounts.models import AccountField
from app.core.contact_rules import MAX_CUSTOM_VALUE
from app.imports import values
from app.imports.cells import Bad
from app.imports.columns import CUSTOM, MAX, MAX_PHONES, PHONE_KINDS, name_of
from app.imports.errors import ImportRejected
from app.messages import imports as said

MAX_SHOWN = 80  # characters of a value in the list of problems
Contact = dict[str, str | int]
Make = Callable[[str], str | int]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row.

    `column` is its heading, "" for the row as a whole; `values` are what its sentence
    names.
    """

    line: int
    column: str
    reason: str
    value: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return said.sentence(self.reason, self.values)

    def kept(self) -> str:
        """Return it as one line of the stored list of problems."""
        return json.dumps(
            [self.line, self.column, self.reason, self.value, self.values],
            ensure_ascii=False,
        )

    @classmethod
    def of(cls, kept: str) -> "Problem":
        """Read a line of the stored list back."""
        return cls(*json.loads(kept))


@dataclass(frozen=True)
class _Column:
    """A column that becomes something; `make` turns a cell into its value."""

    place: int  # in the row, from 0
    heading: str
    target: str
    make: Make


class Checker:
    """Checks rows under one mapping.

    `columns` holds a target for each heading; `dates` is the order in which dates are
    written. `padded`: the file's format leaves out empty cells at the end of a row, so
    that a short one has lost nothing.
    """

    def __init__(
        self,
        headings: list[str],
        columns: list[str],
        dates: str,
        fields: Iterable[AccountField],
        padded: bool,
    ) -> None:
        self._headings = headings
        self._dates = dates
        self._padded = padded
        self._custom = {CUSTOM + name_of(row): row for row in fields if name_of(row)}
        self._columns = []
        for place, (heading, target) in enumerate(zip(headings, columns, strict=False)):
            if target:
                made = _Column(place, heading, target, self._maker(target))
                self._columns.append(made)
        self._email_heading = headings[columns.index("email")]
        self._phones = [name for name in columns if name in PHONE_KINDS]
        self._birthday_is_two_columns = "birthday_month" in columns

    def check(self, line: int, cells: list[str]) -> tuple[Contact, list[Problem]]:
        """Return the contact, and the problems; without any it may be sent.

        Of a row with problems the contact has the good cells alone.
        """
        if problem := self._wrong_length(line, cells):
            return {}, [problem]
        contact: Contact = {}
        problems = []
        for column in self._columns:
            cell = cells[column.place] if column.place < len(cells) else ""
            if problem := _put(contact, line, column, cell):
                problems.append(problem)
        if "email" not in contact and not self._about_email(problems):
            problems.append(Problem(line, self._email_heading, "email_missing"))
        problems += self._together(line, contact, problems)
        return contact, problems

    def _about_email(self, problems: list[Problem]) -> bool:
        return any(problem.column == self._email_heading for problem in problems)

    def _wrong_length(self, line: int, cells: list[str]) -> Problem | None:
        """Return a problem for a row that has lost a cell somewhere, or has one more.

        Nobody knows which, so the whole row is left out.
        """
        wanted = len(self._headings)
        length = len(cells)
        while length > wanted and not cells[length - 1].strip():
            length -= 1
        if length == wanted or (length < wanted and self._padded):
            return None
        reason = "too_few_cells" if length < wanted else "too_many_cells"
        counts = {"cells": length, "columns": wanted}
        return Problem(line, column="", reason=reason, values=counts)

    def _together(
        self, line: int, contact: Contact, problems: list[Problem]
    ) -> Iterable[Problem]:
        """Yield what is wrong with cells that are good each by itself."""
        if self._birthday_is_two_columns:
            month = contact.get("birthday_month")
            day = contact.get("birthday_day")
            if (month is None) != (day is None) and not problems:
                yield Problem(line, "", "half_a_birthday")
            if month and day and int(day) > values.DAYS[int(month) - 1]:
                yield Problem(line, "", "not_a_day", str(day))
        kinds = {PHONE_KINDS[name] for name in self._phones if name in contact}
        if len(kinds) > MAX_PHONES:
            yield Problem(line, "", "too_many_phones")

    def _maker(self, target: str) -> Make:
        if row := self._custom.get(target):
            make = values.custom(row.type, row.details)
            return partial(self._make_custom, make)
        makers: dict[str, Make] = {
            "email": values.address,
            "birthday_month": values.month_number,
            "birthday_day": _any_day,
            "birthday": self._make_birthday,
            "anniversary": self._make_anniversary,
        }
        if target in makers:
            return makers[target]
        return partial(_short_enough, MAX[target])

    def _make_birthday(self, text: str) -> int:
        month, of_month = values.birthday(text, self._dates)
        return month * 100 + of_month

    def _make_anniversary(self, text: str) -> str:
        return values.day(text, self._dates).isoformat()

    def _make_custom(self, make: Callable[[str, str], str], text: str) -> str:
        return _short_enough(MAX_CUSTOM_VALUE, make(text, self._dates))


def _put(contact: Contact, line: int, column: _Column, cell: str) -> Problem | None:
    """Put one cell into the contact, or return what is wrong with it."""
    if type(cell) is Bad:
        return Problem(line, column.heading, cell.reason, cell[:MAX_SHOWN])
    text = values.clean(cell)
    if not text:
        return None
    try:
        made = column.make(text)
    except ImportRejected as refused:
        return Problem(
            line,
            column.heading,
            refused.reason,
            value=text[:MAX_SHOWN],
            values=refused.values,
        )
    if column.target == "birthday":
        contact["birthday_month"], contact["birthday_day"] = divmod(int(made), 100)
    elif made != "":
        contact[column.target] = made
    return None


class Seen:
    """The addresses that came before.

    They are kept on disk rather than in memory, so that a million of them cost nothing.
    """

    def __init__(self) -> None:
        # A private file that is gone when it is closed. Not the library of the database
        # (app/database/sqlite_driver): pysqlite3 is built to keep such files in memory.
        self._database = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
            self._database.execute(f"PRAGMA {pragma}").close()
        self._database.execute(
            "CREATE TABLE seen (email TEXT PRIMARY KEY, line INT) WITHOUT ROWID"
        ).close()
        self._database.execute("BEGIN").close()

    def before(self, email: str, line: int) -> int:
        """Return the line that this address came in first, 0 when this is the first."""
        key = email.casefold()
        insertion = self._database.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)
        )
        if insertion.rowcount:
            return 0
        selection = self._database.execute(
            "SELECT line FROM seen WHERE email = ?", (key,)
        )
        return int(selection.fetchone()[0])

    def close(self) -> None:
        self._database.close()


def _short_enough(limit: int, text: str) -> str:
    if len(text) > limit:
        raise ImportRejected("too_long", most=limit)
    return text


def _any_day(text: str) -> int:
    """Return a day that some month has: which one is known once both are read."""
    return values.day_number(text, 1)
