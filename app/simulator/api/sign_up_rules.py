"""What a sign-up may contain (contract 4.1): lengths, counts, kinds, dates. Nulls and unknown names pass."""

from typing import Any

from app.simulator.api.complaints import ADDRESS, Complaints, as_date, named, without_nulls
from app.simulator.errors import invalid

Body = dict[str, Any]
TEXTS = {"first_name": 50, "last_name": 50, "job_title": 50, "company_name": 50, "phone_number": 25}
STREET_TEXTS = {"street": 255, "city": 50, "state": 50, "postal_code": 50, "country": 50}
KINDS = ("home", "work", "other")
SMS_NEEDED = ("sms_address", "dial_code", "country_code", "sms_channel_consents")
CONSENT_NEEDED = (
    "sms_consent_permission",
    "consent_type",
    "consent_medium_type",
    "consent_medium_url",
    "consent_medium_details",
)
KNOWN = (
    *TEXTS, "email_address", "list_memberships", "custom_fields", "anniversary", "birthday_month",
    "birthday_day", "street_address", "sms_channel",
)  # fmt: skip


def checked(body: Body) -> Body:
    """The known properties, ready to store; a 400 that names everything wrong otherwise."""
    sent = {name: value for name, value in without_nulls(body).items() if name in KNOWN}
    if sent.get("street_address") == {}:
        del sent["street_address"]
    complaints = Complaints()
    _check_reachable(complaints, sent)
    _check_lists(complaints, sent)
    _check_texts(complaints, sent)
    _check_dates(complaints, sent)
    _check_custom_fields(complaints, sent)
    _check_street_address(complaints, sent)
    _check_sms_channel(complaints, sent)
    if complaints:
        raise invalid(*complaints)
    return _normal(sent)


def _check_reachable(complaints: Complaints, sent: Body) -> None:
    if "email_address" not in sent and "sms_channel" not in sent:
        complaints.append("email_address, sms_channel are missing, at least one parameter must be provided")
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
    for position, list_id in enumerate(complaints.items(sent, "list_memberships", 50, str)):
        complaints.uuid(list_id, f"list_memberships[{position}]")


def _check_texts(complaints: Complaints, sent: Body) -> None:
    for name, most in TEXTS.items():
        complaints.text(sent, name, most)


def _check_dates(complaints: Complaints, sent: Body) -> None:
    anniversary = sent.get("anniversary", "2000-01-01")
    if not isinstance(anniversary, str) or not as_date(anniversary):
        complaints.append("anniversary is invalid")
    complaints.number(sent, "birthday_month", 1, 12)
    complaints.number(sent, "birthday_day", 1, 31)
    if ("birthday_month" in sent) != ("birthday_day" in sent):
        complaints.missing(sent, "birthday_month", "birthday_day")


def _check_custom_fields(complaints: Complaints, sent: Body) -> None:
    for position, entry in enumerate(complaints.items(sent, "custom_fields", 50)):
        inside = f"custom_fields[{position}]"
        if not complaints.missing(entry, "custom_field_id", inside=inside):
            complaints.uuid(entry["custom_field_id"], named("custom_field_id", inside))
        complaints.text(entry, "value", 255, inside)


def _check_street_address(complaints: Complaints, sent: Body) -> None:
    address = sent.get("street_address", {"kind": "home"})
    if not isinstance(address, dict):
        complaints.append("street_address is invalid")
        return
    complaints.missing(address, "kind", inside="street_address")
    complaints.word(address, "kind", KINDS, "street_address")
    for name, most in STREET_TEXTS.items():
        complaints.text(address, name, most, "street_address")


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
        complaints.word(consent, "consent_type", ("promotional_sms",), "sms_channel_consents")


def _normal(sent: Body) -> Body:
    """Ids in lower case and without repeats, dates as they are read back, only known address parts."""
    sent["list_memberships"] = list(dict.fromkeys(list_id.lower() for list_id in sent["list_memberships"]))
    if "anniversary" in sent:
        sent["anniversary"] = as_date(sent["anniversary"])
    if "custom_fields" in sent:
        values = {
            entry["custom_field_id"].lower(): entry["value"] for entry in sent["custom_fields"] if "value" in entry
        }
        sent["custom_fields"] = [{"custom_field_id": key, "value": value} for key, value in values.items()]
    if "street_address" in sent:
        known = ("kind", *STREET_TEXTS)
        sent["street_address"] = {name: value for name, value in sent["street_address"].items() if name in known}
    return sent
