"""Decide about all sign-ups of one kind: the box above the list, and its buttons."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from app.accounts import facts
from app.core.logs import log
from app.dashboard import blueprint, queries
from app.dashboard import search as signup_search
from app.dashboard.signups import addresses
from app.database.session import db
from app.delivery import batches
from app.delivery.admin_actions import Which
from app.delivery.batches import MAX_AT_ONCE
from app.forms import service
from app.forms.models import Form
from app.services import services
from app.signups.models import Signup, SignupState
from app.web import access

MAX_FORMS = 5  # that a box names


def box(search: signup_search.Search) -> dict[str, Any]:
    """Say what the box above a list offers for all that it is filtered by."""
    now = services().clock.now()
    which = signup_search.which_of(search)
    number = 0
    # a decision about all knows nothing of these
    is_narrower = search.words or search.account_id or search.before or search.more
    if (which.may_be_resent or which.is_narrow) and not is_narrower:
        number = batches.number_of(signup_search.which_of(search, now))
    context: dict[str, Any] = {
        "all_of_them": number,
        "at_once": min(number, MAX_AT_ONCE),
        "until": now.isoformat(),
        "may_resend": which.may_be_resent,
        "form_with_gone": None,
        "forms_with_gone": [],
    }
    if number and search.reason == "list_missing":
        context |= _about_lists(which)
    return context


def _about_lists(which: Which) -> dict[str, Any]:
    """Name what is gone of the form that the list shows, and what may take its place;
    of several forms, which they are.
    """
    form = db.session.get(Form, which.form_id) if which.form_id else None
    if form is None:
        return {"forms_with_gone": _forms_of(which)}
    drift = queries.drift_of(form)
    return {
        "form_with_gone": form,
        "lists_gone": drift.lists,
        "fields_gone": drift.missing[len(drift.lists) :],
        "lists_there": facts.lists_of(form.account_id),
    }


def _forms_of(which: Which) -> list[Any]:
    """Return id, name and number of the forms that have most of these sign-ups."""
    query = (
        select(Form.id, Form.name, func.count().label("number"))
        .join(Signup, Signup.form_id == Form.id)
        .where(*which.conditions())
        .group_by(Form.id, Form.name)
        .order_by(func.count().desc(), Form.name)
        .limit(MAX_FORMS)
    )
    return list(db.session.execute(query))


@blueprint.post("/signups/send-all")
@access.admin
def send_all_again() -> Response:
    """Put all of one kind back that were there when the page was shown."""
    return _decide_all("send_all", batches.send_all_again, flash_sent)


@blueprint.post("/signups/close-all")
@access.admin
def close_all() -> Response:
    """Close all of one kind that were there when the page was shown."""
    return _decide_all("close_all", batches.close_all, flash_closed)


def _decide_all(
    decision: str, act: Callable[[Which], int], tell: Callable[[int], None]
) -> Response:
    """Decide about all that the list's form names, and say how many they were."""
    which = addresses.which_of_form()
    number = act(which)
    _log(decision, which, number)
    tell(number)
    flash_more(number)
    return redirect(addresses.of_list(), 303)


@blueprint.post("/signups/other-lists")
@access.admin
def choose_other_lists() -> Response:
    """Put other lists in the place of those that are gone, in the form and in all of
    its sign-ups that need a fix for it; send these again.

    The form first, so that no new sign-up needs the same fix. What is killed in between
    is gone on with by the next press.
    """
    which, form = addresses.which_of_form(), None
    if which.state == SignupState.PARKED and which.reason == "list_missing":
        form = db.session.get(Form, which.form_id)
    if form is None:
        return redirect(addresses.of_list(), 303)
    there = {row.list_id for row in facts.lists_of(form.account_id)}
    lists = [id for id in request.form.getlist("list") if id in there]
    if not lists:
        flash(_("Choose at least one list first. Nothing was changed."), "error")
        return redirect(addresses.of_list(), 303)
    if service.replace_gone_lists(form.id, lists):
        flash(_("The form now adds people to the lists you chose."), "success")
    number = batches.send_all_again(which, lists=tuple(lists))
    _log("other_lists", which, number)
    flash_sent(number)
    flash_more(number)
    return redirect(addresses.of_list(), 303)


def _log(decision: str, which: Which, number: int) -> None:
    log.info(
        "batch_decided",
        decision=decision,
        state=which.state,
        reason=which.reason,
        form=which.form_id,
        number=number,
        by=str(current_user.id),
    )


def flash_sent(number: int, left_out: int = 0) -> None:
    """Tell how many were sent, and how many could not be, for which reason."""
    if number:
        flash(
            ngettext(
                "%(num)s sign-up is on its way again.",
                "%(num)s sign-ups are on their way again.",
                number,
            ),
            "success",
        )
    if left_out:
        flash(
            ngettext(
                "%(num)s sign-up was left out: this person unsubscribed, and has to ask"
                " to come back. Open it to decide.",
                "%(num)s sign-ups were left out: these people unsubscribed, and each of"
                " them has to ask to come back. Open each one to decide.",
                left_out,
            ),
            "info",
        )
    if not number and not left_out:
        flash(
            _("Nothing was sent: nothing is selected, or somebody was faster."), "info"
        )


def flash_closed(number: int) -> None:
    """Tell how many were closed."""
    if not number:
        flash(
            _("Nothing was closed: nothing is selected, or somebody was faster."),
            "info",
        )
        return
    flash(
        ngettext(
            "%(num)s sign-up was closed.", "%(num)s sign-ups were closed.", number
        ),
        "success",
    )


def flash_more(number: int) -> None:
    """Say that one press does only so many."""
    if number == MAX_AT_ONCE:
        flash(_("There may be more. Press again for the next ones."), "info")
