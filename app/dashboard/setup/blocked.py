"""Take an address off the list of those whose sign-ups are held."""

from flask import flash, redirect, request, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.core.logs import log
from app.dashboard import blueprint
from app.signups import blocked
from app.web import access


@blueprint.post("/setup/unblock")
@access.admin
def unblock() -> Response:
    """Unblock an address; the log says who did it, and not whom."""
    if blocked.remove(request.form.get("address", "")):
        log.info("address_unblocked")
        flash(_("The address is no longer blocked."), "success")
    else:
        flash(_("That address is not blocked."), "info")
    return redirect(url_for("dashboard.setup", _anchor="blocked"), 303)
