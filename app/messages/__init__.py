"""Every sentence that people read of a reason: what happened, and what to do.

Code names a reason by a short word; here that word gets its sentence.

Files in reading order, by reader:

- accounts_and_signups: admins, of accounts and sign-ups
- screening: admins, of sign-ups that wait for a person's word
- confirmation: visitors, the mail that asks them to confirm
- waiting: admins, of why sign-ups wait
- short: admins, where a list of reasons needs few words
- imports: admins, of files of contacts
- owners: owners of accounts
- reconnecting: owners, the message with a reconnect link
- operators: whoever runs this installation
- alerts: mails to owners and admins
- daily_alerts: mails to admins that each of them can switch off
- summary: the mail with the numbers of a day or a week
- invitations: what came of a link that an owner was sent

It knows nothing but the translations; every other room may use it.
"""

from flask_babel import LazyString

from app.messages.accounts_and_signups import (
    CAUSES,
    FAILED_CONNECT,
    HOLDS,
    OCCURRENCES,
    STATES,
)
from app.messages.accounts_and_signups import REASONS as OTHER_REASONS
from app.messages.alerts import (
    ADMIN_TOO,
    LETTERS,
    NOBODY_ASKED,
    NOTICE_REASONS,
    NOTICE_STATES,
    OWNER_ASKED,
    attack,
    happened,
    how_many_stopped,
    how_many_wait,
    letter,
)
from app.messages.daily_alerts import ALERTS, SUMMARIES
from app.messages.operators import (
    API_KEY_CHECKS,
    FOR_OPERATORS,
    NOT_THE_OWNERS,
    PEOPLE,
    REDIRECT_CHECKS,
    SCOPES_FOR,
    SIGNATURES,
)
from app.messages.owners import (
    CHECKLIST,
    CONNECTING,
    OWNER_REASONS,
    OWNER_SOME_PARKED,
    OWNER_STATES,
    SCOPES,
    WARNING_BEFORE,
    WAS_CONNECTED,
    WHAT_REMAINS,
    Words,
)
from app.messages.reconnecting import message as reconnect_message
from app.messages.screening import REASONS as SCREENING_REASONS
from app.messages.screening import SIGNALS, SIGNALS_IN_SHORT, SIGNUP_EVENTS
from app.messages.short import in_short as reason_in_short
from app.messages.waiting import CAUSES_OF_WAITING

__all__ = [
    "ADMIN_TOO",
    "ALERTS",
    "API_KEY_CHECKS",
    "CAUSES",
    "CAUSES_OF_WAITING",
    "CHECKLIST",
    "CONNECTING",
    "FAILED_CONNECT",
    "FOR_OPERATORS",
    "HOLDS",
    "LETTERS",
    "NOBODY_ASKED",
    "NOTICE_REASONS",
    "NOTICE_STATES",
    "NOT_THE_OWNERS",
    "OCCURRENCES",
    "OWNER_ASKED",
    "OWNER_REASONS",
    "OWNER_SOME_PARKED",
    "OWNER_STATES",
    "PEOPLE",
    "REASONS",
    "REDIRECT_CHECKS",
    "SCOPES",
    "SCOPES_FOR",
    "SIGNALS",
    "SIGNALS_IN_SHORT",
    "SIGNATURES",
    "SIGNUP_EVENTS",
    "STATES",
    "SUMMARIES",
    "WARNING_BEFORE",
    "WAS_CONNECTED",
    "WHAT_REMAINS",
    "Words",
    "attack",
    "connecting",
    "for_owner",
    "happened",
    "how_many_stopped",
    "how_many_wait",
    "letter",
    "reason",
    "reason_in_short",
    "reconnect_message",
]

REASONS = {**OTHER_REASONS, **SCREENING_REASONS}


def connecting(reason: str) -> Words:
    """Return (title, text) for the end of a trip that did not connect."""
    return CONNECTING.get(reason, CONNECTING["provider_said"])


def for_owner(state: str, reason: str | None, some_parked: bool = False) -> Words:
    """Return (title, text) of an account's health, for its owner."""
    if some_parked and state in ("healthy", "ageing"):
        return OWNER_SOME_PARKED
    return OWNER_REASONS.get(reason or "", OWNER_STATES[state])


def reason(name: str | None) -> LazyString | str:
    """Return the sentence for a sign-up's or an account's reason."""
    if not name:
        return ""
    return REASONS.get(name, name)
