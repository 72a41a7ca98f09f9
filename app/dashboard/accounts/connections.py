"""Let an admin connect an account again, give out its links, and disconnect it."""

from datetime import timedelta

from flask import flash, redirect, url_for
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import update
from werkzeug.wrappers import Response

from app import messages
from app.accounts import disconnect, health, invitations, sender, status_links
from app.accounts.models import Account
from app.accounts.oauth_transaction import Origin
from app.dashboard import blueprint
from app.dashboard.accounts.sender_form import SenderForm
from app.dashboard.accounts.views import NewAddress, NotifyForm, account_page, known
from app.database.session import write_transaction
from app.delivery import admin_actions
from app.owner.connect import leave_for_provider
from app.services import services
from app.signups.models import SignupState
from app.stats import counts
from app.web import access, times


@blueprint.post("/accounts/<account_id>/reconnect")
@access.admin
def reconnect(account_id: str) -> Response:
    """Send an admin who is the owner too to connect this very account again."""
    origin = Origin(account_id=known(account_id).id, user_id=current_user.id)
    return leave_for_provider(origin, fresh_sign_in=True)


@blueprint.post("/accounts/<account_id>/link")
@access.admin
def reconnect_link(account_id: str) -> str:
    """Make a link for the owner to connect again; only this page shows its address."""
    account = known(account_id)
    link = invitations.create(
        account.name[:120],
        invitations.DAYS_TO_RECONNECT,
        current_user.email,
        account.id,
    )
    text = _(
        "Send it to the account’s owner. It works once, for this account only, and"
        " expires after %(days)s days. You see it only now, so copy it before you leave"
        " this page.",
        days=invitations.DAYS_TO_RECONNECT,
    )
    message = _message(account, link.address)
    label = _("Reconnect link")
    return account_page(account, NewAddress(label, link.address, text, message))


def _message(account: Account, address: str) -> str:
    """Write what an admin can send along with a reconnect link."""
    now = services().clock.now()
    account_health = health.of(account, now)
    number = counts.states_of(account.id).get(SignupState.WAITING, 0)
    waiting = ""
    if number:
        waiting = ngettext(
            "%(num)s person signed up and is waiting to be added to your lists.",
            "%(num)s people signed up and are waiting to be added to your lists.",
            number,
        )
    until = now + timedelta(days=invitations.DAYS_TO_RECONNECT)
    return messages.reconnect_message(
        account.name,
        account_health.state,
        account_health.reason,
        waiting,
        address,
        times.day_words(until),
    )


@blueprint.post("/accounts/<account_id>/status-page")
@access.admin
def make_status_page(account_id: str) -> str:
    """Make a link to the owner's status page; only this page shows its address."""
    account = known(account_id)
    page = status_links.make(account.id, current_user.email)
    text = _(
        "Send this link to the account’s owner. It opens a page where they can see the"
        " connection, reconnect, or disconnect. Copy it now: you won’t see it again."
    )
    label = _("Status page link")
    return account_page(account, NewAddress(label, page.address, text))


@blueprint.post("/accounts/<account_id>/status-page/close")
@access.admin
def close_status_page(account_id: str) -> Response:
    """Close the owner's status page."""
    if status_links.revoke(known(account_id).id):
        flash(
            _("The owner’s status page is closed. Its link no longer works."),
            "success",
        )
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/notices")
@access.admin
def notices(account_id: str) -> Response | tuple[str, int]:
    """Set who is told, beside the admins, when the account needs its owner."""
    account, form = known(account_id), NotifyForm()
    if not form.validate():
        return account_page(account, notify=form), 422
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(notify_email=form.notify_email.data)
        )
    flash(_("Saved."), "success")
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/sender")
@access.admin
def set_sender(account_id: str) -> Response | tuple[str, int]:
    """Set who stands behind the account's forms and mails."""
    account, form = known(account_id), SenderForm()
    if not form.validate():
        return account_page(account, sender=form), 422
    sender.set_own(account_id, form.sender_name.data, form.sender_address.data)
    flash(_("Saved."), "success")
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/disconnect")
@access.admin
def end(account_id: str) -> Response:
    """Disconnect the account: its tokens go, everything else stays."""
    if disconnect.disconnect(known(account_id).id, current_user.email):
        flash(
            _(
                "Disconnected. Latchkey deleted the account’s tokens. Its forms keep"
                " accepting sign-ups, which wait here until you decide."
            ),
            "success",
        )
    else:
        flash(_("This account was already disconnected."), "info")
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/close-waiting")
@access.admin
def close_waiting(account_id: str) -> Response:
    """Close all sign-ups that wait for a disconnected account."""
    number = admin_actions.close_waiting(known(account_id).id)
    if number:
        flash(
            ngettext(
                "%(num)s sign-up was closed and won’t be sent.",
                "%(num)s sign-ups were closed and won’t be sent.",
                number,
            ),
            "success",
        )
    else:
        flash(_("No sign-ups were waiting."), "info")
    return _back(account_id)


def _back(account_id: str) -> Response:
    return redirect(url_for("dashboard.account", account_id=account_id), 303)
