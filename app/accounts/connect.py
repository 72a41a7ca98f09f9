"""The owner's door: the invitation, the authorize redirect, the callback, the page that
says how it went.

`connect` is the blueprint to register; `/connect/callback` is the one redirect URI to
register at the provider.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from app import gate
from app.accounts import authorization, links, owner_pages, welcome
from app.accounts.authorization import Origin, Refused
from app.accounts.models import Account, AuthorizationTransaction, ConnectLink
from app.constant_contact.oauth import new_secret
from app.db import db
from app.ground import ground
from app.words import connecting

BROWSER_COOKIE = "latchkey_connect"
# the status page that a trip began at, for the way back
OWNER_COOKIE = "latchkey_owner"
MAY_START_AGAIN = {
    "denied",
    "already_used",
    "too_late",
    "code_refused",
    "provider_unavailable",
    "provider_said",
    "no_code",
    "no_refresh_token",
    "scopes_missing",
    "unassigned",
    "privileges_missing",
    "account_unreadable",
    "other_account",
}
ERROR_REASONS = {
    "access_denied": "denied",
    "server_error": "provider_unavailable",
    "temporarily_unavailable": "provider_unavailable",
    "invalid_scope": "scope_refused",
    "unauthorized_client": "client_refused",
}

connect = Blueprint("connect", __name__, url_prefix="/connect")


@connect.get("/<token>")
@gate.public
def invitation(token: str) -> str:
    """Who asks for what, in plain words, and one button."""
    link, now = _link(token), ground().clock.now()
    state = links.state(link, now)
    if state != "open":
        return _closed(link, state)
    gate.allow_form_to_leave()
    return render_template(
        "connect/invitation.html", link=link, scopes=ground().settings.scopes.split()
    )


@connect.post("/<token>")
@gate.public
@gate.throttled("connect_limits")
def start(token: str) -> AnyResponse:
    """Begin the trip of an open invitation."""
    link = _link(token)
    if links.state(link, ground().clock.now()) != "open":
        return redirect(url_for("connect.invitation", token=token), 303)
    return leave_for_provider(Origin(link_id=link.id, account_id=link.account_id))


@connect.post("/again/<transaction_id>")
@gate.public
@gate.throttled("connect_limits")
def again(transaction_id: str) -> AnyResponse:
    """Begin the same trip once more, with a fresh sign-in at the provider."""
    before = authorization.of_browser(transaction_id, _browser()) or abort(404)
    if before.link_id is None and not (
        gate.is_admin() or owner_pages.is_open(before.owner_page_id)
    ):
        abort(403)
    link = before.link_id and db.session.get(ConnectLink, before.link_id)
    if link and links.state(link, ground().clock.now()) != "open":
        return redirect(url_for("connect.done", transaction_id=transaction_id), 303)
    return leave_for_provider(
        Origin(before.link_id, before.owner_page_id, before.for_account_id),
        fresh_sign_in=True,
    )


@connect.get("/callback")
@gate.public
@gate.throttled("connect_limits")
def callback() -> AnyResponse:
    """The provider sends the owner back here; whatever it says is believed only for a
    state of this browser.
    """
    try:
        trip = authorization.burn(request.args.get("state", ""), _browser())
        account_id, checklist = welcome.connect(trip, _code(trip.id, request.args))
    except Refused as refused:
        return _not_connected(refused)
    authorization.settle(trip.id, "connected", account_id, checklist)
    return redirect(url_for("connect.done", transaction_id=trip.id), 303)


@connect.get("/done/<transaction_id>")
@gate.public
def done(transaction_id: str) -> str | tuple[str, int]:
    """How it went, for the browser that went."""
    trip = authorization.of_browser(transaction_id, _browser()) or abort(404)
    if trip.outcome != "connected":
        return _problem(trip.outcome or "already_used", trip)
    account = db.session.get(Account, trip.account_id) if trip.account_id else None
    return render_template(
        "connect/done.html",
        account=account,
        trip=trip,
        by_owner=_by_owner(trip),
        status_page=_way_back(trip),
        may_have_page=_may_have_page(trip),
        page_open=account and owner_pages.newest(account.id),
    )


@connect.post("/done/<transaction_id>/status-page")
@gate.public
@gate.throttled("connect_limits")
def status_page(transaction_id: str) -> AnyResponse:
    """Whoever connected the account by a link may have a link to its status page; an
    earlier one ends.
    """
    trip = authorization.of_browser(transaction_id, _browser()) or abort(404)
    if trip.account_id is None or not _may_have_page(trip):
        abort(404)
    page = owner_pages.make(trip.account_id, "owner")
    return redirect(url_for("owner.status", token=page.token), 303)


def leave_for_provider(origin: Origin, fresh_sign_in: bool = False) -> AnyResponse:
    """Redirect this browser to the provider, remembering it by a short-lived cookie."""
    browser = _browser() or new_secret()
    try:
        response = redirect(authorization.begin(browser, origin, fresh_sign_in), 303)
    except Refused as refused:
        return _not_connected(refused)
    settings = ground().settings
    response.set_cookie(
        BROWSER_COOKIE,
        browser,
        max_age=3600,
        path="/connect",
        httponly=True,
        secure=settings.https,
        samesite="Lax",
    )
    return response


def _browser() -> str:
    return request.cookies.get(BROWSER_COOKIE, "")


def _by_owner(trip: AuthorizationTransaction) -> bool:
    return bool(trip.link_id or trip.owner_page_id)


def _may_have_page(trip: AuthorizationTransaction) -> bool:
    return bool(
        trip.outcome == "connected"
        and _by_owner(trip)
        and trip.account_id
        and trip.burnt_at
        and owner_pages.may_be_made(trip.account_id, trip.burnt_at)
    )


def _way_back(trip: AuthorizationTransaction) -> str | None:
    """The address of the status page that the trip began at, for the browser that knows
    it.
    """
    token = request.cookies.get(OWNER_COOKIE, "")
    page = owner_pages.find(token) if trip.owner_page_id and token else None
    return (
        url_for("owner.status", token=token)
        if page and page.id == trip.owner_page_id
        else None
    )


def _link(token: str) -> ConnectLink:
    return links.find(token) or abort(404)


def _closed(link: ConnectLink, state: str) -> str:
    when: datetime | None = link.used_at or link.revoked_at or link.expires_at
    return render_template("connect/closed.html", link=link, state=state, when=when)


def _code(transaction_id: str, said: Mapping[str, str]) -> str:
    error, code = said.get("error", ""), said.get("code", "")
    if error:
        reason = ERROR_REASONS.get(error, "provider_said")
        raise Refused(
            reason,
            transaction_id,
            f"{error}: {said.get('error_description', '')}"[:500],
        )
    if not code:
        raise Refused("no_code", transaction_id)
    return code


def _not_connected(refused: Refused) -> AnyResponse:
    """A trip of ours is settled and shown under its own address, so that a reload
    repeats nothing.
    """
    if refused.transaction_id is None:
        page, status = _problem(refused.reason)
        return Response(page, status)
    if refused.reason != "already_used":
        authorization.settle(
            refused.transaction_id,
            refused.reason,
            checklist=[{"detail": refused.detail, **refused.more}],
        )
    return redirect(url_for("connect.done", transaction_id=refused.transaction_id), 303)


def _problem(
    reason: str, trip: AuthorizationTransaction | None = None
) -> tuple[str, int]:
    may_again = trip is not None and reason in MAY_START_AGAIN
    if may_again:
        gate.allow_form_to_leave()
    title, text = connecting(reason)
    return (
        render_template(
            "connect/problem.html",
            title=title,
            text=text,
            told=_told(trip),
            trip=trip,
            may_again=may_again,
            may_move=reason == "other_account" and gate.is_admin(),
            status_page=trip and _way_back(trip),
        ),
        400,
    )


def _told(trip: AuthorizationTransaction | None) -> dict[str, Any]:
    """What was noted beside the reason: the provider's exact words as `detail`, and
    more for some reasons.
    """
    notes: list[dict[str, Any]] = (trip and trip.checklist) or []
    return notes[0] if notes else {}
