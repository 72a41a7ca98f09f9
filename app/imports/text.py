"""A CSV file: its encoding and delimiter made out, and its rows.

Cells are texts, whatever they begin with: a `=` in a CSV is no formula here.
"""

import codecs
import csv
import io
import re
from typing import IO, Any

from charset_normalizer import from_bytes

from app.imports.cells import MAX_CELL, Facts, Rows
from app.imports.errors import ImportRejected

PIECE = 1_048_576
MAX_LINE = 1_000_000  # characters
SAMPLE = 65_536  # bytes
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
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FOREIGN_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
# What names, streets and prices of western Europe hold: in other code pages the signs
# are letters, within words.
WESTERN = re.compile(
    "(?:[\x00-\x7f€‚„…‘’“”–—™´·¿¡«»§©®\xa0ŠšŽžŒœŸÀ-ÖØ-öø-ÿ]|[£¥°²³ªº](?![A-Za-z]))*"
)


def encoding_of(file: IO[bytes]) -> str:
    """UTF-8 if every byte of it is; else the likeliest of `ENCODINGS`.

    Raises `Refused`.
    """
    beginning = file.read(SAMPLE)
    file.seek(0)
    for mark, name in BOMS:
        if beginning.startswith(mark):
            return name
    if name := _wide(beginning):
        return name
    foreign = _not_utf8(file)
    if foreign is None:
        return "utf-8"
    try:
        if _western(foreign.decode("cp1252")):
            return "cp1252"
    except UnicodeDecodeError:
        pass
    for likely in ([name for name in ENCODINGS if name not in LATIN], [*LATIN]):
        best = from_bytes(foreign, cp_isolation=likely).best()
        if best and best.encoding in ENCODINGS:
            return best.encoding
    raise ImportRejected("unknown_encoding")


def delimiter_of(file: IO[bytes], encoding: str) -> str:
    """The one that makes most columns of the headings and as many of the next rows; a
    comma when none does.
    """
    file.seek(0)
    text = file.read(SAMPLE).decode(_codec(encoding), "replace")
    file.seek(0)
    lines = text.splitlines()[:20]
    counts = {
        each: [len(row) for row in csv.reader(lines, delimiter=each) if row]
        for each in DELIMITERS
    }
    return max(DELIMITERS, key=lambda each: _like_a_table(counts[each]))


def rows(file: IO[bytes], facts: Facts) -> Rows:
    """(line, cells) of every row that has any. Raises `Refused`, naming the line."""
    file.seek(0)
    lines = _Lines(file, facts["encoding"])
    reader = csv.reader(lines, delimiter=facts["delimiter"], strict=True)
    while True:
        began = lines.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            reason = "cell_too_long" if "field limit" in str(error) else "quotes"
            raise ImportRejected(reason, line=began, most=MAX_CELL) from None
        if cells is None:
            return
        if any(cell and not cell.isspace() for cell in cells):
            yield began, cells


class _Lines:
    """A file's lines as text; `number` of the last one that was given."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._encoding, self.number = encoding, 0
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Lent(file)), _codec(encoding), newline=""
        )

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(MAX_LINE)
        except UnicodeDecodeError as error:
            line_breaks = (
                error.object[: error.start]
                .decode(self._encoding, "replace")
                .count("\n")
            )
            raise ImportRejected(
                "wrong_encoding",
                line=self.number + 1 + line_breaks,
                encoding=self._encoding,
            ) from None
        except UnicodeError:  # UTF-16 that does not say which
            raise ImportRejected(
                "wrong_encoding", line=self.number + 1, encoding=self._encoding
            ) from None
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == MAX_LINE:
            raise ImportRejected("cell_too_long", line=self.number, most=MAX_CELL)
        if "\0" in line:
            raise ImportRejected("nul", line=self.number)
        return line


class _Lent(io.RawIOBase):
    """A file that stays open when its reader is done with it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._file.read(len(buffer))
        buffer[: len(read)] = read
        return len(read)


def _western(text: str) -> bool:
    """Whether it reads like a western European language, whose words are of plain
    letters for the most part.
    """
    words = "".join(
        word for word in text.split() if not word.isascii() and "@" not in word
    )
    letters = [char for char in words if char.isalpha()]
    return (
        bool(WESTERN.fullmatch(text))
        and sum(map(str.isascii, letters)) >= len(letters) * 0.4
    )


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding == "utf-8" else encoding


def _wide(beginning: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is nothing."""
    half = len(beginning) // 2
    for name, zeros in (("utf-16-le", beginning[1::2]), ("utf-16-be", beginning[::2])):
        if half > 8 and zeros.count(0) > half * 0.6:
            return name
    return ""


def _not_utf8(file: IO[bytes]) -> bytes | None:
    """Lines with bytes beyond ASCII, from where the file is no UTF-8 on; None when all
    of it is.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
        return None
    except UnicodeDecodeError:
        return b"\n".join(FOREIGN_LINES.findall(piece or b"")[:500])[:SAMPLE] or b"\xff"
    finally:
        file.seek(0)


def _like_a_table(counts: list[int]) -> tuple[float, int]:
    if not counts or counts[0] < 2:
        return (0, 0)
    return (sum(count == counts[0] for count in counts) / len(counts), counts[0])
