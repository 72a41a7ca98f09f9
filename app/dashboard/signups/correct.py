"""Correct a sign-up that needs a fix or is on hold, and send it again."""

from flask import flash, redirect, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.signups import detail
from app.delivery import admin_actions, correction
from app.delivery.correction import Corrected
from app.signups import correction_form
from app.web import access

# what came of it: the kind of message, and its sentence
ANSWERS: dict[Corrected, tuple[str, LazyString]] = {
    Corrected.SENT: ("success", _("Corrected. The sign-up is on its way again.")),
    Corrected.ASKED: (
        "success",
        _(
            "Corrected. This form asks everyone to confirm, so Latchkey will email the"
            " new address first."
        ),
    ),
    Corrected.BLOCKED: (
        "warning",
        _(
            "Corrected, but the new address is blocked, so the sign-up stays on hold."
            " The box below says why."
        ),
    ),
    Corrected.CHANGED: (
        "error",
        _(
            "Your correction was not saved: this sign-up changed while you had the page"
            " open. Check it below, then correct it again if it still needs it."
        ),
    ),
}


@blueprint.post("/signups/<signup_id>/correct")
@access.admin
def correct_signup(signup_id: str) -> Response | tuple[str, int]:
    """Check what was typed as the visitor's form does, store it, and send it again."""
    row, seen = detail.load(signup_id), request.form.get("seen", "")
    result = Corrected.CHANGED
    if row.state in admin_actions.CORRECTABLE and seen == correction.version_of(row):
        visitor = detail.correction_of(row)
        if not visitor.validate():
            return detail.page(row, visitor=visitor), 422
        result = correction.correct(
            signup_id,
            seen,
            visitor.email_address.data,
            correction_form.body_of(visitor, row.body),
            who=str(current_user.email),
        )
    log.info("signup_corrected", signup=signup_id, result=str(result))
    kind, sentence = ANSWERS[result]
    flash(sentence, kind)
    return redirect(url_for("dashboard.signup", signup_id=signup_id), 303)
