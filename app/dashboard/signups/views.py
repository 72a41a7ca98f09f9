"""Show sign-ups, found by name, address and filters, each with its whole story."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app import messages
from app.core.logs import log
from app.dashboard import blueprint, queries
from app.dashboard import search as signup_search
from app.dashboard.signups import export_walk, listing, story
from app.dashboard.signups.chips import chips_of
from app.delivery import admin_actions, lookup
from app.forms.answer_text import emptied
from app.forms.answer_text import said as answers_of
from app.services import services
from app.signups.clearing import cleared
from app.signups.models import Signup, SignupState
from app.stats.search import MAX_LETTERS, MAX_WALKED
from app.web import access

# under one of these states the reason says more than the state itself
WITH_REASON = (
    SignupState.CONFIRMING,
    SignupState.HELD,
    SignupState.PARKED,
    SignupState.WAITING,
    SignupState.DELIVERED,
    SignupState.CLOSED,
)


@blueprint.get("/signups")
@access.viewer
def signups() -> str:
    """List what a search finds, the newest first."""
    search = listing.search_of_address()
    page = max(1, request.args.get("page", 1, type=int))
    results = signup_search.signups(search, page)
    forms, more_forms = queries.form_names(search.form_id)
    filters = listing.filters_of(search)

    def page_address(page: int) -> str:
        return url_for("dashboard.signups", **filters, page=page)

    return render_template(
        "dashboard/signups/list.html",
        section="signups",
        results=results,
        search=search,
        since=filters["since"] or "",
        more=dict(search.more),
        max_letters=MAX_LETTERS,
        max_walked=MAX_WALKED,
        chips=chips_of(search, filters),
        summary=listing.summary(results, search),
        hints=listing.hints(results, search),
        tab_links=listing.tab_links(search, filters),
        forms=forms,
        more_forms=more_forms,
        accounts=queries.account_names(search.account_id),
        reasons=_reasons(search),
        with_reason=search.state in WITH_REASON,
        signals=_signals(search),
        may_decide=access.is_admin() and search.state in queries.DECIDABLE,
        may_judge=search.state in admin_actions.SUSPECTS,
        page_address=page_address,
        older_address=listing.older_address(results, search),
        **_export(results, search),
        **_all_of_one_reason(search),
    )


def _signals(search: signup_search.Search) -> dict[str, LazyString]:
    """Name what this state's sign-ups can be searched by."""
    if search.state not in signup_search.BY_SIGNAL:
        return {}
    return messages.SIGNALS_IN_SHORT


def _reasons(search: signup_search.Search) -> dict[str, int]:
    """Count sign-ups by reason; the one that is chosen is there, even with none."""
    reasons = queries.reasons(search.state)
    if search.reason:
        reasons.setdefault(search.reason, 0)
    return reasons


def _export(
    results: signup_search.SearchResult, search: signup_search.Search
) -> dict[str, str]:
    address = url_for("dashboard.export_signups", **listing.filters_of(search))
    number: int | None = results.total
    if results.more:
        number = export_walk.counted(search)
    elif results.looked_until or results.gave_up:
        number = None
    if number is None:
        label = gettext(
            "Export more than %(num)s sign-ups as CSV",
            num=format_decimal(signup_search.MAX),
        )
    else:
        label = ngettext(
            "Export %(many)s sign-up as CSV",
            "Export %(many)s sign-ups as CSV",
            number,
            many=format_decimal(number),
        )
    return {"export_address": address, "export_label": label}


def _all_of_one_reason(search: signup_search.Search) -> dict[str, Any]:
    """Say what a decision about all of one reason, or signal, would do."""
    now = services().clock.now()
    number = 0
    is_narrow = signup_search.which_of(search).is_narrow
    # the decision knows nothing of these
    is_narrower = search.words or search.account_id or search.before or search.more
    if is_narrow and not is_narrower and search.reason != "opted_out":
        number = signup_search.how_many(search, now)
    sentence = ngettext(
        "%(num)s sign-up goes back to the queue: %(reason)s",
        "%(num)s sign-ups go back to the queue: %(reason)s",
        min(number, admin_actions.MAX_AT_ONCE),
        reason=messages.reason(search.reason),
    )
    if number > admin_actions.MAX_AT_ONCE:
        sentence = f"{sentence} {gettext('The others go by pressing once more.')}"
    return {
        "all_of_them": number,
        "until": now.isoformat(),
        "what_all_again_does": sentence,
    }


@blueprint.get("/signups/<signup_id>")
@access.viewer
def signup(signup_id: str) -> str:
    """Show one sign-up."""
    return _signup_page(_signup(signup_id))


