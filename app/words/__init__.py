"""Every reason's words, in one place: what happened, what it means for the people waiting, what to do.

By reader: owners, operators, and what both lists of accounts and sign-ups say.
"""

from flask_babel import LazyString

from app.words.accounts_and_signups import CAUSES, HOLDS, OCCURRENCES, REASONS, STATES
from app.words.operators import (
    API_KEY_CHECKS,
    FOR_OPERATORS,
    PEOPLE,
    REDIRECT_CHECKS,
    SCOPES_FOR,
    SIGNATURES,
)
from app.words.owners import CHECKLIST, CONNECTING, SCOPES, Words

__all__ = ["API_KEY_CHECKS", "CAUSES", "CHECKLIST", "CONNECTING", "FOR_OPERATORS", "HOLDS", "OCCURRENCES", "PEOPLE",
           "REASONS", "REDIRECT_CHECKS", "SCOPES", "SCOPES_FOR", "SIGNATURES", "STATES",
           "Words", "connecting", "reason"]


def connecting(reason: str) -> Words:
    """(title, text) for the end of a trip that did not connect."""
    return CONNECTING.get(reason, CONNECTING["provider_said"])


def reason(name: str | None) -> LazyString | str:
    """The sentence for a sign-up's or an account's reason."""
    return REASONS.get(name, name) if name else ""
