"""Searching and reading contacts (contract 5.1)."""

from collections.abc import Callable, Collection

from flask import Blueprint, Response, request

from app.simulator.api.gate import Caller, gated
from app.simulator.api.lists import active
from app.simulator.api.paging import Rule, asked, page
from app.simulator.api.questions import UUID, ids, moment, several, yes
from app.simulator.clock import epoch
from app.simulator.errors import answered, invalid, not_found
from app.simulator.models import Account, Resource

routes = Blueprint("contacts", __name__)
MOST = 500
STATUSES = ("all", "active", "deleted", "not_set", "pending_confirmation", "temp_hold", "unsubscribed")
PARTS = ("custom_fields", "list_memberships", "phone_numbers", "street_addresses", "taggings", "notes")


@routes.get("/v3/contacts")
@gated("contact_data", "contacts:read")
def contacts(caller: Caller) -> Response:
    question = asked()
    included = several(question.sent, "include", PARTS)
    candidates, matches = _candidates(caller.account, question.sent), _rule(question.sent)
    items, links = page(question, candidates, matches, "contact_id", MOST)
    body: Resource = {"contacts": [shown(item, included) for item in items]}
    if yes(question.sent, "include_count"):
        body["contacts_count"] = sum(map(matches, candidates))
    return answered(body | ({"_links": links} if links else {}))


def _candidates(account: Account, sent: dict[str, str]) -> Collection[Resource]:
    if "email" not in sent:
        return account.contacts.values()
    found = account.find(sent["email"])
    return [found] if found else []


def _rule(sent: dict[str, str]) -> Rule:
    """All filters as one; segments and text messages are not part of this simulator yet."""
    for name in ("segment_id", "sms_status"):
        if name in sent:
            raise invalid(f"{name} is invalid")
    rules = [_status_rule(several(sent, "status", STATUSES)), *_id_rules(sent), *_time_rules(sent)]
    return lambda contact: all(rule(contact) for rule in rules)


def _status_rule(wanted: list[str]) -> Rule:
    if "all" in wanted:
        return lambda _: True
    if not wanted:
        return lambda contact: "deleted_at" not in contact
    return lambda contact: status(contact) in wanted


def status(contact: Resource) -> str:
    """The one word of the status filter that fits a contact."""
    if "deleted_at" in contact:
        return "deleted"
    if active(contact):
        return "active"
    return str(contact.get("email_address", {}).get("permission_to_send", "not_set"))


def _id_rules(sent: dict[str, str]) -> list[Rule]:
    lists, tags = set(ids(sent, "lists", 25)), set(ids(sent, "tags", 50))
    rules: list[Rule] = []
    if lists:
        rules.append(lambda contact: bool(lists & set(contact["list_memberships"])))
    if tags:
        rules.append(lambda contact: bool(tags & set(contact["taggings"])))
    return rules


def _time_rules(sent: dict[str, str]) -> list[Rule]:
    times: dict[str, Callable[[Resource], str | None]] = {
        "created": lambda contact: contact["created_at"],
        "updated": lambda contact: contact["updated_at"],
        "optout": lambda contact: contact.get("email_address", {}).get("opt_out_date"),
    }
    rules: list[Rule] = []
    for name, of in times.items():
        after, before = moment(sent, f"{name}_after"), moment(sent, f"{name}_before")
        if after is not None or before is not None:
            rules.append(_between(of, after, before))
    return rules


def _between(of: Callable[[Resource], str | None], after: float | None, before: float | None) -> Rule:
    def rule(contact: Resource) -> bool:
        text = of(contact)
        at = epoch(text) if text else None
        return at is not None and (after is None or at > after) and (before is None or at < before)

    return rule


def shown(contact: Resource, included: list[str]) -> Resource:
    """The contact with only those sub-resources that were asked for."""
    return {name: value for name, value in contact.items() if name not in PARTS or name in included}


@routes.get("/v3/contacts/<contact_id>")
@gated("contact_data", "contacts:read")
def contact(caller: Caller, contact_id: str) -> Response:
    included = several(request.args, "include", PARTS)
    if not UUID.fullmatch(contact_id):
        raise not_found("contact_id is in an invalid format.")
    found = caller.account.contacts.get(contact_id.lower())
    if not found:
        raise not_found("Contact not found.")
    return answered(shown(found, included))
