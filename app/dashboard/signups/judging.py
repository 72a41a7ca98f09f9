"""Decide that suspicious sign-ups were fine, or that they were spam."""

from collections.abc import Callable

from flask import flash, redirect, request
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from app.core.logs import log
from app.dashboard import blueprint
from app.dashboard.signups import addresses
from app.dashboard.signups.batches import flash_more
from app.delivery import admin_actions, batches
from app.web import access


@blueprint.post("/signups/fine")
@access.admin
def fine() -> Response:
    """Send held and confirming sign-ups: this was fine."""
    number = _judge(admin_actions.release, "fine")
    if number:
        flash(
            ngettext(
                "%(num)s sign-up was fine and is on its way.",
                "%(num)s sign-ups were fine and are on their way.",
                number,
            ),
            "success",
        )
    return redirect(addresses.to_return_to(), 303)


@blueprint.post("/signups/spam")
@access.admin
def spam() -> Response:
    """Close held and confirming sign-ups as spam, and block their addresses."""
    number = _judge(admin_actions.close_as_spam, "spam")
    if number:
        flash(
            ngettext(
                "%(num)s sign-up was closed as spam. Its address is blocked.",
                "%(num)s sign-ups were closed as spam. Their addresses are blocked.",
                number,
            ),
            "success",
        )
    return redirect(addresses.to_return_to(), 303)


def _judge(decide: Callable[[list[str], str], int], decision: str) -> int:
    """Decide about those that were chosen, or about all of one reason or signal."""
    who = str(current_user.email)
    if request.form.get("all") == "yes":
        number = batches.judge_all(addresses.which_of_form(), decide, who)
    else:
        number = decide(request.form.getlist("id"), who)
    log.info("spam_decided", decision=decision, number=number)
    if not number:
        flash(
            _(
                "Nothing changed: these sign-ups were decided already, or the people"
                " unsubscribed and have to ask themselves."
            ),
            "info",
        )
    flash_more(number)
    return number
