"""Read what the list of sign-ups is narrowed by from its address; link on from there."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask_babel import format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from app import messages
from app.dashboard import queries
from app.dashboard import search as signup_search
from app.dashboard.filters import FILTERS, Narrowing, narrowing
from app.services import services
from app.signups.models import SignupState
from app.signups.screening import signals
from app.stats import search_table
from app.web import times


def search_of_address() -> signup_search.Search:
    """Read what is searched for from the request's address.

    What makes no sense there, such as a date that is none, is ignored.
    """
    args = request.args
    state = args.get("state", "")
    search = signup_search.Search(
        text=args.get("q", ""),
        state=state,
        form_id=args.get("form", ""),
        account_id=args.get("account", ""),
        since=moment(args.get("since", "")),
        before=moment(args.get("before", "")),
        more=_more_filters(),
    )
    if state in signup_search.BY_SIGNAL and args.get("signal") in signals.NAMES:
        search = replace(search, signal=args["signal"])
    if state not in queries.DECIDABLE:
        return search
    return replace(search, reason=args.get("why", ""))


def _more_filters() -> tuple[Narrowing, ...]:
    """Read what `FILTERS` names from the address, where it makes sense."""
    given = [narrowing(name, request.args.get(name, "")) for name in FILTERS]
    return tuple(one for one in given if one)


def moment(text: str) -> datetime | None:
    """Read a moment; a day of the operator's zone begins at its midnight."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(services().settings.timezone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def filters_of(search: signup_search.Search) -> dict[str, Any]:
    """Return what an address of the list says of a search, each of it or None."""
    before = search.before.isoformat() if search.before else None
    since = None
    if search.since:
        since = request.args.get("since")
    return {
        "q": search.text.strip() or None,
        "state": search.state or None,
        "form": search.form_id or None,
        "account": search.account_id or None,
        "why": search.reason or None,
        "since": since,
        "signal": search.signal or None,
        "before": before,
        **values_of(search),
    }


def values_of(search: signup_search.Search) -> dict[str, str]:
    """Return the values of further filters by name."""
    return {narrowing.name: narrowing.value for narrowing in search.more}


def summary(results: signup_search.SearchResult, search: signup_search.Search) -> str:
    """Say how many were found, and in which order they are."""
    if not results.rows:
        return str(gettext("No sign-ups found."))
    by_address = bool(search.words) and not search.by_table
    if results.more:
        number = format_decimal(signup_search.MAX)
        if by_address:
            return str(gettext("More than %(num)s found, by address.", num=number))
        return str(gettext("More than %(num)s found, newest first.", num=number))
    if by_address:
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


def hints(
    results: signup_search.SearchResult, search: signup_search.Search
) -> list[str]:
    """Say what was not searched, and what to type instead."""
    hints = []
    if results.gave_up:
        hints.append(
            gettext(
                "This search took more than 2 seconds, so Latchkey stopped it. Below"
                " are only addresses that begin with what you typed. Type more of the"
                " name or address, or choose a form."
            )
        )
    elif search.words and not search.by_parts:
        hints.append(
            gettext(
                "With fewer than 3 characters, only the beginning of an address is"
                " searched. Type at least 3 to search names and whole addresses."
            )
        )
    elif search.by_table and (since := search_table.filled_since()):
        day = times.day_words(since)
        hints.append(
            gettext(
                "Latchkey is still preparing sign-ups from before %(day)s for search."
                " This can take some minutes after an update.",
                day=day,
            )
        )
    return hints


def tab_links(
    search: signup_search.Search, filters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Link each state with the same filters, and how many they find there."""
    kept = {"why": None, "signal": None, "before": None}
    for name, filter in FILTERS.items():
        if not filter.stays:
            kept[name] = None
    numbers = signup_search.states(_in_any_state(search))
    links: list[dict[str, Any]] = []
    for state in ("", *SignupState):
        address = filters | kept | {"state": state or None}
        link = {
            "href": url_for("dashboard.signups", **address),
            "label": messages.STATES[state] if state else _("All"),
            "current": search.state == state,
        }
        if state in numbers:
            link |= {
                "count": numbers[state].value,
                "or_more": numbers[state].or_more,
            }
        links.append(link)
    return links


def _in_any_state(search: signup_search.Search) -> signup_search.Search:
    """Return the search without what belongs to one state or page."""
    stays = tuple(one for one in search.more if FILTERS[one.name].stays)
    return replace(search, state="", reason="", signal="", before=None, more=stays)


def older_address(
    results: signup_search.SearchResult, search: signup_search.Search
) -> str | None:
    """Return where the list goes on behind the last page that a search has."""
    if results.page < results.pages or (search.words and not search.by_table):
        return None
    oldest = results.looked_until
    if results.more:
        oldest = results.rows[-1].created_at
    if oldest is None:
        return None
    filters = filters_of(search) | {"before": oldest.isoformat()}
    return url_for("dashboard.signups", **filters)
