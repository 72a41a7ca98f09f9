"""What addresses and forms of the list of sign-ups say, and where a decision leads."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for

from app.delivery import admin_actions
from app.services import services


def moment(text: str) -> datetime | None:
    """Read a moment; a day of the operator's zone begins at its midnight."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(services().settings.timezone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


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
    for name in ("q", "state", "why", "form", "account", "since", "signal", "to"):
        filters[name] = request.form.get(name) or None
    return url_for("dashboard.signups", **filters)
