"""POST /v3/contacts/sign_up_form: creates or updates a contact who asked for mail.

Contract 4.
"""

from flask import Blueprint, Response

from app.simulator.api.abuse import is_abused
from app.simulator.api.bodies import json_object
from app.simulator.api.gate import Caller, gated
from app.simulator.api.references import alone, unknown
from app.simulator.api.sign_up_rules import checked
from app.simulator.api.upsert import address_of, upsert
from app.simulator.errors import answered, invalid, not_found
from app.simulator.magic import strike

routes = Blueprint("sign_up_form", __name__)


@routes.post("/v3/contacts/sign_up_form")
@gated("contact_data", "contacts:write")
def sign_up_form(caller: Caller) -> Response:
    account = caller.account
    sent = checked(json_object())
    strike(caller.here, account, sent.get("email_address", ""))
    if "email_address" in sent and is_abused(
        caller.here, account, sent["email_address"]
    ):
        raise invalid("Email address is invalid")
    if missing := unknown(account, sent):
        raise not_found(missing)
    alone(caller, address_of(sent))
    contact_id, created = upsert(account, sent, caller.here.clock.now())
    body = {"contact_id": contact_id, "action": "created" if created else "updated"}
    return answered(body, 201 if created else 200)
