"""What every template can say, and the page for each thing that can go wrong."""

import math
from datetime import UTC, datetime
from typing import Any

from flask import Flask, g, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from app import messages
from app.core.logs import log
from app.database.session import UNUSABLE, db
from app.services import services
from app.web.access import Locked
from app.web.limits import limiter

ERROR_PAGES = {
    400: (
        _("That did not work"),
        _("Something in the request was not as it should be. Go back and try again."),
    ),
    403: (
        _("Not yours to open"),
        _("You are signed in, but your role does not include this page."),
    ),
    404: (
        _("Nothing here"),
        _("There is no page at this address. It may have been moved or mistyped."),
    ),
    405: (_("That did not work"), _("This address cannot be used like that.")),
    413: (
        _("That was too much"),
        _("What was sent is larger than any form here. Shorten it and try again."),
    ),
    429: (
        _("A short pause, please"),
        _("There were many tries from your network in a short time."),
    ),
    500: (
        _("Something broke on our side"),
        _("It was noted with the number below. Please try again in a moment."),
    ),
    # the template's own words: they differ with and without something typed
    503: (None, None),
}


def init(app: Flask) -> None:
    app.jinja_env.globals.update(messages=messages, now=lambda: services().clock.now())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _stale_page)
    app.register_error_handler(Locked, _locked)
    for kind in UNUSABLE:
        app.register_error_handler(kind, _not_stored)
    app.register_error_handler(DataError, _no_text)
    app.register_error_handler(Exception, _unexpected)


def problem(
    status: int,
    *,
    title: Any = None,
    message: Any = None,
    retry_at: datetime | None = None,
    kept: list[tuple[str, str]] | None = None,
) -> tuple[str, int]:
    """The styled page of one status.

    `kept` are the values somebody typed, to be shown again.
    """
    known = status if status in ERROR_PAGES else (400 if status < 500 else 500)
    shown = ERROR_PAGES[known]
    template = f"errors/{400 if known == 405 else known}.html"
    return (
        render_template(
            template,
            title=title or shown[0],
            message=message or shown[1],
            status=status,
            request_id=g.get("request_id", ""),
            retry_at=retry_at,
            kept=kept or [],
        ),
        status,
    )


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    again = retry_at()
    page, status = problem(error.code, retry_at=again)
    headers = [
        (name, value)
        for name, value in error.get_headers()
        if name in ("Retry-After", "Allow")
    ]
    return (
        page,
        status,
        headers + ([("Retry-After", str(seconds_until(again)))] if again else []),
    )


def _locked(_error: Locked) -> Any:
    return (
        render_template(
            "errors/locked.html",
            owner=request.path.startswith(("/connect/", "/owner/")),
        ),
        503,
    )


def _stale_page(_error: CSRFError) -> Any:
    return problem(
        400,
        title=_("This page was open for too long"),
        message=_(
            "For your safety it has to be loaded afresh. Go back, reload it and try"
            " again."
        ),
    )


def _not_stored(error: Exception) -> Any:
    log.error(
        "database_unusable",
        error=type(error).__name__,
        detail=str(getattr(error, "orig", error)),
    )
    db.session.rollback()
    page, status = problem(503, kept=_typed())
    return page, status, {"Retry-After": "10"}


def _no_text(_error: DataError) -> Any:
    """A NUL byte somewhere: SQLite would look for it, PostgreSQL refuses to."""
    log.warning("not_a_text")
    db.session.rollback()
    return problem(400)


def _unexpected(error: Exception) -> Any:
    log.exception("unexpected", error=type(error).__name__)
    db.session.rollback()
    return problem(500)


def _typed() -> list[tuple[str, str]]:
    hidden = {
        "csrf_token",
        "form_token",
        "website",
        "password",
        "password_again",
        "client_secret",
    }
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in hidden and value
    ]


def seconds_until(moment: datetime) -> int:
    """Whole seconds from now, at least one."""
    return max(1, math.ceil((moment - datetime.now(UTC)).total_seconds()))


def retry_at() -> datetime | None:
    """When the limit that was just passed allows the next try."""
    limit = limiter.current_limit
    return (
        datetime.fromtimestamp(limit.reset_at, UTC)
        if limit and limit.breached
        else None
    )
