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

from app.accounts import connecting as accounts_connecting
from app.accounts import invitations, oauth_transaction, status_links
from app.accounts.models import Account, AuthorizationTransaction, ConnectLink
from app.accounts.oauth_transaction import ConnectingRefused, Origin
from app.constant_contact.oauth import new_secret
from app.database.session import db
from app.messages import connecting
from app.services import services
from app.web import access, headers, limits

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
@access.public
def invitation(token: str) -> str:
    """Who asks for what, in plain words, and one button."""
    link, now = _link(token), services().clock.now()
    state = invitations.state(link, now)
    if state != "open":
        return _closed(link, state)
    headers.allow_form_to_leave()
    return render_template(
        "owner/invitation.html", link=link, scopes=services().settings.scopes.split()
    )


@connect.post("/<token>")
@access.public
@limits.throttled("connect_limits")
def start(token: str) -> AnyResponse:
    """Begin the trip of an open invitation."""
    link = _link(token)
    if invitations.state(link, services().clock.now()) != "open":
        return redirect(url_for("connect.invitation", token=token), 303)
    return leave_for_provider(Origin(link_id=link.id, account_id=link.account_id))


@connect.post("/again/<transaction_id>")
@access.public
@limits.throttled("connect_limits")
def again(transaction_id: str) -> AnyResponse:
    """Begin the same trip once more, with a fresh sign-in at the provider."""
    before = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if before.link_id is None and not (
        access.is_admin() or status_links.is_open(before.owner_page_id)
    ):
        abort(403)
    link = before.link_id and db.session.get(ConnectLink, before.link_id)
    if link and invitations.state(link, services().clock.now()) != "open":
        return redirect(url_for("connect.done", transaction_id=transaction_id), 303)
    return leave_for_provider(
        Origin(before.link_id, before.owner_page_id, before.for_account_id),
        fresh_sign_in=True,
    )


@connect.get("/callback")
@access.public
@limits.throttled("connect_limits")
def callback() -> AnyResponse:
    """The provider sends the owner back here; whatever it says is believed only for a
    state of this browser.
    """
    try:
        trip = oauth_transaction.burn(request.args.get("state", ""), _browser())
        account_id, checklist = accounts_connecting.connect(
            trip, _code(trip.id, request.args)
        )
    except ConnectingRefused as refused:
        return _not_connected(refused)
    oauth_transaction.settle(trip.id, "connected", account_id, checklist)
    return redirect(url_for("connect.done", transaction_id=trip.id), 303)


@connect.get("/done/<transaction_id>")
@access.public
def done(transaction_id: str) -> str | tuple[str, int]:
    """How it went, for the browser that went."""
    trip = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if trip.outcome != "connected":
        return _problem(trip.outcome or "already_used", trip)
    account = db.session.get(Account, trip.account_id) if trip.account_id else None
    return render_template(
        "owner/connected.html",
        account=account,
        trip=trip,
        by_owner=_by_owner(trip),
        status_page=_way_back(trip),
        may_have_page=_may_have_page(trip),
        page_open=account and status_links.newest(account.id),
    )


@connect.post("/done/<transaction_id>/status-page")
@access.public
@limits.throttled("connect_limits")
def status_page(transaction_id: str) -> AnyResponse:
    """Whoever connected the account by a link may have a link to its status page; an
    earlier one ends.
    """
    trip = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if trip.account_id is None or not _may_have_page(trip):
        abort(404)
    page = status_links.make(trip.account_id, "owner")
    return redirect(url_for("owner.status", token=page.token), 303)


def leave_for_provider(origin: Origin, fresh_sign_in: bool = False) -> AnyResponse:
    """Redirect this browser to the provider, remembering it by a short-lived cookie."""
    browser = _browser() or new_secret()
    try:
        response = redirect(
            oauth_transaction.begin(browser, origin, fresh_sign_in), 303
        )
    except ConnectingRefused as refused:
        return _not_connected(refused)
    settings = services().settings
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
        and status_links.may_be_made(trip.account_id, trip.burnt_at)
    )


def _way_back(trip: AuthorizationTransaction) -> str | None:
    """The address of the status page that the trip began at, for the browser that knows
    it.
    """
    token = request.cookies.get(OWNER_COOKIE, "")
    page = status_links.find(token) if trip.owner_page_id and token else None
    return (
        url_for("owner.status", token=token)
        if page and page.id == trip.owner_page_id
        else None
    )


def _link(token: str) -> ConnectLink:
    return invitations.find(token) or abort(404)


def _closed(link: ConnectLink, state: str) -> str:
    when: datetime | None = link.used_at or link.revoked_at or link.expires_at
    return render_template(
        "owner/invitation_closed.html", link=link, state=state, when=when
    )


def _code(transaction_id: str, said: Mapping[str, str]) -> str:
    error, code = said.get("error", ""), said.get("code", "")
    if error:
        reason = ERROR_REASONS.get(error, "provider_said")
        raise ConnectingRefused(
            reason,
            transaction_id,
            f"{error}: {said.get('error_description', '')}"[:500],
        )
    if not code:
        raise ConnectingRefused("no_code", transaction_id)
    return code


def _not_connected(refused: ConnectingRefused) -> AnyResponse:
    """A trip of ours is settled and shown under its own address, so that a reload
    repeats nothing.
    """
    if refused.transaction_id is None:
        page, status = _problem(refused.reason)
        return Response(page, status)
    if refused.reason != "already_used":
        oauth_transaction.settle(
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
        headers.allow_form_to_leave()
    title, text = connecting(reason)
    return (
        render_template(
            "owner/not_connected.html",
            title=title,
            text=text,
            told=_told(trip),
            trip=trip,
            may_again=may_again,
            may_move=reason == "other_account" and access.is_admin(),
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
