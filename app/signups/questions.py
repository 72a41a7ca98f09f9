"""The visitor's form: built from what the admin saved, every provider limit checked at its field."""

import json
import unicodedata
from typing import Any

from babel.support import Translations
from email_validator import EmailNotValidError, validate_email
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, SelectChoice, SelectMultipleField, StringField, TelField
from wtforms.i18n import messages_path
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms.fields import MOST_EMAIL, Question, questions
from app.signups.shown import Shown, kept

MOST_TYPED = 2000  # characters; longer text is refused by every field, and normalising takes quadratic time
INVISIBLE = {"\u200b", "\ufeff", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}


class LibraryWords:
    """WTForms' own sentences, looked up when one is said; Flask-WTF would read them from disk for each request."""

    def gettext(self, said: str) -> str:
        return str(self._of_this_language().ugettext(said))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return str(self._of_this_language().ungettext(one, many, number))

    def _of_this_language(self) -> Any:
        language = str(get_locale())
        return kept(("words", language), lambda: Translations.load(messages_path(), [language], "wtforms"))


class VisitorForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """The parts every form has. No cookie and so no session CSRF: the signed token stands for it."""

    class Meta:
        csrf = False

        def get_translations(self, form: object) -> LibraryWords:
            return LibraryWords()

    questions: list[Question]  # what the admin chose to ask
    always: list[str]          # the lists everybody joins; empty when the visitor chooses

    form_token = HiddenField()
    website = StringField(_("Leave this empty"))  # a trap: hidden from people, filled in by robots
    email_address = EmailField(_("E-mail address"), filters=[lambda value: (value or "").strip()])
    consent = BooleanField(validators=[InputRequired(_("Please tick this box if you agree; without it nothing "
                                                       "is sent to you."))])

    def validate_email_address(self, field: EmailField) -> None:
        field.data = _address(field.data or "")

    def body(self) -> dict[str, Any]:
        """The answers as sign_up_form takes them (contract 4.1), empty ones left out; the address is apart."""
        answers = {question: self[question.name].data for question in self.questions if self[question.name].data}
        body: dict[str, Any] = {q.name: value for q, value in answers.items() if not q.custom_field_id}
        custom = [{"custom_field_id": q.custom_field_id, "value": value}
                  for q, value in answers.items() if q.custom_field_id]
        return body | ({"custom_fields": custom} if custom else {}) | {"list_memberships": self.chosen_lists()}

    def chosen_lists(self) -> list[str]:
        return self.always or list(dict.fromkeys(self["lists"].data))


def form_for(form: Shown) -> VisitorForm:
    """The WTForms form of a saved one, filled with what was posted."""
    asked = (form.fields, form.lists, form.visitor_chooses)
    made = kept(("kind", *asked), lambda: _kind(*asked))()
    made.consent.label.text = form.consent
    return made


def _kind(fields: str, lists: str, visitor_chooses: bool) -> type[VisitorForm]:
    """The class of forms that ask this; making one takes longer than all its instance does."""
    asked, joined = questions(json.loads(fields)), json.loads(lists)
    chooses = visitor_chooses and len(joined) > 1
    parts: dict[str, Any] = {question.name: _field(question) for question in asked}
    if chooses:
        parts["lists"] = _list_choice(joined)
    return type("FormOfVisitor", (VisitorForm,), parts | {
        "questions": asked, "always": [] if chooses else [item["list_id"] for item in joined]})


def clean(text: str | None) -> str:
    """One line of text as it is stored: NFC, without control, bidi-override and zero-width characters."""
    if text and len(text) > MOST_TYPED:
        return text
    kept = (char for char in unicodedata.normalize("NFC", text or "")
            if char not in INVISIBLE and (unicodedata.category(char) not in ("Cc", "Cs") or char in "\t\n\r"))
    return " ".join("".join(kept).split())


def _field(question: Question) -> Any:
    label = question.label.replace("%", "%%")  # Length formats its message once more
    checks: list[Any] = [Length(max=question.most, message=_(
        "%(label)s can be at most %(most)s characters long.", label=label, most=question.most))]
    if question.required:
        checks.insert(0, DataRequired(_("%(label)s is needed.", label=question.label)))
    kind = TelField if question.type == "tel" else StringField
    return kind(question.label, validators=checks, filters=[clean],
                render_kw={"autocomplete": question.autocomplete, "maxlength": question.most})


def _list_choice(lists: list[dict[str, str]]) -> Any:
    return SelectMultipleField(
        _("What would you like to hear about?"),
        choices=[SelectChoice(item["list_id"], item["label"]) for item in lists],
        validators=[DataRequired(_("Please choose at least one."))],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput())


def _address(typed: str) -> str:
    if not typed:
        raise ValidationError(gettext("Please type your e-mail address."))
    try:
        checked = validate_email(typed, check_deliverability=False, strict=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValidationError(gettext("This does not look like an e-mail address we can write to. "
                                      "It should be like name@example.com.")) from None
    address = checked.ascii_email or checked.normalized
    if len(address) > MOST_EMAIL:
        raise ValidationError(gettext("Please use an address of at most %(most)s characters.", most=MOST_EMAIL))
    return address
