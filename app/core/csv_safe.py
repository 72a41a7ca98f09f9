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
_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# What spreadsheets skip before it, or may: quotation marks, and whatever nobody sees,
# such as blanks, controls, format characters and marks without a letter.
_QUOTES = "\"'`\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
_UNSEEN = {"Cc", "Cf", "Cn", "Me", "Mn", "Zl", "Zp", "Zs"}  # Unicode's categories
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a sign without any ink
# Where a semicolon or a tab separates cells, another cell begins inside of ours; so it
# does after a line break.
_ENDS = re.compile(r"([;\t\n])")
_MAY_BE_RISKY = re.compile(rf"\A\n|[\t{re.escape(_SIGNS)}]")


def safe(text: str) -> str:
    """Return a text as a cell, with an apostrophe before what would be computed.

    A phone number such as +49 gets one too: a spreadsheet would take it for a number
    and lose the plus. Every line break becomes LF.
    """
    if text.isalnum():  # most cells are
        return text
    text = text.replace("\0", "\ufffd")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not _MAY_BE_RISKY.search(text):
        return text
    cells, ends = _ENDS.split(text)[::2], _ENDS.findall(text)
    written = []
    for before, cell, end in zip(["", *ends], cells, [*ends, ""], strict=True):
        begins_with_blank = not cell and end == "\t" and before != "\t"
        risky = begins_with_blank or _is_formula(cell)
        written += [APOSTROPHE * risky, cell, end]
    if _is_formula(text) or text.startswith("\n"):
        written[0] = APOSTROPHE
    return "".join(written)


def _is_formula(text: str) -> bool:
    """Tell whether the first character that anybody sees begins a formula."""
    for character in text:
        if not _is_skipped(character):
            return character in _SIGNS
    return False


def _is_skipped(character: str) -> bool:
    hidden = character in _QUOTES or character in _FILLERS
    return hidden or unicodedata.category(character) in _UNSEEN


def line(cells: Iterable[str]) -> str:
    """Return one record, ended by CR LF, which stand together nowhere else in it."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def encoded(text: str) -> bytes:
    """Return UTF-8; half of a surrogate pair, which is no letter, becomes "?"."""
    return text.encode("utf-8", "replace")
