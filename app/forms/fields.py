"""What a form can ask: the properties of the provider's sign_up_form (contract 4.1),
custom fields of every type.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

MAX_EMAIL = 50
MAX_LISTS = 50
MAX_CUSTOM_FIELDS = 50  # that one sign-up may carry
# that a contact can have: the sign-up with the 26th is refused
MAX_CUSTOM_FIELDS_OF_CONTACT = 25
# characters; several choices of one field share them
MAX_CUSTOM_VALUE = 255
MAX_LABEL, MAX_HELP, MAX_PLACEHOLDER, MAX_DEFAULT = 80, 200, 100, 255

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
DISPLAYS: dict[str, tuple[str, ...]] = {  # how a type may look, the usual way first
    "single_select": ("dropdown", "radio"),
    "multi_select": ("checkbox",),
    "boolean": ("checkbox", "radio", "dropdown"),
}
KINDS_OF: dict[str, tuple[str, ...]] = {  # by question, the usual one first
    "address": ("home", "work", "other"),
    # where the form updates exactly: the other way knows none
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
    """One property of sign_up_form: its usual label, its most characters, and what
    browsers fill in.
    """

    label: LazyString
    most: int
    autocomplete: str
    type: str = "text"


STANDARD: dict[str, Standard] = {
    "first_name": Standard(_("First name"), 50, "given-name"),
    "last_name": Standard(_("Last name"), 50, "family-name"),
    "phone_number": Standard(_("Phone number"), 25, "tel", "tel"),
    "company_name": Standard(_("Company"), 50, "organization"),
    "job_title": Standard(_("Job title"), 50, "organization-title"),
    # two numbers: month and day
    "birthday": Standard(_("Birthday"), 0, "bday", "birthday"),
    "anniversary": Standard(_("Anniversary"), 10, "off", "date"),
    # five texts, see `ADDRESS`
    "address": Standard(_("Address"), 0, "street-address", "address"),
}

ADDRESS: dict[str, Standard] = {
    "street": Standard(_("Street and number"), 255, "street-address"),
    "city": Standard(_("City"), 50, "address-level2"),
    "state": Standard(_("State or region"), 50, "address-level1"),
    "postal_code": Standard(_("Postal code"), 50, "postal-code"),
    "country": Standard(_("Country"), 50, "country-name"),
}


@dataclass(frozen=True)
class Question:
    """One field of a form as its visitors see it; `type` is text, tel, birthday,
    address or one of `CUSTOM_TYPES`.

    Of a birthday or an address, `name` is the beginning of its inputs' names:
    `birthday_month`, `address_street`.
    """

    name: str  # of the input
    label: str
    required: bool
    # characters; of a birthday and an address 0, as their parts have limits of their
    # own
    most: int
    type: str
    autocomplete: str
    custom_field_id: str | None  # None for a standard property
    help: str = ""
    placeholder: str = ""
    default: str = ""  # of several choices: their labels joined by `, `
    hidden: bool = False
    choices: tuple[str, ...] = ()  # labels
    display: str = ""  # one of `DISPLAYS` for the type
    kind: str = ""  # of an address or a phone number, one of `KINDS_OF`
    # one of `SOURCES`: what fills a hidden field, before its default does
    source: str = ""
    decimal_places: int | None = None  # at most so many; None: as many as are typed
    allow_negative: bool = False
    integer: bool = False
    clears: bool = False  # an empty answer empties what the contact has

    @property
    def place(self) -> str:
        """What of a contact it fills, as `Signup.body` names it when it is to be
        cleared.
        """
        if self.custom_field_id:
            return f"custom_fields/{self.custom_field_id}"
        return {
            "phone_number": f"phone_numbers/{self.kind}",
            "address": f"street_addresses/{self.kind}",
        }.get(self.name, self.name)


def questions(saved: Iterable[dict[str, Any]]) -> list[Question]:
    """A form's saved fields, in order, with all that is needed to show and check them."""
    return [_question(field) for field in saved]


def _question(field: dict[str, Any]) -> Question:
    hidden = bool(field.get("hidden"))
    common: dict[str, Any] = {
        name: field[name]
        for name in ("help", "placeholder", "default", "clears")
        if field.get(name)
    }
    common |= {
        "label": field["label"],
        "required": bool(field.get("required")) and not hidden,
        "hidden": hidden,
    }
    if field.get("custom_field_id"):
        return Question(
            name=f"cf_{field['custom_field_id']}",
            custom_field_id=field["custom_field_id"],
            most=MAX_CUSTOM_VALUE,
            autocomplete="off",
            **common,
            **_typed(field),
        )
    known, kinds = STANDARD[field["key"]], KINDS_OF.get(field["key"], ("",))
    return Question(
        name=field["key"],
        most=known.most,
        type=known.type,
        autocomplete=known.autocomplete,
        custom_field_id=None,
        kind=field["kind"] if field.get("kind") in kinds else kinds[0],
        **common,
    )


def _typed(field: dict[str, Any]) -> dict[str, Any]:
    """What a custom field's type brings with it.

    Forms saved before there were types ask for a line of text.
    """
    type = field.get("type") or "string"
    looks = DISPLAYS.get(type, ("",))
    return {
        "type": type,
        "choices": tuple(field.get("choices") or ()),
        "display": field["display"] if field.get("display") in looks else looks[0],
        "source": field.get("source", "") if field.get("hidden") else "",
        "decimal_places": field.get("decimal_places", USUAL_DECIMAL_PLACES.get(type)),
        "allow_negative": bool(field.get("allow_negative")),
        "integer": bool(field.get("integer")),
    }
