"""Email campaigns, as far as clients look whether there are any (contract 3)."""

from flask import Blueprint, Response

from app.simulator.api.gate import Caller, gated
from app.simulator.api.paging import asked, page
from app.simulator.clock import iso
from app.simulator.errors import answered
from app.simulator.models import Account, Resource
from app.simulator.seed.stable import stable_id

routes = Blueprint("emails", __name__)
MAX = 500
CAMPAIGNS = {"Spring news": "Done", "Summer news": "Draft"}
BEGAN = 1_700_000_000.0


@routes.get("/v3/emails")
@gated("campaign_data", "campaign:read")
def emails(caller: Caller) -> Response:
    everything = [_campaign(caller.account, name) for name in CAMPAIGNS]
    items, links = page(asked(), everything, lambda _: True, "campaign_id", MAX)
    return answered({"campaigns": items} | ({"_links": links} if links else {}))


def _campaign(account: Account, name: str) -> Resource:
    return {
        "campaign_id": stable_id(account.id, "campaign", name),
        "name": name,
        "current_status": CAMPAIGNS[name],
        "type": "NEWSLETTER",
        "type_code": 10,
        "created_at": iso(BEGAN),
        "updated_at": iso(BEGAN),
    }
