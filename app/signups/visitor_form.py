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


NEEDED = _("Please tick this box if you agree; without it nothing is sent to you.")


class LibraryWords:
    """WTForms' own sentences, looked up when one is said; Flask-WTF would read them
    from disk for each request.
    """

    def gettext(self, said: str) -> str:
        return str(self._of_this_language().ugettext(said))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return str(self._of_this_language().ungettext(one, many, number))

    def _of_this_language(self) -> Any:
        spoken = language()
        return kept(
            ("words", spoken),
            lambda: Translations.load(messages_path(), [spoken], "wtforms"),
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
            """Kept for what is seldom asked for: each further field would be made for
            every visitor.
            """
            form.sent = super().wrap_formdata(form, formdata)
            return form.sent

    questions: list[Question]  # what the admin chose to ask
    always: list[str]  # the lists everybody joins
    exactly = False  # contacts are updated exactly
    suggestion = ""  # the address that was probably meant
    sure = ""  # the address that was asked about, and is meant as it is
    sent: Any = None  # all that was posted: a MultiDict

    form_token = HiddenField()
    # a trap: hidden from people, filled in by robots
    website = StringField(_("Leave this empty"))
    email_address = EmailField(
        _("E-mail address"), filters=[lambda value: (value or "").strip()]
    )
    consent: BooleanField

    def validate_email_address(self, field: EmailField) -> None:
        """An address that looks mistyped is asked about once: pressing again with the
        same one is an answer.
        """
        found = email_check.address(field.data or "")
        field.data, sent = found, self.sent or NOTHING
        meant = email_check.meant(found)
        if not meant:
            return
        if sent.get("use") == meant:  # its button was pressed
            field.data = meant
            return
        self.sure = found
        if sent.get("sure") != found:
            self.suggestion = meant
            raise ValidationError(
                gettext(
                    "Did you mean %(meant)s? If %(typed)s is right, just press the"
                    " button again.",
                    meant=meant,
                    typed=found,
                )
            )

    def body(self, sources: Mapping[str, str] = NOTHING) -> dict[str, Any]:
        """The answers as sign_up_form takes them (contract 4.1), empty ones left out;
        the address is apart.

        `sources` fill hidden fields: the values of `fields.SOURCES` as far as they are
        known.
        """
        body: dict[str, Any] = {}
        custom: list[dict[str, str]] = []
        empty: list[Question] = []
        for question in self.questions:
            found = inputs.properties(question, self, sources)
            empty += [] if found else [question]
            custom += found.pop("custom_fields", [])
            body |= found
        body |= {"custom_fields": custom} if custom else {}
        return (
            body
            | {"list_memberships": self.chosen_lists()}
            | (self._how(body, empty) if self.exactly else {})
        )

    @property
    def clearing(self) -> list[Question]:
        """Those whose empty answer empties what the contact has."""
        return [
            question for question in self.questions if self.exactly and question.clears
        ]

    def _how(self, body: Mapping[str, Any], empty: list[Question]) -> dict[str, Any]:
        """What the sign-up empties, and of which kind its phone number is: see
        `Signup.body`.

        Only what stood in the page as clearing was left empty by somebody who saw it:
        boxes that nobody ticks send nothing, and neither does a page from before the
        question, or one that somebody took it out of.
        """
        seen = self.sent.getlist(CLEARING) if self.sent else ()
        clear = [
            question.place
            for question in empty
            if question in self.clearing
            and question.place in seen
            and (
                question.display in ("checkbox", "radio")
                or self._was_sent(question.name)
            )
        ]
        phone = next(
            (
                question.kind
                for question in self.questions
                if question.name in body and question.name == "phone_number"
            ),
            "",
        )
        return {
            "exactly": (
                ({"clear": clear} if clear else {})
                | ({"phone": phone} if phone else {})
            )
        }

    def chosen_lists(self) -> list[str]:
        return [
            *self.always,
            *(dict.fromkeys(self["lists"].data) if "lists" in self else ()),
        ]

    def _was_sent(self, name: str) -> bool:
        return any(sent == name or sent.startswith(f"{name}_") for sent in self.sent)


def form_for(form: ShownForm, **how: Any) -> VisitorForm:
    """The WTForms form of a saved one, filled with what was posted; `how` is handed to
    WTForms.
    """
    asked = (form.fields, form.lists, form.visitor_chooses, form.exactly)
    made = kept(("kind", *asked), lambda: _kind(*asked))(**how)
    made.consent.label.text = form.consent
    return made


def _kind(
    fields: str, lists: str, visitor_chooses: bool, exactly: bool
) -> type[VisitorForm]:
    """The class of forms that ask this; making one takes longer than all its instance
    does.
    """
    asked, joined = questions(json.loads(fields)), json.loads(lists)
    parts: dict[str, Any] = {}
    for question in asked:
        parts |= inputs.inputs(question)
    open_to_choice = (
        [item for item in joined if not item.get("always")]
        if visitor_chooses and len(joined) > 1
        else []
    )
    always = [item["list_id"] for item in joined if item not in open_to_choice]
    if open_to_choice:
        parts["lists"] = _list_choice(open_to_choice, needed=not always)
    # made last, as errors are told in this order
    parts["consent"] = BooleanField(validators=[InputRequired(NEEDED), _agreed])
    return type(
        "FormOfVisitor",
        (VisitorForm,),
        parts | {"questions": asked, "always": always, "exactly": exactly},
    )


def _agreed(_form: VisitorForm, field: BooleanField) -> None:
    """Only a ticked box agrees: a page of somebody's own may ask by other means, whose
    "no" is a value too.
    """
    if field.raw_data[0].lower() not in TICKED:
        field.data = False
        raise ValidationError(NEEDED)


def _list_choice(lists: list[dict[str, str]], needed: bool) -> Any:
    return SelectMultipleField(
        _("What would you like to hear about?"),
        choices=[SelectChoice(item["list_id"], item["label"]) for item in lists],
        validators=[DataRequired(_("Please choose at least one."))] if needed else [],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
