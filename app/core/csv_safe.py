"""Writes lines of a CSV file (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

# Excel takes a file without it for one in the old encoding of its machine.
BOM = "\ufeff"
APOSTROPHE = "'"
# What begins a formula, also in the full-width and small forms of East Asia.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# What spreadsheets skip before it, or may: quotation marks, and whatever nobody sees,
# such as blanks, controls, format characters and marks without a letter.
_QUOTES = "\"'`\u00ab\u00bb\u2018-\u201f"
_UNSEEN = ("Cc", "Cf", "Cn", "Me", "Mn", "Zl", "Zp", "Zs")  # Unicode's categories
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a sign without any ink
# the first plane, formats of music and shorthand, tags and variation selectors
_LOOKED_AT = (*range(0x10000), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))
_LOOKED_AT = (*_LOOKED_AT, *range(0xE0000, 0xE0FFF))


def _unseen() -> str:
    """Return the characters that nobody sees, but for those that end a cell: a run of
    them is read once only.
    """
    characters = map(chr, _LOOKED_AT)
    return "".join(
        re.escape(each)
        for each in characters
        if unicodedata.category(each) in _UNSEEN and each not in "\t\n"
    )


_SKIPPED = f"[{_QUOTES}{_FILLERS}{_unseen()}]*"
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
