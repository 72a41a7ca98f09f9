"""Read what an admin typed into the builder of forms, and make a draft of it."""

from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import request
from wtforms import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import ListWidget

from app.accounts import facts
from app.accounts.models import Account
from app.dashboard.forms import protection
from app.dashboard.forms.fields import Possible, Row, plain
from app.dashboard.forms.inputs import FormForm
from app.dashboard.forms.moves import Arranged, moved
from app.forms import service, sites, theme, validation
from app.forms.draft import Draft
from app.forms.fields import questions
from app.forms.looks import LOOKS, Look
from app.forms.models import Form
from app.forms.starters import FIRST, STARTERS
from app.messages import confirmation as words
from app.services import services
from app.signups.validators import checked

# columns of a form that are inputs of the same name
PLAIN_TEXTS = (
    "name",
    "heading",
    "intro",
    "button",
    "success",
    "privacy_url",
    "redirect_url",
    "closed_words",
    *protection.TEXTS,
)
THEME_PARTS = ("accent", "radius", "width", "font", "scheme")


@dataclass
class Building:
    """A form while it is being made: what was typed or saved, and its account."""

    form: FormForm
    account: Account
    possible: Possible
    rows: list[Row]
    may_choose: list[str]  # ids of lists
    removed: list[Row] = made_by(default_factory=list)  # they can be brought back
    look_at: str = ""  # the row to look at next
    announcement: str = ""  # what a press did, for screen readers
    sentence: str = ""  # what is wrong with the fields as a whole

    @property
    def accent(self) -> str:
        """The colour to begin picking from."""
        return theme.colour(self.form.accent.data or "") or theme.OUR_ACCENT

    @property
    def can_mail(self) -> bool:
        """Whether people can be asked by mail at all."""
        return services().settings.mails

    @property
    def our_subject(self) -> str:
        """The subject of a confirmation mail without words of the admin's own."""
        return str(words.SUBJECT % {"organization": self._organization})

    @property
    def our_text(self) -> str:
        """The text of one, but for link and sender."""
        heading = plain(self.form.heading.data)
        named = {"organization": self._organization, "form": heading}
        return str(words.INTRO % named)

    @property
    def _organization(self) -> str:
        return self.account.sender_name or self.account.name

    @property
    def zone(self) -> str:
        """The time zone of its closing time."""
        return _zone(self.form).key

    @property
    def closes_at(self) -> datetime | None:
        """Its closing time in UTC, for the browser to show in the reader's zone."""
        return _in_utc(self.form)

    @property
    def put_on(self) -> bool:
        """Whether a look was just chosen."""
        return "look" in request.form

    @property
    def look(self) -> str:
        """The key of the look that is chosen; "" for one of the admin's own."""
        chosen = _theme(self.form)
        for key, look in LOOKS.items():
            expected = {name: value for name, value in look.values.items() if value}
            expected["radius"] = look.radius
            if look.font == "system":
                del expected["font"]
            if {**chosen, "width": None} == {**expected, "width": None}:
                return key
        return ""

    @property
    def draft(self) -> Draft:
        """The form as it was typed, good or not."""
        form = self.form
        lists = self._lists()
        exactly = form.way.data == "exactly"
        values = protection.chosen(form, exactly)
        for name in (*PLAIN_TEXTS, "consent"):
            values[name] = plain(form[name].data)
        return Draft(
            account_id=self.account.id,
            fields=[row.saved for row in self.rows],
            lists=lists,
            visitor_chooses=self._visitor_chooses(lists),
            exactly=exactly,
            open=form.state.data == "open",
            draft=form.state.data == "draft",
            theme=_theme(form),
            sites=sites.origins(form.sites.data or "")[0],
            closes_at=_in_utc(form),
            **values,
        )

    def _lists(self) -> list[dict[str, Any]]:
        """List what was chosen; what the account no longer has comes last."""
        labels = {}
        for choice in self.form.lists.choices:
            labels[choice.value] = str(choice.label)
        chosen = list(self.form.lists.data or ())
        chosen.sort(key=lambda list_id: list_id not in labels)
        lists: list[dict[str, Any]] = []
        for list_id in chosen:
            lists.append({"list_id": list_id, "label": labels.get(list_id, list_id)})
        if self._visitor_chooses(lists):
            for item in lists:
                if item["list_id"] not in self.may_choose:
                    item["always"] = True
        return lists

    def _visitor_chooses(self, lists: list[dict[str, Any]]) -> bool:
        return any(item["list_id"] in self.may_choose for item in lists)

    def problems(self) -> dict[str, str]:
        """Find everything that keeps the draft from being saved.

        A default is judged like a visitor's answer.
        """
        draft = self.draft
        fields = validation.completed(draft.fields, draft.account_id, draft.exactly)
        problems = validation.problems(replace(draft, fields=fields))
        known = [item for item in fields if self.possible.knows(item["key"])]
        for item, question in zip(known, questions(known), strict=True):
            try:
                if question.default and not question.choices:
                    checked(question, question.default)
            except ValidationError as bad:
                problems.setdefault(f"fields.{item['key']}.default", str(bad))
        return problems

    def show(self, problems: dict[str, str]) -> None:
        """Put each sentence at its field."""
        row_of = {row.key: row for row in self.rows}
        for part, sentence in problems.items():
            first, _dot, rest = part.partition(".")
            if first == "fields" and rest:
                key, _dot, what = rest.rpartition(".")
                row_of[key].errors[what] = sentence
            elif first == "fields":
                self.sentence = sentence
            else:
                target = self.form[rest or first]
                target.errors = target.errors or [sentence]

    @property
    def wrong(self) -> bool:
        """Whether a sentence stands at any field."""
        return bool(self.mistakes)

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """The id of a control and a sentence, for everything that is wrong."""
        mistakes: list[tuple[str, str]] = []
        for name, sentences in self.form.errors.items():
            for sentence in sentences:
                mistakes.append((self._target(name), sentence))
        if self.sentence:
            mistakes.append(("add", self.sentence))
        for row in self.rows:
            for part, sentence in row.errors.items():
                label = row.label or row.usual
                mistakes.append((f"{part}_{row.key}", f"{label}: {sentence}"))
        return mistakes

    def _target(self, name: str | None) -> str:
        """Return the id of the control where an error is mended."""
        if name not in self.form or name == "seen":
            return "build"
        field = self.form[name]
        if isinstance(field.widget, ListWidget) and field.choices:
            # a group cannot take the focus; its first choice can
            field = next(iter(field))
        return str(field.id)

    @property
    def accepted(self) -> bool:
        """Whether it was posted to be saved and can be; else `mistakes` say why not."""
        presses = {"move", "look"} & set(request.form)
        if not self.form.is_submitted() or presses:
            return False
        self.form.validate()
        self.show(self.problems())
        return not self.wrong


