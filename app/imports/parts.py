"""Contacts split into what one activity may carry: 4 MB of body and 40,000 rows.

What goes beyond either is dropped by the provider without a word (contract 5.3), so
both are kept with something to spare.
"""

import csv
import io
import json
import zlib
from dataclasses import dataclass

from app.imports.rows import Contact

# The lists and the multipart frame have the rest of 4,000,000 bytes.
MAX_BYTES = 3_900_000
MAX_CONTACTS = {"json": 40_000, "csv": 39_999}  # a CSV's heading is a line too


@dataclass(frozen=True)
class Filled:
    """A part's rows, compressed.

    They are JSON objects with commas between, or lines of CSV with their heading.
    """

    rows: int
    payload: bytes


class Splitter:
    """Takes contacts one by one, and gives a part whenever one is full."""

    def __init__(self, door: str, names: list[str], most_rows: int) -> None:
        self._door = door
        self._names = names
        self._most_rows = min(most_rows, MAX_CONTACTS[door])
        self._heading = _line(names) if door == "csv" else b""
        self._begin()

    def _begin(self) -> None:
        self._rows = 0
        self._size = len(self._heading)  # unpacked
        self._packer = zlib.compressobj(6)
        self._packed = bytearray(self._packer.compress(self._heading))

    def add(self, contact: Contact) -> Filled | None:
        """Add a contact; return the part that was full before it, or None."""
        row = self._row(contact)
        full = None
        if self._rows and self._is_full(row):
            full = self.rest()
        if self._rows and self._door == "json":
            row = b"," + row
        self._packed += self._packer.compress(row)
        self._rows += 1
        self._size += len(row)
        return full

    def rest(self) -> Filled | None:
        """Return what is left, when there is anything."""
        if not self._rows:
            return None
        part = Filled(self._rows, bytes(self._packed + self._packer.flush()))
        self._begin()
        return part

    def _is_full(self, row: bytes) -> bool:
        """Tell whether one more row, and a comma before it, would be too much."""
        return self._rows == self._most_rows or self._size + len(row) + 1 > MAX_BYTES

    def _row(self, contact: Contact) -> bytes:
        if self._door == "csv":
            return _line([contact.get(name, "") for name in self._names])
        return json.dumps(contact, ensure_ascii=False, separators=(",", ":")).encode()


def json_body(payload: bytes, lists: list[str]) -> bytes:
    """Return the whole body of a JSON import."""
    list_ids = json.dumps(lists).encode()
    rows = zlib.decompress(payload)
    return b'{"list_ids":' + list_ids + b',"import_data":[' + rows + b"]}"


def csv_file(payload: bytes) -> bytes:
    """Return the file of a CSV import."""
    return zlib.decompress(payload)


def csv_names(columns: list[str]) -> list[str]:
    """Return the headings of a CSV import, where a birthday is two columns."""
    names = []
    for name in columns:
        if name == "birthday":
            names += ["birthday_month", "birthday_day"]
        elif name:
            names.append(name)
    return names


def _line(cells: list[str | int] | list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
