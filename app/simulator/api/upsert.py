"""Creates or updates the contact of a sign-up or of an import's row.

Contract 4.3, 5.3.
"""

from app.simulator.api import parts
from app.simulator.api.consent import MAILABLE, Source, decided, permission_of
from app.simulator.api.making import new_id
from app.simulator.api.person_rules import CORE
from app.simulator.clock import iso
from app.simulator.errors import invalid
from app.simulator.models import Account, Resource

MAX_LISTS = 50
MAX_PHONES = 3
# Per endpoint (contract 9.1): sign-ups may fill 50 fields; routes that show contacts
# show the first 25 of them.
MAX_CUSTOM_FIELDS = 50


def upsert(
    account: Account, sent: Resource, now: float, by: Source = "Contact"
) -> tuple[str, bool]:
    """Return the contact's id, and whether it is new.

    400 when it would have too many lists or custom fields. Only what is sent changes:
    `email_address` (text) or `sms_channel`, CORE, `list_memberships`, `custom_fields`,
    `phone_numbers` and `street_addresses` (one of each kind). By the `Contact` it is a
    sign-up: explicit, whatever was before. By the `Account` it is an import: implicit,
    unless already mailable; who unsubscribed stays so, and is put on no list.
    """
    found, at = account.find(address_of(sent)), iso(now)
    contact = dict(found) if found else new_contact(at, by)
    contact |= {name: sent[name] for name in CORE if name in sent}
    _opt_in(account, contact, sent, by, at)
    if by == "Contact" or permission_of(contact) != "unsubscribed":
        _add_lists(contact, sent.get("list_memberships", []))
    _add_custom_fields(account, contact, sent.get("custom_fields", []))
    _add_phones(contact, sent.get("phone_numbers", []), by, at)
    _add_street_addresses(contact, sent.get("street_addresses", []), at)
    if "sms_channel" in sent:
        contact["sms_channel"] = parts.sms_channel(
            sent["sms_channel"], contact.get("sms_channel"), by, at
        )
    contact |= {"update_source": by, "updated_at": at}
    account.keep(contact)
    return contact["contact_id"], found is None


def address_of(sent: Resource) -> str:
    """What the contact of a sign-up is found by."""
    if "email_address" in sent:
        return str(sent["email_address"])
    return f"+{sent['sms_channel']['dial_code']}{sent['sms_channel']['sms_address']}"


def new_contact(at: str, by: Source = "Contact") -> Resource:
    return {
        "contact_id": new_id(),
        "create_source": by,
        "created_at": at,
        "custom_fields": [],
        "list_memberships": [],
        "phone_numbers": [],
        "street_addresses": [],
        "taggings": [],
        "notes": [],
    }


def _opt_in(
    account: Account, contact: Resource, sent: Resource, by: Source, at: str
) -> None:
    """Give permission to mail; by signing up, also an unsubscribed person gives it.

    The provider trusts the caller that it is their wish.
    """
    returning = contact.pop("deleted_at", None) is not None
    kept = (*MAILABLE, "unsubscribed") if by == "Account" else ()
    if "email_address" in sent and permission_of(contact) not in kept:
        email = contact.get("email_address") or {
            "address": sent["email_address"],
            "created_at": at,
        }
        permission = "explicit" if by == "Contact" else "implicit"
        contact["email_address"] = decided(
            account, email, permission, by, at, returning
        )


def _add_lists(contact: Resource, list_ids: list[str]) -> None:
    contact["list_memberships"] = list(
        dict.fromkeys([*contact["list_memberships"], *list_ids])
    )
    _at_most(MAX_LISTS, contact, "list_memberships")


def _add_custom_fields(
    account: Account, contact: Resource, entries: list[Resource]
) -> None:
    values = {entry["custom_field_id"]: entry for entry in contact["custom_fields"]}
    for entry in entries:
        values[entry["custom_field_id"]] = parts.custom_field(
            account.fields[entry["custom_field_id"]], entry
        )
    contact["custom_fields"] = list(values.values())
    _at_most(MAX_CUSTOM_FIELDS, contact, "custom_fields")


def _at_most(most: int, contact: Resource, name: str) -> None:
    if len(contact[name]) > most:
        raise invalid(f"{name} does not have a valid value")


def _add_phones(
    contact: Resource, entries: list[Resource], by: Source, at: str
) -> None:
    """A number that is known already stays what it is."""
    for entry in entries:
        phones = contact["phone_numbers"]
        if not any(phone["phone_number"] == entry["phone_number"] for phone in phones):
            others = [phone for phone in phones if phone["kind"] != entry["kind"]][
                : MAX_PHONES - 1
            ]
            contact["phone_numbers"] = [*others, parts.phone(entry, by, at)]


def _add_street_addresses(contact: Resource, entries: list[Resource], at: str) -> None:
    for entry in entries:
        others = [
            address
            for address in contact["street_addresses"]
            if address["kind"] != entry["kind"]
        ]
        contact["street_addresses"] = [*others, parts.street_address(entry, at)]
