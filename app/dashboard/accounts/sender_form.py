"""Declare the inputs of who stands behind an account's forms and mails."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from app.accounts.sender import MAX_ADDRESS, MAX_NAME
from app.web.max_length import TOO_LONG, MaxLength


def _stripped(typed: str | None) -> str:
    lines = (typed or "").replace("\0", "").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


class SenderForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    sender_name = StringField(
        _("Organization"),
        filters=[_stripped],
        validators=[MaxLength(MAX_NAME, TOO_LONG)],
    )
    sender_address = TextAreaField(
        _("Postal address"),
        filters=[_stripped],
        validators=[MaxLength(MAX_ADDRESS, TOO_LONG)],
    )
