"""The rows of an .xlsx, by openpyxl in its streaming mode, once the file has been
looked through.

A workbook may be anybody's, so what would take memory without measure is refused before
it is read: see the limits. Of a formula the value counts that was saved with it.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import repeat
from math import isfinite
from typing import IO, Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.escape import unescape

from app.imports.cells import MAX_CELL, MAX_COLUMNS, Bad, Rows
from app.imports.errors import ImportRejected

PIECE = 65_536
MAX_ENTRIES = 5_000
MAX_UNPACKED = 300_000_000  # bytes of all entries
SMALL_ENOUGH, MAX_RATIO = 50_000_000, 100
MAX_STRINGS = 32_000_000  # bytes of the texts that cells share: these are kept
MAX_STRETCH = 1_000_000  # bytes of one tag, or of one text
# of a part that is kept, and of a sheet from one row to the next
MAX_TAGS = 200_000
MAX_STRING_TAGS = 5_000_000
MAX_ROW = 1_048_576
MAX_BLANK = 1_000  # rows above the headings
STRINGS = "xl/sharedstrings.xml"
FORMULA = re.compile(rb"<(?:\w{1,8}:)?f[ />]")
# of a zip
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
)

# of what it leaves out: looks, rules for typing
warnings.filterwarnings("ignore", module="openpyxl")


class Workbook:
    """An opened .xlsx; `sheets` are the names of its visible ones. Raises `Refused`."""

    def __init__(self, file: IO[bytes]) -> None:
        has_formulas = _looked_through(_opened(file))
        self._values = _loaded(file, data_only=True)
        self._written = _loaded(file, data_only=False) if has_formulas else None
        self.sheets = [
            sheet.title
            for sheet in self._values.worksheets
            if sheet.sheet_state == "visible"
        ]
        if not self.sheets:
            raise ImportRejected("broken_workbook")

    def rows(self, sheet: str) -> Rows:
        """(number, cells) of every row that has any. Raises `Refused`."""
        if sheet not in self.sheets:
            raise ImportRejected("no_such_sheet", sheet=sheet)
        begun = False
        try:
            for number, row, written in self._read(sheet):
                if number > MAX_ROW:
                    raise ImportRejected("broken_workbook")
                if number > MAX_BLANK and not begun:
                    return
                cells = [
                    _text(cell, formula)
                    for cell, formula in zip(row, written or repeat(None), strict=False)
                ]
                if any(cells[MAX_COLUMNS:]):
                    raise ImportRejected("too_many_columns", most=MAX_COLUMNS)
                if any(cells):
                    begun = True
                    yield number, cells
        except ImportRejected:
            raise
        except Exception:  # openpyxl trusts what it reads, and fails in as many ways as a file can be wrong
            raise ImportRejected("broken_workbook") from None

    def _read(self, sheet: str) -> Iterator[tuple[int, Any, Any]]:
        """(number, cells with values, the same cells with what was written in them,
        where there are formulas).
        """
        values, written = (
            _cells(self._values, sheet),
            (_cells(self._written, sheet) if self._written else repeat(None)),
        )
        for number, (row, other) in enumerate(zip(values, written, strict=False), 1):
            yield number, row, other


class _Guarded(zipfile.ZipFile):
    """A zip whose parts can be read as long as what openpyxl has to keep of them is not
    too much.

    Every tag becomes an object until its row is done, so that 20 kB can come to a
    gigabyte.
    """

    tags, loaded = 0, False

    def open(self, name: Any, *args: Any, **how: Any) -> Any:
        if (
            not self.loaded
            and self.getinfo(str(getattr(name, "filename", name))).file_size
            > MAX_STRINGS
        ):
            raise ImportRejected("zip_bomb")
        self.tags = 0
        return _Counted(super().open(name, *args, **how), self)


class _Counted(io.BufferedIOBase):
    """A part that counts its tags while it is read; who has done with a row begins
    anew.
    """

    def __init__(self, part: IO[bytes], zip: _Guarded) -> None:
        self._part, self._zip = part, zip

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        piece = self._part.read(-1 if whole else size or 0)
        self._zip.tags += piece.count(b"<")
        if self._zip.tags > (
            MAX_TAGS if whole or self._zip.loaded else MAX_STRING_TAGS
        ):
            raise ImportRejected("zip_bomb")
        return piece

    def close(self) -> None:
        self._part.close()
        super().close()


class _Reader(ExcelReader):  # type: ignore[misc]  # openpyxl has no types
    """openpyxl's own, but for reading a whole sheet only to learn how large it is."""

    def read_worksheets(self) -> None:
        self.wb._archive = _Sizeless()
        super().read_worksheets()
        self.wb._archive, self.archive.loaded = self.archive, True


