"""Show one sign-up with its whole story, and look its person up."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import messages
from app.dashboard import blueprint, queries
from app.dashboard.signups import story
from app.delivery import admin_actions, correction, lookup
from app.forms import gone
from app.forms.answer_text import emptied
from app.forms.answer_text import said as answers_of
from app.services import services
from app.signups import correction_form, corrections
from app.signups.clearing import cleared
from app.signups.models import Signup, SignupState
from app.signups.visitor_form import VisitorForm
from app.status import waiting
from app.web import access


@blueprint.get("/signups/<signup_id>")
@access.viewer
def signup(signup_id: str) -> str:
    """Show one sign-up."""
    return page(load(signup_id))


@blueprint.post("/signups/<signup_id>/look-up")
@access.admin
def look_up(signup_id: str) -> Response | str:
    """Show what Constant Contact holds of the person now, on this page only."""
    row = load(signup_id)
    try:
        return page(row, standing=lookup.look_up(row))
    except lookup.CouldNotAsk:
        flash(
            _("Constant Contact could not be reached. The account’s page may say why."),
            "error",
        )
    return redirect(url_for("dashboard.signup", signup_id=signup_id), 303)


def load(signup_id: str) -> Signup:
    """Return a sign-up, or answer 404."""
    return queries.signup(signup_id) or abort(404)


def page(
    row: Signup,
    standing: lookup.Standing | None = None,
    visitor: VisitorForm | None = None,
) -> str:
    """Show one sign-up; `visitor` is a correction of it with what is wrong there."""
    needs_a_person = row.state in queries.NEEDS_A_PERSON
    causes = None
    if row.state == SignupState.PARKED:
        causes = messages.CAUSES.get(row.reason or "")
    return render_template(
        "dashboard/signups/signup.html",
        section="signups",
        signup=row,
        why=waiting.why(row, services().clock.now()),
        answers=answers_of(row.body, row.form.fields),
        emptied=emptied(cleared(row.body), row.form.fields),
        lists=_list_names(row, row.body.get("list_memberships", [])),
        attempts=[story.line_of_attempt(attempt) for attempt in reversed(row.tries)],
        providers_words=story.providers_words(row),
        standing=standing,
        now_on=_list_names(row, standing.lists) if standing else [],
        signals=story.signals_of(row),
        events=[story.line_of_event(event) for event in row.events],
        needs_a_person=needs_a_person,
        may_judge=row.state in admin_actions.SUSPECTS and access.is_admin(),
        may_decide=needs_a_person and access.is_admin(),
        may_look_up=access.is_admin(),
        can_mail=services().settings.mails,
        causes=causes,
        corrections=corrections.lines_of([row.id]).get(row.id, []),
        **_correction(row, visitor),
    )


def correction_of(row: Signup) -> VisitorForm:
    """Make the form that corrects a sign-up: as it was posted, or as it is stored."""
    lists = gone.marked(row.form.lists, row.account_id)
    return correction_form.form_of(row, lists)


def _correction(row: Signup, visitor: VisitorForm | None) -> dict[str, Any]:
    """Return what the page needs to correct a sign-up, for admins alone."""
    if row.state not in admin_actions.CORRECTABLE or not access.is_admin():
        return {"visitor": None}
    visitor = visitor or correction_of(row)
    return {
        "visitor": visitor,
        "seen": correction.version_of(row),
        "clears": correction_form.clears(visitor, row.body),
    }


def _list_names(row: Signup, ids: list[str]) -> list[str]:
    """Name lists as they were last read; one that is gone says so."""
    names = {}
    for account_list in row.account.lists:
        names[account_list.list_id] = account_list.name
        if account_list.gone_at:
            names[account_list.list_id] = gettext(
                "%(name)s (deleted at Constant Contact)", name=account_list.name
            )
    return [names.get(id, id) for id in ids]
