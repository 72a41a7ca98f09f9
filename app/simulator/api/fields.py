"""Custom fields (contract 5.2)."""

from flask import Blueprint, Response

from app.simulator.api.gate import Caller, gated
from app.simulator.api.paging import asked, page
from app.simulator.errors import answered

routes = Blueprint("fields", __name__)
MOST = 100


@routes.get("/v3/contact_custom_fields")
@gated("contact_data", "contacts:read")
def contact_custom_fields(caller: Caller) -> Response:
    everything = caller.account.fields.values()
    items, links = page(asked(), everything, lambda item: "deleted_at" not in item, "custom_field_id", MOST)
    return answered({"custom_fields": items} | ({"_links": links} if links else {}))
