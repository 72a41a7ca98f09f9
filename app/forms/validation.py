"""What keeps a form from being saved: a sentence for each part of it that is not good."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from app.accounts import facts
from app.accounts.models import AccountField
from app.forms import sites, theme
from app.forms.fields import (
    DISPLAYS,
    KINDS_OF,
    MAX_CUSTOM_FIELDS_OF_CONTACT,
    MAX_DEFAULT,
    MAX_HELP,
    MAX_LABEL,
    MAX_LISTS,
    MAX_PLACEHOLDER,
    SOURCES,
    STANDARD,
)

if TYPE_CHECKING:
    from app.forms.service import Draft

Field = dict[str, Any]  # one of `form.fields`, see `forms/fields.py`
CLOSING_YEARS = range(2000, 3000)  # any zone can tell these
KEPT_DETAILS = ("decimal_places", "allow_negative", "integer")


def problems(draft: "Draft") -> dict[str, str]:
    """Sentences by part: a part of `Draft`, `fields`, `theme.accent`, or
    `fields.<key>.<part of the field>`.
    """
    return {
        **_lists(draft),
        **_fields(draft),
        **_addresses(draft),
        **_theme(draft.theme),
        **_state(draft),
    }


def completed(
    fields: list[Field], account_id: str, exactly: bool = False
) -> list[Field]:
    """The fields with what is known now of their custom fields' types, and without what
    says nothing.

    Only a form that updates `exactly` can clear, and only with an answer that a visitor
    may leave empty.
    """
    found = completed_by(fields, facts.fields_of(account_id))
    return [
        {
            name: value
            for name, value in field.items()
            if name != "clears"
            or (exactly and not field.get("required") and not field.get("hidden"))
        }
        for field in found
    ]


def completed_by(fields: list[Field], existing: Iterable[AccountField]) -> list[Field]:
    """The same, by these custom fields."""
    known = {item.custom_field_id: item for item in existing}
    return [
        _completed(field, known.get(field.get("custom_field_id", "")))
        for field in fields
    ]


def _completed(field: Field, known: AccountField | None) -> Field:
    said = {
        name: value
        for name, value in field.items()
        if value or name in ("label", "required")
    }
    if known is None:
        return said
    details = known.details or {}
    now: Field = {} if known.type == "string" else {"type": known.type}
    now |= {
        name: details[name]
        for name in KEPT_DETAILS
        if details.get(name) not in (None, False)
    }
    now |= {"choices": list(details["choices"])} if details.get("choices") else {}
    usual = details.get("display_type")
    now |= (
        {"display": usual}
        if "display" not in said and usual in DISPLAYS.get(known.type, ())
        else {}
    )
    of_type = ("type", "choices", *KEPT_DETAILS)
    return {name: value for name, value in said.items() if name not in of_type} | now


def _lists(draft: "Draft") -> dict[str, str]:
    existing = {item.list_id for item in facts.lists_of(draft.account_id)}
    chosen = [item["list_id"] for item in draft.lists]
    if set(chosen) - existing:
        return {"lists": _("One of the lists no longer exists in the account.")}
    if not 1 <= len(chosen) <= MAX_LISTS:
        return {"lists": _("Choose between 1 and %(most)s lists.", most=MAX_LISTS)}
    return {}


def _fields(draft: "Draft") -> dict[str, str]:
    known = {item.custom_field_id for item in facts.fields_of(draft.account_id)}
    custom = [
        item["custom_field_id"] for item in draft.fields if item.get("custom_field_id")
    ]
    keys = [item["key"] for item in draft.fields]
    found: dict[str, str] = {}
    for field in draft.fields:
        found |= {
            f"fields.{field['key']}.{part}": said
            for part, said in _field(field).items()
        }
    if any(
        not item.get("custom_field_id") and item["key"] not in STANDARD
        for item in draft.fields
    ):
        found["fields"] = _("One of the fields is not known.")
    if set(custom) - known:
        found["fields"] = _("One of the custom fields no longer exists in the account.")
    if len(custom) > MAX_CUSTOM_FIELDS_OF_CONTACT:
        found["fields"] = _(
            "A form can ask for at most %(most)s custom fields: Constant Contact keeps"
            " no more for a contact.",
            most=MAX_CUSTOM_FIELDS_OF_CONTACT,
        )
    if len(set(keys)) < len(keys):
        found["fields"] = _("One of the fields is asked for twice.")
    return found


def _field(field: Field) -> dict[str, str]:
    found = {} if field["label"] else {"label": _("Please give this field a label.")}
    most = {
        "label": MAX_LABEL,
        "help": MAX_HELP,
        "placeholder": MAX_PLACEHOLDER,
        "default": MAX_DEFAULT,
    }
    found |= {
        part: _("This can be at most %(most)s characters long.", most=limit)
        for part, limit in most.items()
        if len(field.get(part) or "") > limit
    }
    if field.get("hidden") and not (field.get("default") or field.get("source")):
        found["default"] = _("Nobody sees this field, so please say what goes into it.")
    if field.get("default") and field.get("choices") and not _among(field):
        found["default"] = _("Please use one of the answers that can be chosen.")
    if field.get("source") and (
        field["source"] not in SOURCES or not field.get("custom_field_id")
    ):
        found["source"] = _("Please choose one of these.")
    if field.get("kind") and field["kind"] not in KINDS_OF.get(field["key"], ()):
        found["kind"] = _("Please choose one of these.")
    if field.get("display") and field["display"] not in DISPLAYS.get(
        field.get("type") or "string", ()
    ):
        found["display"] = _("Please choose one of these.")
    return found


def _among(field: Field) -> bool:
    several = field.get("type") == "multi_select"
    said = field["default"].split(", ") if several else [field["default"]]
    return field["default"] in field["choices"] or set(said) <= set(field["choices"])


def _addresses(draft: "Draft") -> dict[str, str]:
    found: dict[str, str] = {}
    not_https = _("Please write the whole address, beginning with https://.")
    if any(sites.origin(one) != one for one in draft.sites):
        found["sites"] = _(
            "Please write one site on each line, such as https://example.com."
        )
    if len(draft.sites) > sites.MAX_SITES:
        found["sites"] = _("These can be at most %(most)s sites.", most=sites.MAX_SITES)
    if draft.privacy_url and not sites.is_page(draft.privacy_url):
        found["privacy_url"] = not_https
    if draft.redirect_url and not sites.is_page(draft.redirect_url):
        found["redirect_url"] = not_https
    elif draft.redirect_url and sites.origin(draft.redirect_url) not in draft.sites:
        found["redirect_url"] = _(
            "Visitors can only be sent to one of the form’s sites. Add %(site)s to"
            " them.",
            site=sites.origin(draft.redirect_url)
            or urlsplit(draft.redirect_url).netloc,
        )
    if not draft.success and not draft.redirect_url:
        found["success"] = _("Please write what visitors see afterwards.")
    return found


def _theme(chosen: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    if "accent" in chosen and not theme.COLOUR.fullmatch(chosen["accent"]):
        found["theme.accent"] = _("Please write a colour as #rrggbb, such as #0d5a61.")
    for name, of in (("radius", theme.RADIUS), ("width", theme.WIDTH)):
        if name in chosen and chosen[name] not in of:
            found[f"theme.{name}"] = _(
                "Please use a number from %(least)s to %(most)s.",
                least=of[0],
                most=of[-1],
            )
    if chosen.get("font", "system") not in theme.FONTS:
        found["theme.font"] = _("Please choose one of these.")
    if chosen.get("scheme", "auto") not in theme.SCHEMES:
        found["theme.scheme"] = _("Please choose one of these.")
    return found


def _state(draft: "Draft") -> dict[str, str]:
    if draft.closes_at and draft.closes_at.year not in CLOSING_YEARS:
        return {"closes_at": _("Please choose a date in the years ahead.")}
    return {}
