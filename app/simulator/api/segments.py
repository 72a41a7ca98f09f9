"""Contacts by segment (contract 5.1).

The provider computes a segment while the caller waits and asks again. There is no route
to make segments, so every account has the same two: `1`, everybody who may be mailed,
and `2`, those of them who opted in during the last 30 days. The first question about a
segment in an account is answered 202, the next 200.
"""

from collections.abc import Callable

from flask import Blueprint, Response

from app.simulator.api.gate import Caller, gated
from app.simulator.api.lists import active
from app.simulator.api.paging import Rule, asked, page
from app.simulator.api.questions import bad_value
from app.simulator.clock import epoch, iso
from app.simulator.errors import answered, not_found
from app.simulator.models import Account, Resource

routes = Blueprint("segments", __name__)
RECENT = 30 * 86_400
MAX = 1000
NAMES = {"1": "Everybody who may be mailed", "2": "New subscribers"}
BEGAN = 1_700_000_000.0


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


@routes.get("/v3/segments")
@gated("contact_data", "contacts:lists:read")
def all_segments(_caller: Caller) -> Response:
    everything = [_described(segment_id) for segment_id in SEGMENTS]
    items, links = page(asked(), everything, lambda _: True, "segment_id", MAX)
    return answered({"segments": items} | ({"_links": links} if links else {}))


@routes.get("/v3/segments/<segment_id>")
@gated("contact_data", "contacts:lists:read")
def one_segment(_caller: Caller, segment_id: str) -> Response:
    if segment_id not in SEGMENTS:
        raise not_found("Segment not found.")
    return answered(_described(segment_id))


def _described(segment_id: str) -> Resource:
    return {
        "segment_id": int(segment_id),
        "name": NAMES[segment_id],
        "created_at": iso(BEGAN),
        "edited_at": iso(BEGAN),
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
