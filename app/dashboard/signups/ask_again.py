"""Have a person asked by mail because an admin says so."""

from flask import flash, redirect, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.confirmation import asking
from app.dashboard import blueprint
from app.web import access

# what came of it: the kind of message, and its sentence
ANSWERS: dict[str, tuple[str, LazyString]] = {
    "asked": ("success", _("The email is on its way.")),
    "no_mail": ("error", _("No mail server is set up, so nobody can be asked.")),
    "too_many_mails": (
        "error",
        _(
            "Not sent: this address got an email today already, or the form has sent"
            " many. Try again tomorrow."
        ),
    ),
    "over": ("info", _("This sign-up no longer waits for anybody.")),
}


@blueprint.post("/signups/<signup_id>/ask-again")
@access.admin
def ask_again(signup_id: str) -> Response:
    """Send one more mail that asks to confirm."""
    answer = asking.ask_again(signup_id, str(current_user.email))
    kind, sentence = ANSWERS[answer]
    flash(sentence, kind)
    return redirect(url_for("dashboard.signup", signup_id=signup_id), 303)
