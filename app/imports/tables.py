"""Any uploaded file as a table: its kind, its headings and its rows.

Every function may raise `Refused`.
"""

from contextlib import suppress
from itertools import islice
from typing import IO

from app.imports import text
from app.imports.cells import MAX_COLUMNS, MAX_ROWS_OF, Facts, Row, Rows
from app.imports.errors import ImportRejected
from app.imports.workbook import Workbook

SAMPLE_ROWS = 10  # kept for the preview
MAX_SHOWN = 300  # characters of a cell of those
MAX_HEADING = 100  # characters
BEGINNING = 4096  # bytes
# Bytes of an old workbook: far enough to see whether it is encrypted.
ENOUGH_TO_SEE = 10_000_000
ZIP = b"PK\x03\x04"
MAGIC = (
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "no_table"),
    (b"Rar!", "no_table"),
    (b"7z\xbc\xaf", "no_table"),
    (b"\x89PNG", "no_table"),
    (b"\xff\xd8\xff", "no_table"),
    (b"SQLite format 3", "no_table"),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
BLANK_BYTES = b"\xef\xbb\xbf\xff\xfe \t\r\n"
OTHER_TEXTS = ("<", "{", "[", "BEGIN:VCARD")


def facts_of(
    file: IO[bytes], encoding: str = "", delimiter: str = "", sheet_name: str = ""
) -> Facts:
    """Look at a file and at its first rows; return `ContactImport.facts`.

    Encoding, delimiter and sheet are guessed where they are not given.
    """
    if is_workbook(file):
        book = Workbook(file)
        facts = _of_workbook(book, sheet_name)
        return facts | _headings_and_sample(book.rows(facts["sheet"]))
    refuse_at_a_glance(file)
    if _beginning(file).startswith(OLD_OFFICE):
        is_encrypted = ENCRYPTED in file.read(ENOUGH_TO_SEE)
        raise ImportRejected("password" if is_encrypted else "old_excel")
    facts = _of_text(file, encoding, delimiter)
    return facts | _headings_and_sample(text.rows(file, facts))


def is_workbook(file: IO[bytes]) -> bool:
    return _beginning(file).startswith(ZIP)


def refuse_at_a_glance(file: IO[bytes]) -> None:
    """Refuse by its first few bytes what is obviously no table, without reading it."""
    beginning = _beginning(file)
    if not beginning.strip(BLANK_BYTES):
        raise ImportRejected("empty")
    for magic, reason in MAGIC:
        if beginning.startswith(magic):
            raise ImportRejected(reason)
    with suppress(UnicodeDecodeError):
        line = beginning.decode("utf-8-sig", "ignore").lstrip()
        # a comma early on: headings that merely look like another format
        if line.upper().startswith(OTHER_TEXTS) and "," not in line[:3]:
            raise ImportRejected("no_table")


def _beginning(file: IO[bytes]) -> bytes:
    file.seek(0)
    beginning = file.read(BEGINNING)
    file.seek(0)
    return beginning


def rows(file: IO[bytes], facts: Facts) -> Rows:
    """Return every row that has a cell with something in it, the headings first."""
    if facts["kind"] == "xlsx":
        return Workbook(file).rows(facts["sheet"])
    return text.rows(file, facts)


def data_rows(file: IO[bytes], facts: Facts) -> Rows:
    """Yield the same without the headings; refuse too many rows, and none."""
    return without_headings(rows(file, facts), facts["kind"])


def without_headings(all_rows: Rows, kind: str) -> Rows:
    limit = MAX_ROWS_OF[kind]
    next(all_rows, None)
    count = 0
    for row in all_rows:
        count += 1
        if count > limit:
            raise ImportRejected("too_many_rows", most=limit)
        yield row
    if not count:
        raise ImportRejected("headings_only")


def _of_workbook(book: Workbook, wanted: str) -> Facts:
    if wanted and wanted not in book.sheets:
        raise ImportRejected("no_such_sheet", sheet=wanted)
    return {
        "kind": "xlsx",
        "encoding": "",
        "delimiter": "",
        "sheet": wanted or _first_with_rows(book),
        "sheets": book.sheets,
    }


def _first_with_rows(book: Workbook) -> str:
    for sheet in book.sheets:
        if next(book.rows(sheet), None):
            return sheet
    return book.sheets[0]


def _of_text(file: IO[bytes], encoding: str, delimiter: str) -> Facts:
    if encoding and encoding not in text.ENCODINGS:
        raise ImportRejected("unknown_encoding")
    if delimiter and delimiter not in text.DELIMITERS:
        raise ImportRejected("unknown_encoding")
    encoding = encoding or text.encoding_of(file)
    return {
        "kind": "csv",
        "encoding": encoding,
        "delimiter": delimiter or text.delimiter_of(file, encoding),
        "sheet": "",
        "sheets": [],
    }


def _headings_and_sample(all_rows: Rows) -> Facts:
    first = next(all_rows, None)
    if first is None:
        raise ImportRejected("empty")
    headings = _headings(first)
    sample = []
    for line, cells in islice(all_rows, SAMPLE_ROWS):
        sample.append([line, *(str(cell)[:MAX_SHOWN] for cell in cells)])
    if not sample:
        raise ImportRejected("headings_only")
    return {"columns": headings, "sample": sample}


def _headings(row: Row) -> list[str]:
    """Return the names of the columns, "" for one without.

    Those at the end without a name are left out.
    """
    cells = [" ".join(cell.split())[:MAX_HEADING] for cell in row[1]]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ImportRejected("too_many_columns", most=MAX_COLUMNS)
    if any(map(_looks_like_an_address, cells)):
        raise ImportRejected("no_headings")
    seen = set()
    for cell in cells:
        name = cell.casefold()
        if name and name in seen:
            raise ImportRejected("same_headings", heading=cell)
        seen.add(name)
    return cells


def _looks_like_an_address(cell: str) -> bool:
    _local, at, domain = cell.rpartition("@")
    return bool(at) and "." in domain and " " not in cell
