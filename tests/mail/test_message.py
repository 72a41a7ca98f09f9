"""Names of accounts in mails: one line each."""

import pytest

from app.mail.message import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb", "a b"),
        ("a\u2028b\u0085c\x00d", "a b c d"),
        ("  a \t b ", "a b"),
        ("a" * 81, "a" * 79 + "…"),
        ("\u202eabc\u2066", "abc"),
        ("=?utf-8?q?a?=", "= ?utf-8?q?a?="),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("", ""),
    ],
)
def test_a_name_is_one_line(text: str, line: str) -> None:
    assert one_line(text) == line
