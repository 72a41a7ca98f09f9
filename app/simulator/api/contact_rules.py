"""What a contact may be created with or replaced by (contract 5.1).

Nulls count as left out; unknown names pass, so that a contact may be read, changed and
put back.
"""

import re
from typing import Any

from app.simulator.api.complaints import ADDRESS, Complaints, named, without_nulls
from app.simulator.api.consent import PERMISSIONS
from app.simulator.api.person_rules import (
    CORE,
    check_core,
    check_custom_fields,
    check_ids,
    check_street_address,
    normal_core,
    normal_custom_fields,
    normal_ids,
    normal_street_address,
)
from app.simulator.errors import invalid

Body = dict[str, Any]
SOURCES = ("Contact", "Account")
REACHED = ("first_name", "last_name", "email_address", "sms_channel")
IDS = ("list_memberships", "taggings")
KNOWN = (
    *CORE,
    *IDS,
    "email_address",
    "custom_fields",
    "phone_numbers",
    "street_addresses",
    "notes",
    "sms_channel",
)
MAX_CUSTOM_FIELDS = 25
PHONE_KINDS = ("home", "work", "mobile", "other")
SMS_NUMBER = re.compile(r"\+?1([0-9]{10})")


def checked(body: Body, source: str) -> Body:
    """Return the known properties, ready to store; 400 names everything that is wrong.

    `source` is the name that the route uses for who made the change.
    """
    sent = {
        name: value
        for name, value in without_nulls(body).items()
        if name in (*KNOWN, source)
    }
    complaints = Complaints()
    complaints.missing(sent, source)
    complaints.word({source: sent.get(source)}, source, SOURCES)
    if source == "create_source" and not set(sent) & set(REACHED):
        complaints.append(
            f"{', '.join(REACHED)} are missing, at least one parameter must be provided"
        )
    _check_email(complaints, sent)
    check_core(complaints, sent)
    for name in IDS:
        check_ids(complaints, sent, name)
    for entry in check_custom_fields(complaints, sent, MAX_CUSTOM_FIELDS):
        complaints.items(entry, "choice_ids", 100, str)
    _check_parts(complaints, sent)
    _check_sms_channel(complaints, sent)
    if complaints:
        raise invalid(*complaints)
    return _normal(sent, source)


def _check_email(complaints: Complaints, sent: Body) -> None:
    email = sent.get("email_address", {"address": "a@example.com"})
    if not isinstance(email, dict):
        complaints.append("email_address is invalid")
    elif not complaints.missing(email, "address", inside="email_address"):
        if not isinstance(email["address"], str) or len(email["address"]) > 80:
            complaints.append("email_address[address] is invalid")
        elif not ADDRESS.fullmatch(email["address"]):
            complaints.append("Email address is invalid")
        complaints.word(email, "permission_to_send", PERMISSIONS, "email_address")
        complaints.text(email, "opt_out_reason", 255, "email_address")


def _check_parts(complaints: Complaints, sent: Body) -> None:
    """Complain about a phone without its number and a note without its content.

    No schema says so, yet without them there is nothing.
    """
    for position, phone in enumerate(complaints.items(sent, "phone_numbers", 3)):
        inside = f"phone_numbers[{position}]"
        complaints.missing(phone, "phone_number", inside=inside)
        complaints.text(phone, "phone_number", 25, inside)
        complaints.word(phone, "kind", PHONE_KINDS, inside)
    for position, address in enumerate(complaints.items(sent, "street_addresses", 3)):
        check_street_address(complaints, address, f"street_addresses[{position}]")
    for position, note in enumerate(complaints.items(sent, "notes", 150)):
        complaints.missing(note, "content", inside=f"notes[{position}]")
        complaints.text(note, "content", 2000, f"notes[{position}]")


def _check_sms_channel(complaints: Complaints, sent: Body) -> None:
    """Complain about numbers from outside North America.

    Of others it is not known where the dial code ends.
    """
    if "sms_channel" not in sent:
        return
    channel = sent["sms_channel"]
    if not isinstance(channel, dict):
        complaints.append("sms_channel is invalid")
        return
    if not complaints.missing(
        channel, "full_sms_address", "sms_channel_consents", inside="sms_channel"
    ):
        number = channel["full_sms_address"]
        if not isinstance(number, str) or not SMS_NUMBER.fullmatch(number):
            complaints.append(f"{named('full_sms_address', 'sms_channel')} is invalid")
    for consent in complaints.items(channel, "sms_channel_consents", 50):
        complaints.missing(
            consent,
            "sms_consent_permission",
            "consent_type",
            inside="sms_channel_consents",
        )
        for name in ("sms_consent_permission", "consent_type"):
            complaints.text(consent, name, None, "sms_channel_consents")


def _normal(sent: Body, source: str) -> Body:
    kept = (source, "email_address", "notes")
    normal = {name: sent[name] for name in kept if name in sent} | normal_core(sent)
    normal |= {name: normal_ids(sent[name]) for name in IDS if name in sent}
    if "custom_fields" in sent:
        normal["custom_fields"] = normal_custom_fields(sent["custom_fields"])
    if "phone_numbers" in sent:
        phones = ({"kind": "other", **phone} for phone in sent["phone_numbers"])
        normal["phone_numbers"] = [
            {name: phone[name] for name in ("phone_number", "kind")} for phone in phones
        ]
    if "street_addresses" in sent:
        normal["street_addresses"] = [
            normal_street_address(address) for address in sent["street_addresses"]
        ]
    if "sms_channel" in sent:
        normal["sms_channel"] = _normal_sms(sent["sms_channel"])
    return normal


def _normal_sms(channel: Body) -> Body:
    """The whole number in the parts it is read back in."""
    number = channel["full_sms_address"].lstrip("+")
    consents = channel["sms_channel_consents"]
    return {
        "sms_address": number[1:],
        "dial_code": "1",
        "country_code": "US",
        "sms_channel_consents": consents,
    }
