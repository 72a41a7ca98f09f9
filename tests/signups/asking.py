"""A form that asks for everything there is: every property and every type, in every
display, by its saved fields.
"""

from typing import Any

from app.accounts import facts
from app.accounts.models import Account
from app.forms.models import Form
from tests.world import World

STANDARD = (
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "phone_number",
    "birthday",
    "anniversary",
    "address",
)
HEARD, INTERESTS = "How did you hear about us", "Interests"
OF_TYPE = {
    "string": "Nickname",
    "text_area": "Message",
    "number": "Group size",
    "currency": "Last gift",
    "date": "Member since",
    "datetime": "Next visit",
    "boolean": "Accessible entrance",
    # the provider's fields, by label
    "single_select": HEARD,
    "multi_select": INTERESTS,
}


def standard(key: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "label": key.replace("_", " ").capitalize(),
        "required": False,
        **more,
    }


def custom(account: Account, type: str, **more: Any) -> dict[str, Any]:
    """A saved custom field as the builder makes it of the account's facts."""
    field = next(one for one in facts.fields_of(account.id) if one.type == type)
    details = field.details or {}
    return {
        "key": f"cf_{field.custom_field_id}",
        "custom_field_id": field.custom_field_id,
        "label": field.label,
        "required": False,
        "type": type,
        **{
            name: details[name]
            for name in ("choices", "decimal_places", "allow_negative", "integer")
            if name in details
        },
        **more,
    }


def everything(account: Account) -> list[dict[str, Any]]:
    return [
        *(standard(key) for key in STANDARD),
        *(custom(account, type) for type in OF_TYPE),
    ]


def asks(world: World, account: Account, *fields: dict[str, Any], **more: Any) -> Form:
    return world.form(account, fields=list(fields), **more)
