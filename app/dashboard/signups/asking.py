"""Ask a person by mail to confirm, because an admin says so."""

from flask import flash, redirect, url_for
from flask_babel import lazy_gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.confirmation import asking
from app.dashboard import blueprint
from app.web import access

OUTCOMES = {
    "asked": ("success", _("The confirmation email is on its way.")),
    "no_mail": ("error", _("No mail server is set up, so nobody can be asked.")),
    "too_many_mails": (
        "info",
        _(
            "This address, or this form, got enough confirmation emails for now. Try"
            " again tomorrow."
        ),
    ),
    "over": ("info", _("This sign-up no longer waits for anybody’s word.")),
}


@blueprint.post("/signups/<signup_id>/ask")
@access.admin
def ask_by_mail(signup_id: str) -> Response:
    """Send the confirmation email, for the first time or again."""
    outcome = asking.ask_again(signup_id, str(current_user.email))
    category, sentence = OUTCOMES[outcome]
    flash(sentence, category)
    return redirect(url_for("dashboard.signup", signup_id=signup_id), 303)
