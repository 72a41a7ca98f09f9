"""Show sign-ups, found by name, address and filters; decide about several at once."""

from flask import redirect, render_template, request, url_for
from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from app import messages
from app.core.logs import log
from app.dashboard import blueprint, queries
from app.dashboard import search as signup_search
from app.dashboard.signups import addresses, batches, export_walk, listing
from app.dashboard.signups.chips import chips_of
from app.delivery import admin_actions
from app.services import services
from app.signups.models import Signup, SignupState
from app.stats.search import MAX_LETTERS, MAX_WALKED
from app.status import waiting
from app.status.waiting import Cause
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
        more=listing.values_of(search),
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
        causes=_causes(results.rows, search),
        with_reason=search.state in WITH_REASON,
        signals=_signals(search),
        may_decide=access.is_admin() and search.state in queries.DECIDABLE,
        any_sendable=any(map(_may_be_sent, results.rows)),
        may_judge=search.state in admin_actions.SUSPECTS,
        page_address=page_address,
        older_address=listing.older_address(results, search),
        **_export(results, search),
        **batches.box(search),
    )


def _may_be_sent(row: Signup) -> bool:
    """Tell whether a sign-up can be sent among others: who unsubscribed has to ask."""
    return row.reason not in admin_actions.THEIR_OWN_WORD


def _signals(search: signup_search.Search) -> dict[str, LazyString]:
    """Name what this state's sign-ups can be searched by."""
    if search.state not in signup_search.BY_SIGNAL:
        return {}
    return messages.SIGNALS_IN_SHORT


def _causes(rows: list[Signup], search: signup_search.Search) -> dict[str, Cause]:
    """Say why each of these waits, where the list shows reasons of waiting ones."""
    if search.state != SignupState.WAITING:
        return {}
    ids = [row.id for row in rows]
    return waiting.causes_of(ids, services().clock.now())


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


@blueprint.post("/signups/send-again")
@access.admin
def send_again() -> Response:
    """Put held and parked sign-ups back into the queue."""
    ids, form = request.form.getlist("id"), request.form
    resubscribe, in_bulk = form.get("resubscribe") == "yes", form.get("from") == "list"
    if not in_bulk:  # which leaves out who opted out
        _log_decisions(ids, "resubscribe" if resubscribe else "send_again")
    left_out = len(admin_actions.opted_out_among(ids)) if in_bulk else 0
    number = admin_actions.send_again(ids, resubscribe, in_bulk, who=current_user.email)
    batches.flash_sent(number, left_out)
    return redirect(addresses.to_return_to(), 303)


@blueprint.post("/signups/refuse")
@access.admin
def refuse() -> Response:
    """Close held and parked sign-ups without sending them."""
    ids = request.form.getlist("id")
    _log_decisions(ids, "refuse")
    number = admin_actions.refuse(ids)
    batches.flash_closed(number)
    return redirect(addresses.to_return_to(), 303)


def _log_decisions(ids: list[str], decision: str) -> None:
    """Note who decided what about each person who had opted out."""
    for signup_id in admin_actions.opted_out_among(ids):
        log.info("optout_decided", signup=signup_id, decision=decision)
