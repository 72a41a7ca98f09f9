"""Creating, replacing and deleting contacts, and asking one back (contract 5.1)."""

from flask import Blueprint, Response

from app.simulator.api.bodies import json_object
from app.simulator.api.complaints import Complaints, without_nulls
from app.simulator.api.consent import permission_of
from app.simulator.api.contact_rules import checked
from app.simulator.api.contacts import PARTS, known, shown
from app.simulator.api.gate import Caller, gated
from app.simulator.api.person_rules import check_ids, normal_ids
from app.simulator.api.references import alone, unknown
from app.simulator.api.replace import replaced
from app.simulator.api.upsert import new_contact
from app.simulator.clock import iso
from app.simulator.errors import answered, conflict, invalid, not_found
from app.simulator.magic import strike
from app.simulator.models import Account, Resource, addresses

routes = Blueprint("contact_writes", __name__)


@routes.post("/v3/contacts")
@gated("contact_data", "contacts:write")
def create(caller: Caller) -> Response:
    """Create a contact.

    An unknown id is a 400 here, as the provider's description has no 404 for this
    route.
    """
    account, sent = caller.account, checked(json_object(), "create_source")
    strike(caller.here, account, sent.get("email_address", {}).get("address", ""))
    if missing := unknown(account, sent):
        raise invalid(missing)
    at = iso(caller.here.clock.now())
    contact = replaced(
        account, new_contact(at, sent["create_source"]), sent, sent["create_source"], at
    )
    _keep(caller, contact)
    return answered(shown(contact, PARTS), 201)


@routes.put("/v3/contacts/<contact_id>")
@gated("contact_data", "contacts:write")
def replace(caller: Caller, contact_id: str) -> Response:
    account, sent = (
        caller.account,
        checked(json_object(declares_415=False), "update_source"),
    )
    before, by = known(account, contact_id), sent["update_source"]
    if "deleted_at" in before and by != "Account":
        raise invalid("update_source does not have a valid value")
    if missing := unknown(account, sent):
        raise not_found(missing)
    contact = replaced(account, before, sent, by, iso(caller.here.clock.now()))
    _keep(caller, contact, *addresses(before))
    return answered(shown(contact, PARTS))


def _keep(caller: Caller, contact: Resource, *former: str) -> None:
    """Store a contact; 409 when an address is another's, also a deleted one's."""
    names = list(addresses(contact))
    for name in names:
        other = caller.account.find(name)
        if other and other["contact_id"] != contact["contact_id"]:
            what = "SMS address" if name.startswith("+") else "Email"
            words = f"{what} already exists for contact {other['contact_id']}"
            if caller.here.settings.conflict_prefix:
                words = f"Validation failed: {words}"
            raise conflict(words)
    alone(caller, *names, contact["contact_id"], *former)
    caller.account.keep(contact)


@routes.delete("/v3/contacts/<contact_id>")
@gated("contact_data", "contacts:write")
def delete(caller: Caller, contact_id: str) -> Response:
    """Deleting again changes nothing and is no error: what was asked for is so."""
    contact, at = known(caller.account, contact_id), iso(caller.here.clock.now())
    if "deleted_at" not in contact:
        gone = {"deleted_at": at[:10], "updated_at": at, "list_memberships": []}
        caller.account.keep(contact | gone)
    return Response(status=204)


@routes.put("/v3/contacts/resubscribe/<contact_id>")
@gated("contact_data", "contacts:write")
def resubscribe(caller: Caller, contact_id: str) -> Response:
    """Send the one mail that asks a person back.

    It is allowed once for each time somebody unsubscribed. Nobody here reads the mail,
    so nothing else comes of it. That the contact is not unsubscribed, or was asked
    before, is taken for a conflict.
    """
    account, list_ids = (
        caller.account,
        _list_ids(without_nulls(json_object(declares_415=False))),
    )
    contact = known(account, contact_id)
    if missing := unknown(account, {"list_memberships": list_ids}):
        raise not_found(missing)
    if "deleted_at" in contact or permission_of(contact) != "unsubscribed":
        raise conflict("Contact is not unsubscribed.")
    _ask_once(account, contact)
    return Response(status=200)


def _list_ids(sent: Resource) -> list[str]:
    complaints = Complaints()
    if not complaints.missing(sent, "list_ids"):
        check_ids(complaints, sent, "list_ids")
        complaints.extend(["list_ids is empty"] if sent["list_ids"] == [] else [])
    if complaints:
        raise invalid(*complaints)
    return normal_ids(sent["list_ids"])


def _ask_once(account: Account, contact: Resource) -> None:
    opted_out_at = contact["email_address"]["opt_out_date"]
    if account.asked_back.get(contact["contact_id"]) == opted_out_at:
        raise conflict("A resubscribe email was already sent to this contact.")
    account.asked_back[contact["contact_id"]] = opted_out_at
