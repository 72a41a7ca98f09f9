"""Custom fields (contract 5.2)."""

from flask import Blueprint, Response

from app.simulator.api.bodies import json_object
from app.simulator.api.field_rules import checked
from app.simulator.api.gate import Caller, gated
from app.simulator.api.making import made, make_room
from app.simulator.api.paging import asked, page
from app.simulator.api.questions import UUID
from app.simulator.errors import answered, not_found
from app.simulator.models import Resource

routes = Blueprint("fields", __name__)
MAX = 100
MAX_IN_ACCOUNT = 100


@routes.get("/v3/contact_custom_fields")
@gated("contact_data", "contacts:read")
def contact_custom_fields(caller: Caller) -> Response:
    everything = caller.account.fields.values()
    items, links = page(
        asked(),
        everything,
        lambda item: "deleted_at" not in item,
        "custom_field_id",
        MAX,
    )
    return answered({"custom_fields": items} | ({"_links": links} if links else {}))


@routes.get("/v3/contact_custom_fields/<custom_field_id>")
@gated("contact_data", "contacts:read")
def contact_custom_field(caller: Caller, custom_field_id: str) -> Response:
    if not UUID.fullmatch(custom_field_id):
        raise not_found("custom_field_id is in an invalid format.")
    item = caller.account.fields.get(custom_field_id.lower())
    if not item or "deleted_at" in item:
        raise not_found("Custom field not found.")
    return answered(item)


@routes.post("/v3/contact_custom_fields")
@gated("contact_data", "contacts:write")
def create(caller: Caller) -> Response:
    """Two labels that make the same name collide."""
    sent, fields = checked(json_object()), caller.account.fields
    make_room(fields.values(), sent["name"], MAX_IN_ACCOUNT)
    field = made("custom_field_id", sent, caller)
    if "choices" in field:
        field["choices"] = _choices(field)
    fields[field["custom_field_id"]] = field
    return answered(field, 201)


def _choices(field: Resource) -> list[Resource]:
    """Numbered as they were sent."""
    same = {
        name: field[name] for name in ("custom_field_id", "created_at", "updated_at")
    }
    return [
        {
            "choice_id": position,
            "choice_label": choice["choice_label"],
            "display_order": choice.get("display_order", position),
        }
        | same
        for position, choice in enumerate(field["choices"], start=1)
    ]
