"""The lists of an organisation: those it uses, and one it deleted."""

from app.simulator.clock import iso
from app.simulator.models import Resource
from app.simulator.seed.organisations import Organisation
from app.simulator.seed.stable import stable_id

YEAR = 365 * 86_400


def lists_of(organisation: Organisation, now: float) -> list[Resource]:
    used = [
        _list(organisation, name, now, position == 0)
        for position, name in enumerate(organisation.lists)
    ]
    deleted = _list(organisation, "Old Newsletter", now, False) | {
        "deleted_at": iso(now - YEAR / 2)
    }
    return [*used, deleted]


def _list(
    organisation: Organisation, name: str, now: float, favorite: bool
) -> Resource:
    return {
        "list_id": stable_id(organisation.id, "list", name),
        "name": name,
        "description": "",
        "favorite": favorite,
        "created_at": iso(now - 2 * YEAR),
        "updated_at": iso(now - YEAR),
    }
