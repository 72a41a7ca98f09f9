"""POST /v3/contacts/sign_up_form: creates or updates a contact who asked for mail (contract 4)."""

import json
from typing import Any

from flask import Blueprint, Response, request

from app.simulator.api.abuse import is_abused
from app.simulator.api.gate import Caller, gated
from app.simulator.api.sign_up_rules import checked
from app.simulator.api.upsert import upsert
from app.simulator.errors import answered, conflict, invalid, not_found, unsupported
from app.simulator.models import Account, Resource

routes = Blueprint("sign_up_form", __name__)


@routes.post("/v3/contacts/sign_up_form")
@gated("contact_data", "contacts:write")
def sign_up_form(caller: Caller) -> Response:
    account = caller.account
    sent = checked(_json_object())
    if "email_address" in sent and is_abused(caller.here, account, sent["email_address"]):
        raise invalid("Email address is invalid")
    _known_references(account, sent)
    _alone(caller, account, sent)
    contact_id, created = upsert(account, sent, caller.here.clock.now())
    body = {"contact_id": contact_id, "action": "created" if created else "updated"}
    return answered(body, 201 if created else 200)


def _json_object() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise unsupported(request.mimetype)
    try:
        body = json.loads(request.get_data(), parse_constant=_no_number)
        # Half a surrogate pair can be written in JSON but not in UTF-8.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as problem:
        raise invalid("Problem: message body does not match declared format") from problem
    if not isinstance(body, dict):
        raise invalid("Problem: message body does not match declared format")
    return body


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _known_references(account: Account, sent: Resource) -> None:
    """Lists and fields must exist here; deleted ones do not."""
    for list_id in sent["list_memberships"]:
        if "deleted_at" in account.lists.get(list_id, {"deleted_at": ""}):
            raise not_found(f"List {list_id} not found.")
    for entry in sent.get("custom_fields", []):
        if "deleted_at" in account.fields.get(entry["custom_field_id"], {"deleted_at": ""}):
            raise not_found(f"Custom field {entry['custom_field_id']} not found.")


def _alone(caller: Caller, account: Account, sent: Resource) -> None:
    """Refuse a second write to the same contact while the first has not been answered."""
    channel = sent.get("sms_channel", {})
    key = (
        account.id,
        sent.get("email_address", f"{channel.get('dial_code')}{channel.get('sms_address')}").lower(),
    )
    if key in caller.here.writing:
        raise conflict("The contact is being changed by another request.")
    caller.here.writing.add(key)
    request.environ["simulator.writing"] = key
