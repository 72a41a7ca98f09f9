"""Take an owner from the invitation to the provider and back.

`/connect/callback` is the one redirect URI to register at the provider.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext, ngettext
from flask_security import current_user
from werkzeug.wrappers import Response as AnyResponse

from app.accounts import connecting as accounts_connecting
from app.accounts import (
    health,
    invitations,
    kept_grant,
    oauth_transaction,
    status_links,
)
from app.accounts.models import Account, AuthorizationTransaction, ConnectLink
from app.accounts.oauth_transaction import ConnectingRefused, Origin
from app.constant_contact.oauth import new_secret
from app.core import background
from app.core.crypto import CannotDecrypt
from app.database.session import db
from app.messages import CHECKLIST, connecting
from app.services import services
from app.web import access, cookies, headers, limits

BROWSER_COOKIE = "latchkey_connect"
# it leads back to the status page where the owner began
OWNER_COOKIE = "latchkey_owner"
# seconds until the callback answers at the latest
PATIENCE = 1.5
# seconds until the page that says what is being done is loaded again
LOOK_AGAIN = 2
# whoever spent the code has died when it brought nothing by then
LONGEST_EXCHANGE = timedelta(minutes=1)
MAY_START_AGAIN = {
    "denied",
    "already_used",
    "too_late",
    "code_refused",
    "interrupted",
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
    """Say who asks for what, with one button."""
    link = _link(token)
    state = invitations.state(link, services().clock.now())
    if state != "open":
        when: datetime | None = link.used_at or link.revoked_at or link.expires_at
        return render_template(
            "owner/invitation_closed.html", link=link, state=state, when=when
        )
    headers.allow_form_to_leave()
    if request.method == "GET" and not access.is_admin():
        invitations.opened(link)
    works = False
    if link.account:
        account_health = health.of(link.account, services().clock.now())
        works = account_health.state in health.WORKS
    return render_template(
        "owner/invitation.html",
        link=link,
        works=works,
        scopes=services().settings.scopes.split(),
    )


@connect.post("/<token>")
@access.public
@limits.throttled("connect_limits")
def start(token: str) -> AnyResponse:
    """Send the owner to the provider, while the invitation is open."""
    link = _link(token)
    if invitations.state(link, services().clock.now()) != "open":
        return redirect(url_for("connect.invitation", token=token), 303)
    return leave_for_provider(Origin(link_id=link.id, account_id=link.account_id))


@connect.post("/again/<transaction_id>")
@access.public
@limits.throttled("connect_limits")
def again(transaction_id: str) -> AnyResponse:
    """Begin the same transaction again, with a fresh sign-in at the provider."""
    earlier = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if earlier.link_id:
        link = db.session.get(ConnectLink, earlier.link_id)
        if link and invitations.state(link, services().clock.now()) != "open":
            return redirect(url_for("connect.done", transaction_id=transaction_id), 303)
    elif not (access.is_admin() or status_links.is_open(earlier.owner_page_id)):
        abort(403)
    user_id = None
    if not _by_owner(earlier):
        user_id = current_user.id
    origin = Origin(
        earlier.link_id, earlier.owner_page_id, earlier.for_account_id, user_id
    )
    return leave_for_provider(origin, fresh_sign_in=True)


@connect.get("/callback")
@access.public
@limits.throttled("connect_limits")
def callback() -> AnyResponse:
    """Take back the owner from the provider, if this browser began the trip.

    The code is spent at once, whatever the browser does. It is shown what is being
    done when that takes longer than a moment.
    """
    try:
        trip_id = oauth_transaction.coming_back(
            request.args.get("state", ""), _browser()
        )
    except ConnectingRefused as refused:
        return _not_connected(refused)
    try:
        code = _code(trip_id, request.args)
        work = partial(accounts_connecting.come_back, trip_id, code)
    except ConnectingRefused as refused:
        work = partial(accounts_connecting.turned_back, trip_id, refused)
    background.run(_app(), work, PATIENCE)
    return redirect(url_for("connect.done", transaction_id=trip_id), 303)


@connect.get("/done/<transaction_id>")
@access.public
def done(transaction_id: str) -> AnyResponse | str | tuple[str, int]:
    """Say how it went, to the browser that began it."""
    trip = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if trip.outcome is None and _is_under_way(trip):
        page = Response(render_template("owner/connecting.html", trip=trip))
        page.headers["Refresh"] = str(LOOK_AGAIN)
        return page
    if trip.outcome != "connected":
        return _problem(trip.outcome or _why_open(trip), trip)
    account = None
    if trip.account_id:
        account = db.session.get(Account, trip.account_id)
    return render_template(
        "owner/connected.html",
        account=account,
        trip=trip,
        checks=[_check_shown(check) for check in trip.checklist],
        by_owner=_by_owner(trip),
        status_page=_way_back(trip),
        may_have_page=_may_have_page(trip),
        page_open=account and status_links.newest(account.id),
    )


def _is_under_way(trip: AuthorizationTransaction) -> bool:
    """Tell whether somebody is at work on a trip that has not ended."""
    now = services().clock.now()
    if trip.granted_at:
        return now - trip.granted_at < kept_grant.WORTH_FINISHING
    if trip.burnt_at:
        return now - trip.burnt_at < LONGEST_EXCHANGE
    return now < trip.expires_at  # a busy database has not let it begin


def _why_open(trip: AuthorizationTransaction) -> str:
    return "interrupted" if trip.burnt_at else "already_used"


def _check_shown(check: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"label": CHECKLIST[check["what"]], "ok": True}
    if "count" in check:
        shown["text"] = ngettext("%(num)s found", "%(num)s found", check["count"])
    if not check["ok"]:
        shown["ok"] = None
        shown.setdefault(
            "text",
            gettext(
                "Constant Contact didn’t answer. Latchkey will try again in a moment."
            ),
        )
    return shown


@connect.post("/done/<transaction_id>/status-page")
@access.public
@limits.throttled("connect_limits")
def status_page(transaction_id: str) -> AnyResponse:
    """Give whoever connected the account a link to its status page."""
    trip = oauth_transaction.of_browser(transaction_id, _browser()) or abort(404)
    if trip.account_id is None or not _may_have_page(trip):
        abort(404)
    page = status_links.make(trip.account_id, "owner")
    return redirect(url_for("owner.status", token=page.token), 303)


def leave_for_provider(origin: Origin, fresh_sign_in: bool = False) -> AnyResponse:
    """Redirect this browser to the provider, and recognize it later by a cookie."""
    browser = _browser() or new_secret()
    try:
        response = redirect(
            oauth_transaction.begin(browser, origin, fresh_sign_in), 303
        )
    except ConnectingRefused as refused:
        return _not_connected(refused)
    cookies.put(response, BROWSER_COOKIE, browser)
    return response


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _browser() -> str:
    return cookies.read(BROWSER_COOKIE)


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
    """Return the address of the status page where this browser began."""
    sealed = cookies.read(OWNER_COOKIE)
    if not trip.owner_page_id or not sealed:
        return None
    try:
        token = services().cipher.decrypt(sealed, *cookie_place(trip.owner_page_id))
    except CannotDecrypt:
        return None
    if status_links.find(token) is None:
        return None
    return url_for("owner.status", token=token)


def cookie_place(page_id: str) -> tuple[str, str, str]:
    """Return table, row and column of the page's token: the cookie has it encrypted,
    since whoever reads it could else open the page.
    """
    return "owner_page", page_id, "cookie"


def _link(token: str) -> ConnectLink:
    return invitations.find(token) or abort(404)


def _code(transaction_id: str, answer: Mapping[str, str]) -> str:
    error, code = answer.get("error", ""), answer.get("code", "")
    if error:
        reason = ERROR_REASONS.get(error, "provider_said")
        detail = f"{error}: {answer.get('error_description', '')}"[:500]
        raise ConnectingRefused(reason, transaction_id, detail)
    if not code:
        raise ConnectingRefused("no_code", transaction_id)
    return code


def _not_connected(refused: ConnectingRefused) -> AnyResponse:
    """Answer who cannot be recognized, so that there is no trip to tell about."""
    page, status = _problem(refused.reason)
    return Response(page, status)


def _problem(
    reason: str, trip: AuthorizationTransaction | None = None
) -> tuple[str, int]:
    may_again = trip is not None and reason in MAY_START_AGAIN
    if may_again:
        headers.allow_form_to_leave()
    title, text = connecting(reason)
    page = render_template(
        "owner/not_connected.html",
        title=title,
        text=text,
        notes=trip.details if trip else {},
        trip=trip,
        may_again=may_again,
        may_move=reason == "other_account" and access.is_admin(),
        status_page=trip and _way_back(trip),
    )
    return page, 400
