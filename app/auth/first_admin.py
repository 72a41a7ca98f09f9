"""Let whoever runs the server make the first admin, by a link that it prints.

The link's token is derived from the key and the hour: all processes print the same one,
and nothing is stored.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
)
from flask_babel import lazy_gettext as _
from flask_security import login_user
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import EqualTo, ValidationError

from app.auth import users
from app.messages import PEOPLE
from app.services import services
from app.web import access, errors, limits

HOURS = 24  # a token is good for the hour it names and the 23 after

blueprint = Blueprint("people", __name__)


class FirstAdminForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    email = EmailField(
        _("Email address"),
        description=_(
            "You’ll use it to sign in. Latchkey won’t send you a confirmation."
        ),
    )
    password = PasswordField(
        _("Password"),
        description=_(
            "At least 15 characters. Four or five random words are easy to remember."
        ),
    )
    password_again = PasswordField(
        _("Confirm password"),
        validators=[
            EqualTo(
                "password", _("The passwords don’t match. Enter the same one twice.")
            )
        ],
    )

    def validate_email(self, field: EmailField) -> None:
        field.data = _or_say(users.checked_email, field.data or "")

    def validate_password(self, field: PasswordField) -> None:
        _or_say(users.checked_password, field.data or "", self.email.data or "")


@blueprint.route("/first-admin/<token>", methods=["GET", "POST"])
@access.public
@limits.throttled("sign_in_limits", methods=["POST"])
def first_admin(token: str) -> Any:
    """Make the first admin and sign them in.

    Once there is any user, there is no such page.
    """
    good = _is_good(token)
    if users.anybody():
        if good and request.method == "POST":
            return _too_late()
        abort(404)
    if not good:
        return render_template("auth/first_admin_expired.html"), 404
    form = FirstAdminForm()
    if not form.validate_on_submit():
        page = render_template("auth/first_admin.html", form=form)
        if form.errors:
            return page, 422
        return page
    try:
        users.create_first(form.email.data, form.password.data)
    except users.UserRejected:
        return _too_late()
    if first := users.with_email(form.email.data):
        login_user(first)
    flash(_("Your admin account is ready, and you are signed in."), "success")
    return redirect("/", 303)


def announcement() -> str | None:
    """Say how to make the first admin, while nobody can sign in."""
    if users.anybody() or access.is_locked(current_app):
        return None
    return (
        f"\nNobody can sign in yet. Make the first admin here within {HOURS} hours:\n\n"
        f"    {link()}\n\nor: flask latchkey users create you@example.org\n"
    )


def link() -> str:
    """Return the address where the first admin can be made from now on."""
    return f"{services().settings.public_url}/first-admin/{_token(_hour())}"


def _or_say(check: Callable[..., str], *typed: str) -> str:
    try:
        return check(*typed)
    except users.UserRejected as why:
        raise ValidationError(str(why)) from None


def _too_late() -> tuple[str, int]:
    return errors.problem(
        404,
        title=_("Someone already created the first admin"),
        message=PEOPLE["not_first"],
    )


def _is_good(token: str) -> bool:
    now = _hour()
    return any(
        hmac.compare_digest(token.encode(), _token(hour).encode())
        for hour in range(now, now - HOURS, -1)
    )


def _token(hour: int) -> str:
    key = services().cipher.derived("first admin")[0]
    return hmac.new(key.encode(), str(hour).encode(), sha256).hexdigest()


def _hour() -> int:
    return int(services().clock.now().timestamp()) // 3600
