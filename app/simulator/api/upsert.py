"""Creating or updating the contact of a sign-up (contract 4.3)."""

import uuid

from app.simulator.clock import iso
from app.simulator.errors import invalid
from app.simulator.models import Account, Resource

MOST_LISTS = 50
MOST_PHONES = 3
CORE = (
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "anniversary",
    "birthday_month",
    "birthday_day",
)
OPT_OUT = ("opt_out_source", "opt_out_date", "opt_out_reason")


def upsert(account: Account, sent: Resource, now: float) -> tuple[str, bool]:
    """The contact's id, and whether it is new."""
    contact, at = _found(account, sent), iso(now)
    created = contact is None
    contact = contact or new_contact(at)
    _add_lists(contact, sent["list_memberships"])
    contact |= {name: sent[name] for name in CORE if name in sent}
    _add_custom_fields(account, contact, sent)
    _add_phone(contact, sent, at)
    _add_street_address(contact, sent, at)
    _add_sms_channel(contact, sent, at)
    _opt_in(account, contact, sent, at)
    contact |= {"update_source": "Contact", "updated_at": at}
    account.keep(contact)
    return contact["contact_id"], created


def _found(account: Account, sent: Resource) -> Resource | None:
    if "email_address" in sent:
        return account.find(sent["email_address"])
    channel = sent["sms_channel"]
    return account.find(f"+{channel['dial_code']}{channel['sms_address']}")


def new_contact(at: str) -> Resource:
    """An empty contact; ids are of version 1, as the provider's are, but name no machine."""
    return {
        "contact_id": str(uuid.uuid1(node=0x5E_1A_7C_0F_4E_01)),
        "create_source": "Contact",
        "created_at": at,
        "custom_fields": [],
        "list_memberships": [],
        "phone_numbers": [],
        "street_addresses": [],
        "taggings": [],
        "notes": [],
    }


def _add_lists(contact: Resource, list_ids: list[str]) -> None:
    together = list(dict.fromkeys([*contact["list_memberships"], *list_ids]))
    if len(together) > MOST_LISTS:
        raise invalid("list_memberships does not have a valid value")
    contact["list_memberships"] = together


def _add_custom_fields(account: Account, contact: Resource, sent: Resource) -> None:
    values = {entry["custom_field_id"]: entry for entry in contact["custom_fields"]}
    for entry in sent.get("custom_fields", []):
        values[entry["custom_field_id"]] = _as_stored(account.fields[entry["custom_field_id"]], entry)
    contact["custom_fields"] = list(values.values())


def _as_stored(field: Resource, entry: Resource) -> Resource:
    """Whether choices are set by label or by id is not documented, so either is taken."""
    for choice in field.get("choices", []):
        if entry["value"] in (choice["choice_label"], str(choice["choice_id"])):
            return {"custom_field_id": entry["custom_field_id"], "choice_ids": [str(choice["choice_id"])]}
    return entry


def _add_phone(contact: Resource, sent: Resource, at: str) -> None:
    """The endpoint takes one number without a kind; it is kept as `other`."""
    number = sent.get("phone_number")
    phones = contact["phone_numbers"]
    if not number or any(phone["phone_number"] == number for phone in phones):
        return
    kept = [phone for phone in phones if phone["kind"] != "other"][: MOST_PHONES - 1]
    phone = {"phone_number_id": str(uuid.uuid4()), "phone_number": number, "kind": "other"}
    made = {"created_at": at, "updated_at": at, "create_source": "Contact", "update_source": "Contact"}
    contact["phone_numbers"] = [*kept, phone | made]


def _add_street_address(contact: Resource, sent: Resource, at: str) -> None:
    """One address of each kind."""
    if "street_address" not in sent:
        return
    kind = sent["street_address"]["kind"]
    others = [address for address in contact["street_addresses"] if address["kind"] != kind]
    made = {"street_address_id": str(uuid.uuid4()), "created_at": at, "updated_at": at}
    contact["street_addresses"] = [*others, made | sent["street_address"]]


def _add_sms_channel(contact: Resource, sent: Resource, at: str) -> None:
    if "sms_channel" not in sent:
        return
    channel = sent["sms_channel"]
    contact["sms_channel"] = {
        "sms_channel_id": contact.get("sms_channel", {}).get("sms_channel_id") or str(uuid.uuid4()),
        **{name: channel[name] for name in ("sms_address", "dial_code", "country_code")},
        "create_source": "Contact",
        "update_source": "Contact",
        "sms_channel_consents": [_consent(consent, at) for consent in channel["sms_channel_consents"]],
    }


def _consent(consent: Resource, at: str) -> Resource:
    """The frequency is a number going in and a text coming out."""
    stored = {name: consent[name] for name in ("sms_consent_permission", "consent_type")}
    optional = ("advertised_frequency", "advertised_interval")
    stored |= {name: str(consent[name]) for name in optional if name in consent}
    return stored | {"opt_in_date": at, "created_at": at, "updated_at": at}


def _opt_in(account: Account, contact: Resource, sent: Resource, at: str) -> None:
    """Explicit, or awaiting confirmation where the account confirms and the person was not mailable before.

    An unsubscribed person becomes mailable again: the provider trusts the caller that it is their wish.
    """
    returning = contact.pop("deleted_at", None) is not None
    if "email_address" not in sent:
        return
    email = contact.get("email_address") or {"address": sent["email_address"], "created_at": at}
    mailable = not returning and email.get("permission_to_send") in ("explicit", "implicit")
    for name in OPT_OUT:
        email.pop(name, None)
    confirming = account.confirmed_opt_in and not mailable
    email |= {
        "permission_to_send": "pending_confirmation" if confirming else "explicit",
        "opt_in_source": "Contact",
    }
    email |= {"updated_at": at, "confirm_status": _confirm_status(account, confirming)}
    if confirming:
        email.pop("opt_in_date", None)
    else:
        email["opt_in_date"] = at
    contact["email_address"] = email


def _confirm_status(account: Account, confirming: bool) -> str:
    if confirming:
        return "pending"
    return "confirmed" if account.confirmed_opt_in else "off"
