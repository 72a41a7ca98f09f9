"""What sign-up form and contact routes both accept: names, dates, ids, addresses."""

from typing import Any

from app.simulator.api.complaints import Complaints, as_date, named

Body = dict[str, Any]
NAMES = {"first_name": 50, "last_name": 50, "job_title": 50, "company_name": 50}
STREET_TEXTS = {
    "street": 255,
    "city": 50,
    "state": 50,
    "postal_code": 50,
    "country": 50,
}
CORE = (*NAMES, "anniversary", "birthday_month", "birthday_day")
STREET_KINDS = ("home", "work", "other")
MAX_IDS = 50


def check_core(complaints: Complaints, sent: Body) -> None:
    for name, most in NAMES.items():
        complaints.text(sent, name, most)
    anniversary = sent.get("anniversary", "2000-01-01")
    if not isinstance(anniversary, str) or not as_date(anniversary):
        complaints.append("anniversary is invalid")
    complaints.number(sent, "birthday_month", 1, 12)
    complaints.number(sent, "birthday_day", 1, 31)
    if ("birthday_month" in sent) != ("birthday_day" in sent):
        complaints.missing(sent, "birthday_month", "birthday_day")


def check_ids(complaints: Complaints, sent: Body, name: str) -> None:
    for position, value in enumerate(complaints.items(sent, name, MAX_IDS, str)):
        complaints.uuid(value, f"{name}[{position}]")


def check_custom_fields(complaints: Complaints, sent: Body, most: int) -> list[Body]:
    """The entries, for what one route alone wants of them."""
    entries = complaints.items(sent, "custom_fields", most)
    for position, entry in enumerate(entries):
        inside = f"custom_fields[{position}]"
        if not complaints.missing(entry, "custom_field_id", inside=inside):
            complaints.uuid(entry["custom_field_id"], named("custom_field_id", inside))
        complaints.text(entry, "value", 255, inside)
    return entries


def check_street_address(complaints: Complaints, address: Body, inside: str) -> None:
    complaints.missing(address, "kind", inside=inside)
    complaints.word(address, "kind", STREET_KINDS, inside)
    for name, most in STREET_TEXTS.items():
        complaints.text(address, name, most, inside)


def normal_ids(ids: list[str]) -> list[str]:
    """In lower case and without repeats."""
    return list(dict.fromkeys(value.lower() for value in ids))


def normal_core(sent: Body) -> Body:
    """The core properties that were sent, the date as it is read back."""
    core = {name: sent[name] for name in CORE if name in sent}
    return core | (
        {"anniversary": as_date(core["anniversary"])} if "anniversary" in core else {}
    )


def normal_custom_fields(
    entries: list[Body], known: tuple[str, ...] = ("value", "choice_ids")
) -> list[Body]:
    """The last entry of each field, with what is known of it."""
    last = {entry["custom_field_id"].lower(): entry for entry in entries}
    return [
        {
            "custom_field_id": field_id,
            **{name: entry[name] for name in known if name in entry},
        }
        for field_id, entry in last.items()
    ]


def normal_street_address(address: Body) -> Body:
    return {name: address[name] for name in ("kind", *STREET_TEXTS) if name in address}
