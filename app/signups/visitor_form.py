"""The visitor's form: built from what the admin saved, every provider limit checked at
its field.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from babel.support import Translations
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    SelectChoice,
    SelectMultipleField,
    StringField,
)
from wtforms.i18n import messages_path
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.forms.fields import Question, questions
from app.signups import email_check, inputs
from app.signups.form_cache import ShownForm, kept
from app.web.i18n import language

NOTHING: Mapping[str, str] = MappingProxyType({})
# names, in a page, what an empty answer clears: places of questions
CLEARING = "clears"
# what boxes send: ours the first, one without a value the second
TICKED = ("y", "on", "yes", "true", "1")


NEEDED = _("Check this box if you agree. We can’t send you anything without it.")


class LibraryWords:
    """WTForms' own sentences, looked up when one is said; Flask-WTF would read them
    from disk for each request.
    """

    def gettext(self, text: str) -> str:
        return str(self._translations().ugettext(text))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return str(self._translations().ungettext(one, many, number))

    def _translations(self) -> Any:
        requested = language()
        return kept(
            ("words", requested),
            lambda: Translations.load(messages_path(), [requested], "wtforms"),
        )


class VisitorForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """The parts every form has.

    No cookie and so no session CSRF: the signed token stands for it.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = False

        def get_translations(self, form: object) -> LibraryWords:
            return LibraryWords()

        def wrap_formdata(self, form: "VisitorForm", formdata: Any) -> Any:
            """Keep what was posted for what is seldom needed: each further field would
            be made for every visitor.
            """
            form.sent = super().wrap_formdata(form, formdata)
            return form.sent

    questions: list[Question]  # what the admin chose to ask
    always: list[str]  # the lists everybody joins
    exactly = False  # contacts are updated exactly
    suggestion = ""  # the address that was probably meant
    advice = ""  # the sentence that says so
    sure = ""  # the address that was asked about, and is meant as it is
    sent: Any = None  # all that was posted: a MultiDict

    form_token = HiddenField()
    # a trap: hidden from people, filled in by robots
    website = StringField(_("Website (optional)"))
    email_address = EmailField(
        _("Email address"), filters=[lambda value: (value or "").strip()]
    )
    consent: BooleanField

    def validate(self, *how: Any, **more: Any) -> bool:
        """Check the answers; a suggestion alone is advice, and no error of a field."""
        is_good = bool(super().validate(*how, **more))
        if self.suggestion:
            self.advice = " ".join(map(str, self.email_address.errors))
            self.email_address.errors = []
        return is_good

    def validate_email_address(self, field: EmailField) -> None:
        """Ask once about an address that looks mistyped: pressing again with the same
        one is an answer.
        """
        email = email_check.address(field.data or "")
        field.data, sent = email, self.sent or NOTHING
        suggestion = email_check.meant(email)
        if not suggestion:
            return
        if sent.get("use") == suggestion:  # its button was pressed
            field.data = suggestion
            return
        self.sure = email
        if sent.get("sure") != email:
            self.suggestion = suggestion
            raise ValidationError(
                gettext(
                    "Did you mean %(meant)s? If %(typed)s is right, select the button"
                    " again.",
                    meant=suggestion,
                    typed=email,
                )
            )

    def body(self, sources: Mapping[str, str] = NOTHING) -> dict[str, Any]:
        """Return the answers as sign_up_form takes them (contract 4.1), empty ones left
        out; the address is apart.

        `sources` fill hidden fields: the values of `fields.SOURCES` as far as they are
        known.
        """
        body: dict[str, Any] = {}
        custom: list[dict[str, str]] = []
        unanswered: list[Question] = []
        for question in self.questions:
            answer = inputs.properties(question, self, sources)
            if not answer:
                unanswered.append(question)
            custom += answer.pop("custom_fields", [])
            body |= answer
        if custom:
            body["custom_fields"] = custom
        body["list_memberships"] = self.chosen_lists()
        if self.exactly:
            body["exactly"] = self._exactly(body, unanswered)
        return body

    @property
    def clearing(self) -> list[Question]:
        """Those whose empty answer empties what the contact has."""
        if not self.exactly:
            return []
        return [question for question in self.questions if question.clears]

    def _exactly(
        self, body: Mapping[str, Any], unanswered: list[Question]
    ) -> dict[str, Any]:
        """Say what the sign-up empties, and of which kind its phone number is: see
        `Signup.body`.
        """
        exactly: dict[str, Any] = {}
        if clear := [each.place for each in unanswered if self._clears(each)]:
            exactly["clear"] = clear
        for question in self.questions:
            if question.name == "phone_number" and question.name in body:
                exactly["phone"] = question.kind
        return exactly

    def _clears(self, question: Question) -> bool:
        """Tell whether it was left empty by somebody who saw that this clears.

        Boxes that nobody ticks send nothing, and neither does a page from before the
        question, or one that somebody took it out of.
        """
        shown_as_clearing = self.sent.getlist(CLEARING) if self.sent else ()
        if question not in self.clearing or question.place not in shown_as_clearing:
            return False
        is_box = question.display in ("checkbox", "radio")
        return is_box or self._was_sent(question.name)

    def chosen_lists(self) -> list[str]:
        """List the ids of the lists that are joined: those of everybody first."""
        if "lists" not in self:
            return [*self.always]
        return [*self.always, *dict.fromkeys(self["lists"].data)]

    def _was_sent(self, name: str) -> bool:
        return any(sent == name or sent.startswith(f"{name}_") for sent in self.sent)


