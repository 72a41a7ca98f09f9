"""What tables are made of: rows of texts, whatever the file.

The limits keep memory bounded.
"""

from collections.abc import Iterator
from typing import Any

MAX_CELL = 131_072  # characters
MAX_COLUMNS = 500
# without the headings; a workbook is partly kept in memory
MAX_ROWS_OF = {"csv": 1_000_000, "xlsx": 200_000}

# the number of its line or row in the file, beginning with 1, and its cells
Row = tuple[int, list[str]]
Rows = Iterator[Row]
Facts = dict[str, Any]  # see `ContactImport.facts`


class Bad(str):
    """A cell without a value: `reason` says why, the text stands in its place."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, reason: str, text: str) -> "Bad":
        cell = super().__new__(cls, text)
        cell.reason = reason
        return cell
