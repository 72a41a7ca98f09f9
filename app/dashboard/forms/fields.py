"""Show the fields of a form as rows of its builder, and make `form.fields` of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from app.accounts import facts
from app.accounts.models import AccountField
from app.forms.fields import DISPLAYS, KINDS_OF, SOURCES, STANDARD

TYPES: dict[str, LazyString] = {
    "string": _("short text"),
    "text_area": _("long text"),
    "number": _("number"),
    "currency": _("amount of money"),
    "date": _("date"),
    "datetime": _("date and time"),
    "boolean": _("yes or no"),
    "single_select": _("one choice"),
    "multi_select": _("several choices"),
}
LOOKS = {
    "dropdown": _("Drop-down list"),
    "radio": _("Radio buttons"),
    "checkbox": _("Checkboxes"),
}
KIND_WORDS = {
    "home": _("Home"),
    "work": _("Work"),
    "mobile": _("Mobile"),
    "other": _("Other"),
}
SOURCE_WORDS = {"page": _("The address of the page it is on")}
PLAIN = ("text", "tel", "string", "text_area")
WITH_PLACEHOLDER = (*PLAIN, "number", "currency")
# of standard fields: they are made of parts, or are dates of people
NEVER_HIDDEN = ("birthday", "address", "date")
DEFAULT_INPUTS = {"date": "date", "datetime": "datetime-local"}
TEXTS = ("label", "help", "placeholder", "default", "display", "kind", "source")
TICKS = ("required", "hidden", "clears")


@dataclass
class Row:
    """One field that is asked, with what was typed, good or not.

    `errors` are sentences by part.
    """

    key: str
    usual: str  # what the field is called where it comes from
    type: str
    custom_field_id: str | None
    choices: list[str]
    label: str = ""
    required: bool = False
    hidden: bool = False
    clears: bool = False
    help: str = ""
    placeholder: str = ""
    default: str = ""
    display: str = ""
    kind: str = ""
    source: str = ""
    place: int = 0  # of one that was removed: where it was
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> LazyString | None:
        """What kind of answer a custom field takes."""
        if not self.custom_field_id:
            return None
        return TYPES.get(self.type)

    @property
    def has_placeholder(self) -> bool:
        """Whether an example can stand inside it."""
        return self.type in WITH_PLACEHOLDER

    @property
    def has_default(self) -> bool:
        """Whether it can be filled in beforehand, and so be hidden too."""
        return bool(self.custom_field_id) or self.type not in NEVER_HIDDEN

    @property
    def default_input(self) -> str:
        """The type of the input for a default that is typed."""
        return DEFAULT_INPUTS.get(self.type, "text")

    @property
    def displays(self) -> dict[str, LazyString]:
        """The ways it may look, the usual one first; empty when there is only one."""
        ways = DISPLAYS.get(self.type, ())
        if len(ways) < 2:
            return {}
        return {way: LOOKS[way] for way in ways}

    @property
    def kinds(self) -> dict[str, LazyString]:
        """The kinds of number or address that it may be."""
        return {kind: KIND_WORDS[kind] for kind in KINDS_OF.get(self.key, ())}

    @property
    def sources(self) -> dict[str, str | LazyString]:
        """What of the page's address may fill a hidden custom field."""
        if not self.custom_field_id:
            return {}
        return {source: SOURCE_WORDS.get(source, source) for source in SOURCES}

    @property
    def answers(self) -> dict[str, str | LazyString]:
        """What may be its default, where that is chosen."""
        if self.type == "boolean":
            return {"true": _("Yes"), "false": _("No")}
        return dict(zip(self.choices, self.choices, strict=True))

    @property
    def adorned(self) -> bool:
        """Whether more is set than its label, so that the settings stand open."""
        return bool(
            self.help
            or self.placeholder
            or self.default
            or self.hidden
            or self.source
            or self.clears
            or set(self.errors) - {"label"}
        )

    @property
    def typed(self) -> dict[str, str]:
        """What was typed and ticked, as inputs that bring it back."""
        values = {name: getattr(self, name) for name in TEXTS}
        values |= {name: "y" for name in TICKS if getattr(self, name)}
        values |= {"place": str(self.place)}
        return {f"{name}_{self.key}": value for name, value in values.items() if value}

    @property
    def saved(self) -> dict[str, Any]:
        """The field as it is stored in `form.fields`."""
        hidden = self.hidden and self.has_default
        field: dict[str, Any] = {
            "key": self.key,
            "label": self.label,
            "required": self.required and not self.hidden,
        }
        if self.custom_field_id:
            field["custom_field_id"] = self.custom_field_id
        if self.help and not self.hidden:
            field["help"] = self.help
        if self.placeholder and self.has_placeholder:
            field["placeholder"] = self.placeholder
        if self.default and self.has_default:
            field["default"] = self.default
        if self.display in self.displays:
            field["display"] = self.display
        if self.kind in self.kinds:
            field["kind"] = self.kind
        if self.source and self.hidden:
            field["source"] = self.source
        if self.clears:
            field["clears"] = True
        if hidden:
            field["hidden"] = True
        return field


