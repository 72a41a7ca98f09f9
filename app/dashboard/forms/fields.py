"""The fields of a form as rows of its builder: read from what is saved or typed, moved,
and made into `form.fields`.
"""

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
    "string": _("a line of text"),
    "text_area": _("several lines of text"),
    "number": _("a number"),
    "currency": _("an amount of money"),
    "date": _("a date"),
    "datetime": _("a date and time"),
    "boolean": _("yes or no"),
    "single_select": _("one of several answers"),
    "multi_select": _("several answers"),
}
LOOKS = {
    "dropdown": _("A list to open"),
    "radio": _("Buttons to choose from"),
    "checkbox": _("Boxes to tick"),
}
KIND_WORDS = {
    "home": _("Home"),
    "work": _("Work"),
    "mobile": _("Mobile"),
    "other": _("Other"),
}
SOURCE_WORDS = {"page": _("The address of the page it stands on")}
PLAIN = ("text", "tel", "string", "text_area")
WITH_PLACEHOLDER = (*PLAIN, "number", "currency")
# of the standard ones: they are made of parts, or are dates of people
NEVER_HIDDEN = ("birthday", "address", "date")
TEXTS = ("label", "help", "placeholder", "default", "display", "kind", "source")
TICKS = ("required", "hidden", "clears")


@dataclass
class Row:
    """One field that is asked.

    What was typed is kept as it is, too long or not; `errors` are sentences by part.
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
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> LazyString | None:
        return TYPES.get(self.type) if self.custom_field_id else None

    @property
    def has_placeholder(self) -> bool:
        return self.type in WITH_PLACEHOLDER

    @property
    def has_default(self) -> bool:
        return bool(self.custom_field_id) or self.type not in NEVER_HIDDEN

    @property
    def can_hide(self) -> bool:
        return self.has_default

    @property
    def displays(self) -> dict[str, LazyString]:
        """The ways it may look, the usual one first; empty when there is only one."""
        ways = DISPLAYS.get(self.type, ())
        return {way: LOOKS[way] for way in ways} if len(ways) > 1 else {}

    @property
    def kinds(self) -> dict[str, LazyString]:
        return {kind: KIND_WORDS[kind] for kind in KINDS_OF.get(self.key, ())}

    @property
    def sources(self) -> dict[str, str | LazyString]:
        """What of the page's address may fill a hidden custom field."""
        return (
            {one: SOURCE_WORDS.get(one, one) for one in SOURCES}
            if self.custom_field_id
            else {}
        )

    @property
    def answers(self) -> dict[str, str | LazyString]:
        """What may be its default, where that is chosen."""
        return (
            {"true": _("Yes"), "false": _("No")}
            if self.type == "boolean"
            else {one: one for one in self.choices}
        )

    @property
    def adorned(self) -> bool:
        """Whether more is said of it than its label, so that its further settings stand
        open.
        """
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
    def saved(self) -> dict[str, Any]:
        """As it stands in `form.fields`."""
        said = {
            "key": self.key,
            "label": self.label,
            "required": self.required and not self.hidden,
        }
        said |= (
            {"custom_field_id": self.custom_field_id} if self.custom_field_id else {}
        )
        said |= {"help": self.help} if self.help and not self.hidden else {}
        said |= (
            {"placeholder": self.placeholder}
            if self.placeholder and self.has_placeholder
            else {}
        )
        said |= {"default": self.default} if self.default and self.has_default else {}
        said |= {"display": self.display} if self.display in self.displays else {}
        said |= {"kind": self.kind} if self.kind in self.kinds else {}
        said |= {"source": self.source} if self.source and self.hidden else {}
        said |= {"clears": True} if self.clears else {}
        return said | ({"hidden": True} if self.hidden and self.can_hide else {})


class Possible:
    """Every field that a form of an account could ask for."""

    def __init__(self, account_id: str) -> None:
        self.custom = {
            f"cf_{one.custom_field_id}": one for one in facts.fields_of(account_id)
        }

    def saved(self, fields: Iterable[dict[str, Any]]) -> list[Row]:
        """Rows for saved fields; those that the account no longer has are left out."""
        return [
            self._filled(item["key"], item)
            for item in fields
            if item["key"] in STANDARD or item["key"] in self.custom
        ]

    def typed(self, form: MultiDict[str, str]) -> list[Row]:
        """Rows as they were posted, in their order; also of a field that has gone
        meanwhile, so that it can be said.
        """
        return [
            self._filled(
                key,
                {
                    **{name: plain(form.get(f"{name}_{key}")) for name in TEXTS},
                    **{name: f"{name}_{key}" in form for name in TICKS},
                },
            )
            for key in dict.fromkeys(form.getlist("field"))
            if key
        ]

    def others(self, rows: list[Row]) -> dict[str, dict[str, str]]:
        """(key → name) of what is not asked yet: standard ones and the account's own."""
        asked = {row.key for row in rows}
        return {
            "standard": {
                key: str(one.label) for key, one in STANDARD.items() if key not in asked
            },
            "custom": {
                key: one.label for key, one in self.custom.items() if key not in asked
            },
        }

    def new(self, key: str) -> Row:
        row = self._filled(key, {})
        row.label = row.usual[:80]
        return row

    def knows(self, key: str) -> bool:
        return key in STANDARD or key in self.custom

    def _filled(self, key: str, said: dict[str, Any]) -> Row:
        row = self._empty(key)
        for name in (*TEXTS, *TICKS):
            if said.get(name):
                setattr(row, name, said[name])
        return row

    def _empty(self, key: str) -> Row:
        if key in STANDARD:
            return Row(key, str(STANDARD[key].label), STANDARD[key].type, None, [])
        one: AccountField | None = self.custom.get(key)
        details = (one.details or {}) if one else {}
        usual = details.get("display_type", "")
        type = one.type if one else "string"
        return Row(
            key,
            one.label if one else key,
            type,
            key.removeprefix("cf_"),
            list(details.get("choices", ())),
            display=usual if usual in DISPLAYS.get(type, ()) else "",
        )


def plain(typed: str | None) -> str:
    """What was typed, without blanks around it and what no database takes."""
    return (typed or "").replace("\0", "").strip()


def moved(
    rows: list[Row], how: str, possible: Possible, wanted: str
) -> tuple[list[Row], str]:
    """The rows after a press of a button (`up:key`, `down:key`, `remove:key`, `add:`),
    and the key to look at next.
    """
    what, _colon, key = how.partition(":")
    keys = [row.key for row in rows]
    if what == "add":
        if possible.knows(wanted) and wanted not in keys:
            return [*rows, possible.new(wanted)], wanted
        return rows, ""
    if key not in keys:
        return rows, ""
    at = keys.index(key)
    if what == "remove":
        rest = rows[:at] + rows[at + 1 :]
        return rest, rest[min(at, len(rest) - 1)].key if rest else ""
    to = max(0, min(len(rows) - 1, at + {"up": -1, "down": 1}.get(what, 0)))
    rest = rows[:at] + rows[at + 1 :]
    return [*rest[:to], rows[at], *rest[to:]], key
