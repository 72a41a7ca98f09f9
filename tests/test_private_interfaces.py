"""What is used of libraries beyond their public interfaces, and the versions in which it
was read.

A test that fails after an upgrade says what to read again before its version is changed
here.
"""

from importlib.metadata import version

import pytest


@pytest.mark.parametrize(
    ("library", "read_in", "what"),
    [
        (
            "flask",
            "3.1",
            "web/limits.spare_visitors replaces hooks in `before_request_funcs`, which Flask"
            " calls internal",
        ),
        (
            "limits",
            "5.8",
            "web/limits.MemoryClearedAtTimes replaces `MemoryStorage.timer`, whose `function`"
            " clears what is over and which is asked whether it `is_alive`",
        ),
        (
            "psycopg",
            "3.3",
            "database/silence overrides `Connection.wait` and catches the `_WaitTimeout`"
            " that it raises",
        ),
        (
            "requests",
            "2.34",
            "constant_contact/http sets a response's `_content`, which its `content`"
            " returns",
        ),
        (
            "waitress",
            "3.0",
            "cli/server extends its server, channel and parser, and turns its loop",
        ),
    ],
)
def test_private_interfaces_were_read_in_the_version_at_hand(
    library: str, read_in: str, what: str
) -> None:
    assert version(library).startswith(f"{read_in}."), f"read again: {what}"
