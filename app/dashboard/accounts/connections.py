"""What an admin does about one account's connection: connect again, give out links,
disconnect, say who is told.
"""

from flask import flash, redirect, url_for
from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import update
from werkzeug.wrappers import Response

from app.accounts import disconnect, invitations, status_links
from app.accounts.models import Account
from app.accounts.oauth_transaction import Origin
from app.dashboard import blueprint
from app.dashboard.accounts.views import NotifyForm, account_page, known
from app.database.session import write_transaction
from app.delivery import admin_actions
from app.owner.connect import leave_for_provider
from app.web import access


@blueprint.post("/accounts/<account_id>/reconnect")
@access.admin
def reconnect(account_id: str) -> Response:
    """An admin who is the owner too connects this very account again."""
    return leave_for_provider(
        Origin(account_id=known(account_id).id), fresh_sign_in=True
    )


@blueprint.post("/accounts/<account_id>/link")
@access.admin
def reconnect_link(account_id: str) -> str:
    """A link with which the owner connects this very account again; shown on this page
    only.
    """
    found = known(account_id)
    made = invitations.create(
        found.name[:120], invitations.DAYS_TO_RECONNECT, current_user.email, found.id
    )
    return account_page(
        found,
        shown=(
            _("Link for connecting again"),
            made.address,
            _(
                "Send it to the account’s owner. It works once, for this account only,"
                " and for %(days)s days. It is shown only now: copy it before you leave"
                " this page.",
                days=invitations.DAYS_TO_RECONNECT,
            ),
        ),
    )


@blueprint.post("/accounts/<account_id>/status-page")
@access.admin
def make_status_page(account_id: str) -> str:
    """A link to the owner's status page; an earlier one ends.

    Shown on this page only.
    """
    found = known(account_id)
    made = status_links.make(found.id, current_user.email)
    return account_page(
        found,
        shown=(
            _("Link to the status page"),
            made.address,
            _(
                "Send it to the account’s owner: there they see that all is well, and"
                " can connect again or disconnect. It is shown only now: copy it before"
                " you leave this page."
            ),
        ),
    )


@blueprint.post("/accounts/<account_id>/status-page/close")
@access.admin
def close_status_page(account_id: str) -> Response:
    if status_links.revoke(known(account_id).id):
        flash(
            _("The owner’s status page is closed. Its link leads nowhere now."),
            "success",
        )
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/notices")
@access.admin
def notices(account_id: str) -> Response | tuple[str, int]:
    """Who is told beside the admins when the account needs its owner."""
    found, form = known(account_id), NotifyForm()
    if not form.validate():
        return account_page(found, notify=form), 422
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(notify_email=form.notify_email.data)
        )
    flash(_("Saved."), "success")
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/disconnect")
@access.admin
def end(account_id: str) -> Response:
    """Its tokens go; everything else stays."""
    if disconnect.disconnect(known(account_id).id, current_user.email):
        flash(
            _(
                "Disconnected: its tokens are deleted. Sign-ups are still accepted and"
                " wait here until you decide."
            ),
            "success",
        )
    else:
        flash(_("It was disconnected before."), "info")
    return _back(account_id)


@blueprint.post("/accounts/<account_id>/close-waiting")
@access.admin
def close_waiting(account_id: str) -> Response:
    """Decide not to send what waits for a disconnected account."""
    closed = admin_actions.close_waiting(known(account_id).id)
    flash(
        (
            ngettext(
                "%(num)s sign-up was closed and is not sent.",
                "%(num)s sign-ups were closed and are not sent.",
                closed,
            )
            if closed
            else _("Nobody was waiting.")
        ),
        "success" if closed else "info",
    )
    return _back(account_id)


def _back(account_id: str) -> Response:
    return redirect(url_for("dashboard.account", account_id=account_id), 303)
