"""Sign-ups: found by address and state, each with its whole story."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.dashboard import blueprint, queries
from app.dashboard.signups import export_walk
from app.delivery import admin_actions, lookup
from app.forms.answer_text import emptied, said
from app.services import services
from app.signups.clearing import cleared
from app.signups.models import Signup, SignupState
from app.stats import counts
from app.web import access


@blueprint.get("/signups")
@access.viewer
def signups() -> str:
    search = search_of_address()
    page = max(1, request.args.get("page", 1, type=int))
    found = queries.signups(search, page)
    names, more_forms = queries.form_names(search.form_id)
    older = (
        found.rows[-1].created_at
        if found.more and found.page == found.pages and not search.text
        else None
    )
    return render_template(
        "dashboard/signups/list.html",
        section="signups",
        found=found,
        search=search,
        since=request.args.get("since", "") if search.since else "",
        older=older,
        states=list(SignupState),
        forms=names,
        more_forms=more_forms,
        most=queries.MAX,
        reasons=queries.reasons(search.state),
        counts=counts.balance().by_state,
        number=export_walk.counted(search) if found.more else found.total,
        **_all_of_one_reason(search),
    )


def search_of_address() -> queries.Search:
    """What the address says; a date that is none, and a reason where there is none to
    choose, count as nothing.
    """
    text, state, form_id, reason = (
        request.args.get(name, "") for name in ("q", "state", "form", "why")
    )
    decided = state in queries.NEEDS_A_PERSON
    return queries.Search(
        text,
        state,
        form_id,
        reason if decided else "",
        _moment(request.args.get("since", "")) if decided else None,
        _moment(request.args.get("before", "")),
    )


def _moment(text: str) -> datetime | None:
    """A day of the operator's zone begins at its midnight."""
    try:
        found = datetime.fromisoformat(text)
        return (
            found
            if found.tzinfo
            else found.replace(tzinfo=ZoneInfo(services().settings.timezone))
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _all_of_one_reason(search: queries.Search) -> dict[str, Any]:
    """How many a press of “Send all again” is about, and the moment up to which; none
    without a reason to name.
    """
    alone = search.reason and not search.text and search.reason != "opted_out"
    now = services().clock.now()
    return {
        "all_of_them": queries.how_many(search, now) if alone else 0,
        "until": now.isoformat(),
        "most_at_once": admin_actions.MAX_AT_ONCE,
    }


@blueprint.get("/signups/<signup_id>")
@access.viewer
def signup(signup_id: str) -> str:
    return _signup_page(_signup(signup_id))


@blueprint.post("/signups/<signup_id>/look-up")
@access.admin
def look_up(signup_id: str) -> Response | str:
    """What Constant Contact holds of the person now, on this page only."""
    found = _signup(signup_id)
    try:
        return _signup_page(found, lookup.look_up(found))
    except lookup.CouldNotAsk:
        flash(
            _(
                "Constant Contact could not be asked just now. The account’s page may"
                " tell why."
            ),
            "error",
        )
    return redirect(url_for("dashboard.signup", signup_id=signup_id), 303)


@blueprint.post("/signups/send-again")
@access.admin
def send_again() -> Response:
    """Held and parked sign-ups go back to the queue."""
    moved = admin_actions.send_again(
        request.form.getlist("id"),
        resubscribe=request.form.get("resubscribe") == "yes",
        in_bulk=request.form.get("from") == "list",
    )
    _tell_sent(moved)
    return redirect(_back(), 303)


@blueprint.post("/signups/send-all")
@access.admin
def send_all_again() -> Response:
    """All of one reason go back to the queue, as many as were there when the page was
    shown.
    """
    state, reason, form_id = (
        request.form.get(name, "") for name in ("state", "why", "form")
    )
    which = admin_actions.Which(
        state,
        reason,
        form_id,
        _moment(request.form.get("since", "")),
        _moment(request.form.get("until", "")),
    )
    moved = admin_actions.send_all_again(which)
    _tell_sent(moved)
    if moved == admin_actions.MAX_AT_ONCE:
        flash(_("There may be more of them. Press again for the next."), "info")
    return redirect(
        url_for(
            "dashboard.signups",
            state=state or None,
            why=reason or None,
            form=form_id or None,
            since=request.form.get("since") or None,
        ),
        303,
    )


def _tell_sent(moved: int) -> None:
    flash(
        (
            ngettext(
                "%(num)s sign-up is on its way again.",
                "%(num)s sign-ups are on their way again.",
                moved,
            )
            if moved
            else _("Nothing there could be sent again.")
        ),
        "success" if moved else "info",
    )


@blueprint.post("/signups/refuse")
@access.admin
def refuse() -> Response:
    """Close held and parked sign-ups without sending them."""
    moved = admin_actions.refuse(request.form.getlist("id"))
    flash(
        (
            ngettext(
                "%(num)s sign-up was closed.", "%(num)s sign-ups were closed.", moved
            )
            if moved
            else _("Nothing there could be closed.")
        ),
        "success" if moved else "info",
    )
    return redirect(_back(), 303)


def _signup(signup_id: str) -> Signup:
    return queries.signup(signup_id) or abort(404)


def _signup_page(found: Signup, standing: lookup.Standing | None = None) -> str:
    return render_template(
        "dashboard/signups/signup.html",
        section="signups",
        signup=found,
        answers=said(found.body, found.form.fields),
        standing=standing,
        emptied=emptied(cleared(found.body), found.form.fields),
        lists=_list_names(found, found.body.get("list_memberships", [])),
        now_on=_list_names(found, standing.lists) if standing else [],
    )


def _back() -> str:
    """The sign-up the button was on, or the list it was on: never an address from the
    request.
    """
    ids = request.form.getlist("id")
    if request.form.get("from") == "detail" and len(ids) == 1:
        return url_for("dashboard.signup", signup_id=ids[0])
    kept: dict[str, Any] = {
        name: request.form.get(name) or None
        for name in ("state", "why", "form", "since")
    }
    return url_for("dashboard.signups", **kept)


def _list_names(signup: Signup, ids: list[str]) -> list[str]:
    """As last read; a list that is gone says so."""
    names = {
        item.list_id: (
            gettext("%(name)s (no longer there)", name=item.name)
            if item.gone_at
            else item.name
        )
        for item in signup.account.lists
    }
    return [names.get(id, id) for id in ids]
