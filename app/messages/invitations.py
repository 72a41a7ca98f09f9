"""What came of the link that an account's owner was sent, in one sentence.

A mail filter that opens every link opens this one too, so a link "was opened" and nobody
is said to have read it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape

# By how it went out, and what came of it since.
SENTENCES: dict[tuple[str, str], LazyString] = {
    ("sent", "unopened"): _(
        "The owner was sent a reconnect link %(made)s and hasn’t opened it yet."
    ),
    ("sent", "opened"): _(
        "The owner was sent a reconnect link %(made)s. It was opened %(opened)s, but the"
        " account isn’t connected yet."
    ),
    ("sent", "expired"): _(
        "The owner was sent a reconnect link %(made)s. It expired %(expired)s without"
        " being opened."
    ),
    ("sent", "expired_opened"): _(
        "The owner was sent a reconnect link %(made)s. It was opened %(opened)s and"
        " expired %(expired)s without being used."
    ),
    ("waiting", "unopened"): _(
        "A reconnect link was created %(made)s. Latchkey is still trying to email it to"
        " the owner."
    ),
    ("given_up", "unopened"): _(
        "A reconnect link was created %(made)s, but Latchkey couldn’t email it to the"
        " owner. Create a new link and send it yourself."
    ),
    ("made", "unopened"): _(
        "A reconnect link was created %(made)s and hasn’t been opened yet."
    ),
    ("made", "opened"): _(
        "A reconnect link was created %(made)s. It was opened %(opened)s, but the"
        " account isn’t connected yet."
    ),
    ("made", "expired"): _(
        "A reconnect link was created %(made)s. It expired %(expired)s without being"
        " opened."
    ),
    ("made", "expired_opened"): _(
        "A reconnect link was created %(made)s. It was opened %(opened)s and expired"
        " %(expired)s without being used."
    ),
}
# Of a time in the middle of a sentence.
ON = _("on %(time)s")
AT = _("at %(time)s")

Write = Callable[[datetime], Any]


def link_sentence(
    how: str, outcome: str, moments: dict[str, datetime | None], on: Write
) -> Markup:
    """Word what came of a link; `on` writes a moment with its preposition."""
    written = {name: on(moment) for name, moment in moments.items() if moment}
    return escape(str(SENTENCES[how, outcome])) % written
