"""The rows of an .xlsx, read by openpyxl in its streaming mode.

Of a formula the value counts that was saved with it.
"""

import warnings
from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from itertools import repeat
from math import isfinite
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.escape import unescape

from app.imports.cells import MAX_CELL, MAX_COLUMNS, Bad, Rows
from app.imports.errors import ImportRejected
from app.imports.workbook_safety import GuardedZip, look_through

MAX_ROW = 1_048_576
MAX_ROW_TEXT = 1_000_000  # characters: many cells may share one long text
MAX_BLANK = 1_000  # rows above the headings
MIDNIGHT = time()
SHOWN_ERROR = 50  # characters

# openpyxl tells of looks and of rules for typing, which it leaves out
warnings.filterwarnings("ignore", module="openpyxl")


class Workbook:
    """An opened .xlsx; `sheets` are the names of its visible ones. Raises `Refused`."""

    def __init__(self, file: IO[bytes]) -> None:
        has_formulas = look_through(file)
        self._values = _Reader.load(file, data_only=True)
        self._formulas: _Reader | None = None
        if has_formulas:
            self._formulas = _Reader.load(file, data_only=False)
        self.sheets = self._values.visible_sheets()
        if not self.sheets:
            raise ImportRejected("broken_workbook")

    def rows(self, sheet: str) -> Rows:
        """Yield (number, cells) of every row that has any. Raises `Refused`."""
        if sheet not in self.sheets:
            raise ImportRejected("no_such_sheet", sheet=sheet)
        try:
            yield from self._rows(sheet)
        except (ImportRejected, MemoryError):
            raise
        # openpyxl trusts what it reads, and fails in any way that a file can be wrong
        except Exception:
            raise ImportRejected("broken_workbook") from None

    def _rows(self, sheet: str) -> Rows:
        has_begun = False
        for number, values, formulas in self._cells(sheet):
            if number > MAX_ROW:
                raise ImportRejected("broken_workbook")
            if number > MAX_BLANK and not has_begun:
                return
            cells = list(map(_text, values, formulas or repeat(None)))
            if any(cells[MAX_COLUMNS:]):
                raise ImportRejected("too_many_columns", most=MAX_COLUMNS)
            if sum(map(len, cells)) > MAX_ROW_TEXT:
                raise ImportRejected("cell_too_long", line=number, most=MAX_CELL)
            if any(cells):
                has_begun = True
                yield number, cells

    def _cells(self, sheet: str) -> Iterator[tuple[int, Any, Any]]:
        """Yield (number, cells with values, the same cells with their formulas).

        The latter are None in a workbook without formulas.
        """
        values = self._values.rows(sheet)
        formulas: Iterator[Any] = repeat(None)
        if self._formulas:
            formulas = self._formulas.rows(sheet)
        pairs = zip(values, formulas, strict=False)
        for number, (of_values, of_formulas) in enumerate(pairs, 1):
            yield number, of_values, of_formulas


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's reader over a zip that is guarded.

    It does not read a whole sheet only to learn its size, which openpyxl would do
    wherever a sheet does not state it.
    """

    archive: GuardedZip

    @classmethod
    def load(cls, file: IO[bytes], data_only: bool) -> "_Reader":
        """Read all but the rows. Raises `Refused`."""
        try:
            reader = cls(file, read_only=True, data_only=data_only, keep_links=False)
            reader.archive = GuardedZip(file)
            reader.read()
        except (ImportRejected, MemoryError):
            raise
        except Exception:
            raise ImportRejected("broken_workbook") from None
        return reader

    def read_worksheets(self) -> None:
        for _sheet, relation in self.parser.find_sheets():
            if "chartsheet" not in relation.Type:
                self.archive.unsized.add(relation.target)
        super().read_worksheets()
        self.archive.unsized.clear()
        self.archive.loaded = True

    def visible_sheets(self) -> list[str]:
        sheets = self.wb.worksheets
        return [sheet.title for sheet in sheets if sheet.sheet_state == "visible"]

    def rows(self, sheet: str) -> Iterator[Any]:
        for row in self.wb[sheet].iter_rows():
            self.archive.row_done()
            yield row


def _text(cell: Any, formula: Any) -> str:
    """Return a cell as a person sees it, or `Bad` where it has no value.

    A percentage stays a fraction. Numbers have the 15 digits that a spreadsheet keeps.
    """
    value = cell.value
    if value is None:
        if _is_unsaved_formula(cell, formula):
            return Bad("formula_without_value", "=…")
        return ""
    if cell.data_type == "e":
        return Bad("cell_error", str(value)[:SHOWN_ERROR])
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return _number(value, cell.number_format)
        case datetime():
            return _moment(value)
        case time():
            return f"{value:%H:%M:%S}"
        case str() if "_x" in value:
            return str(unescape(value))
    return str(value)


def _is_unsaved_formula(cell: Any, formula: Any) -> bool:
    """Tell a formula whose result was not saved from one that gave an empty text."""
    return formula is not None and formula.data_type == "f" and cell.data_type != "str"


def _moment(value: datetime) -> str:
    whole = value.replace(microsecond=0)
    if whole.time() == MIDNIGHT:
        return whole.date().isoformat()
    return whole.isoformat(" ")


def _number(value: int | float, number_format: str) -> str:
    if not isfinite(value):
        return Bad("cell_error", str(value))
    plain = str(value)
    if isinstance(value, float):
        plain = f"{Decimal(format(value, '.15g')):f}"
    # a format of zeros alone writes leading ones: a postal code, say
    is_all_zeros = number_format and not number_format.strip("0")
    if is_all_zeros and plain.isdecimal():
        return plain.zfill(len(number_format))
    return plain
