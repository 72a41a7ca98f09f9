"""What lists, custom fields, tags and contacts have in common when they are made."""

import uuid
from collections.abc import Iterable

from app.simulator.api.gate import Caller
from app.simulator.clock import iso
from app.simulator.errors import conflict, invalid
from app.simulator.models import Resource


def new_id() -> str:
    """Of version 1, as the provider's are, but naming no machine."""
    return str(uuid.uuid1(node=0x5E_1A_7C_0F_4E_01))


def make_room(everything: Iterable[Resource], name: str, most: int | None) -> None:
    """Refuse with 400 when the account is full, with 409 when the name is taken.

    Capital and small letters are the same; deleted ones do not count.
    """
    here = [item for item in everything if "deleted_at" not in item]
    if most is not None and len(here) >= most:
        raise invalid(f"The account already has {most} of these")
    if any(item["name"].lower() == name.lower() for item in here):
        raise conflict(f"The name {name} already exists.")


def made(id_name: str, facts: Resource, caller: Caller) -> Resource:
    """A new resource of these facts."""
    at = iso(caller.here.clock.now())
    return {id_name: new_id(), **facts, "created_at": at, "updated_at": at}
