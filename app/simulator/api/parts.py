"""The sub-resources of a contact as they are stored, made of what was sent."""

import uuid

from app.simulator.errors import invalid
from app.simulator.models import Resource


def custom_field(field: Resource, entry: Resource) -> Resource:
    """Return one custom field of a contact, its choices by label or by id.

    Which of the two is not documented, so either is taken as a `value`. Nor is how
    several are sent: here it is one text, with ", " between them. What is not made of
    choices is kept as it is.
    """
    stored, value = (
        {"custom_field_id": entry["custom_field_id"]},
        entry.get("value", ""),
    )
    choices, several = field.get("choices", []), field["type"] == "multi_select"
    if "choice_ids" in entry:
        known = {str(choice["choice_id"]) for choice in choices}
        most = len(known) if several else 1
        if not set(entry["choice_ids"]) <= known or len(entry["choice_ids"]) > most:
            raise invalid("choice_ids does not have a valid value")
        return stored | {"choice_ids": entry["choice_ids"]}
    named = {
        name: str(choice["choice_id"])
        for choice in choices
        for name in (choice["choice_label"], str(choice["choice_id"]))
    }
    ids = _chosen(named, value.split(", ") if several else [value])
    return stored | ({"choice_ids": ids} if ids else {"value": value})


def _chosen(named: dict[str, str], parts: list[str]) -> list[str]:
    """Return the ids of choices that are named one after the other.

    A label may itself hold what stands between two. Empty when not all are choices.
    """
    if not parts:
        return []
    for many in range(len(parts), 0, -1):
        first, rest = named.get(", ".join(parts[:many])), parts[many:]
        after = _chosen(named, rest) if first and rest else []
        if first and bool(after) == bool(rest):
            return list(dict.fromkeys([first, *after]))
    return []


def phone(entry: Resource, by: str, at: str) -> Resource:
    made = {
        "created_at": at,
        "updated_at": at,
        "create_source": by,
        "update_source": by,
    }
    return {"phone_number_id": str(uuid.uuid4()), **entry, **made}


def street_address(entry: Resource, at: str) -> Resource:
    return {
        "street_address_id": str(uuid.uuid4()),
        "created_at": at,
        "updated_at": at,
        **entry,
    }


def note(entry: Resource, known: list[Resource], at: str) -> Resource:
    """A note that is sent back with its id keeps the time it was made."""
    before = next(
        (note for note in known if note["note_id"] == entry.get("note_id")), None
    )
    made = before or {"note_id": str(uuid.uuid4()), "created_at": at}
    return {**made, "content": entry["content"]}


def sms_channel(
    channel: Resource, before: Resource | None, by: str, at: str
) -> Resource:
    """Return a channel for `sms_address`, `dial_code`, `country_code` and consents.

    Its id stays as it was.
    """
    return {
        "sms_channel_id": (before or {}).get("sms_channel_id") or str(uuid.uuid4()),
        **{
            name: channel[name] for name in ("sms_address", "dial_code", "country_code")
        },
        "create_source": (before or {}).get("create_source", by),
        "update_source": by,
        "sms_channel_consents": [
            _consent(consent, at) for consent in channel["sms_channel_consents"]
        ],
    }


def _consent(consent: Resource, at: str) -> Resource:
    """The frequency is a number going in and a text coming out."""
    stored = {
        name: consent[name] for name in ("sms_consent_permission", "consent_type")
    }
    optional = ("advertised_frequency", "advertised_interval")
    stored |= {name: str(consent[name]) for name in optional if name in consent}
    dated = (
        "opt_out_date"
        if consent["sms_consent_permission"] == "unsubscribed"
        else "opt_in_date"
    )
    return stored | {dated: at, "created_at": at, "updated_at": at}
