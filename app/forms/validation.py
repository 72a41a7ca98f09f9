"""What keeps a form from being saved: a sentence for each part that has to change."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from app.accounts import facts
from app.accounts.models import AccountField
from app.core.contact_rules import (
    MAX_CUSTOM_FIELDS,
    MAX_LISTS,
    join_choices,
    split_choices,
)
from app.forms import sites, theme
from app.forms.draft import Draft, Field
from app.forms.fields import (
    DISPLAYS,
    KINDS_OF,
    MAX_DEFAULT,
    MAX_HELP,
    MAX_LABEL,
    MAX_PLACEHOLDER,
    SOURCES,
    STANDARD,
)
from app.forms.models import Confirmation, KnownContacts

Problems = dict[str, str]  # a sentence by part
MAX_CONFIRM_SUBJECT, MAX_CONFIRM_TEXT = 150, 2000  # characters
CLOSING_YEARS = range(2000, 3000)  # babel and browsers can tell these in any zone
KEPT_DETAILS = ("decimal_places", "allow_negative", "integer")
DETAILS_OF_TYPE = ("type", "choices", *KEPT_DETAILS)
# parts of a field that are saved even when they are empty or false
ALWAYS_SAVED = ("label", "required")
LONGEST = {
    "label": MAX_LABEL,
    "help": MAX_HELP,
    "placeholder": MAX_PLACEHOLDER,
    "default": MAX_DEFAULT,
}


def problems(draft: Draft) -> Problems:
    """Return a sentence for each part of the draft that has to change.

    The keys are parts of `Draft`, `fields`, `theme.accent` and the like, or
    `fields.<key>.<part of the field>`.
    """
    return {
        **_of_lists(draft),
        **_of_fields(draft),
        **_of_addresses(draft),
        **_of_theme(draft.theme),
        **_of_state(draft),
        **_of_protection(draft),
    }


def completed(
    fields: list[Field], account_id: str, exactly: bool = False
) -> list[Field]:
    """Return the fields with the types of their custom fields as the account has them.

    Parts that say nothing are left out. Only a form that updates `exactly` can clear,
    and only with an answer that a visitor may leave empty.
    """
    whole = completed_by(fields, facts.fields_of(account_id))
    for field in whole:
        if not exactly or field.get("required") or field.get("hidden"):
            field.pop("clears", None)
    return whole


def completed_by(fields: list[Field], existing: Iterable[AccountField]) -> list[Field]:
    """Return the fields with the types of these custom fields; `clears` is kept."""
    by_id = {row.custom_field_id: row for row in existing}
    whole = []
    for field in fields:
        row = by_id.get(field.get("custom_field_id", ""))
        whole.append(_completed(field, row))
    return whole


def _completed(field: Field, row: AccountField | None) -> Field:
    whole: Field = {}
    for name, value in field.items():
        if value or name in ALWAYS_SAVED:
            whole[name] = value
    if row is None:
        return whole
    for name in DETAILS_OF_TYPE:
        whole.pop(name, None)
    details = row.details or {}
    if row.type != "string":
        whole["type"] = row.type
    for name in KEPT_DETAILS:
        if details.get(name) not in (None, False):
            whole[name] = details[name]
    if details.get("choices"):
        whole["choices"] = list(details["choices"])
    display = details.get("display_type")
    if "display" not in whole and display in DISPLAYS.get(row.type, ()):
        whole["display"] = display
    return whole


def _of_lists(draft: Draft) -> Problems:
    existing = {row.list_id for row in facts.lists_of(draft.account_id)}
    chosen = [item["list_id"] for item in draft.lists]
    if set(chosen) - existing:
        return {"lists": _("One of the lists no longer exists in the account.")}
    if not 1 <= len(chosen) <= MAX_LISTS:
        return {"lists": _("Choose 1 to %(most)s lists.", most=MAX_LISTS)}
    return {}


def _of_fields(draft: Draft) -> Problems:
    sentences: Problems = {}
    for field in draft.fields:
        for part, sentence in _of_field(field).items():
            sentences[f"fields.{field['key']}.{part}"] = sentence
    whole = _of_fields_together(draft)
    if whole:
        sentences["fields"] = whole
    return sentences


def _of_fields_together(draft: Draft) -> str:
    """Return what is wrong with the fields as a whole, or ""."""
    existing = {row.custom_field_id for row in facts.fields_of(draft.account_id)}
    custom = []
    unknown = False
    for field in draft.fields:
        if field.get("custom_field_id"):
            custom.append(field["custom_field_id"])
        elif field["key"] not in STANDARD:
            unknown = True
    keys = {field["key"] for field in draft.fields}
    if len(keys) < len(draft.fields):
        return str(_("A field is on this form twice."))
    if len(custom) > MAX_CUSTOM_FIELDS:
        return str(
            _(
                "A form can have at most %(most)s custom fields. Constant Contact keeps"
                " no more than that for a contact.",
                most=MAX_CUSTOM_FIELDS,
            )
        )
    if set(custom) - existing:
        return str(_("One of the custom fields no longer exists in the account."))
    if unknown:
        return str(_("One of the fields doesn’t exist."))
    return ""


def _of_field(field: Field) -> Problems:
    sentences: Problems = {}
    if not field["label"]:
        sentences["label"] = _("Enter a label for this field.")
    for part, limit in LONGEST.items():
        if len(field.get(part) or "") > limit:
            sentences[part] = _("Use at most %(most)s characters.", most=limit)
    if sentence := _of_default(field):
        sentences["default"] = sentence
    if not _known_source(field):
        sentences["source"] = _("Choose one of these.")
    kinds = KINDS_OF.get(field["key"], ())
    if field.get("kind") and field["kind"] not in kinds:
        sentences["kind"] = _("Choose one of these.")
    displays = DISPLAYS.get(field.get("type") or "string", ())
    if field.get("display") and field["display"] not in displays:
        sentences["display"] = _("Choose one of these.")
    return sentences


def _of_default(field: Field) -> str:
    """Return what is wrong with what a field begins with, or ""."""
    default = field.get("default")
    if field.get("hidden") and not default and not field.get("source"):
        return str(_("Visitors can’t see this field. Enter the value it should have."))
    if default and field.get("choices") and not _is_among_choices(field):
        return str(_("Use one of the field’s choices."))
    return ""


def _known_source(field: Field) -> bool:
    """Tell whether a field has no source, or a custom field has one of `SOURCES`."""
    source = field.get("source")
    if not source:
        return True
    return source in SOURCES and bool(field.get("custom_field_id"))


def _is_among_choices(field: Field) -> bool:
    default = field["default"]
    choices = tuple(field["choices"])
    if field.get("type") != "multi_select":
        return default in choices
    labels = split_choices(default, choices)
    return bool(default == join_choices(labels))


def _of_addresses(draft: Draft) -> Problems:
    sentences: Problems = {}
    if any(sites.origin(site) != site for site in draft.sites):
        sentences["sites"] = _(
            "Enter one site on each line, such as https://example.com."
        )
    if len(draft.sites) > sites.MAX_SITES:
        sentences["sites"] = _("Enter at most %(most)s sites.", most=sites.MAX_SITES)
    if draft.privacy_url and not sites.is_page(draft.privacy_url):
        sentences["privacy_url"] = _("Enter the full address, starting with https://.")
    for name in ("redirect_url", "confirm_url"):
        if sentence := _of_redirect(draft, getattr(draft, name)):
            sentences[name] = sentence
    if not draft.success and not draft.redirect_url:
        sentences["success"] = _("Enter the message visitors see after they sign up.")
    return sentences


def _of_redirect(draft: Draft, address: str) -> str:
    """Return what is wrong with a page that visitors are sent to, or ""."""
    if not address:
        return ""
    if not sites.is_page(address):
        return str(_("Enter the full address, starting with https://."))
    site = sites.origin(address)
    if site in draft.sites:
        return ""
    return str(
        _(
            "The address must be on one of the form’s allowed sites. Add %(site)s to"
            " them.",
            site=site or urlsplit(address).netloc,
        )
    )


def _of_theme(chosen: dict[str, Any]) -> Problems:
    sentences: Problems = {}
    if "accent" in chosen and not theme.COLOUR.fullmatch(chosen["accent"]):
        sentences["theme.accent"] = _("Enter a color as #rrggbb, such as #0d5a61.")
    for name, allowed in (("radius", theme.RADIUS), ("width", theme.WIDTH)):
        if name in chosen and chosen[name] not in allowed:
            sentences[f"theme.{name}"] = _(
                "Enter a number from %(least)s to %(most)s.",
                least=allowed[0],
                most=allowed[-1],
            )
    if chosen.get("font", "system") not in theme.FONTS:
        sentences["theme.font"] = _("Choose one of these.")
    if chosen.get("scheme", "auto") not in theme.SCHEMES:
        sentences["theme.scheme"] = _("Choose one of these.")
    return sentences


def _of_state(draft: Draft) -> Problems:
    if draft.closes_at and draft.closes_at.year not in CLOSING_YEARS:
        return {"closes_at": _("Enter a date in the future.")}
    return {}


def _of_protection(draft: Draft) -> Problems:
    sentences: Problems = {}
    for name, allowed in (
        ("confirmation", Confirmation),
        ("known_contacts", KnownContacts),
    ):
        if getattr(draft, name) not in set(allowed):
            sentences[name] = _("Choose one of these.")
    if draft.exactly and draft.known_contacts == KnownContacts.ADD_ONLY:
        sentences["known_contacts"] = _(
            "A form that updates contacts exactly can’t also only add to lists. Choose"
            " another option."
        )
    for name, most in (
        ("confirm_subject", MAX_CONFIRM_SUBJECT),
        ("confirm_text", MAX_CONFIRM_TEXT),
    ):
        if len(getattr(draft, name)) > most:
            sentences[name] = _("Use at most %(most)s characters.", most=most)
    if "\n" in draft.confirm_subject:
        sentences["confirm_subject"] = _("Enter the subject on one line.")
    return sentences
