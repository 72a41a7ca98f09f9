"""Say what is going on at a form, and let admins act on it: protection that it could
have, an attack, a crowd that is expected.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import abort, flash, redirect, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import messages
from app.core.clock import lasts
from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.forms.protection import recommended
from app.forms import service
from app.forms.models import Form
from app.services import services
from app.signups.models import SignupState
from app.stats import attacks
from app.web import access

CROWD_LASTS = timedelta(hours=24)


@dataclass(frozen=True)
class GoingOn:
    """What a form's pages say of this moment."""

    attack: str  # a sentence, or ""
    batch: str  # where the sign-ups of the attack are decided about
    crowd: bool  # one is expected
    offers_protection: bool


@blueprint.app_template_global()
def going_on_at(form: Form) -> GoingOn:
    """Tell what is going on at a form."""
    now = services().clock.now()
    is_attacked = lasts(form.attack_until, now)
    return GoingOn(
        attack=sentence_on_attack(form) if is_attacked else "",
        batch=batch_of(form),
        crowd=lasts(form.event_until, now),
        offers_protection=form.offers_protection and services().settings.mails,
    )


def sentence_on_attack(form: Form) -> str:
    """Say in sentences how busy a form under attack is."""
    seen = attacks.activity(form, services().clock.now())
    return messages.attack(
        form.name, seen.number, seen.minutes, seen.usual, asks=seen.asks
    )


def batch_of(form: Form) -> str:
    """Return where the sign-ups of an attack are decided about as one batch."""
    state = SignupState.HELD
    if attacks.asks(form):
        state = SignupState.CONFIRMING
    return url_for("dashboard.signups", state=state, form=form.id, signal="attack")


@blueprint.post("/forms/<form_id>/protect")
@access.admin
def protect_form(form_id: str) -> Response:
    """Use the recommended protection, or keep the form as it is."""
    form = _standing(form_id)
    if request.form.get("decision") == "keep":
        service.protect(form_id, {})
        flash(_("The form stays as it is. You can change it under Build."), "info")
    else:
        service.protect(form_id, recommended(form.exactly))
        flash(_("The form is protected now, as recommended."), "success")
    return _back(form_id)


@blueprint.post("/forms/<form_id>/event")
@access.admin
def expect_crowd(form_id: str) -> Response:
    """Expect many people behind one network for a day."""
    until = services().clock.now() + CROWD_LASTS
    service.expect_crowd(_standing(form_id).id, until)
    log.info("crowd_expected", form=form_id, until=until)
    return _back(form_id)


@blueprint.post("/forms/<form_id>/event/end")
@access.admin
def end_crowd(form_id: str) -> Response:
    """Expect no crowd any more."""
    service.expect_crowd(_standing(form_id).id, None)
    log.info("crowd_expected", form=form_id, until=None)
    return _back(form_id)


def _standing(form_id: str) -> Form:
    return service.standing(form_id) or abort(404)


def _back(form_id: str) -> Response:
    return redirect(url_for("dashboard.share_form", form_id=form_id), 303)
