"""Tags (contract 5.2)."""

from collections import Counter

from flask import Blueprint, Response

from app.simulator.api.bodies import json_object
from app.simulator.api.complaints import Complaints, without_nulls
from app.simulator.api.gate import Caller, gated
from app.simulator.api.making import made, make_room
from app.simulator.api.paging import asked, page
from app.simulator.api.questions import yes
from app.simulator.errors import answered, invalid
from app.simulator.models import Account, Resource

routes = Blueprint("tags", __name__)
MAX = 500


@routes.get("/v3/contact_tags")
@gated("contact_data", "contacts:read")
def contact_tags(caller: Caller) -> Response:
    question, account = asked(), caller.account
    items, links = page(question, account.tags.values(), lambda _: True, "tag_id", MAX)
    if yes(question.sent, "include_count"):
        counts = _counts(account)
        items = [{**item, "contacts_count": counts[item["tag_id"]]} for item in items]
    return answered({"tags": items} | ({"_links": links} if links else {}))


def _counts(account: Account) -> Counter[str]:
    """How many contacts have each tag, the deleted left out."""
    people = (
        contact for contact in account.contacts.values() if "deleted_at" not in contact
    )
    return Counter(tag_id for contact in people for tag_id in contact["taggings"])


@routes.post("/v3/contact_tags")
@gated("contact_data", "contacts:write")
def create(caller: Caller) -> Response:
    sent, tags = (
        _checked(without_nulls(json_object(declares_415=False))),
        caller.account.tags,
    )
    make_room(tags.values(), sent["name"], None)
    tag = made("tag_id", sent, caller)
    tags[tag["tag_id"]] = tag
    return answered(tag, 201)


def _checked(body: Resource) -> Resource:
    complaints = Complaints()
    complaints.filled(body, "name", 255)
    complaints.text(body, "tag_source", None)
    if complaints:
        raise invalid(*complaints)
    return {name: body[name] for name in ("name", "tag_source") if name in body}
