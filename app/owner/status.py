"""Show an account's owner its status page; the address is the key, without a login."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app import messages
from app.accounts import disconnect, health, status_links
from app.accounts.models import Account, OwnerPage
from app.accounts.oauth_transaction import Origin
from app.owner.connect import OWNER_COOKIE, cookie_place, leave_for_provider
from app.services import services
from app.signups.models import SignupState
from app.stats import counts
from app.web import access, cookies, headers, limits

blueprint = Blueprint("owner", __name__, url_prefix="/owner")
# by state of health: the tone and the icon above the heading
LOOKS = {
    "healthy": ("ok", "circle-check"),
    "ageing": ("ok", "circle-check"),
    "retrying": ("info", "clock"),
    "needs_owner": ("warn", "alert"),
    "disconnected": ("quiet", "unplug"),
}


@blueprint.get("/<token>")
@access.public
def status(token: str) -> str:
    """Say how the connection is, since when, and who waits."""
    page = _page(token)
    account: Account = page.account
    status_links.opened(page)
    headers.allow_form_to_leave()
    account_health = health.of(account, services().clock.now())
    states = counts.states_of(account.id)
    parked = states.get(SignupState.PARKED, 0)
    title, text = messages.for_owner(
        account_health.state, account_health.reason, some_parked=parked > 0
    )
    tone, icon_name = LOOKS[account_health.state]
    return render_template(
        "owner/status.html",
        token=token,
        account=account,
        health=account_health,
        title=title,
        text=text,
        tone=tone,
        icon_name=icon_name,
        mendable=_is_mendable(account_health),
        works=account_health.state in health.WORKS,
        latest=counts.latest_of(account.id),
        states=states,
        waiting_label=_waiting_label(account_health),
    )


def _waiting_label(account_health: health.Health) -> LazyString:
    """Say what holds up the sign-ups that wait: us, Constant Contact, or the owner."""
    if _is_mendable(account_health):
        return _("Waiting until you reconnect")
    if account_health.state == "retrying":
        return _("Held up by Constant Contact")
    return _("Waiting to be sent")


def _is_mendable(account_health: health.Health) -> bool:
    """Tell whether connecting again helps."""
    if account_health.state == "needs_owner":
        return account_health.reason not in messages.NOT_THE_OWNERS
    return account_health.state == "disconnected"


@blueprint.post("/<token>/reconnect")
@access.public
@limits.throttled("connect_limits")
def reconnect(token: str) -> Response:
    """Send the owner to the provider, to connect this very account again."""
    page = _page(token)
    page_id = page.id  # the page's row is read anew once something was written
    origin = Origin(owner_page_id=page_id, account_id=page.account_id)
    response = leave_for_provider(origin, fresh_sign_in=True)
    sealed = services().cipher.encrypt(token, *cookie_place(page_id))
    cookies.put(response, OWNER_COOKIE, sealed)
    return response


@blueprint.post("/<token>/disconnect")
@access.public
@limits.throttled("connect_limits")
def end(token: str) -> Response:
    """End the connection; the page stays, for connecting again."""
    page = _page(token)
    disconnect.disconnect(page.account_id, disconnect.OWNER)
    return redirect(url_for("owner.status", token=token), 303)


def _page(token: str) -> OwnerPage:
    return status_links.find(token) or abort(404)
