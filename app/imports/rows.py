"""A row of the file as the provider's import takes it, or everything that is wrong with
it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.accounts.models import AccountField
from app.imports import values
from app.imports.cells import Bad
from app.imports.columns import CUSTOM, MAX, MAX_PHONES, PHONE_KINDS
from app.imports.errors import ImportRejected
from app.messages import imports as said

MAX_CUSTOM_VALUE = 255
MAX_SHOWN = 80  # characters of a value in the list of problems
Contact = dict[str, str | int]
Make = Callable[[str], str | int]


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row; `column` is its heading, "" for the row as a whole."""

    line: int
    column: str
    reason: str
    value: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return said.sentence(self.reason, self.values)

    def kept(self) -> str:
        return json.dumps(
            [self.line, self.column, self.reason, self.value, self.values],
            ensure_ascii=False,
        )

    @classmethod
    def of(cls, kept: str) -> "Problem":
        return cls(*json.loads(kept))


class Checker:
    """Checks rows under one mapping: a target for each column, and the order in which
    dates are written.

    `padded`: the file's format leaves out empty cells at the end of a row, so that a
    short one has lost nothing.
    """

    def __init__(
        self,
        headings: list[str],
        columns: list[str],
        dates: str,
        fields: Iterable[AccountField],
        padded: bool,
    ) -> None:
        self._headings, self._dates, self._padded = headings, dates, padded
        custom = {
            CUSTOM + each.details["name"]: (each.type, each.details)
            for each in fields
            if (each.details or {}).get("name")
        }
        self._columns = [
            (at, name, self._maker(name, custom))
            for at, name in enumerate(columns)
            if name
        ]
        self._email = columns.index("email")
        self._phones = [name for name in columns if name in PHONE_KINDS]
        self._apart = "birthday_month" in columns

    def check(self, line: int, cells: list[str]) -> tuple[Contact, list[Problem]]:
        """The contact, of which only the good cells are there, and the problems;
        without any it may be sent.
        """
        if problem := self._ragged(line, cells):
            return {}, [problem]
        contact: Contact = {}
        problems = [
            problem
            for at, name, make in self._columns
            if (
                problem := self._put(
                    contact, line, at, name, make, cells[at] if at < len(cells) else ""
                )
            )
        ]
        if "email" not in contact and not any(
            each.column == self._headings[self._email] for each in problems
        ):
            problems.append(Problem(line, self._headings[self._email], "email_missing"))
        problems += self._together(line, contact, problems)
        return contact, problems

    def _ragged(self, line: int, cells: list[str]) -> Problem | None:
        """A row that is too short has lost a cell somewhere: nobody knows which."""
        there, wanted = len(cells), len(self._headings)
        while there > wanted and not cells[there - 1].strip():
            there -= 1
        if there == wanted or (there < wanted and self._padded):
            return None
        reason = "too_few_cells" if there < wanted else "too_many_cells"
        return Problem(line, "", reason, "", {"cells": there, "columns": wanted})

    def _put(
        self, contact: Contact, line: int, at: int, name: str, make: Make, cell: str
    ) -> Problem | None:
        if type(cell) is Bad:
            return Problem(line, self._headings[at], cell.reason, cell[:MAX_SHOWN])
        text = values.clean(cell)
        if not text:
            return None
        try:
            made = make(text)
        except ImportRejected as no:
            return Problem(
                line, self._headings[at], no.reason, text[:MAX_SHOWN], no.values
            )
        if name == "birthday":
            contact["birthday_month"], contact["birthday_day"] = divmod(int(made), 100)
        elif made != "":
            contact[name] = made
        return None

    def _together(
        self, line: int, contact: Contact, problems: list[Problem]
    ) -> Iterable[Problem]:
        if (
            self._apart
            and ("birthday_month" in contact) != ("birthday_day" in contact)
            and not problems
        ):
            yield Problem(line, "", "half_a_birthday")
        if (
            self._apart
            and {"birthday_month", "birthday_day"} <= contact.keys()
            and int(contact["birthday_day"])
            > values.DAYS[int(contact["birthday_month"]) - 1]
        ):
            yield Problem(line, "", "not_a_day", str(contact["birthday_day"]))
        if (
            len({PHONE_KINDS[name] for name in self._phones if name in contact})
            > MAX_PHONES
        ):
            yield Problem(line, "", "too_many_phones")

    def _maker(self, name: str, custom: dict[str, tuple[str, dict[str, Any]]]) -> Make:
        makers: dict[str, Make] = {
            "email": values.address,
            "birthday_month": values.month_number,
            "birthday_day": _any_day,
            "birthday": self._birthday,
            "anniversary": lambda text: values.day(text, self._dates).isoformat(),
        }
        if name in makers:
            return makers[name]
        if name in custom:
            return partial(self._custom, values.custom(*custom[name]))
        return partial(_text, MAX[name])

    def _birthday(self, text: str) -> int:
        month, of_month = values.birthday(text, self._dates)
        return month * 100 + of_month

    def _custom(self, make: Callable[[str, str], str], text: str) -> str:
        return str(_text(MAX_CUSTOM_VALUE, make(text, self._dates)))


class Seen:
    """Addresses that came before, on disk rather than in memory, so that a million of
    them cost nothing.
    """

    def __init__(self) -> None:
        # a private file that is gone when it is closed
        self._there = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-8192"):
            self._there.execute(f"PRAGMA {pragma}").close()
        self._there.execute(
            "CREATE TABLE seen (email TEXT PRIMARY KEY, line INT) WITHOUT ROWID"
        ).close()
        self._there.execute("BEGIN").close()

    def before(self, email: str, line: int) -> int:
        """The line that this address came in first, or 0 when this is the first."""
        key = email.casefold()
        if self._there.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line)
        ).rowcount:
            return 0
        return int(
            self._there.execute(
                "SELECT line FROM seen WHERE email = ?", (key,)
            ).fetchone()[0]
        )

    def close(self) -> None:
        self._there.close()


def _text(most: int, text: str) -> str | int:
    if len(text) > most:
        raise ImportRejected("too_long", most=most)
    return text


def _any_day(text: str) -> int:
    return values.day_number(text, 1)
