"""Lines of a CSV file (RFC 4180) that no spreadsheet takes for a formula."""

import csv
import io
import re
from collections.abc import Iterable

# Excel takes a file without it for one in the old encoding of its machine
BOM = "\ufeff"
APOSTROPHE = "'"
# What begins a formula, in the full-width and small forms of East Asia too; and what
# spreadsheets skip before it.
_BEGINS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
_SKIPPED = (
    r"""[\s"'`\u00ab\u00bb\u2018-\u201f\u200b-\u200f\u2060\ufeff\x00-\x1f\x7f]*"""
)
# Where a semicolon or a tab parts cells, one begins inside of ours; so does one behind
# a line break.
_RISKY = re.compile(
    rf"^(?=\n)|(?:^|(?<=[;\n]))(?=\t)|(?:^|(?<=[;\t\n]))(?={_SKIPPED}[{_BEGINS}])"
)


def safe(text: str) -> str:
    """The text as a cell: an apostrophe before what a spreadsheet would compute, and LF
    for every line break.

    A phone number such as +49 gets one too: a spreadsheet would take it for a number
    and lose the plus.
    """
    if text.isalnum():
        return text  # most cells are
    return _RISKY.sub(
        APOSTROPHE,
        text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n"),
    )


def line(cells: Iterable[str]) -> str:
    """One record, ended by CR LF: nowhere else in it do the two stand together."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()


def encoded(text: str) -> bytes:
    """UTF-8; half of a pair of surrogates, which is no letter, becomes a question mark."""
    return text.encode("utf-8", "replace")
