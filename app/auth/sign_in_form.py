"""The form that somebody signs in with.

It does the same work for every address, so the time that it takes tells nobody who has
an account.
"""

from typing import Any

from flask import current_app
from flask_security import LoginForm
from flask_security.utils import hash_password, verify_password
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import DataRequired, ValidationError

from app.auth import users
from app.auth.models import User
from app.core.contact_rules import MAX_EMAIL_OF_MAIL
from app.core.logs import log
from app.web.max_length import MaxLength

MAX_ADDRESS = 2000  # of the page to go on to


class SignInForm(LoginForm):
    """The library's form without "remember me", checked by us.

    The library hashes for everybody, but normalizes the password only of somebody it
    knows, whatever its length; that takes seconds for 60 KB of combining marks.
    """

    email = EmailField(validators=[MaxLength(MAX_EMAIL_OF_MAIL), DataRequired()])
    password = PasswordField(validators=[MaxLength(users.LONGEST), DataRequired()])
    next = HiddenField(validators=[MaxLength(MAX_ADDRESS)])
    remember = None

    def validate_email(self, field: EmailField) -> None:
        try:
            field.data = users.checked_email(field.data)
        except users.UserRejected as why:
            raise ValidationError(str(why)) from None

    def validate(self, **kwargs: Any) -> bool:
        """Find out who it is: `self.user`, when the password is theirs."""
        # past the library's own, which looks for the user
        if not super(LoginForm, self).validate(**kwargs):
            log.warning("sign_in_failed", user=None)
            return False
        user = users.with_email(self.email.data)
        if _is_password_of(user, self.password.data) and user and user.active:
            self.user = user
            return True
        # the view puts one sentence for everybody in place of this
        self.password.errors = ["refused"]
        log.warning("sign_in_failed", user=user and user.id)
        return False


def _is_password_of(user: User | None, password: str) -> bool:
    """Normalize once and hash once, whoever it is."""
    normalized = current_app.extensions["security"].password_util.normalize(password)
    if user is None or not user.password:
        hash_password(normalized)
        return False
    return bool(verify_password(normalized, user.password))
