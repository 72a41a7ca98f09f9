"""Answers to every question there is, and what the provider made of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.accounts.models import Account
from app.signups.form_cache import ShownForm
from tests.signups.asking import (
    HEARD,
    INTERESTS,
    OF_TYPE,
    custom,
)
from tests.signups.reading import error_of

NAME = "Zoë 艾 👩\u200d🚀 O’Brien"
LINES = "Dear bakery,\r\n\r\n\r\nIs  there rye?\r\n 🌱 "
HOME = {
    "street": "Hauptstraße 5",
    "city": "Zürich",
    "state": "ZH",
    "postal_code": "8001",
    "country": "Schweiz",
}
# what is asked · what a browser sends for it · what the provider then holds
TABLE: list[tuple[str, dict[str, Any], Any]] = [
    ("first_name", {"first_name": f" {NAME}\u202e\0 "}, NAME),
    ("last_name", {"last_name": "Łukasiewicz"}, "Łukasiewicz"),
    ("job_title", {"job_title": "Bäckerin"}, "Bäckerin"),
    ("company_name", {"company_name": "Maple & Rye"}, "Maple & Rye"),
    (
        "phone_number",
        {"phone_number": "+41 (0)44 123-45.67 ext 8"},
        "+41 (0)44 123-45.67 ext 8",
    ),
    ("birthday", {"birthday_month": "2", "birthday_day": "29"}, (2, 29)),
    ("anniversary", {"anniversary": "2011-05-31"}, "2011-05-31"),
    (
        "address",
        {f"address_{name}": value for name, value in HOME.items()},
        {"kind": "home", **HOME},
    ),
    ("string", {"string": NAME}, NAME),
    ("text_area", {"text_area": LINES}, "Dear bakery,\n\nIs there rye?\n🌱"),
    ("number", {"number": "٤٢"}, "42"),
    ("currency", {"currency": "$ 12,50"}, "12.50"),
    ("date", {"date": "1999-12-31"}, "1999-12-31"),
    ("datetime", {"datetime": "2026-05-31T14:30"}, "2026-05-31T14:30:00"),
    ("boolean", {"boolean": "y"}, "true"),
    ("single_select", {"single_select": "Passing by"}, ["Passing by"]),
    (
        "multi_select",
        {"multi_select": ["Volunteering", "Events"]},
        ["Events", "Volunteering"],
    ),
    ("address", {"address_city": "Bern"}, {"kind": "home", "city": "Bern"}),
]


# -- helpers


def names_of(account: Account) -> dict[str, str]:
    """The input's name by type of custom field."""
    return {type: custom(account, type)["key"] for type in OF_TYPE}


def error_at(page: str, what: str, name: str) -> str | None:
    """The message at a field; of groups their first control is the one that is tied to
    it.
    """
    if what == "birthday":
        return error_of(page, "birthday_month")
    return error_of(page, name)


def read_back(contact: dict[str, Any], account: Account) -> dict[str, Any]:
    """What the provider holds of a contact beside address and lists, by what was asked."""
    core = ("first_name", "last_name", "job_title", "company_name", "anniversary")
    found: dict[str, Any] = {name: contact[name] for name in core if contact.get(name)}
    if contact.get("birthday_month"):
        found["birthday"] = (contact["birthday_month"], contact["birthday_day"])
    for one in contact["phone_numbers"]:
        found["phone_number"] = one["phone_number"]
    for one in contact["street_addresses"]:
        found["address"] = {name: one[name] for name in ("kind", *HOME) if name in one}
    types = {item.custom_field_id: item.type for item in account.fields}
    labels = {
        HEARD: ["A friend", "Passing by", "Search engine", "Social media"],
        INTERESTS: ["Events", "Offers", "Volunteering"],
    }
    for one in contact["custom_fields"]:
        type = types[one["custom_field_id"]]
        found[type] = (
            [labels[OF_TYPE[type]][int(id) - 1] for id in one["choice_ids"]]
            if "choice_ids" in one
            else one["value"]
        )
    return found


def shown(fields: list[dict[str, Any]]) -> ShownForm:
    """A form as it is read for a visitor, with these fields and nothing else to it."""
    values: dict[str, Any] = dict.fromkeys(ShownForm.__dataclass_fields__, "")
    now = datetime(2026, 5, 31, tzinfo=UTC)
    return replace(
        ShownForm(**values),
        fields=json.dumps(fields),
        lists='[{"list_id": "x", "label": "News"}]',
        visitor_chooses=False,
        open=True,
        closes_at=None,
        updated_at=now,
    )
