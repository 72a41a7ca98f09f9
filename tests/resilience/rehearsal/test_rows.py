"""All rows of the contract's section 8 are rehearsed."""

import re
from pathlib import Path

ROWS = set(range(1, 29))


def test_every_row_has_a_rehearsal() -> None:
    found = {
        int(number)
        for path in Path(__file__).parent.glob("test_*.py")
        for number in re.findall(
            r"^def test_row_(\d\d)_", path.read_text(), re.MULTILINE
        )
    }

    assert ROWS - found == set()
    assert found - ROWS == set()
