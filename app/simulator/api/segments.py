"""Contacts by segment (contract 5.1).

The provider computes a segment while the caller waits and asks again. There is no route
to make segments, so every account has the same two: `1`, everybody who may be mailed,
and `2`, those of them who opted in during the last 30 days. The first question about a
segment in an account is answered 202, the next 200.
"""

from collections.abc import Callable

from app.simulator.api.lists import active
from app.simulator.api.paging import Rule
from app.simulator.api.questions import bad_value
from app.simulator.clock import epoch
from app.simulator.errors import not_found
from app.simulator.models import Account, Resource

RECENT = 30 * 86_400


def is_recent(contact: Resource, now: float) -> bool:
    """Whether this is a new subscriber."""
    return (
        active(contact)
        and now - epoch(contact["email_address"]["opt_in_date"]) < RECENT
    )


SEGMENTS: dict[str, Callable[[Resource, float], bool]] = {
    "1": lambda contact, _: active(contact),
    "2": is_recent,
}


def segment(sent: dict[str, str], now: float) -> Rule:
    """Return the rule for who belongs to the segment that was asked for.

    `limit` is all that may stand beside it.
    """
    if set(sent) - {"segment_id", "limit"}:
        raise bad_value("segment_id")
    belongs = SEGMENTS.get(sent["segment_id"])
    if belongs is None:
        raise not_found("Segment not found.")
    return lambda contact: belongs(contact, now)


def is_ready(account: Account, segment_id: str) -> bool:
    """Whether somebody asked before."""
    if segment_id in account.segments_ready:
        return True
    account.segments_ready.append(segment_id)
    return False
