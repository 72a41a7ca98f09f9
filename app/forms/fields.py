"""What a form can ask: standard properties, and custom fields of every type.

The limits are those of the provider's sign_up_form (contract 4.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from app.core.contact_rules import MAX_CUSTOM_VALUE

# Characters.
MAX_LABEL = 80
MAX_HELP = 200
MAX_PLACEHOLDER = 100
MAX_DEFAULT = 255

CUSTOM_TYPES = (
    "string",
    "text_area",
    "number",
    "currency",
    "date",
    "datetime",
    "boolean",
    "single_select",
    "multi_select",
)
# How each type may look, the usual way first.
DISPLAYS: dict[str, tuple[str, ...]] = {
    "single_select": ("dropdown", "radio"),
    "multi_select": ("checkbox",),
    "boolean": ("checkbox", "radio", "dropdown"),
}
# The kinds of each question, the usual one first.
KINDS_OF: dict[str, tuple[str, ...]] = {
    "address": ("home", "work", "other"),
    # Only a form that updates exactly sends it: sign_up_form knows no kinds of phone.
    "phone_number": ("other", "mobile", "home", "work"),
}
SOURCES = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "page",
)
USUAL_DECIMAL_PLACES = {"currency": 2}


@dataclass(frozen=True)
class Standard:
    """One property of sign_up_form, by its usual label."""

    label: LazyString
    most: int  # characters
    autocomplete: str  # what browsers fill in
    type: str = "text"


STANDARD: dict[str, Standard] = {
    "first_name": Standard(_("First name"), 50, "given-name"),
    "last_name": Standard(_("Last name"), 50, "family-name"),
    "phone_number": Standard(_("Phone number"), 25, "tel", "tel"),
    "company_name": Standard(_("Company"), 50, "organization"),
    "job_title": Standard(_("Job title"), 50, "organization-title"),
    # A birthday is two numbers, month and day; an address is five texts, see `ADDRESS`.
    "birthday": Standard(_("Birthday"), 0, "bday", "birthday"),
    "anniversary": Standard(_("Anniversary"), 10, "off", "date"),
    "address": Standard(_("Address"), 0, "street-address", "address"),
}

ADDRESS: dict[str, Standard] = {
    "street": Standard(_("Street address"), 255, "street-address"),
    "city": Standard(_("City"), 50, "address-level2"),
    "state": Standard(_("State or region"), 50, "address-level1"),
    "postal_code": Standard(_("Postal code"), 50, "postal-code"),
    "country": Standard(_("Country"), 50, "country-name"),
}


@dataclass(frozen=True)
class Question:
    """One field of a form as its visitors see it.

    `type` is text, tel, birthday, address or one of `CUSTOM_TYPES`. Of a birthday or an
    address, `name` is the beginning of its inputs' names: `birthday_month`,
    `address_street`.
    """

    name: str  # of the input
    label: str
    required: bool
    most: int  # characters; 0 for a birthday and an address, whose parts have their own
    type: str
    autocomplete: str
    custom_field_id: str | None  # None for a standard property
    help: str = ""
    placeholder: str = ""
    default: str = ""  # several choices are joined, see `contact_rules.join_choices`
    hidden: bool = False
    choices: tuple[str, ...] = ()  # labels
    display: str = ""  # one of `DISPLAYS` for the type
    kind: str = ""  # of an address or a phone number, one of `KINDS_OF`
    source: str = ""  # one of `SOURCES`; fills a hidden field before its default does
    decimal_places: int | None = None  # at most so many; None: as many as are typed
    allow_negative: bool = False
    integer: bool = False
    clears: bool = False  # an empty answer empties what the contact has

    @property
    def place(self) -> str:
        """The part of a contact that it fills, as `Signup.body` names what to clear."""
        if self.custom_field_id:
            return f"custom_fields/{self.custom_field_id}"
        if self.name == "phone_number":
            return f"phone_numbers/{self.kind}"
        if self.name == "address":
            return f"street_addresses/{self.kind}"
        return self.name


def questions(saved: Iterable[dict[str, Any]]) -> list[Question]:
    """Return a form's saved fields, in order, as questions to show and to check."""
    return [_question(field) for field in saved]


def _question(field: dict[str, Any]) -> Question:
    hidden = bool(field.get("hidden"))
    common: dict[str, Any] = {
        "label": field["label"],
        "required": bool(field.get("required")) and not hidden,
        "hidden": hidden,
    }
    for name in ("help", "placeholder", "default", "clears"):
        if field.get(name):
            common[name] = field[name]
    if field.get("custom_field_id"):
        return Question(
            name=f"cf_{field['custom_field_id']}",
            custom_field_id=field["custom_field_id"],
            most=MAX_CUSTOM_VALUE,
            autocomplete="off",
            **common,
            **_details(field),
        )
    standard = STANDARD[field["key"]]
    return Question(
        name=field["key"],
        most=standard.most,
        type=standard.type,
        autocomplete=standard.autocomplete,
        custom_field_id=None,
        kind=_one_of(KINDS_OF.get(field["key"], ("",)), field.get("kind")),
        **common,
    )


def _details(field: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a question that depend on a custom field's type.

    Forms that were saved before there were types ask for a line of text.
    """
    type = field.get("type") or "string"
    decimal_places = field.get("decimal_places", USUAL_DECIMAL_PLACES.get(type))
    details = {
        "type": type,
        "choices": tuple(field.get("choices") or ()),
        "display": _one_of(DISPLAYS.get(type, ("",)), field.get("display")),
        "decimal_places": decimal_places,
        "allow_negative": bool(field.get("allow_negative")),
        "integer": bool(field.get("integer")),
    }
    if field.get("hidden"):
        details["source"] = field.get("source", "")
    return details


def _one_of(allowed: tuple[str, ...], wanted: str | None) -> str:
    """Return what is wanted where it is allowed, else the first of what is."""
    if wanted in allowed:
        return wanted
    return allowed[0]
