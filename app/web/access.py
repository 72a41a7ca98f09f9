"""Decide who may open a page: guards on routes, CSRF, sessions, and the lock."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import (
    Flask,
    Request,
    Response,
    abort,
    current_app,
    redirect,
    request,
    url_for,
)
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)
from flask_security import current_user
from flask_wtf import CSRFProtect
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix

View = TypeVar("View", bound=Callable[..., Any])
MAX_BODY = 64 * 1024
FORM_TYPES = ("", "application/x-www-form-urlencoded", "multipart/form-data")
OPEN_WHEN_LOCKED = ("signups", "static", "monitoring.healthz", "monitoring.readyz")
LIBRARY_GUARDS = {
    "security.login": "public",
    "security.logout": "public",
    "static": "public",
}

# where the pages for visitors are, and the script that puts them into others
VISITORS, EMBEDS = "/f", "/embed"

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    app.session_interface = Sessions()
    settings = app.extensions["latchkey"].settings
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way to wrap it
        app.wsgi_app,
        **dict.fromkeys(("x_for", "x_proto", "x_host"), settings.proxy_hops),
    )
    app.before_request(_check_guard)
    app.before_request(_only_forms)


def public(view: View) -> View:
    """Anybody may come in."""
    return _guarded(view, "public")


def viewer(view: View) -> View:
    """Anybody who is signed in."""
    return _guarded(view, "viewer")


def admin(view: View) -> View:
    """Signed in, with the admin role."""
    return _guarded(view, "admin")


def is_admin() -> bool:
    return bool(current_user.is_authenticated and current_user.has_role("admin"))


class Locked(ServiceUnavailable):
    """The key at hand does not open what is sealed, and this page could need it."""


def lock(app: Flask) -> None:
    """Let visitors in and nobody else: the key at hand does not open what is sealed, so
    nothing may touch it.
    """
    app.extensions["latchkey.locked"] = True


def is_locked(app: Flask) -> bool:
    return bool(app.extensions.get("latchkey.locked"))


class Sessions(SecureCookieSessionInterface):
    """Flask's, but none for visitors: nobody is signed in there, and no cookie is ever
    read or set.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return (
            SecureCookieSession()
            if _of_visitor(request)
            else super().open_session(app, request)
        )

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        if not _of_visitor(request):
            super().save_session(app, session, response)


def _of_visitor(request: Request) -> bool:
    return request.path.startswith((f"{VISITORS}/", f"{EMBEDS}/"))


def _guarded(view: View, guard: str) -> View:
    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    inside.guard = guard  # type: ignore[attr-defined]  # read by _check_guard and by the house tests
    return inside  # type: ignore[return-value]  # wraps keeps the signature


def guard_of(app: Flask, endpoint: str) -> str | None:
    """public, viewer, admin, or None for a route that somebody forgot to guard."""
    return LIBRARY_GUARDS.get(endpoint) or getattr(
        app.view_functions[endpoint], "guard", None
    )


def _check_guard() -> Any:
    if request.endpoint is None:
        return None
    if is_locked(current_app) and not request.endpoint.startswith(OPEN_WHEN_LOCKED):
        raise Locked
    guard = guard_of(current_app, request.endpoint)
    if guard == "public":
        return None
    if guard is None:
        abort(404)
    if not current_user.is_authenticated:
        return redirect(url_for("security.login", next=_here()), 303)
    if guard == "admin" and not is_admin():
        abort(403)
    return None


def _only_forms() -> None:
    """Pages take what their forms send: a JSON body or a file would reach a field as
    something that is no text.

    Only a view with `most_bytes` takes files, and beyond so many it is 413.
    """
    if request.method != "POST":
        return
    most = getattr(
        current_app.view_functions.get(request.endpoint or ""), "most_bytes", None
    )
    if most:
        request.max_content_length = most()
    if request.mimetype not in FORM_TYPES or (request.files and not most):
        abort(415)


def _here() -> str | None:
    return (
        request.full_path.rstrip("?")
        if request.method == "GET" and request.path != "/"
        else None
    )
