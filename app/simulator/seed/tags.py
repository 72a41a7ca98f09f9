"""The tags of an organisation."""

from app.simulator.clock import iso
from app.simulator.models import Resource
from app.simulator.seed.organisations import Organisation
from app.simulator.seed.stable import stable_id

YEAR = 365 * 86_400
TAGS = ("Regular", "Helper", "Met at the fair")


def tags_of(organisation: Organisation, now: float) -> list[Resource]:
    made = {"created_at": iso(now - YEAR), "updated_at": iso(now - YEAR)}
    return [
        {"tag_id": stable_id(organisation.id, "tag", name), "name": name, **made}
        for name in TAGS
    ]