class Possible:
    """Every field that a form of an account could ask for."""

    def __init__(self, account_id: str) -> None:
        self.custom: dict[str, AccountField] = {}
        for custom_field in facts.fields_of(account_id):
            self.custom[f"cf_{custom_field.custom_field_id}"] = custom_field

    def saved(self, fields: Iterable[dict[str, Any]]) -> list[Row]:
        """Make rows of saved fields, without those that the account no longer has."""
        return [
            self._filled(item["key"], item)
            for item in fields
            if self.knows(item["key"])
        ]

    def typed(self, form: MultiDict[str, str], name: str = "field") -> list[Row]:
        """Make rows of what was posted, in its order.

        A field that is gone meanwhile has one too, so that its row can say so.
        """
        rows = []
        for key in filter(None, dict.fromkeys(form.getlist(name))):
            values: dict[str, Any] = {}
            for part in TEXTS:
                values[part] = plain(form.get(f"{part}_{key}"))
            for part in TICKS:
                values[part] = f"{part}_{key}" in form
            rows.append(self._filled(key, values))
        return rows

    def removed(self, form: MultiDict[str, str]) -> list[Row]:
        """Make rows of the fields that were removed and can be brought back."""
        rows = []
        asked = form.getlist("field")
        for row in self.typed(form, "removed"):
            if row.key not in asked and self.knows(row.key):
                row.place = form.get(f"place_{row.key}", 0, type=int)
                rows.append(row)
        return rows

    def others(self, rows: list[Row]) -> dict[str, dict[str, str]]:
        """Return key and name of what is not asked yet: standard and custom fields."""
        standard = {key: str(field.label) for key, field in STANDARD.items()}
        custom = {key: field.label for key, field in self.custom.items()}
        for row in rows:
            standard.pop(row.key, None)
            custom.pop(row.key, None)
        return {"standard": standard, "custom": custom}

    def new(self, key: str) -> Row:
        """Make a row for a field that is asked from now on."""
        row = self._filled(key, {})
        row.label = row.usual[:80]
        return row

    def knows(self, key: str) -> bool:
        """Tell whether the account has such a field."""
        return key in STANDARD or key in self.custom

    def _filled(self, key: str, values: dict[str, Any]) -> Row:
        row = self._empty(key)
        for name in (*TEXTS, *TICKS):
            if values.get(name):
                setattr(row, name, values[name])
        return row

    def _empty(self, key: str) -> Row:
        if key in STANDARD:
            return Row(key, str(STANDARD[key].label), STANDARD[key].type, None, [])
        custom_field_id = key.removeprefix("cf_")
        custom_field = self.custom.get(key)
        if custom_field is None:
            return Row(key, key, "string", custom_field_id, [])
        details = custom_field.details or {}
        row = Row(
            key,
            usual=custom_field.label,
            type=custom_field.type,
            custom_field_id=custom_field_id,
            choices=list(details.get("choices", ())),
        )
        usual_display = details.get("display_type", "")
        if usual_display in DISPLAYS.get(row.type, ()):
            row.display = usual_display
        return row


def plain(typed: str | None) -> str:
    """Strip blanks around what was typed, and NUL bytes, which no database takes."""
    return (typed or "").replace("\0", "").strip()
