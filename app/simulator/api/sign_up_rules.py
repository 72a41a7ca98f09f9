"""What a sign-up may contain (contract 4.1): lengths, counts, kinds, dates.

Nulls and unknown names pass.
"""

from typing import Any

from app.simulator.api.complaints import ADDRESS, Complaints, without_nulls
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
MAX_CUSTOM_FIELDS = 50
SMS_NEEDED = ("sms_address", "dial_code", "country_code", "sms_channel_consents")
CONSENT_NEEDED = (
    "sms_consent_permission",
    "consent_type",
    "consent_medium_type",
    "consent_medium_url",
    "consent_medium_details",
)
KNOWN = (
    *CORE,
    "phone_number",
    "email_address",
    "list_memberships",
    "custom_fields",
    "street_address",
    "sms_channel",
)


def checked(body: Body) -> Body:
    """Return the known properties, ready to store; 400 names everything that is wrong.

    The phone number and the street address come out as `phone_numbers` and
    `street_addresses`.
    """
    sent = {name: value for name, value in without_nulls(body).items() if name in KNOWN}
    if sent.get("street_address") == {}:
        del sent["street_address"]
    complaints = Complaints()
    _check_reachable(complaints, sent)
    _check_lists(complaints, sent)
    check_core(complaints, sent)
    complaints.text(sent, "phone_number", 25)
    check_custom_fields(complaints, sent, MAX_CUSTOM_FIELDS)
    _check_street_address(complaints, sent)
    _check_sms_channel(complaints, sent)
    if complaints:
        raise invalid(*complaints)
    return _normal(sent)


def _check_reachable(complaints: Complaints, sent: Body) -> None:
    if "email_address" not in sent and "sms_channel" not in sent:
        complaints.append(
            "email_address, sms_channel are missing, at least one parameter must be"
            " provided"
        )
    address = sent.get("email_address", "a@example.com")
    if not isinstance(address, str) or len(address) > 50:
        complaints.append("email_address is invalid")
    elif not ADDRESS.fullmatch(address):
        complaints.append("Email address is invalid")


def _check_lists(complaints: Complaints, sent: Body) -> None:
    if complaints.missing(sent, "list_memberships"):
        return
    if sent["list_memberships"] == []:
        complaints.append("list_memberships is empty")
    check_ids(complaints, sent, "list_memberships")


def _check_street_address(complaints: Complaints, sent: Body) -> None:
    address = sent.get("street_address", {"kind": "home"})
    if isinstance(address, dict):
        check_street_address(complaints, address, "street_address")
    else:
        complaints.append("street_address is invalid")


def _check_sms_channel(complaints: Complaints, sent: Body) -> None:
    if "sms_channel" not in sent:
        return
    channel = sent["sms_channel"]
    if not isinstance(channel, dict):
        complaints.append("sms_channel is invalid")
        return
    complaints.missing(channel, *SMS_NEEDED, inside="sms_channel")
    for name in SMS_NEEDED[:3]:
        complaints.text(channel, name, None, "sms_channel")
    for consent in complaints.items(channel, "sms_channel_consents", 50):
        complaints.missing(consent, *CONSENT_NEEDED, inside="sms_channel_consents")
        complaints.word(
            consent, "consent_type", ("promotional_sms",), "sms_channel_consents"
        )


def _normal(sent: Body) -> Body:
    """The endpoint takes one number without a kind; it is kept as `other`."""
    normal = {
        name: sent[name] for name in ("email_address", "sms_channel") if name in sent
    } | normal_core(sent)
    normal["list_memberships"] = normal_ids(sent["list_memberships"])
    values = [entry for entry in sent.get("custom_fields", []) if "value" in entry]
    normal["custom_fields"] = normal_custom_fields(values, ("value",))
    if sent.get("phone_number"):
        normal["phone_numbers"] = [
            {"phone_number": sent["phone_number"], "kind": "other"}
        ]
    if "street_address" in sent:
        normal["street_addresses"] = [normal_street_address(sent["street_address"])]
    return normal
