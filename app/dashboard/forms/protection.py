"""Declare the inputs that protect a form, and name the choices that are recommended."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import Length

from app.forms import sites
from app.forms.models import Confirmation, Form, KnownContacts
from app.forms.validation import MAX_CONFIRM_SUBJECT, MAX_CONFIRM_TEXT
from app.services import services
from app.web.max_length import TOO_LONG

# columns of a form that are inputs of the same name
TEXTS = ("confirm_subject", "confirm_text", "confirm_url")
OTHERS = ("confirmation", "known_contacts", "reminds", "shows_sender")


class ProtectionInputs(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    """Who is asked to confirm, and what may happen to contacts that are known."""

    confirmation = RadioField(
        _("Who confirms by email"),
        default=Confirmation.OFF,
        choices=[
            SelectChoice(
                Confirmation.SUSPICIOUS,
                _(
                    "Unusual sign-ups only (recommended): most people notice nothing,"
                    " and robots get no further"
                ),
            ),
            SelectChoice(
                Confirmation.ON,
                _("Everyone: nobody gets email without clicking a link first"),
            ),
            SelectChoice(
                Confirmation.OFF,
                _("Nobody: unusual sign-ups are put on hold until you decide"),
            ),
        ],
    )
    known_contacts = RadioField(
        _("If Constant Contact already knows the person"),
        default=KnownContacts.UPDATE,
        choices=[
            SelectChoice(
                KnownContacts.ADD_ONLY,
                _(
                    "Only add to lists until confirmed (recommended): a stranger"
                    " cannot change a contact, and the answers follow after a click"
                ),
            ),
            SelectChoice(
                KnownContacts.ASK_FIRST,
                _(
                    "Always ask first: nothing of a contact changes before the person"
                    " has confirmed by email"
                ),
            ),
            SelectChoice(
                KnownContacts.UPDATE,
                _(
                    "Update the contact: the answers count at once, no matter who"
                    " typed them"
                ),
            ),
        ],
    )
    confirm_subject = StringField(
        _("Subject of the confirmation email"),
        validators=[Length(max=MAX_CONFIRM_SUBJECT, message=TOO_LONG)],
    )
    confirm_text = TextAreaField(
        _("Text of the confirmation email"),
        validators=[Length(max=MAX_CONFIRM_TEXT, message=TOO_LONG)],
        description=_(
            "Plain text. The link, your organization and its postal address are added"
            " below it. Leave empty for the text shown here."
        ),
    )
    confirm_url = URLField(
        _("Page after confirming"),
        validators=[Length(max=sites.MAX_ADDRESS, message=TOO_LONG)],
        description=_(
            "Instead of Latchkey’s own page. It must be on one of the form’s sites."
        ),
    )
    reminds = BooleanField(
        _("Send one reminder to people who haven’t confirmed"), default=True
    )
    shows_sender = BooleanField(
        _("Show your organization and its postal address under the button"),
        description=_(
            "Many countries require it by law. Both come from the account and can be"
            " changed on its page."
        ),
    )


def recommended(exactly: bool = False) -> dict[str, Any]:
    """Return the recommended choices, by column of a form.

    Without a mail server nobody can be asked, so answers would never be sent on.
    """
    if not services().settings.mails:
        return {
            "confirmation": Confirmation.OFF,
            "known_contacts": KnownContacts.UPDATE,
        }
    known_contacts = KnownContacts.ADD_ONLY
    if exactly:
        known_contacts = KnownContacts.ASK_FIRST
    return {"confirmation": Confirmation.SUSPICIOUS, "known_contacts": known_contacts}


def saved(form: Form) -> dict[str, Any]:
    """Return what a saved form has in these inputs."""
    return {name: getattr(form, name) for name in (*TEXTS, *OTHERS)}


def chosen(form: ProtectionInputs, exactly: bool) -> dict[str, Any]:
    """Return what was typed, by column of a form, but for texts.

    A form that updates exactly looks people up, so it asks them instead of only adding
    them to lists.
    """
    values = {name: form[name].data for name in OTHERS}
    if exactly and values["known_contacts"] == KnownContacts.ADD_ONLY:
        values["known_contacts"] = KnownContacts.ASK_FIRST
    return values
