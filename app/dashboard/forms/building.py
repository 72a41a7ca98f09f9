"""What an admin fills in to make a form, and the draft that it says."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import DataRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts import facts
from app.accounts.models import Account
from app.dashboard.forms.fields import Possible, Row, moved, plain
from app.forms import service, sites, theme, validation
from app.forms.draft import Draft
from app.forms.fields import questions
from app.forms.models import Form
from app.forms.starters import FIRST, STARTERS
from app.services import services
from app.signups.validators import checked

MAX_TEXT = Length(max=1000, message=_("This can be at most %(max)d characters long."))
MAX_ADDRESS = Length(
    max=sites.MAX_ADDRESS, message=_("This can be at most %(max)d characters long.")
)


class FormForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """All but the fields to ask: those are read apart, since their number varies
    (`form_fields`).
    """

    seen = HiddenField()
    name = StringField(
        _("Name, for you only"),
        validators=[DataRequired(_("Please give it a name.")), Length(max=120)],
    )
    heading = StringField(
        _("Heading"),
        validators=[DataRequired(_("Please give it a heading.")), Length(max=120)],
    )
    intro = TextAreaField(_("A line below the heading"), validators=[MAX_TEXT])
    consent = TextAreaField(
        _("Consent sentence"),
        validators=[
            DataRequired(_("Please write the sentence that visitors agree to.")),
            MAX_TEXT,
        ],
        description=_(
            "Stands beside a box that nobody ticks but the visitor. Every wording is"
            " kept."
        ),
    )
    privacy_url = URLField(_("Link to your privacy policy"), validators=[MAX_ADDRESS])
    button = StringField(
        _("Button"),
        validators=[
            DataRequired(_("Please say what the button does.")),
            Length(max=60),
        ],
    )
    success = TextAreaField(_("Message afterwards"), validators=[MAX_TEXT])
    redirect_url = URLField(
        _("Or send them to a page of yours"),
        validators=[MAX_ADDRESS],
        description=_("Instead of the message. It must be on one of the form’s sites."),
    )
    lists = SelectMultipleField(
        _("Lists"),
        validators=[DataRequired(_("Choose at least one list."))],
        # `checks` does, and says it in words
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_(
            "Visitors join every list ticked here, or choose among those that you "
            "let them choose."
        ),
    )
    way = RadioField(
        _("How a sign-up is written"),
        default="add",
        choices=[
            SelectChoice(
                "add",
                _("Add or update: one call, and an empty answer leaves what is there"),
            ),
            SelectChoice(
                "exactly",
                _(
                    "Update exactly: two calls. An answer replaces what is there, and"
                    " an empty one can clear it"
                ),
            ),
        ],
        description=_(
            "Either way the person gets explicit permission, and whatever the form does"
            " not ask for stays as it is."
        ),
    )
    sites = TextAreaField(
        _("Sites that may show it"),
        description=_(
            "One on each line, such as https://example.com. Empty: any site may."
        ),
    )
    state = RadioField(
        _("State"),
        default="open",
        choices=[
            SelectChoice("draft", _("Draft: nobody can see it yet")),
            SelectChoice("open", _("Open for sign-ups")),
            SelectChoice(
                "paused", _("Paused: visitors read that it takes no sign-ups")
            ),
        ],
    )
    closes_at = DateTimeLocalField(
        _("Closes by itself on"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[Optional()],
    )
    closed_words = TextAreaField(
        _("What visitors read while it takes no sign-ups"), validators=[MAX_TEXT]
    )
    accent = StringField(
        _("Colour"), description=_("Of the button and links. Empty: ours.")
    )
    radius = IntegerField(_("Roundness of corners, in pixels"), validators=[Optional()])
    width = IntegerField(_("Width at most, in pixels"), validators=[Optional()])
    font = SelectField(
        _("Letters"),
        default="system",
        choices=[
            SelectChoice("system", _("Plain")),
            SelectChoice("serif", _("With serifs")),
            SelectChoice("rounded", _("Round")),
            SelectChoice("mono", _("Typewriter")),
        ],
    )
    scheme = SelectField(
        _("Light or dark"),
        default="",
        choices=[
            SelectChoice("", _("Automatic, light in other sites")),
            SelectChoice("auto", _("Automatic everywhere")),
            SelectChoice("light", _("Always light")),
            SelectChoice("dark", _("Always dark")),
        ],
    )

    def validate_accent(self, field: StringField) -> None:
        if (field.data or "").strip() and not theme.colour(field.data):
            raise ValidationError(
                gettext("Please write a colour as #rrggbb, such as #0d5a61.")
            )

    def validate_sites(self, field: TextAreaField) -> None:
        found, bad = sites.origins(field.data or "")
        if bad:
            raise ValidationError(
                gettext(
                    "This is no site: %(line)s. Write it like https://example.com.",
                    line=bad[0],
                )
            )
        field.data = "\n".join(found)


THEME_PARTS = ("accent", "radius", "width", "font", "scheme")


@dataclass
class Building:
    """A form while it is being made: what was typed or saved, its account, and the row
    to look at next.
    """

    form: FormForm
    account: Account
    possible: Possible
    rows: list[Row]
    may_choose: list[str]
    look_at: str = ""
    sentence: str = ""  # what is wrong with the fields as a whole

    @property
    def accent(self) -> str:
        """The colour to begin picking from."""
        return theme.colour(self.form.accent.data or "") or theme.OUR_ACCENT

    @property
    def zone(self) -> str:
        """The one that its closing time is written in."""
        return services().settings.timezone

    @property
    def draft(self) -> Draft:
        """What it says, good or not."""
        form, names = (
            self.form,
            {choice.value: str(choice.label) for choice in self.form.lists.choices},
        )
        chosen = [id for id in form.lists.data or () if id in names] + [
            id for id in form.lists.data or () if id not in names
        ]
        chooses = any(id in chosen for id in self.may_choose)
        words = {
            name: plain(form[name].data)
            for name in (
                "name",
                "heading",
                "intro",
                "consent",
                "button",
                "success",
                "privacy_url",
                "redirect_url",
                "closed_words",
            )
        }
        return Draft(
            account_id=self.account.id,
            fields=[row.saved for row in self.rows],
            lists=[
                {
                    "list_id": id,
                    "label": names.get(id, id),
                    **(
                        {"always": True}
                        if chooses and id not in self.may_choose
                        else {}
                    ),
                }
                for id in chosen
            ],
            visitor_chooses=chooses,
            exactly=form.way.data == "exactly",
            open=form.state.data == "open",
            draft=form.state.data == "draft",
            theme=_theme(form),
            sites=sites.origins(form.sites.data or "")[0],
            closes_at=_in_utc(form.closes_at.data),
            **words,
        )

    def problems(self) -> dict[str, str]:
        """Everything that keeps the draft from being saved, at once; a default is
        judged as a visitor's answer is.
        """
        draft = self.draft
        fields = validation.completed(draft.fields, draft.account_id, draft.exactly)
        found = validation.problems(replace(draft, fields=fields))
        known = [field for field in fields if self.possible.knows(field["key"])]
        for field, question in zip(known, questions(known), strict=True):
            try:
                if question.default and not question.choices:
                    checked(question, question.default)
            except ValidationError as bad:
                found.setdefault(f"fields.{field['key']}.default", str(bad))
        return found

    def show(self, problems: dict[str, str]) -> None:
        """Put each sentence at its field."""
        for part, sentence in problems.items():
            first, _dot, rest = part.partition(".")
            if first == "fields" and rest:
                key, _dot, what = rest.rpartition(".")
                next(row for row in self.rows if row.key == key).errors[what] = sentence
            elif first == "fields":
                self.sentence = sentence
            else:
                target = self.form[rest or first]
                target.errors = target.errors or [sentence]

    @property
    def wrong(self) -> bool:
        return bool(
            self.form.errors or self.sentence or any(row.errors for row in self.rows)
        )

    @property
    def accepted(self) -> bool:
        """Whether it was posted to be saved and can be; else each problem stands at its
        field.
        """
        if not self.form.is_submitted() or "move" in request.form:
            return False
        self.form.validate()
        self.show(self.problems())
        return not self.wrong


def fresh(account: Account, starter: str) -> Building:
    """A new form, from a starter."""
    chosen = STARTERS.get(starter, STARTERS[FIRST])
    lists = facts.lists_of(account.id)
    values = chosen.words() | {"lists": [lists[0].list_id] if len(lists) == 1 else []}
    return _building(account, values, chosen.fields, [])


def reopened(saved: Form) -> Building:
    """A saved form, as it is or as it was typed."""
    values: dict[str, Any] = {
        name: getattr(saved, name)
        for name in (
            "name",
            "heading",
            "intro",
            "button",
            "success",
            "privacy_url",
            "redirect_url",
            "closed_words",
        )
    }
    values |= {
        "seen": service.version_of(saved),
        "consent": service.consent_of(saved),
        "lists": [item["list_id"] for item in saved.lists],
        "sites": "\n".join(saved.sites),
        "way": "exactly" if saved.exactly else "add",
        "closes_at": _in_our_zone(saved.closes_at),
        "state": "open" if saved.open else "draft" if saved.draft else "paused",
        **{part: saved.theme.get(part) for part in THEME_PARTS if part in saved.theme},
    }
    choices = [
        item["list_id"]
        for item in saved.lists
        if saved.visitor_chooses and not item.get("always")
    ]
    return _building(saved.account, values, saved.fields, choices)


def typed(account: Account) -> Building:
    """What is posted, for this account."""
    return _building(account, {}, [], [])


def contrast_of(typed: str) -> dict[str, Any] | None:
    """{"ratio" on white, "on_button", "white" words, "grade"} for a sentence beside a
    colour; None for what is none.
    """
    accent = theme.colour(typed) if typed.strip() else theme.OUR_ACCENT
    if accent is None:
        return None
    found = theme.reading(accent)
    grade = (
        "good"
        if found.on_white >= theme.FOR_WORDS
        else "fair"
        if found.on_white >= theme.FOR_EDGES
        else "weak"
    )
    # 4.49 is not yet 4.5
    ratio, on_button = (
        floor(10 * one) / 10 for one in (found.on_white, found.on_button)
    )
    return {
        "ratio": ratio,
        "on_button": on_button,
        "white": found.words_are_white,
        "grade": grade,
    }


def _building(
    account: Account,
    values: dict[str, Any],
    fields: list[dict[str, Any]],
    choices: list[str],
) -> Building:
    possible, form = Possible(account.id), FormForm(data=values)
    form.lists.choices = [
        SelectChoice(item.list_id, item.name) for item in facts.lists_of(account.id)
    ]
    if request.method == "GET":
        return Building(form, account, possible, possible.saved(fields), choices)
    built = Building(
        form,
        account,
        possible,
        possible.typed(request.form),
        request.form.getlist("may_choose"),
    )
    if move := request.form.get("move"):
        built.rows, built.look_at = moved(
            built.rows, move, possible, request.form.get("add", "")
        )
    return built


def _theme(form: FormForm) -> dict[str, Any]:
    """What was chosen, without what is as ours is."""
    said = {
        "accent": theme.colour(form.accent.data or ""),
        "radius": form.radius.data,
        "width": form.width.data,
        "font": form.font.data if form.font.data != "system" else None,
        "scheme": form.scheme.data,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def _zone() -> ZoneInfo:
    return ZoneInfo(services().settings.timezone)


def _in_utc(typed: datetime | None) -> datetime | None:
    try:
        return typed.replace(tzinfo=_zone()).astimezone(UTC) if typed else None
    except OverflowError:  # the first and the last day that there are
        return typed.replace(tzinfo=UTC) if typed else None


def _in_our_zone(moment: datetime | None) -> datetime | None:
    return moment.astimezone(_zone()).replace(tzinfo=None) if moment else None
