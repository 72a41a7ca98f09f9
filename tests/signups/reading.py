"""Reading a visitor's page as somebody would: which values stand in it, which error
belongs to which field.
"""

import re
from html import unescape


def value_of(page: str, name: str) -> str | None:
    """The value an input shows."""
    tag = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', page)
    value = tag and re.search(r'\bvalue="([^"]*)"', tag[0])
    return unescape(value[1]) if value else None


def error_of(page: str, field: str) -> str | None:
    """The message at a field, but only when the field itself points to it for screen
    readers.
    """
    message = re.search(rf'id="{field}-error">(.*?)</p>', page, re.S)
    if message is None:
        return None
    assert re.search(
        rf'id="{field}"[^>]*aria-describedby="[^"]*\b{field}-error\b'
        rf'|aria-describedby="[^"]*\b{field}-error\b[^>]*id="{field}"',
        page,
    ), page
    return unescape(re.sub(r"<[^>]+>", "", message[1])).replace("Error:", "").strip()


def ticked(page: str, value: str) -> bool:
    """Whether the box with this value is ticked."""
    return bool(re.search(rf'<input(?=[^>]*value="{value}")[^>]*\bchecked', page))


def form_token(page: str) -> str:
    found = value_of(page, "form_token")
    assert found, page
    return found
