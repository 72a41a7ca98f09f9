"""The parts of an .xlsx that say where its rows are: sheets, shared strings, which numbers are dates.

Read with expat in a stream and bounded by counting, because a workbook may be anybody's: openpyxl keeps something of
every row and string, and calamine allots the whole rectangle from the first cell to the last before it gives any.
Nothing is fetched from outside, and a document type is refused.
"""

import re
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from posixpath import dirname, join, normpath
from typing import IO, Any
from xml.parsers import expat

from app.imports.cells import MOST_CELL
from app.imports.refused import Refused

PIECE = 65_536
MOST_ENTRIES = 5_000
MOST_UNPACKED = 600_000_000  # bytes of all entries
SMALL_ENOUGH, MOST_RATIO = 50_000_000, 100
MOST_OF_A_PART = 8_000_000   # of everything but sheets and strings
MOST_STRINGS = 64_000_000    # bytes
MOST_LAG = 1_000_000         # bytes of one tag
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
DATES, TIMES = {14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)}, {18, 19, 20, 21, 45, 46, 47}
NO_LETTERS_OF_DATES = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')

Attributes = dict[str, str]


class Workbook:
    """An opened .xlsx. `sheets`: {name: path}, the visible ones. Raises `Refused`."""

    def __init__(self, file: IO[bytes]) -> None:
        self.zip = _opened(file)
        main = self._beside("", "officeDocument") or "xl/workbook.xml"
        if main.endswith(".bin"):
            raise Refused("binary_excel")
        self.dates_from_1904, self.sheets = self._workbook(main)
        self.strings = Strings(self._strings(main))
        self.formats = self._formats(main)

    def bytes_of(self, path: str, most: int = MOST_UNPACKED) -> Iterator[bytes]:
        """A part, piece by piece; nothing when it is not there."""
        try:
            info = self.zip.getinfo(path)
        except KeyError:
            return
        if info.file_size > most:
            raise Refused("zip_bomb")
        try:
            with self.zip.open(info) as part:
                while piece := part.read(PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
            raise Refused("broken_workbook") from None

    def _workbook(self, main: str) -> tuple[bool, dict[str, str]]:
        paths, from_1904, sheets = self._relations(main), False, {}
        for name, at in self._tags(main):
            if name == "workbookPr":
                from_1904 = at.get("date1904", "0") in ("1", "true")
            elif name == "sheet" and at.get("state", "visible") == "visible":
                id = next((value for key, value in at.items() if key.rpartition(":")[2] == "id" and ":" in key), "")
                if (path := paths.get(id, ("", ""))[1]) in self.zip.namelist():
                    sheets[at.get("name", path)] = path
        if not sheets:
            raise Refused("broken_workbook")
        return from_1904, sheets

    def _relations(self, main: str) -> dict[str, tuple[str, str]]:
        """{id: (kind, path)} of what belongs to a part."""
        beside = join(dirname(main), "_rels", main.rpartition("/")[2] + ".rels") if main else "_rels/.rels"
        found = {}
        for name, at in self._tags(beside):
            if name == "Relationship":
                target = at.get("Target", "")
                path = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(main), target))
                found[at.get("Id", "")] = (at.get("Type", ""), path)
        return found

    def _tags(self, path: str) -> list[tuple[str, Attributes]]:
        found: list[tuple[str, Attributes]] = []
        for _ in parsed(self.bytes_of(path, MOST_OF_A_PART), lambda name, at: found.append((name, at))):
            pass
        return found

    def _beside(self, main: str, kind: str) -> str:
        return next((path for of, path in self._relations(main).values() if of.endswith(f"/{kind}")), "")

    def _strings(self, main: str) -> Iterator[bytes]:
        return self.bytes_of(self._beside(main, "sharedStrings"), MOST_STRINGS)

    def _formats(self, main: str) -> list[str]:
        """What each style makes of a number: "date", "time", "" or zeros to fill up to ("00000")."""
        codes: dict[int, str] = {}
        found: list[str] = []
        inside = False
        for name, at in self._tags(self._beside(main, "styles")):
            if name == "numFmt":
                codes[_number(at.get("numFmtId"))] = at.get("formatCode", "")
            inside = name == "cellXfs" or (inside and name not in ("cellStyles", "dxfs", "cellStyleXfs"))
            if name == "xf" and inside:
                number = _number(at.get("numFmtId"))
                found.append(_kind(number, codes.get(number, "")))
        return found