def form_for(form: ShownForm, **how: Any) -> VisitorForm:
    """Make the WTForms form of a saved one, filled with what was posted; `how` is
    handed to WTForms.
    """
    asked = (form.fields, form.lists, form.visitor_chooses, form.exactly)
    visitor = class_of(*asked)(**how)
    visitor.consent.label.text = form.consent
    return visitor


def class_of(
    fields: str, lists: str, visitor_chooses: bool, exactly: bool
) -> type[VisitorForm]:
    """Return the class of forms that ask this; `fields` and `lists` are JSON."""
    asked = (fields, lists, visitor_chooses, exactly)
    return kept(("class", *asked), lambda: _form_class(*asked))


def _form_class(
    fields: str, lists: str, visitor_chooses: bool, exactly: bool
) -> type[VisitorForm]:
    """Make the class of forms that ask this, which takes longer than all that its
    instances do.
    """
    asked, all_lists = questions(json.loads(fields)), json.loads(lists)
    parts: dict[str, Any] = {}
    for question in asked:
        parts |= inputs.inputs(question)
    open_to_choice = []
    if visitor_chooses and len(all_lists) > 1:
        open_to_choice = [item for item in all_lists if not item.get("always")]
    always = [item["list_id"] for item in all_lists if item not in open_to_choice]
    offered = [item for item in open_to_choice if not item.get("gone")]
    if offered:
        parts["lists"] = _list_choice(open_to_choice, needed=not always)
    elif not always:  # none is left: stored all the same, for an admin to decide
        always = [item["list_id"] for item in open_to_choice]
    # made last, as errors are told in this order
    parts["consent"] = BooleanField(validators=[InputRequired(NEEDED), _agreed])
    parts |= {"questions": asked, "always": always, "exactly": exactly}
    return type("FormOfVisitor", (VisitorForm,), parts)


def _agreed(_form: VisitorForm, field: BooleanField) -> None:
    """Take only a ticked box for consent: a page of somebody's own may ask by other
    means, whose "no" is a value too.
    """
    if field.raw_data[0].lower() not in TICKED:
        field.data = False
        raise ValidationError(NEEDED)


def _list_choice(lists: list[dict[str, Any]], needed: bool) -> Any:
    """Offer lists, but those that are gone: a page shown before may still name them."""
    gone = {item["list_id"] for item in lists if item.get("gone")}
    offered = [item for item in lists if item["list_id"] not in gone]

    def without_gone(ids: list[str] | None) -> list[str]:
        return [id for id in ids or () if id not in gone]

    validators = []
    if needed:
        validators = [DataRequired(_("Choose at least one."))]
    return SelectMultipleField(
        _("What would you like to hear about?"),
        choices=[SelectChoice(item["list_id"], item["label"]) for item in offered],
        filters=[without_gone],
        validators=validators,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
