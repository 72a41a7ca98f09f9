"""The rows of one sheet of a workbook, in a stream: of a formula the value that was saved with it."""

import re
from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal

from app.imports.cells import MOST_CELL, MOST_COLUMNS, Bad, Rows
from app.imports.refused import Refused
from app.imports.workbook import Attributes, Workbook, parsed, unescaped

MOST_ROW = 1_048_576
PLACE = re.compile(r"([A-Z]{1,3})[0-9]+")
WHOLE = re.compile(r"-?[0-9]{1,15}")
DAY_ONE, DAY_ONE_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)


def rows(book: Workbook, sheet: str) -> Rows:
    """(number, cells) of every row that has any. Raises `Refused`."""
    if sheet not in book.sheets:
        raise Refused("no_such_sheet", sheet=sheet)
    reader = _Reader(book)
    for _ in parsed(book.bytes_of(book.sheets[sheet]), reader.start, reader.end, reader.data):
        while reader.ready:
            yield reader.ready.popleft()


class _Reader:
    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.ready: deque[tuple[int, list[str]]] = deque()
        self._row, self._column, self._cells = 0, 0, list[str]()
        self._type, self._style = "n", ""
        self._text: list[str] = []
        self._length, self._taking, self._formula, self._phonetic, self._in_rows = 0, False, False, False, False

    def start(self, name: str, at: Attributes) -> None:
        if name == "sheetData":
            self._in_rows = True
        if not self._in_rows:
            return
        if name == "c":
            self._begin(at)
        elif name == "v" or (name == "t" and not self._phonetic):
            self._taking = True
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            number = at.get("r", "")
            self._row = int(number) if number.isdecimal() and len(number) < 9 else self._row + 1
            if self._row > MOST_ROW:
                raise Refused("broken_workbook")
            self._column, self._cells = 0, []

    def end(self, name: str) -> None:
        if not self._in_rows:
            return
        if name in ("v", "t"):
            self._taking = False
        elif name == "c":
            self._put(self._value())
        elif name == "rPh":
            self._phonetic = False
        elif name == "row":
            if any(self._cells):
                self.ready.append((self._row, self._cells))
            self._cells = []
        elif name == "sheetData":
            self._in_rows = False

    def data(self, text: str) -> None:
        if self._taking:
            self._length += len(text)
            if self._length > MOST_CELL:
                raise Refused("cell_too_long", line=self._row, most=MOST_CELL)
            self._text.append(text)

    def _begin(self, at: Attributes) -> None:
        place = PLACE.fullmatch(at.get("r", ""))
        self._column = _column(place[1]) if place else self._column + 1
        self._type, self._style = at.get("t", "n"), at.get("s", "")
        self._text, self._length, self._formula = [], 0, False

    def _put(self, value: str) -> None:
        if value:
            if self._column > MOST_COLUMNS:  # also because what is left out before it takes memory
                raise Refused("too_many_columns", most=MOST_COLUMNS)
            self._cells += [""] * (self._column - len(self._cells))
            self._cells[self._column - 1] = value

    def _value(self) -> str:
        text = "".join(self._text)
        if not text:
            return Bad("formula_without_value", "=…") if self._formula and self._type != "str" else ""
        if self._type == "s":
            return self._book.strings[int(text) if text.isdecimal() and len(text) < 12 else -1]
        if self._type in ("str", "inlineStr"):
            return unescaped(text)
        if self._type == "b":
            return "true" if text == "1" else "false"
        if self._type == "e":
            return Bad("cell_error", text)
        return text if self._type == "d" else self._number(text)

    def _number(self, text: str) -> str:
        """Digits as a person sees them: dates as dates, no more than the 15 that a spreadsheet has, zeros in front."""
        style = int(self._style) if self._style.isdecimal() and len(self._style) < 7 else 0
        kind = self._book.formats[style] if style < len(self._book.formats) else ""
        try:
            if kind in ("date", "time"):
                return _moment(float(text), kind, self._book.dates_from_1904)
            if WHOLE.fullmatch(text):
                return text.zfill(len(kind))
            plain = f"{Decimal(format(float(text), '.15g')):f}"
            return plain.zfill(len(kind)) if kind and plain.isdecimal() else plain
        except (ValueError, OverflowError, ArithmeticError):
            return Bad("cell_error", text[:50])


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _moment(serial: float, kind: str, from_1904: bool) -> str:
    """Excel's 1900 had a 29 February, so days before March are one off."""
    if serial < 0:
        raise ValueError(serial)
    early = 1 if not from_1904 and 1 <= serial < 60 else 0
    seconds = timedelta(seconds=round((serial % 1) * 86_400))
    moment = (DAY_ONE_1904 if from_1904 else DAY_ONE) + timedelta(days=int(serial) + early) + seconds
    if kind == "time" and serial < 1:
        return f"{moment:%H:%M:%S}"
    return moment.date().isoformat() if not seconds else moment.isoformat(" ")
