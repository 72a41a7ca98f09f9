"""Contact lists (contract 5.2)."""

from collections import Counter

from flask import Blueprint, Response, request

from app.simulator.api.bodies import json_object
from app.simulator.api.complaints import Complaints, without_nulls
from app.simulator.api.gate import Caller, gated
from app.simulator.api.making import made, make_room
from app.simulator.api.paging import Rule, asked, page
from app.simulator.api.questions import UUID, one_of, several, xrefs, yes
from app.simulator.clock import iso
from app.simulator.errors import answered, invalid, not_found
from app.simulator.models import Account, Resource

routes = Blueprint("lists", __name__)
MAX = 1000
MAX_IN_ACCOUNT = 1000


@routes.get("/v3/contact_lists")
@gated("contact_data", "contacts:lists:read")
def contact_lists(caller: Caller) -> Response:
    question = asked()
    one_of(question.sent, "channel_type", ("email", "sms"))
    counted = one_of(question.sent, "include_membership_count", ("all", "active"))
    matches = _rule(question.sent)
    items, links = page(
        question, caller.account.lists.values(), matches, "list_id", MAX
    )
    body: Resource = {"lists": _with_counts(caller.account, items, counted)}
    if yes(question.sent, "include_count"):
        body["lists_count"] = sum(map(matches, caller.account.lists.values()))
    return answered(body | ({"_links": links} if links else {}))


def _rule(sent: dict[str, str]) -> Rule:
    """Deleted lists show only when asked for."""
    wanted = several(sent, "status", ("all", "active", "deleted")) or ["active"]
    name = sent.get("name")

    def matches(item: Resource) -> bool:
        state = "deleted" if "deleted_at" in item else "active"
        return ("all" in wanted or state in wanted) and (
            name is None or item["name"] == name
        )

    return matches


def _with_counts(
    account: Account, items: list[Resource], counted: str | None
) -> list[Resource]:
    if not counted:
        return items
    counts: Counter[str] = Counter()
    for contact in account.contacts.values():
        if counted == "all" or active(contact):
            counts.update(contact["list_memberships"])
    return [{**item, "membership_count": counts[item["list_id"]]} for item in items]


def active(contact: Resource) -> bool:
    """Whether the account may mail this contact."""
    permission = contact.get("email_address", {}).get("permission_to_send")
    return "deleted_at" not in contact and permission in ("explicit", "implicit")


@routes.get("/v3/contact_lists/list_id_xrefs")
@gated("contact_data", "contacts:lists:read")
def list_id_xrefs(caller: Caller) -> Response:
    """The ids of lists by those that the V2 API had, which here are their places."""
    return answered({"xrefs": xrefs(list(caller.account.lists), "list_id")})


@routes.get("/v3/contact_lists/<list_id>")
@gated("contact_data", "contacts:lists:read")
def contact_list(caller: Caller, list_id: str) -> Response:
    counted = one_of(request.args, "include_membership_count", ("all", "active"))
    item = known_list(caller.account, list_id)
    return answered(_with_counts(caller.account, [item], counted)[0])


def known_list(account: Account, list_id: str) -> Resource:
    """The list of an id; 404 when there is none, or it is deleted."""
    if not UUID.fullmatch(list_id):
        raise not_found("list_id is in an invalid format.")
    item = account.lists.get(list_id.lower())
    if not item or "deleted_at" in item:
        raise not_found("List not found.")
    return item


@routes.put("/v3/contact_lists/<list_id>")
@gated("contact_data", "contacts:lists:write")
def replace(caller: Caller, list_id: str) -> Response:
    """What is left out becomes empty, as with every PUT of the provider."""
    lists = caller.account.lists
    item = known_list(caller.account, list_id)
    sent = _checked(without_nulls(json_object(declares_415=False)))
    others = [each for each in lists.values() if each["list_id"] != item["list_id"]]
    make_room(others, sent["name"], None)
    changed = {**item, "description": "", "favorite": False, **sent}
    changed["updated_at"] = iso(caller.here.clock.now())
    lists[item["list_id"]] = changed
    return answered(changed)


@routes.post("/v3/contact_lists")
@gated("contact_data", "contacts:lists:write")
def create(caller: Caller) -> Response:
    sent, lists = (
        _checked(without_nulls(json_object(declares_415=False))),
        caller.account.lists,
    )
    make_room(lists.values(), sent["name"], MAX_IN_ACCOUNT)
    item = made("list_id", {"description": "", "favorite": False, **sent}, caller)
    lists[item["list_id"]] = item
    return answered(item, 201)


def _checked(body: Resource) -> Resource:
    complaints = Complaints()
    complaints.filled(body, "name", 255)
    complaints.text(body, "description", None)
    complaints.flag(body, "favorite")
    if complaints:
        raise invalid(*complaints)
    return {
        name: body[name] for name in ("name", "description", "favorite") if name in body
    }
