"""Show sign-ups, found by address and state, and decide about several at once."""

from dataclasses import replace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from app import messages
from app.core.logs import log
from app.dashboard import blueprint, queries
from app.dashboard.signups import addresses, batches, export_walk
from app.dashboard.signups.addresses import moment
from app.delivery import admin_actions
from app.signups.models import Signup, SignupState
from app.signups.screening import signals
from app.stats import counts
from app.status import waiting
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
    """List sign-ups, the newest first, or by address when one is looked for."""
    search = search_of_address()
    page = max(1, request.args.get("page", 1, type=int))
    results = queries.signups(search, page)
    forms, more_forms = queries.form_names(search.form_id)
    filters = _filters(search)

    def page_address(page: int) -> str:
        before = search.before.isoformat() if search.before else None
        return url_for("dashboard.signups", **filters, before=before, page=page)

    return render_template(
        "dashboard/signups/list.html",
        section="signups",
        results=results,
        search=search,
        since=filters["since"] or "",
        summary=_summary(results, search),
        tab_links=_tab_links(search),
        forms=forms,
        more_forms=more_forms,
        reasons=_reasons(search),
        with_reason=search.state in WITH_REASON,
        signals=_signals(search),
        may_decide=access.is_admin() and search.state in queries.DECIDABLE,
        any_sendable=any(map(_may_be_sent, results.rows)),
        may_judge=search.state in admin_actions.SUSPECTS,
        page_address=page_address,
        older_address=_older_address(results, search),
        **_export(results, search),
        **batches.box(search),
    )


def search_of_address() -> queries.Search:
    """Read what is searched for from the request's address.

    What makes no sense there, such as a date that is none, is ignored.
    """
    args = request.args
    state = args.get("state", "")
    search = queries.Search(
        text=args.get("q", ""),
        state=state,
        form_id=args.get("form", ""),
        before=moment(args.get("before", "")),
    )
    if state in queries.BY_SIGNAL and args.get("signal") in signals.NAMES:
        search = replace(search, signal=args["signal"])
    if state == SignupState.WAITING and args.get("cause") in set(waiting.Cause):
        search = replace(search, cause=args["cause"])
    if state not in queries.DECIDABLE:
        return search
    return replace(
        search, reason=args.get("why", ""), since=moment(args.get("since", ""))
    )


def _filters(search: queries.Search) -> dict[str, Any]:
    """Return what an address of the list says of a search, but for a moment in time."""
    since = None
    if search.since:
        since = request.args.get("since")
    return {
        "q": search.text or None,
        "state": search.state or None,
        "form": search.form_id or None,
        "why": search.reason or None,
        "since": since,
        "signal": search.signal or None,
        "cause": search.cause or None,
    }


def _may_be_sent(row: Signup) -> bool:
    """Tell whether a sign-up can be sent among others: who unsubscribed has to ask."""
    return row.reason not in admin_actions.THEIR_OWN_WORD


def _signals(search: queries.Search) -> dict[str, LazyString]:
    """Name what this state's sign-ups can be searched by."""
    if search.state not in queries.BY_SIGNAL:
        return {}
    return messages.SIGNALS_IN_SHORT


def _summary(results: queries.SearchResult, search: queries.Search) -> str:
    """Say how many were found, and in which order they are."""
    if results.more:
        number = format_decimal(queries.MAX)
        if search.text:
            return str(gettext("More than %(num)s found, by address.", num=number))
        return str(gettext("More than %(num)s found, newest first.", num=number))
    if search.text:
        return str(
            ngettext(
                "%(num)s found, by address.",
                "%(num)s found, by address.",
                results.total,
            )
        )
    return str(
        ngettext(
            "%(num)s found, newest first.",
            "%(num)s found, newest first.",
            results.total,
        )
    )


def _tab_links(search: queries.Search) -> list[dict[str, Any]]:
    q, form_id = search.text or None, search.form_id or None
    all_address = url_for("dashboard.signups", q=q, form=form_id)
    links: list[dict[str, Any]] = [
        {"href": all_address, "label": _("All"), "current": not search.state}
    ]
    by_state = counts.balance().by_state
    for state in SignupState:
        links.append(
            {
                "href": url_for("dashboard.signups", state=state, q=q, form=form_id),
                "label": messages.STATES[state],
                "count": by_state[state],
                "current": search.state == state,
            }
        )
    return links


def _reasons(search: queries.Search) -> dict[str, int]:
    """Count sign-ups by reason; the one that is chosen is there, even with none."""
    reasons = queries.reasons(search.state)
    if search.reason:
        reasons.setdefault(search.reason, 0)
    return reasons


def _older_address(results: queries.SearchResult, search: queries.Search) -> str | None:
    """Return where the list goes on behind the last page that a search has."""
    if not results.more or results.page < results.pages or search.text:
        return None
    oldest = results.rows[-1].created_at
    filters = _filters(search)
    return url_for("dashboard.signups", **filters, before=oldest.isoformat())


def _export(results: queries.SearchResult, search: queries.Search) -> dict[str, str]:
    before = search.before.isoformat() if search.before else None
    address = url_for("dashboard.export_signups", **_filters(search), before=before)
    number = export_walk.counted(search) if results.more else results.total
    if number is None:
        label = gettext(
            "Export more than %(num)s sign-ups as CSV", num=format_decimal(queries.MAX)
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
