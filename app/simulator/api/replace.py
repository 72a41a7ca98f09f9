"""What a contact becomes when it is replaced (contract 5.1)."""

from app.simulator.api import parts
from app.simulator.api.consent import Source, decided, permission_of
from app.simulator.api.person_rules import CORE
from app.simulator.errors import invalid
from app.simulator.models import Account, Resource


def replaced(
    account: Account, before: Resource, sent: Resource, by: Source, at: str
) -> Resource:
    """Return the contact as it is after a PUT.

    Core properties are as sent or gone; arrays are as sent or as they were. The e-mail
    address and the SMS channel are sub-resources too, so they stay when they are left
    out. Who is unsubscribed is on no list, whatever was sent. 400 for choices that a
    field does not have, and for consent that is not the account's to give.
    """
    contact = {
        name: value
        for name, value in before.items()
        if name not in (*CORE, "deleted_at")
    }
    contact |= {
        name: sent[name]
        for name in (*CORE, "list_memberships", "taggings")
        if name in sent
    }
    if "email_address" in sent:
        contact["email_address"] = _email(
            account, before, sent["email_address"], by, at
        )
    if permission_of(contact) == "unsubscribed":
        contact["list_memberships"] = []
    return (
        contact
        | _arrays(account, before, sent, by, at)
        | {
            "update_source": by,
            "updated_at": at,
        }
    )


def _email(
    account: Account, before: Resource, sent: Resource, by: Source, at: str
) -> Resource:
    """Return the address as it is after a PUT.

    New addresses are implicit unless said otherwise; known ones keep their permission
    and its dates.
    """
    known = before.get("email_address", {})
    email = {"created_at": at, **known, "address": sent["address"], "updated_at": at}
    permission = sent.get(
        "permission_to_send", known.get("permission_to_send", "implicit")
    )
    if permission != known.get("permission_to_send"):
        _may_decide(known, by)
        email = decided(account, email, permission, by, at)
    if permission == "unsubscribed" and "opt_out_reason" in sent:
        email["opt_out_reason"] = sent["opt_out_reason"]
    return email


def _may_decide(email: Resource, by: Source) -> None:
    """Refuse to bring somebody back who left by their own wish (contract 5.1)."""
    if email.get("opt_out_source") == "Contact" and by == "Account":
        raise invalid("permission_to_send does not have a valid value")


def _arrays(
    account: Account, before: Resource, sent: Resource, by: Source, at: str
) -> Resource:
    new: Resource = {}
    if "custom_fields" in sent:
        new["custom_fields"] = [
            parts.custom_field(account.fields[entry["custom_field_id"]], entry)
            for entry in sent["custom_fields"]
        ]
    if "phone_numbers" in sent:
        new["phone_numbers"] = [
            parts.phone(entry, by, at) for entry in sent["phone_numbers"]
        ]
    if "street_addresses" in sent:
        new["street_addresses"] = [
            parts.street_address(entry, at) for entry in sent["street_addresses"]
        ]
    if "notes" in sent:
        new["notes"] = [
            parts.note(entry, before["notes"], at) for entry in sent["notes"]
        ]
    if "sms_channel" in sent:
        new["sms_channel"] = parts.sms_channel(
            sent["sms_channel"], before.get("sms_channel"), by, at
        )
    return new
