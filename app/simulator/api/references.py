"""What a body refers to must exist in the account.

Nor may another request be writing the same contact.
"""

from collections.abc import Iterator

from flask import request

from app.simulator.api.gate import Caller
from app.simulator.errors import conflict
from app.simulator.models import Account, Resource

GONE = {"deleted_at": ""}


def unknown(account: Account, sent: Resource) -> str | None:
    """Return a sentence about the first list, custom field or tag that is not here.

    Deleted ones are not.
    """
    return next(_unknown(account, sent), None)


def _unknown(account: Account, sent: Resource) -> Iterator[str]:
    for list_id in sent.get("list_memberships", []):
        if "deleted_at" in account.lists.get(list_id, GONE):
            yield f"List {list_id} not found."
    for entry in sent.get("custom_fields", []):
        if "deleted_at" in account.fields.get(entry["custom_field_id"], GONE):
            yield f"Custom field {entry['custom_field_id']} not found."
    for tag_id in sent.get("taggings", []):
        if tag_id not in account.tags:
            yield f"Tag {tag_id} not found."


def alone(caller: Caller, *names: str) -> None:
    """Refuse a second write to a contact while the first has not been answered.

    `names` are what the contact may be called by.
    """
    keys = [(caller.account.id, name.lower()) for name in names]
    if caller.here.writing.intersection(keys):
        raise conflict("The contact is being changed by another request.")
    caller.here.writing.add(keys[0])
    request.environ["simulator.writing"] = keys[0]
