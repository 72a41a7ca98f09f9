"""Cursor paging: a cursor holds the whole question and where to go on.

Contract 5.2.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import dropwhile, islice
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from flask import request

from app.simulator.api.questions import whole
from app.simulator.errors import invalid
from app.simulator.models import Resource

Rule = Callable[[Resource], bool]


@dataclass(frozen=True)
class Question:
    """The query of the first page, and the id the asked page begins with."""

    sent: dict[str, str]
    begins: str | None


def asked() -> Question:
    """Return what this request asks.

    A cursor repeats the first question, so all that stands beside it is ignored.
    """
    if "cursor" not in request.args:
        return Question(request.args.to_dict(), None)
    try:
        text = base64.urlsafe_b64decode(request.args["cursor"].encode()).decode()
        sent = dict(parse_qsl(text, strict_parsing=True, keep_blank_values=True))
        return Question(sent, sent.pop("next"))
    except (ValueError, KeyError, binascii.Error) as problem:
        raise invalid("cursor is invalid") from problem


def page(
    question: Question,
    everything: Iterable[Resource],
    matches: Rule,
    id_name: str,
    most: int,
) -> tuple[list[Resource], Any]:
    """The items of one page, and `_links` when more follow, otherwise None."""
    limit = whole(question.sent, "limit", 50, most)
    rest = iter(everything)
    if question.begins is not None:
        # Before filtering, since the item may have stopped to match meanwhile.
        rest = dropwhile(lambda item: item[id_name] != question.begins, rest)
    items = list(islice(filter(matches, rest), limit + 1))
    if len(items) <= limit:
        return items, None
    cursor = urlencode({**question.sent, "next": items[limit][id_name]})
    encoded = quote(base64.urlsafe_b64encode(cursor.encode()).decode())
    return items[:limit], {
        "next": {"href": f"{request.path}?limit={limit}&cursor={encoded}"}
    }