def fresh(account: Account, starter: str) -> Building:
    """Begin a new form, from a starter."""
    chosen = STARTERS.get(starter, STARTERS[FIRST])
    values: dict[str, Any] = {
        **chosen.words(),
        **protection.recommended(),
        "lists": [],
        "shows_sender": True,
    }
    lists = facts.lists_of(account.id)
    if len(lists) == 1:
        values["lists"] = [lists[0].list_id]
    return _building(account, values, chosen.fields, [])


def reopened(saved: Form) -> Building:
    """Open a saved form, as it is or as it was typed."""
    values: dict[str, Any] = {name: getattr(saved, name) for name in PLAIN_TEXTS}
    values |= protection.saved(saved)
    values |= {
        "seen": service.version_of(saved),
        "consent": service.consent_of(saved),
        "lists": [item["list_id"] for item in saved.lists],
        "sites": "\n".join(saved.sites),
        "way": "add",
        "closes_at": _in_our_zone(saved.closes_at),
        "state": _state(saved),
    }
    if saved.exactly:
        values["way"] = "exactly"
    for part in THEME_PARTS:
        if part in saved.theme:
            values[part] = saved.theme[part]
    may_choose = []
    if saved.visitor_chooses:
        for item in saved.lists:
            if not item.get("always"):
                may_choose.append(item["list_id"])
    return _building(saved.account, values, saved.fields, may_choose)


def _state(saved: Form) -> str:
    if saved.open:
        return "open"
    if saved.draft:
        return "draft"
    return "paused"


def typed(account: Account) -> Building:
    """Read what was posted, for this account."""
    return _building(account, {}, [], [])


def _building(
    account: Account,
    values: dict[str, Any],
    fields: list[dict[str, Any]],
    may_choose: list[str],
) -> Building:
    possible, form = Possible(account.id), FormForm(data=values)
    form.lists.choices = [
        SelectChoice(item.list_id, item.name) for item in facts.lists_of(account.id)
    ]
    if request.method == "GET":
        return Building(form, account, possible, possible.saved(fields), may_choose)
    rows = possible.typed(request.form)
    may_choose = request.form.getlist("may_choose")
    building = Building(form, account, possible, rows, may_choose)
    building.removed = possible.removed(request.form)
    if move := request.form.get("move"):
        _press(building, move)
    if look := LOOKS.get(request.form.get("look", "")):
        _put_on(form, look)
    return building


def _press(building: Building, move: str) -> None:
    wanted = request.form.get("add", "")
    before = Arranged(building.rows, building.removed)
    after = moved(before, move, building.possible, wanted)
    building.rows, building.removed = after.rows, after.removed
    building.look_at, building.announcement = after.look_at, after.announcement


def _put_on(form: FormForm, look: Look) -> None:
    """Fill in a look, in place of what was typed."""
    for name, value in look.values.items():
        form[name].raw_data = None
        form[name].process_data(value)


def _theme(form: FormForm) -> dict[str, Any]:
    """Return what was chosen, without what is as in our own look."""
    chosen = {
        "accent": theme.colour(form.accent.data or ""),
        "radius": form.radius.data,
        "width": form.width.data,
        "font": form.font.data,
        "scheme": form.scheme.data,
    }
    if chosen["font"] == "system":
        del chosen["font"]
    return {part: value for part, value in chosen.items() if value not in (None, "")}


def _zone(form: FormForm) -> ZoneInfo:
    """Return the zone that its closing time was typed in: the reader's, or ours."""
    with suppress(ValueError, OSError, ZoneInfoNotFoundError):
        if form.zone.data:
            return ZoneInfo(form.zone.data)
    return _our_zone()


def _our_zone() -> ZoneInfo:
    return ZoneInfo(services().settings.timezone)


def _in_utc(form: FormForm) -> datetime | None:
    typed: datetime | None = form.closes_at.data
    if typed is None:
        return None
    try:
        return typed.replace(tzinfo=_zone(form)).astimezone(UTC)
    except OverflowError:  # the first and the last day that there are
        return typed.replace(tzinfo=UTC)


def _in_our_zone(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(_our_zone()).replace(tzinfo=None)
