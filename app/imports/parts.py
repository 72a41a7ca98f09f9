"""Contacts split into what one activity may carry: 4 MB of body, and 40,000 rows
(contract 5.3).

What goes beyond either is dropped by the provider without a word, so both are kept with
something to spare.
"""

import csv
import io
import json
import zlib
from dataclasses import dataclass

from app.imports.rows import Contact

# of the rows; the lists and the multipart frame have the rest of 4,000,000
MAX_BYTES = 3_900_000
MAX_CONTACTS = {"json": 40_000, "csv": 39_999}  # a CSV's heading is a line too


@dataclass(frozen=True)
class Filled:
    """A part's rows: JSON objects with commas between, or lines of CSV with their
    heading. Compressed.
    """

    rows: int
    payload: bytes


class Splitter:
    """Takes contacts one by one and gives a part whenever one is full."""

    def __init__(self, door: str, names: list[str], most_rows: int) -> None:
        self._door, self._names = door, names
        self._most_rows = min(most_rows, MAX_CONTACTS[door])
        self._heading = _line(names) if door == "csv" else b""
        self._packer, self._packed, self._rows, self._size = (
            zlib.compressobj(),
            bytearray(),
            0,
            0,
        )
        self._begin()

    def add(self, contact: Contact) -> Filled | None:
        """The part that was full before this contact, or None."""
        row = self._row(contact)
        full = None
        if self._rows and (
            self._rows == self._most_rows or self._size + len(row) + 1 > MAX_BYTES
        ):
            full = self.rest()
        if self._rows and self._door == "json":
            row = b"," + row
        self._packed += self._packer.compress(row)
        self._rows, self._size = self._rows + 1, self._size + len(row)
        return full

    def rest(self) -> Filled | None:
        """What is left, when there is anything."""
        if not self._rows:
            return None
        full = Filled(self._rows, bytes(self._packed + self._packer.flush()))
        self._begin()
        return full

    def _begin(self) -> None:
        self._packer, self._rows, self._size = (
            zlib.compressobj(6),
            0,
            len(self._heading),
        )
        self._packed = bytearray(self._packer.compress(self._heading))

    def _row(self, contact: Contact) -> bytes:
        if self._door == "csv":
            return _line([contact.get(name, "") for name in self._names])
        return json.dumps(contact, ensure_ascii=False, separators=(",", ":")).encode()


def json_body(payload: bytes, lists: list[str]) -> bytes:
    """The whole body of a JSON import."""
    return b"".join(
        (
            b'{"list_ids":',
            json.dumps(lists).encode(),
            b',"import_data":[',
            zlib.decompress(payload),
            b"]}",
        )
    )


def csv_file(payload: bytes) -> bytes:
    """The file of a CSV import."""
    return zlib.decompress(payload)


def csv_names(columns: list[str]) -> list[str]:
    """The headings of a CSV import: a birthday is two columns there."""
    names: list[str] = []
    for name in columns:
        names += (
            ["birthday_month", "birthday_day"]
            if name == "birthday"
            else [name]
            if name
            else []
        )
    return names


def _line(cells: list[str | int] | list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