class _Sizeless:
    def open(self, _path: str) -> IO[bytes]:
        return io.BytesIO(b"<worksheet/>")


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        opened = zipfile.ZipFile(file)
    except BROKEN:
        raise ImportRejected("broken_workbook") from None
    entries = opened.infolist()
    unpacked, packed = (
        sum(each.file_size for each in entries),
        sum(each.compress_size for each in entries),
    )
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED
        or (unpacked > SMALL_ENOUGH and unpacked > MAX_RATIO * packed)
    ):
        raise ImportRejected("zip_bomb")
    if any(each.flag_bits & 1 for each in entries):
        raise ImportRejected("password")
    names = {each.filename for each in entries}
    if "xl/workbook.bin" in names:
        raise ImportRejected("binary_excel")
    if "[Content_Types].xml" not in names:
        raise ImportRejected("no_table")
    return opened


def _looked_through(opened: zipfile.ZipFile) -> bool:
    """Whether there are formulas.

    Refuses entities, and what would be one huge piece in memory.
    """
    formulas = False
    for entry in opened.infolist():
        if entry.filename.lower() == STRINGS and entry.file_size > MAX_STRINGS:
            raise ImportRejected("zip_bomb")
        if entry.filename.lower().endswith((".xml", ".rels")):
            try:
                with opened.open(entry) as part:
                    formulas |= _harmless(part) and "/worksheets/" in entry.filename
            except BROKEN:
                raise ImportRejected("broken_workbook") from None
    return formulas


def _harmless(part: IO[bytes]) -> bool:
    """Whether a part in XML has formulas; refuses a document type, and a tag or text
    that goes on and on.
    """
    formulas, stretch, in_text, tail = False, 0, False, b""
    while read := part.read(PIECE):
        piece = read.replace(b"\0", b"")  # in UTF-16 every other byte is one
        if b"<!DOCTYPE" in tail + piece:
            raise ImportRejected("broken_workbook")
        formulas = formulas or bool(FORMULA.search(tail + piece))
        begins = piece.find(b"<")
        stretch += len(piece) if begins < 0 else begins
        in_text = in_text or b">" in piece[: begins if begins >= 0 else None]
        if stretch > MAX_STRETCH:
            raise (
                ImportRejected("cell_too_long", line="?", most=MAX_CELL)
                if in_text
                else ImportRejected("zip_bomb")
            )
        if begins >= 0:
            last = piece.rfind(b"<")
            stretch, in_text = len(piece) - last, b">" in piece[last:]
        tail = piece[-12:]
    return formulas


def _loaded(file: IO[bytes], data_only: bool) -> Any:
    try:
        reader = _Reader(file, read_only=True, data_only=data_only, keep_links=False)
        reader.archive = _Guarded(file)
        reader.read()
        return reader.wb
    except ImportRejected:
        raise
    except Exception:
        raise ImportRejected("broken_workbook") from None


def _cells(book: Any, sheet: str) -> Iterator[Any]:
    for row in book[sheet].iter_rows():
        book._archive.tags = 0
        yield row


def _text(cell: Any, written: Any) -> str:
    """As a person sees it, but for a percentage, which stays a fraction; digits are the
    15 that a spreadsheet has.
    """
    value = cell.value
    if value is None:
        # that one gave ""
        unsaved = (
            written is not None and written.data_type == "f" and cell.data_type != "str"
        )
        return Bad("formula_without_value", "=…") if unsaved else ""
    if cell.data_type == "e":
        return Bad("cell_error", str(value)[:50])
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return _number(value, cell.number_format)
        case datetime():
            whole = value.replace(microsecond=0)
            return (
                whole.isoformat(" ")
                if whole.time() != time()
                else whole.date().isoformat()
            )
        case date():
            return value.isoformat()
        case time():
            return f"{value:%H:%M:%S}"
        case str():
            return unescape(value) if "_x" in value else value
    return str(value)


def _number(value: int | float, number_format: str) -> str:
    if not isfinite(value):
        return Bad("cell_error", str(value))
    plain = (
        str(value) if isinstance(value, int) else f"{Decimal(format(value, '.15g')):f}"
    )
    zeros = number_format if number_format and not number_format.strip("0") else ""
    return plain.zfill(len(zeros)) if plain.isdecimal() else plain
