"""Reading an admin's page as somebody would."""

import re
from html import unescape


def text_of(page: str) -> str:
    """The words of a page, without its markup."""
    body = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.S)
    body = re.sub(r"</?(wbr|span|b|strong|time)\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def heading_of(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    assert found, page
    return text_of(found[1])


def people_in(page: str) -> list[str]:
    """The addresses in a table of sign-ups, top to bottom."""
    cells = re.findall(
        r'<th scope="row"><a href="/signups/[^"]+">(.*?)</a>', page, re.S
    )
    return [text_of(one) for one in cells]