class Strings:
    """Shared strings as one run of bytes, since a text object for each would take several times as much."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._text, self._ends = bytearray(), array("Q", [0])
        collector = Texts(self._keep)
        for _ in parsed(pieces, collector.start, collector.end, collector.data):
            pass

    def _keep(self, text: str) -> None:
        self._text += text.encode("utf-8", "replace")
        self._ends.append(len(self._text))

    def __getitem__(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise Refused("broken_workbook")
        return self._text[self._ends[number]:self._ends[number + 1]].decode()


class Texts:
    """Collects the text of every <si>: its runs one after the other, without the phonetic ones."""

    def __init__(self, done: Callable[[str], None], item: str = "si") -> None:
        self._done, self._item = done, item
        self._parts: list[str] = []
        self._length, self._taking, self._phonetic = 0, False, False

    def start(self, name: str, _at: Attributes) -> None:
        if name == "t":
            self._taking = not self._phonetic
        elif name == "rPh":
            self._phonetic = True
        elif name == self._item:
            self._parts, self._length = [], 0

    def end(self, name: str) -> None:
        if name == "t":
            self._taking = False
        elif name == "rPh":
            self._phonetic = False
        elif name == self._item:
            self._done(unescaped("".join(self._parts)))

    def data(self, text: str) -> None:
        if self._taking:
            self._length += len(text)
            if self._length > MOST_CELL:
                raise Refused("cell_too_long", line="?", most=MOST_CELL)
            self._parts.append(text)


def parsed(pieces: Iterator[bytes], start: Callable[[str, Attributes], object],
           end: Callable[[str], object] | None = None, data: Callable[[str], object] | None = None) -> Iterator[None]:
    """Feed XML to handlers, which are told names without their namespace; stops after each piece."""
    parser: Any = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = lambda name, at: start(name.rpartition(":")[2], at)
    parser.EndElementHandler = (lambda name: end(name.rpartition(":")[2])) if end else None
    parser.CharacterDataHandler = data
    parser.buffer_text = True
    fed = 0
    try:
        for piece in pieces:
            fed += len(piece)
            parser.Parse(piece)
            if fed - parser.CurrentByteIndex > MOST_LAG:
                raise Refused("zip_bomb")
            yield
        if fed:
            parser.Parse(b"", True)
            yield
    except expat.ExpatError:
        raise Refused("broken_workbook") from None


def unescaped(text: str) -> str:
    """`_x000D_` is how a workbook writes a character that XML has not."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _no_doctype(*_: object) -> None:
    raise Refused("broken_workbook")


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        opened = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused("broken_workbook") from None
    entries = opened.infolist()
    unpacked, packed = sum(each.file_size for each in entries), sum(each.compress_size for each in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or (
            unpacked > SMALL_ENOUGH and unpacked > MOST_RATIO * packed):
        raise Refused("zip_bomb")
    if any(each.flag_bits & 1 for each in entries):
        raise Refused("password")
    names = {each.filename for each in entries}
    if "xl/workbook.bin" in names:
        raise Refused("binary_excel")
    if "[Content_Types].xml" not in names:
        raise Refused("no_table")
    return opened


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1


def _kind(number: int, code: str) -> str:
    if number in DATES or number in TIMES:
        return "date" if number in DATES else "time"
    plain = NO_LETTERS_OF_DATES.sub("", code.partition(";")[0]).lower()
    if plain and not plain.strip("0"):
        return plain
    if plain.startswith("general"):
        return ""
    if set(plain) & {"y", "d"} or ("m" in plain and not set(plain) & {"h", "s"}):
        return "date"
    return "time" if set(plain) & {"h", "s"} else ""
