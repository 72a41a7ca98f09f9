"""The owner's status page: how the connection is, who waits, and two buttons.

Its address is the key; no login.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import disconnect, health, status_links
from app.accounts.models import Account, OwnerPage
from app.accounts.oauth_transaction import Origin
from app.owner.connect import OWNER_COOKIE, leave_for_provider
from app.services import services
from app.signups.models import SignupState
from app.stats import counts
from app.web import access, headers, limits

blueprint = Blueprint("owner", __name__, url_prefix="/owner")


@blueprint.get("/<token>")
@access.public
def status(token: str) -> str:
    """Connected as, since when, the last sign-up, who waits."""
    page, now = _page(token), services().clock.now()
    account: Account = page.account
    status_links.opened(page)
    headers.allow_form_to_leave()
    return render_template(
        "owner/status.html",
        token=token,
        account=account,
        health=health.of(account, now),
        latest=counts.latest_of(account.id),
        states=counts.states_of(account.id),
        waiting_state=SignupState.WAITING,
        left=request.args.get("left") == "y",
    )


@blueprint.post("/<token>/reconnect")
@access.public
@limits.throttled("connect_limits")
def reconnect(token: str) -> Response:
    """To the provider, for this very account."""
    page = _page(token)
    response = leave_for_provider(
        Origin(owner_page_id=page.id, account_id=page.account_id), fresh_sign_in=True
    )
    response.set_cookie(
        OWNER_COOKIE,
        token,
        max_age=3600,
        path="/connect/",
        httponly=True,
        secure=services().settings.https,
        samesite="Lax",
    )
    return response


@blueprint.post("/<token>/disconnect")
@access.public
@limits.throttled("connect_limits")
def end(token: str) -> Response:
    """The owner ends the connection; the page stays, for connecting again."""
    page = _page(token)
    disconnect.disconnect(page.account_id, disconnect.OWNER)
    return redirect(url_for("owner.status", token=token), 303)


def _page(token: str) -> OwnerPage:
    return status_links.find(token) or abort(404)