@blueprint.post("/signups/<signup_id>/look-up")
@access.admin
def look_up(signup_id: str) -> Response | str:
    """Show what Constant Contact holds of the person now, on this page only."""
    signup = _signup(signup_id)
    try:
        return _signup_page(signup, lookup.look_up(signup))
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
    """Put held and parked sign-ups back into the queue."""
    ids, form = request.form.getlist("id"), request.form
    resubscribe, in_bulk = form.get("resubscribe") == "yes", form.get("from") == "list"
    if not in_bulk:  # which leaves out who opted out
        _log_decisions(ids, "resubscribe" if resubscribe else "send_again")
    number = admin_actions.send_again(ids, resubscribe, in_bulk, who=current_user.email)
    _flash_sent(number)
    return redirect(address_to_return_to(), 303)


@blueprint.post("/signups/send-all")
@access.admin
def send_all_again() -> Response:
    """Put all of one reason back that were there when the page was shown."""
    number = admin_actions.send_all_again(which_of_form())
    _flash_sent(number)
    if number == admin_actions.MAX_AT_ONCE:
        flash(_("There may be more of them. Press again for the next."), "info")
    return redirect(_list_address(), 303)


def which_of_form() -> admin_actions.Which:
    """Read which sign-ups a decision is about, from a form of the list."""
    form = request.form
    return admin_actions.Which(
        form.get("state", ""),
        form.get("why", ""),
        form.get("form", ""),
        listing.moment(form.get("since", "")),
        listing.moment(form.get("until", "")),
        form.get("signal", ""),
    )


def _flash_sent(number: int) -> None:
    if not number:
        flash(_("Nothing there could be sent again."), "info")
        return
    flash(
        ngettext(
            "%(num)s sign-up is on its way again.",
            "%(num)s sign-ups are on their way again.",
            number,
        ),
        "success",
    )


@blueprint.post("/signups/refuse")
@access.admin
def refuse() -> Response:
    """Close held and parked sign-ups without sending them."""
    ids = request.form.getlist("id")
    _log_decisions(ids, "refuse")
    number = admin_actions.refuse(ids)
    if number:
        flash(
            ngettext(
                "%(num)s sign-up was closed.", "%(num)s sign-ups were closed.", number
            ),
            "success",
        )
    else:
        flash(_("Nothing there could be closed."), "info")
    return redirect(address_to_return_to(), 303)


def _log_decisions(ids: list[str], decision: str) -> None:
    """Note who decided what about each person who had opted out."""
    for signup_id in admin_actions.opted_out_among(ids):
        log.info("optout_decided", signup=signup_id, decision=decision)


def address_to_return_to() -> str:
    """Return where the button was; never an address from the request."""
    ids = request.form.getlist("id")
    if request.form.get("from") == "detail" and len(ids) == 1:
        return url_for("dashboard.signup", signup_id=ids[0])
    return _list_address()


def _list_address() -> str:
    filters: dict[str, Any] = {}
    for name in ("q", "state", "why", "form", "account", "since", "signal", "to"):
        filters[name] = request.form.get(name) or None
    return url_for("dashboard.signups", **filters)


def _signup(signup_id: str) -> Signup:
    return queries.signup(signup_id) or abort(404)


def _signup_page(signup: Signup, standing: lookup.Standing | None = None) -> str:
    needs_a_person = signup.state in queries.NEEDS_A_PERSON
    causes = None
    if signup.state == SignupState.PARKED:
        causes = messages.CAUSES.get(signup.reason or "")
    return render_template(
        "dashboard/signups/signup.html",
        section="signups",
        signup=signup,
        answers=answers_of(signup.body, signup.form.fields),
        emptied=emptied(cleared(signup.body), signup.form.fields),
        lists=_list_names(signup, signup.body.get("list_memberships", [])),
        attempts=[story.line_of_attempt(attempt) for attempt in reversed(signup.tries)],
        standing=standing,
        now_on=_list_names(signup, standing.lists) if standing else [],
        signals=story.signals_of(signup),
        events=[story.line_of_event(event) for event in signup.events],
        needs_a_person=needs_a_person,
        may_judge=signup.state in admin_actions.SUSPECTS and access.is_admin(),
        may_decide=needs_a_person and access.is_admin(),
        may_look_up=access.is_admin(),
        can_mail=services().settings.mails,
        causes=causes,
    )


def _list_names(signup: Signup, ids: list[str]) -> list[str]:
    """Name lists as they were last read; one that is gone says so."""
    names = {}
    for row in signup.account.lists:
        names[row.list_id] = row.name
        if row.gone_at:
            gone = gettext("%(name)s (no longer there)", name=row.name)
            names[row.list_id] = gone
    return [names.get(id, id) for id in ids]
