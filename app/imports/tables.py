"""Any uploaded file as a table: what kind it is, what its headings are, and its rows.

Raises `Refused`.
"""

from contextlib import suppress
from typing import IO

from app.imports import text
from app.imports.cells import MAX_COLUMNS, MAX_ROWS_OF, Facts, Row, Rows
from app.imports.errors import ImportRejected
from app.imports.workbook import Workbook

SHOWN = 10  # rows kept for the preview
MAX_SHOWN = 300  # characters of a cell of those
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
OTHER_TEXTS = ("<", "{", "[", "BEGIN:VCARD")


def facts_of(
    file: IO[bytes], encoding: str = "", delimiter: str = "", sheet_name: str = ""
) -> Facts:
    """Look at a file, and at its first rows: `ContactImport.facts`.

    What is not said is made out.
    """
    file.seek(0)
    beginning = file.read(4096)
    file.seek(0)
    if beginning.startswith(b"PK\x03\x04"):
        book = Workbook(file)
        facts = _of_a_workbook(book, sheet_name)
        return facts | _headings_and_sample(book.rows(facts["sheet"]))
    _refuse_others(file, beginning)
    facts = _of_a_text(file, encoding, delimiter)
    return facts | _headings_and_sample(text.rows(file, facts))


def rows(file: IO[bytes], facts: Facts) -> Rows:
    """Every row that has a cell with something in it, the headings first."""
    return (
        Workbook(file).rows(facts["sheet"])
        if facts["kind"] == "xlsx"
        else text.rows(file, facts)
    )


def data_rows(file: IO[bytes], facts: Facts) -> Rows:
    """The same without the headings.

    Raises `Refused` also when there are too many, or none.
    """
    found, count, most = rows(file, facts), 0, MAX_ROWS_OF[facts["kind"]]
    next(found, None)
    for row in found:
        count += 1
        if count > most:
            raise ImportRejected("too_many_rows", most=most)
        yield row
    if not count:
        raise ImportRejected("headings_only")


def _of_a_workbook(book: Workbook, wanted: str) -> Facts:
    if wanted and wanted not in book.sheets:
        raise ImportRejected("no_such_sheet", sheet=wanted)
    name = wanted or next(
        (each for each in book.sheets if next(book.rows(each), None)), book.sheets[0]
    )
    return {
        "kind": "xlsx",
        "encoding": "",
        "delimiter": "",
        "sheet": name,
        "sheets": book.sheets,
    }


def _of_a_text(file: IO[bytes], encoding: str, delimiter: str) -> Facts:
    if (encoding and encoding not in text.ENCODINGS) or (
        delimiter and delimiter not in text.DELIMITERS
    ):
        raise ImportRejected("unknown_encoding")
    encoding = encoding or text.encoding_of(file)
    return {
        "kind": "csv",
        "encoding": encoding,
        "delimiter": delimiter or text.delimiter_of(file, encoding),
        "sheet": "",
        "sheets": [],
    }


def _refuse_others(file: IO[bytes], beginning: bytes) -> None:
    if not beginning.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise ImportRejected("empty")
    if beginning.startswith(OLD_OFFICE):
        encrypted = "EncryptedPackage".encode("utf-16-le")
        raise ImportRejected(
            "password"
            if encrypted in beginning + file.read(10_000_000)
            else "old_excel"
        )
    for magic, reason in MAGIC:
        if beginning.startswith(magic):
            raise ImportRejected(reason)
    with suppress(UnicodeDecodeError):
        said = beginning.decode("utf-8-sig", "ignore").lstrip()
        if said.upper().startswith(OTHER_TEXTS) and "," not in said[:3]:
            raise ImportRejected("no_table")


def _headings_and_sample(found: Rows) -> Facts:
    first = next(found, None)
    if first is None:
        raise ImportRejected("empty")
    headings = _headings(first)
    sample = []
    for line, cells in found:
        sample.append([line, *(str(cell)[:MAX_SHOWN] for cell in cells)])
        if len(sample) == SHOWN:
            break
    if not sample:
        raise ImportRejected("headings_only")
    return {"columns": headings, "sample": sample}


def _headings(row: Row) -> list[str]:
    """Names of the columns; those at the end without one are none, and in between they
    are numbered.
    """
    cells = [" ".join(cell.split())[:100] for cell in row[1]]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ImportRejected("too_many_columns", most=MAX_COLUMNS)
    if any(
        "@" in cell and "." in cell.rpartition("@")[2] and " " not in cell
        for cell in cells
    ):
        raise ImportRejected("no_headings")
    seen = set()
    for cell in cells:
        if cell and cell.casefold() in seen:
            raise ImportRejected("same_headings", heading=cell)
        seen.add(cell.casefold())
    return cells
