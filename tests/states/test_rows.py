"""Every row of the catalogue has a test, but for those named here; and what it leaves
out of its row is said.
"""

import re
from pathlib import Path

ROWS = set(range(1, 86))
NOT_HERE = {
    6: (
        "a spool beside the database: one host's spool would fight another host's"
        " replay; the answer counts as lost"
    ),
    9: "the same spool, for a disk that fills between the lease and the new pair",
    26: "a restored backup knows itself: comes with backups",
    27: "a clone knows itself: comes with backups",
    28: "sealed values sealed anew with a new key: comes with key rotation",
    46: (
        "slow clients are kept off by the proxy in front (compose); threads alone bear"
        " only as many as they are"
    ),
    56: "one person signed up by strangers on many forms: comes with limits by person",
    82: (
        "a new version with rows under way: tests/upgrade delivers what waited under"
        " each earlier schema"
    ),
    83: (
        "a storm of notices: tests/notices has once per event, at most twice an hour,"
        " none for an outage"
    ),
    85: "an erasure: comes with erasing",
}
PARTLY = {
    50: (
        "an address too long for the provider is refused at its field, so nobody is"
        " thanked in vain"
    ),
    51: (
        "a domain of mixed scripts is stored as the ASCII domain that it is, without"
        " advice to the visitor"
    ),
    55: "limits by person and by form come with those of row 56",
    58: (
        "that the link is offered instead is shown by tests/browser/test_embeds.py, in"
        " a browser"
    ),
    59: "there is no captcha whose script could be blocked",
}


def test_every_row_has_a_test_and_what_has_none_says_why() -> None:
    found = {
        int(number)
        for path in Path(__file__).parent.glob("test_*.py")
        for number in re.findall(
            r"^def test_row_(\d\d)_", path.read_text(), re.MULTILINE
        )
    }

    assert ROWS - set(NOT_HERE) - found == set()
    assert found - ROWS == set()
    assert found & set(NOT_HERE) == set()
    assert set(PARTLY) <= found
    assert all(NOT_HERE.values())
    assert all(PARTLY.values())
