"""Searching, reading and counting contacts (contract 5.1)."""

from collections import Counter
from collections.abc import Collection

from flask import Blueprint, Response, request

from app.simulator.api.consent import permission_of
from app.simulator.api.contact_filters import rule
from app.simulator.api.gate import Caller, gated
from app.simulator.api.paging import asked, page
from app.simulator.api.questions import UUID, one_of, several, xrefs, yes
from app.simulator.api.segments import is_ready, is_recent, segment
from app.simulator.errors import answered, not_found
from app.simulator.magic import meet
from app.simulator.models import Account, Resource

routes = Blueprint("contacts", __name__)
MAX = 500
# Per endpoint (contract 9.1): the sign-up form fills up to 50 custom fields, these
# routes know of 25.
MAX_CUSTOM_FIELDS = 25
PARTS = (
    "custom_fields",
    "list_memberships",
    "phone_numbers",
    "street_addresses",
    "taggings",
    "notes",
)
# a contact shows its number for text messages also when nobody asks
INCLUDED = (*PARTS, "sms_channel")


@routes.get("/v3/contacts")
@gated("contact_data", "contacts:read")
def contacts(caller: Caller) -> Response:
    question = asked()
    sent, account = question.sent, caller.account
    included = several(sent, "include", INCLUDED)
    meet(caller.here, account, sent.get("email", ""))
    matches = (
        segment(sent, caller.here.clock.now()) if "segment_id" in sent else rule(sent)
    )
    candidates = _candidates(account, sent)
    items, links = page(question, candidates, matches, "contact_id", MAX)
    if "segment_id" in sent and not is_ready(account, sent["segment_id"]):
        return answered({"contacts": [], "status": "processing"}, 202)
    body: Resource = {"contacts": [shown(item, included) for item in items]}
    if yes(sent, "include_count"):
        body["contacts_count"] = sum(map(matches, candidates))
    return answered(body | ({"_links": links} if links else {}))


def _candidates(account: Account, sent: dict[str, str]) -> Collection[Resource]:
    if "email" not in sent:
        return account.contacts.values()
    found = account.find(sent["email"])
    return [found] if found else []


def shown(contact: Resource, included: Collection[str]) -> Resource:
    """The contact with only those sub-resources that were asked for."""
    view = {
        name: value
        for name, value in contact.items()
        if name not in PARTS or name in included
    }
    if "custom_fields" in view:
        view["custom_fields"] = view["custom_fields"][:MAX_CUSTOM_FIELDS]
    return view


@routes.get("/v3/contacts/contact_id_xrefs")
@gated("contact_data", "contacts:read")
def contact_id_xrefs(caller: Caller) -> Response:
    """The ids of contacts by those that the V2 API had, which here are their places."""
    ids = list(caller.account.contacts)
    return answered({"xrefs": xrefs(ids, "contact_id")})


@routes.get("/v3/contacts/<contact_id>")
@gated("contact_data", "contacts:read")
def contact(caller: Caller, contact_id: str) -> Response:
    included = several(request.args, "include", INCLUDED)
    return answered(shown(known(caller.account, contact_id), included))


def known(account: Account, contact_id: str) -> Resource:
    """The contact of an id, deleted or not; 404 when there is none."""
    if not UUID.fullmatch(contact_id):
        raise not_found("contact_id is in an invalid format.")
    found = account.contacts.get(contact_id.lower())
    if not found:
        raise not_found("Contact not found.")
    return found


@routes.get("/v3/contacts/counts")
@gated("contact_data", "contacts:read")
def counts(caller: Caller) -> Response:
    """Of all who are not deleted; new subscribers are those of the last 30 days."""
    included, now = (
        one_of(request.args, "include", ("new_subscriber",)),
        caller.here.clock.now(),
    )
    people = [
        contact
        for contact in caller.account.contacts.values()
        if "deleted_at" not in contact
    ]
    by = Counter(map(permission_of, people))
    body = {"total": len(people), "pending": by["pending_confirmation"]}
    body |= {name: by[name] for name in ("explicit", "implicit", "unsubscribed")}
    if included:
        body["new_subscriber"] = sum(is_recent(contact, now) for contact in people)
    return answered(body)
