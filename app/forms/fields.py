"""What a form can ask: the text properties of the provider's sign_up_form (contract 4.1) and text custom fields."""

from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

MOST_EMAIL = 50
MOST_LISTS = 50
MOST_CUSTOM_FIELDS = 50
MOST_CUSTOM_VALUE = 255


@dataclass(frozen=True)
class Standard:
    """One property of sign_up_form: its usual label, its most characters, and what browsers fill in."""

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
}


@dataclass(frozen=True)
class Question:
    """One field of a form as its visitors see it."""

    name: str                    # of the input
    label: str
    required: bool
    most: int
    type: str
    autocomplete: str
    custom_field_id: str | None  # None for a standard property


def questions(saved: list[dict[str, Any]]) -> list[Question]:
    """A form's saved fields, in order, with all that is needed to show and check them."""
    return [_question(field) for field in saved]


def _question(field: dict[str, Any]) -> Question:
    if field.get("custom_field_id"):
        return Question(f"cf_{field['custom_field_id']}", field["label"], field["required"], MOST_CUSTOM_VALUE,
                        "text", "off", field["custom_field_id"])
    known = STANDARD[field["key"]]
    return Question(field["key"], field["label"], field["required"], known.most, known.type, known.autocomplete,
                    None)
