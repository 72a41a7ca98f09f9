"""Keeps an .xlsx from taking memory without measure, before and while it is read.

A workbook may be anybody's. `look_through` refuses a file by its parts before openpyxl
sees it; `GuardedZip` counts what openpyxl has to keep while it reads. openpyxl makes an
object of every tag until its row is done, so that 20 kB can come to a gigabyte.
"""

import io
import re
import zipfile
import zlib
from typing import IO, Any

from app.imports.cells import MAX_CELL
from app.imports.errors import ImportRejected

PIECE = 65_536
MAX_ENTRIES = 5_000
MAX_UNPACKED = 300_000_000  # bytes of all entries
SMALL_ENOUGH = 50_000_000  # bytes of all entries, however well they are packed
MAX_RATIO = 100
MAX_STRINGS = 32_000_000  # bytes of the texts that cells share: these are kept
MAX_STRETCH = 1_000_000  # bytes of one tag, or of one text
MAX_TAGS = 200_000  # of a part that is kept, and of a sheet from one row to the next
MAX_STRING_TAGS = 5_000_000
STRINGS = "xl/sharedstrings.xml"
FORMULA = re.compile(rb"<(?:\w{1,8}:)?f[ />]")
LONGEST_PATTERN = 12  # bytes: what of a piece may be the beginning of `FORMULA`
ENCRYPTED = 1  # of an entry's flags
# what `zipfile` raises on a damaged file
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
    RuntimeError,
)


def look_through(file: IO[bytes]) -> bool:
    """Refuse a workbook that would be too much; tell whether it has formulas.

    Raises `Refused`.
    """
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN_ZIP:
        raise ImportRejected("broken_workbook") from None
    entries = archive.infolist()
    _check_sizes(entries)
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise ImportRejected("password")
    names = {entry.filename for entry in entries}
    if "xl/workbook.bin" in names:
        raise ImportRejected("binary_excel")
    if "[Content_Types].xml" not in names:
        raise ImportRejected("no_table")
    has_formulas = False
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            of_part = _part_has_formulas(archive, entry)
            if of_part and "/worksheets/" in entry.filename:
                has_formulas = True
    return has_formulas


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse by what the zip says of itself, so that nothing is unpacked in vain."""
    if len(entries) > MAX_ENTRIES:
        raise ImportRejected("zip_bomb")
    unpacked = 0
    packed = 0
    for entry in entries:
        unpacked += entry.file_size
        packed += entry.compress_size
        if entry.filename.lower() == STRINGS and entry.file_size > MAX_STRINGS:
            raise ImportRejected("zip_bomb")
    if unpacked > MAX_UNPACKED:
        raise ImportRejected("zip_bomb")
    if unpacked > SMALL_ENOUGH and unpacked > MAX_RATIO * packed:
        raise ImportRejected("zip_bomb")


def _part_has_formulas(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    scan = _Scan()
    try:
        with archive.open(entry) as part:
            while piece := part.read(PIECE):
                scan.add(piece)
    except BROKEN_ZIP:
        raise ImportRejected("broken_workbook") from None
    return scan.has_formulas


class _Scan:
    """Looks through a part in XML piece by piece, without building anything of it.

    Refuses a document type, with which come entities, and a tag or a text that goes on
    and on: either would be one huge piece in memory.
    """

    def __init__(self) -> None:
        self.has_formulas = False
        self._tail = b""
        self._stretch = 0  # bytes since the last "<"
        self._in_text = False  # there was a ">" since the last "<"

    def add(self, piece: bytes) -> None:
        piece = piece.replace(b"\0", b"")  # in UTF-16 every other byte is one
        with_tail = self._tail + piece
        if b"<!DOCTYPE" in with_tail:
            raise ImportRejected("broken_workbook")
        if FORMULA.search(with_tail):
            self.has_formulas = True
        self._tail = piece[-LONGEST_PATTERN:]
        self._measure(piece)

    def _measure(self, piece: bytes) -> None:
        before, tag, _after = piece.partition(b"<")
        self._stretch += len(before)
        self._in_text = self._in_text or b">" in before
        if self._stretch > MAX_STRETCH:
            self._refuse()
        if tag:
            last = piece[piece.rfind(b"<") :]
            self._stretch = len(last)
            self._in_text = b">" in last

    def _refuse(self) -> None:
        if self._in_text:
            raise ImportRejected("cell_too_long", line="?", most=MAX_CELL)
        raise ImportRejected("zip_bomb")


class GuardedZip(zipfile.ZipFile):
    """A zip whose parts can be read until openpyxl would have to keep too much."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.loaded = False  # from then on only rows of sheets are read
        self.unsized: set[str] = (
            set()
        )  # sheets that look empty as long as they are here
        self._tags = 0

    def open(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        entry = self.getinfo(str(getattr(name, "filename", name)))
        if entry.filename in self.unsized:
            return io.BytesIO(b"<worksheet/>")
        if not self.loaded and entry.file_size > MAX_STRINGS:
            raise ImportRejected("zip_bomb")
        self.row_done()
        return _CountedPart(super().open(name, *args, **kwargs), self)

    def row_done(self) -> None:
        """Count tags anew: openpyxl has let go of those that were counted."""
        self._tags = 0

    def count_tags(self, piece: bytes, whole: bool) -> None:
        """Count a piece's tags; raise `Refused` for too many since `row_done`.

        `whole`: the piece is all of its part, which is then built at once.
        """
        limit = MAX_TAGS if whole or self.loaded else MAX_STRING_TAGS
        self._tags += piece.count(b"<")
        if self._tags > limit:
            raise ImportRejected("zip_bomb")


class _CountedPart(io.BufferedIOBase):
    """A part of a `GuardedZip` whose tags are counted while it is read."""

    def __init__(self, part: IO[bytes], archive: GuardedZip) -> None:
        self._part = part
        self._archive = archive

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        piece = self._part.read(-1 if whole else size or 0)
        self._archive.count_tags(piece, whole)
        return piece

    def close(self) -> None:
        self._part.close()
        super().close()
