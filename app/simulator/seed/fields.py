"""The custom fields of an organisation: one of every type."""

from typing import Any

from app.simulator.clock import iso
from app.simulator.models import Resource
from app.simulator.seed.organisations import Organisation
from app.simulator.seed.stable import stable_id

YEAR = 365 * 86_400
CHOICES = {
    "How did you hear about us": (
        "A friend",
        "Passing by",
        "Search engine",
        "Social media",
    ),
    "Interests": ("Events", "Offers", "Volunteering"),
}
FIELDS: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("Nickname", "string", None),
    ("Message", "text_area", None),
    ("Group size", "number", {"integer": True, "allow_negative": False}),
    (
        "Last gift",
        "currency",
        {"currency_code": "USD", "decimal_places": 2, "integer": False},
    ),
    ("Member since", "date", {"display_format": "YYYY-MM-DD"}),
    ("Next visit", "datetime", None),
    ("Accessible entrance", "boolean", None),
    ("How did you hear about us", "single_select", {"display_type": "dropdown"}),
    ("Interests", "multi_select", {"display_type": "checkbox"}),
)


def fields_of(organisation: Organisation, now: float) -> list[Resource]:
    return [
        _field(organisation, label, kind, metadata, now)
        for label, kind, metadata in FIELDS
    ]


def _field(
    organisation: Organisation,
    label: str,
    kind: str,
    metadata: dict[str, Any] | None,
    now: float,
) -> Resource:
    field_id = stable_id(organisation.id, "field", label)
    field: Resource = {
        "custom_field_id": field_id,
        "label": label,
        "name": label.lower().replace(" ", "_"),
    }
    field |= {"type": kind, "version": 2 if kind in ("date", "datetime") else 1}
    field |= {"metadata": metadata} if metadata else {}
    field |= {"choices": _choices(field_id, label, now)} if label in CHOICES else {}
    return field | {"created_at": iso(now - 2 * YEAR), "updated_at": iso(now - YEAR)}


def _choices(field_id: str, label: str, now: float) -> list[Resource]:
    return [
        {
            "custom_field_id": field_id,
            "choice_id": position,
            "choice_label": choice,
            "display_order": position,
            "created_at": iso(now - 2 * YEAR),
            "updated_at": iso(now - YEAR),
        }
        for position, choice in enumerate(CHOICES[label], start=1)
    ]
