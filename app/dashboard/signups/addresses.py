"""What addresses and forms of the list of sign-ups say, and where a decision leads."""

from typing import Any

from flask import request, url_for

from app.dashboard.filters import FILTERS
from app.dashboard.signups.listing import moment
from app.delivery import admin_actions

# what the list's form sends along of its own address
KEPT = ("q", "state", "why", "form", "account", "since", "signal", *FILTERS)


def which_of_form() -> admin_actions.Which:
    """Read which sign-ups a decision is about, from a form of the list."""
    form = request.form
    return admin_actions.Which(
        form.get("state", ""),
        form.get("why", ""),
        form.get("form", ""),
        moment(form.get("since", "")),
        moment(form.get("until", "")),
        form.get("signal", ""),
    )


def to_return_to() -> str:
    """Return where the button was; never an address from the request."""
    ids = request.form.getlist("id")
    if request.form.get("from") == "detail" and len(ids) == 1:
        return url_for("dashboard.signup", signup_id=ids[0])
    return of_list()


def of_list() -> str:
    """Return the list's address as it was filtered when a button was pressed."""
    filters: dict[str, Any] = {}
    for name in KEPT:
        filters[name] = request.form.get(name) or None
    return url_for("dashboard.signups", **filters)
