"""Answer each thing that can go wrong with a page of ours."""

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
from app.web import posted
from app.web.access import Locked
from app.web.limits import limiter

ERROR_PAGES = {
    400: (
        _("That didn’t work"),
        _("Something in the request was wrong. Go back and try again."),
    ),
    403: (
        _("You can’t open this page"),
        _("You’re signed in, but your role doesn’t include this page."),
    ),
    404: (
        _("Page not found"),
        _(
            "There’s no page at this address. It may have been moved, or the address"
            " may have a typo."
        ),
    ),
    405: (_("That didn’t work"), _("This address can’t be used like that.")),
    413: (
        _("That’s too large"),
        _("What you sent is larger than we can accept. Make it shorter and try again."),
    ),
    429: (
        _("Too many requests"),
        _("A lot of requests came from your network in a short time."),
    ),
    500: (
        _("Something went wrong"),
        _("The error was logged with the number below. Try again in a moment."),
    ),
    # the template's own words: they differ with and without something typed
    503: (None, None),
}
TEMPLATES = {405: "errors/400.html"}
NEVER_SHOWN_AGAIN = {
    "csrf_token",
    "form_token",
    "proof",
    "website",
    "password",
    "password_again",
    "client_secret",
}


def init(app: Flask) -> None:
    """Register the error pages, and what every template can use."""
    app.jinja_env.globals["messages"] = messages
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    posted.init(app)
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
    """Render the page for a status; `kept` are values typed, to be shown again."""
    if status in ERROR_PAGES:
        nearest = status
    elif status < 500:
        nearest = 400
    else:
        nearest = 500
    usual_title, usual_message = ERROR_PAGES[nearest]
    page = render_template(
        TEMPLATES.get(nearest, f"errors/{nearest}.html"),
        title=title or usual_title,
        message=message or usual_message,
        status=status,
        request_id=g.get("request_id", ""),
        retry_at=retry_at,
        kept=kept or [],
    )
    return page, status


def _http_error(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    limit_ends_at = retry_at()
    page, status = problem(error.code, retry_at=limit_ends_at)
    own_headers = dict(error.get_headers())
    headers = {}
    for name in ("Retry-After", "Allow"):
        if name in own_headers:
            headers[name] = own_headers[name]
    if limit_ends_at:
        headers["Retry-After"] = str(seconds_until(limit_ends_at))
    return page, status, headers


def _locked(_error: Locked) -> Any:
    is_owner = request.path.startswith(("/connect/", "/owner/"))
    return render_template("errors/locked.html", owner=is_owner), 503


def _stale_page(_error: CSRFError) -> Any:
    return problem(
        400,
        title=_("This page was open for too long"),
        message=_(
            "To keep you safe, it has to be reloaded. Go back, reload the page, and try"
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
    # a NUL byte: SQLite would look for it, PostgreSQL refuses it
    log.warning("not_a_text")
    db.session.rollback()
    return problem(400)


def _unexpected(error: Exception) -> Any:
    log.exception("unexpected", error=type(error).__name__)
    db.session.rollback()
    return problem(500)


def _typed() -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if value and name not in NEVER_SHOWN_AGAIN
    ]


def seconds_until(moment: datetime) -> int:
    """Return whole seconds from now, at least one."""
    return max(1, math.ceil((moment - datetime.now(UTC)).total_seconds()))


def retry_at() -> datetime | None:
    """Return when the limit that was just exceeded allows the next request."""
    limit = limiter.current_limit
    if limit is None or not limit.breached:
        return None
    return datetime.fromtimestamp(limit.reset_at, UTC)
