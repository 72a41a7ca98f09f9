"""Writes lines of a CSV file (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
import re
from collections.abc import Iterable

# Excel takes a file without it for one in the old encoding of its machine.
BOM = "\ufeff"
APOSTROPHE = "'"
# What begins a formula, also in the full-width and small forms of East Asia; and what
# spreadsheets skip before it.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
_SKIPPED = (
    r"""[\s"'`\u00ab\u00bb\u2018-\u201f\u200b-\u200f\u2060\ufeff\x00-\x1f\x7f]*"""
)
# Where a semicolon or a tab separates cells, another cell begins inside of ours; so it
# does after a line break.
_RISKY = re.compile(
    rf"^(?=\n)|(?:^|(?<=[;\n]))(?=\t)|(?:^|(?<=[;\t\n]))(?={_SKIPPED}[{_BEGINS}])"
)


def safe(text: str) -> str:
    """Return a text as a cell, with an apostrophe before what would be computed.

    A phone number such as +49 gets one too: a spreadsheet would take it for a number
    and lose the plus. Every line break becomes LF.
    """
    if text.isalnum():  # most cells are
        return text
    text = text.replace("\0", "\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _RISKY.sub(APOSTROPHE, text)


def line(cells: Iterable[str]) -> str:
    """Return one record, ended by CR LF, which stand together nowhere else in it."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def encoded(text: str) -> bytes:
    """Return UTF-8; half of a surrogate pair, which is no letter, becomes "?"."""
    return text.encode("utf-8", "replace")
