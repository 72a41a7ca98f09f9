"""The contacts of an organisation: neighbours, and one address for every state."""

from app.simulator.clock import iso
from app.simulator.models import Resource
from app.simulator.seed.organisations import Organisation
from app.simulator.seed.stable import stable_id

DAY = 86_400
STATES = {
    "active@example.com": "explicit",
    "implicit@example.com": "implicit",
    "pending@example.com": "pending_confirmation",
    "opted-out@example.com": "unsubscribed",
    "removed@example.com": "unsubscribed",
    "on-hold@example.com": "temp_hold",
    "not-set@example.com": "not_set",
    "deleted@example.com": "deleted",
}
NEIGHBOURS = (
    ("Ada", "Byron"),
    ("Tomás", "Herrera"),
    ("Mei", "Tanaka"),
    ("Zoë", "O’Brien"),
    ("Kwame", "Mensah"),
    ("Łucja", "Nowak"),
    ("Sinéad", "Kelly"),
    ("Ravi", "Iyer"),
    ("Hannah", "Goldberg"),
    ("Omar", "Haddad"),
    ("Grace", "Whitehorse"),
    ("Émile", "Rousseau"),
)


def people_of(
    organisation: Organisation,
    lists: list[Resource],
    fields: list[Resource],
    tags: list[Resource],
    now: float,
) -> list[Resource]:
    neighbours = [
        person(
            organisation.id,
            f"neighbour{number}@example.org",
            "explicit",
            now - number * 9 * DAY,
        )
        | {
            "first_name": first,
            "last_name": last,
            "list_memberships": [lists[number % (len(lists) - 1)]["list_id"]],
        }
        for number, (first, last) in enumerate(NEIGHBOURS, start=1)
    ]
    _tell_more(organisation.id, neighbours, fields, tags)
    known = [
        person(organisation.id, address, state, now - 200 * DAY)
        | {"first_name": "Robin", "last_name": address.partition("@")[0].title()}
        | {
            "list_memberships": (
                [lists[0]["list_id"]] if state in ("explicit", "implicit") else []
            )
        }
        for address, state in STATES.items()
    ]
    return [*neighbours, *known]


def _tell_more(
    account: str,
    neighbours: list[Resource],
    fields: list[Resource],
    tags: list[Resource],
) -> None:
    """Give the first neighbour one of everything, the second a phone for text messages.

    Some get tags.
    """
    first, second, *others = neighbours
    made = {"created_at": first["created_at"], "updated_at": first["created_at"]}
    sources = {"create_source": "Contact", "update_source": "Contact"}
    phone = {
        "phone_number_id": stable_id(account, "phone"),
        "phone_number": "+1 555 010 0115",
        "kind": "mobile",
    }
    street = {
        "street_address_id": stable_id(account, "street"),
        "kind": "home",
        "street": "12 Mill Street",
    }
    note = {
        "note_id": stable_id(account, "note"),
        "created_at": first["created_at"],
        "content": "Prefers letters.",
    }
    first["custom_fields"] = [
        {"custom_field_id": fields[0]["custom_field_id"], "value": "Countess"}
    ]
    first |= {
        "phone_numbers": [phone | made | sources],
        "street_addresses": [street | made],
        "notes": [note],
    }
    first["taggings"] = [tag["tag_id"] for tag in tags[:2]]
    for each in others[:3]:
        each["taggings"] = [tags[0]["tag_id"]]
    consent = {"sms_consent_permission": "explicit", "consent_type": "promotional_sms"}
    channel = {"sms_channel_id": stable_id(account, "sms"), "sms_address": "5550100116"}
    channel |= {"dial_code": "1", "country_code": "US", **sources}
    second["sms_channel"] = channel | {
        "sms_channel_consents": [consent | made | {"opt_in_date": made["created_at"]}]
    }


def person(account: str, address: str, state: str, at: float) -> Resource:
    """A contact in `state` since `at`; `deleted` is one who was explicit before."""
    email = {
        "address": address,
        "permission_to_send": "explicit" if state == "deleted" else state,
    }
    email |= {"created_at": iso(at), "updated_at": iso(at)} | _consent_facts(
        address, state, at
    )
    contact: Resource = {
        "contact_id": stable_id(account, "contact", address.lower()),
        "email_address": email,
        "create_source": "Contact" if state == "explicit" else "Account",
        "update_source": "Account",
        "created_at": iso(at),
        "updated_at": iso(at),
        "custom_fields": [],
        "list_memberships": [],
        "phone_numbers": [],
        "street_addresses": [],
        "taggings": [],
        "notes": [],
    }
    return contact | ({"deleted_at": iso(at + DAY)[:10]} if state == "deleted" else {})


def _consent_facts(address: str, state: str, at: float) -> dict[str, str]:
    """Return who opted in or out, and when.

    `removed@…` was unsubscribed by the account; others left themselves.
    """
    if state == "unsubscribed":
        by = "Account" if address.startswith("removed@") else "Contact"
        return {
            "opt_out_source": by,
            "opt_out_date": iso(at),
            "opt_out_reason": "",
            "confirm_status": "off",
        }
    if state == "pending_confirmation":
        return {"opt_in_source": "Contact", "confirm_status": "pending"}
    source = "Account" if state == "implicit" else "Contact"
    return {"opt_in_source": source, "opt_in_date": iso(at), "confirm_status": "off"}
