"""The rows of a CSV file, and a guess at its encoding and its delimiter.

Cells are texts, whatever they begin with: a `=` in a CSV is no formula here.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import IO, Any

from charset_normalizer import from_bytes

from app.imports.cells import MAX_CELL, Facts, Rows
from app.imports.errors import ImportRejected

PIECE = 1_048_576  # bytes
MAX_LINE = 1_000_000  # characters
SAMPLE = 65_536  # bytes
SAMPLE_LINES = 20
FOREIGN_SAMPLE_LINES = 500
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = (
    "utf-8",
    "cp1252",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "iso8859-15",
    "mac_roman",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "shift_jis",
    "gb18030",
    "big5",
    "euc_kr",
)
LATIN = ("cp1252", "iso8859-15", "mac_roman")
OTHER_SCRIPTS = [name for name in ENCODINGS if name not in LATIN]
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What names, streets and prices of western Europe are written with. In other code pages
# the bytes of these signs are letters and stand within words.
WESTERN = re.compile(
    "(?:[\x00-\x7f€‚„…‘’“”–—™´·¿¡«»§©®\xa0ŠšŽžŒœŸÀ-ÖØ-öø-ÿ]|[£¥°²³ªº](?![A-Za-z]))*"
)


def encoding_of(file: IO[bytes]) -> str:
    """Return UTF-8 if every byte of the file fits, else the likeliest of `ENCODINGS`.

    Raises `Refused`.
    """
    beginning = file.read(SAMPLE)
    file.seek(0)
    for mark, name in BOMS:
        if beginning.startswith(mark):
            return name
    if name := _utf16_without_a_mark(beginning):
        return name
    foreign = _lines_beyond_utf8(file)
    if foreign is None:
        return "utf-8"
    with suppress(UnicodeDecodeError):
        if _reads_like_western_europe(foreign.decode("cp1252")):
            return "cp1252"
    for likely in (OTHER_SCRIPTS, [*LATIN]):
        best = from_bytes(foreign, cp_isolation=likely).best()
        if best and best.encoding in ENCODINGS:
            return best.encoding
    raise ImportRejected("unknown_encoding")


def delimiter_of(file: IO[bytes], encoding: str) -> str:
    """Return the delimiter that makes the most of a table of the first lines.

    That is: most columns of the headings, and as many of the next rows. A comma when
    none does.
    """
    file.seek(0)
    text = file.read(SAMPLE).decode(_codec(encoding), "replace")
    file.seek(0)
    lines = text.splitlines()[:SAMPLE_LINES]
    return max(DELIMITERS, key=lambda delimiter: _like_a_table(lines, delimiter))


def rows(file: IO[bytes], facts: Facts) -> Rows:
    """Yield (line, cells) of every row that has any.

    Raises `Refused`, naming the line.
    """
    file.seek(0)
    lines = _Lines(file, facts["encoding"])
    reader = csv.reader(lines, delimiter=facts["delimiter"], strict=True)
    while True:
        first_line = lines.number + 1  # a cell may have line breaks
        try:
            cells = next(reader, None)
        except csv.Error as error:
            reason = "cell_too_long" if "field limit" in str(error) else "quotes"
            raise ImportRejected(reason, line=first_line, most=MAX_CELL) from None
        if cells is None:
            return
        if any(cell and not cell.isspace() for cell in cells):
            yield first_line, cells


class _Lines:
    """A file's lines as text; `number` is that of the last one that was given."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self.number = 0
        self._encoding = encoding
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Lent(file)), _codec(encoding), newline=""
        )

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE:
            raise ImportRejected("cell_too_long", line=self.number, most=MAX_CELL)
        if "\0" in line:
            raise ImportRejected("nul", line=self.number)
        return line

    def _read(self) -> str:
        try:
            return self._text.readline(MAX_LINE)
        except UnicodeDecodeError as error:
            decoded = error.object[: error.start].decode(self._encoding, "replace")
            lines_before = decoded.count("\n")
        except UnicodeError:  # UTF-16 that does not say which
            lines_before = 0
        raise ImportRejected(
            "wrong_encoding",
            line=self.number + 1 + lines_before,
            encoding=self._encoding,
        )


class _Lent(io.RawIOBase):
    """A file that stays open when its reader is done with it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _reads_like_western_europe(text: str) -> bool:
    """Tell by its words, which consist of plain letters for the most part."""
    if not WESTERN.fullmatch(text):
        return False
    letters = 0
    plain_letters = 0
    for word in text.split():
        if word.isascii() or "@" in word:
            continue
        for char in word:
            letters += char.isalpha()
            plain_letters += char.isalpha() and char.isascii()
    return plain_letters >= letters * 0.4


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _utf16_without_a_mark(beginning: bytes) -> str:
    """Return "utf-16-le" or "utf-16-be" where every other byte is zero, else ""."""
    half = len(beginning) // 2
    high_bytes = {"utf-16-le": beginning[1::2], "utf-16-be": beginning[::2]}
    for name, high in high_bytes.items():
        if half > 8 and high.count(0) > half * 0.6:
            return name
    return ""


def _lines_beyond_utf8(file: IO[bytes]) -> bytes | None:
    """Return lines with bytes beyond ASCII, from where the file is not UTF-8 on.

    None when all of it is UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    piece = b""
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        lines = islice(_lines_beyond_ascii(piece), FOREIGN_SAMPLE_LINES)
        return b"\n".join(lines)[:SAMPLE] or b"\xff"
    else:
        return None
    finally:
        file.seek(0)


def _lines_beyond_ascii(piece: bytes) -> Iterator[bytes]:
    for line in piece.splitlines():
        if not line.isascii():
            yield line


def _like_a_table(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Return (the share of rows as wide as the headings, that width); 0 for a list."""
    widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    if not widths or widths[0] < 2:
        return (0, 0)
    return (widths.count(widths[0]) / len(widths), widths[0])
