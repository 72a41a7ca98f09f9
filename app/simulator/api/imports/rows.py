"""What a row may contain: columns, lengths, dates, custom fields that exist."""

import re
from collections.abc import Collection

from app.simulator.api.complaints import ADDRESS, Complaints, as_date
from app.simulator.api.person_rules import NAMES
from app.simulator.api.upsert import MAX_PHONES
from app.simulator.models import Account, Resource

CUSTOM = "cf:"
MAX_CUSTOM_FIELDS = 25
KINDS = {"": "home", "home_": "home", "work_": "work", "other_": "other"}
PHONES = {
    "phone": "other",
    "home_phone": "home",
    "work_phone": "work",
    "mobile_phone": "mobile",
    "other_phone": "other",
}
PARTS = {
    "street": 255,
    "street2": 255,
    "city": 50,
    "state": 50,
    "zip": 50,
    "country": 50,
}
TEXTS = {
    **NAMES,
    "sms_number": 16,
    "sms_consent_date": 16,
    **dict.fromkeys(PHONES, 50),
    **{prefix + part: most for prefix in KINDS for part, most in PARTS.items()},
}
BIRTHDAY = ("birthday_month", "birthday_day")
CSV_COLUMNS = {
    "email",
    "sms_number",
    "sms_consent_date",
    "anniversary",
    "phone",
    *BIRTHDAY,
    *NAMES,
    *PARTS,
}
JSON_COLUMNS = CSV_COLUMNS | TEXTS.keys()
US_NUMBER = re.compile(r"[0-9]{3}(-?)[0-9]{3}\1[0-9]{4}")


def normal(row: Resource, columns: Collection[str]) -> Resource:
    """Return only known columns, and only those with a value.

    The published `home country` is `home_country`.
    """
    named = {
        "home_country" if name == "home country" else name: value
        for name, value in row.items()
        if name
    }
    return {
        name: value
        for name, value in named.items()
        if value not in ("", None) and (name in columns or name.startswith(CUSTOM))
    }


def correctable(row: Resource) -> Complaints:
    """What the product lets people mend afterwards."""
    complaints = Complaints()
    if "email" not in row and "sms_number" not in row:
        complaints.append("email, sms_number are missing")
    email = str(row.get("email", "a@example.com"))
    if len(email) > 50 or not ADDRESS.fullmatch(email):
        complaints.append("email is invalid")
    _check_date(complaints, row, "anniversary")
    complaints.number(row, "birthday_month", 1, 12)
    complaints.number(row, "birthday_day", 1, 31)
    if ("birthday_month" in row) != ("birthday_day" in row):
        complaints.missing(row, *BIRTHDAY)
    return complaints


def _check_date(complaints: Complaints, row: Resource, name: str) -> None:
    if name in row and not as_date(str(row[name])):
        complaints.append(f"{name} is invalid")


def uncorrectable(account: Account, row: Resource, sms_permission: str) -> Complaints:
    complaints = Complaints()
    for name in row:
        if name in TEXTS:
            complaints.text(row, name, TEXTS[name])
    if len({kind for name, kind in PHONES.items() if name in row}) > MAX_PHONES:
        complaints.append("phone numbers are more than 3")
    _check_sms(complaints, row, sms_permission)
    _check_custom_fields(complaints, account, row)
    return complaints


def _check_sms(complaints: Complaints, row: Resource, permission: str) -> None:
    if "sms_number" not in row:
        return
    if not US_NUMBER.fullmatch(str(row["sms_number"])):
        complaints.append("sms_number is invalid")
    if permission == "explicit":
        complaints.missing(row, "sms_consent_date")
    _check_date(complaints, row, "sms_consent_date")


def _check_custom_fields(
    complaints: Complaints, account: Account, row: Resource
) -> None:
    sent = [name for name in row if name.startswith(CUSTOM)]
    if len(sent) > MAX_CUSTOM_FIELDS:
        complaints.append("custom fields are more than 25")
    known = field_ids(account) if sent else {}
    for name in sent:
        complaints.text(row, name, 255)
        if name not in known:
            complaints.append(f"{name} does not exist")


def field_ids(account: Account) -> dict[str, str]:
    """Ids of the account's custom fields by the name of their column."""
    fields = [item for item in account.fields.values() if "deleted_at" not in item]
    return {CUSTOM + item["name"]: item["custom_field_id"] for item in fields}
