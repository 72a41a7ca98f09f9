"""Decide who may open a page: guards on routes, CSRF, sessions, and the lock."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
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
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix

from app.web.limits import network_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])
MAX_BODY = 64 * 1024
FORM_TYPES = ("", "application/x-www-form-urlencoded", "multipart/form-data")
OPEN_WHEN_LOCKED = (
    "signups",
    "confirmation",
    "static",
    "monitoring.healthz",
    "monitoring.readyz",
)
LIBRARY_GUARDS = {
    "security.login": "public",
    "security.logout": "public",
    "static": "public",
}

# visitors' pages, and the script that puts them into other sites
VISITORS, EMBEDS = "/f", "/embed"
# the page of a link in a mail that asks a visitor to confirm
CONFIRM = "/confirm"

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Put guards, sessions and CSRF checks before every view."""
    app.session_interface = Sessions()
    hops = app.extensions["latchkey"].settings.proxy_hops
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way to wrap it
        _at_the_root(app.wsgi_app), x_for=hops, x_proto=hops, x_host=hops
    )
    app.before_request(_name_network)
    app.before_request(_check_guard)
    app.before_request(_only_forms)
    csrf.init_app(app)


def _at_the_root(serve: "WSGIApplication") -> "WSGIApplication":
    """Serve at the root of the host, as LATCHKEY_PUBLIC_URL has it.

    gunicorn takes SCRIPT_NAME from a request's header when the proxy is on the same
    host, and a visitor may have sent it; our redirects would begin with it.
    """

    def inside(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = ""
        return serve(environ, start_response)

    return inside


def public(view: View) -> View:
    """Let anybody see this view."""
    return _guarded(view, "public")


def viewer(view: View) -> View:
    """Let everybody who is signed in see this view."""
    return _guarded(view, "viewer")


def admin(view: View) -> View:
    """Let only admins see this view."""
    return _guarded(view, "admin")


def poll(view: View) -> View:
    """Mark a view that pages ask for by themselves: nobody need be there."""
    view.is_poll = True  # type: ignore[attr-defined]  # read by is_poll
    return view


def is_poll() -> bool:
    """Tell whether a page asks by itself, so that this is no use of a session."""
    view = current_app.view_functions.get(request.endpoint or "")
    without_script = "poll" in request.args
    return without_script or getattr(view, "is_poll", request.endpoint == "static")


def is_admin() -> bool:
    """Tell whether this request comes from a signed-in admin."""
    return bool(current_user.is_authenticated and current_user.has_role("admin"))


class Locked(ServiceUnavailable):
    """The key at hand does not open what is sealed, and this page could need it."""


def lock(app: Flask) -> None:
    """Serve visitors only, because the key does not open what is sealed."""
    app.extensions["latchkey.locked"] = True


def is_locked(app: Flask) -> bool:
    """Tell whether only visitors are served."""
    return bool(app.extensions.get("latchkey.locked"))


class Sessions(SecureCookieSessionInterface):
    """Flask's sessions, but none on visitors' pages: they read and set no cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if _of_visitor(request):
            return SecureCookieSession()
        return super().open_session(app, request)

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        if not _of_visitor(request):
            super().save_session(app, session, response)


def _of_visitor(request: Request) -> bool:
    return request.path.startswith((f"{VISITORS}/", f"{EMBEDS}/", f"{CONFIRM}/"))


def _guarded(view: View, guard: str) -> View:
    @wraps(view)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    inside.guard = guard  # type: ignore[attr-defined]  # read by _check_guard and by the house tests
    return inside  # type: ignore[return-value]  # wraps keeps the signature


def guard_of(app: Flask, endpoint: str) -> str | None:
    """Return public, viewer or admin; None for a route that nobody guarded."""
    if endpoint in LIBRARY_GUARDS:
        return LIBRARY_GUARDS[endpoint]
    return getattr(app.view_functions[endpoint], "guard", None)


def _name_network() -> None:
    """Let every line that this request logs say where it came from."""
    network = network_of(request.remote_addr or "")
    structlog.contextvars.bind_contextvars(network=network)


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
        return redirect(url_for("security.login", next=_address_to_return_to()), 303)
    if guard == "admin" and not is_admin():
        abort(403)
    return None


def _only_forms() -> None:
    """Refuse any POST that is no form: a field's value could be something but text.

    Only a view with `most_bytes` takes files, and answers 413 to more than that.
    """
    if request.method != "POST":
        return
    view = current_app.view_functions.get(request.endpoint or "")
    most_bytes = getattr(view, "most_bytes", None)
    if most_bytes:
        request.max_content_length = most_bytes()
    if request.headers.get("Transfer-Encoding"):
        _refuse_cut_body(takes_files=bool(most_bytes))
    if request.mimetype not in FORM_TYPES or (request.files and not most_bytes):
        abort(415)


def most_upload_bytes(app: Flask, method: str, path: str, cookies: str) -> int | None:
    """Return how long this request's body may be if it is a file from somebody who is
    signed in; None for any other request.

    For a server that asks before it reads the body: the session's signature is checked,
    the person is not looked up.
    """
    if method != "POST":
        return None
    try:
        endpoint, _ = app.url_map.bind("localhost").match(path, method)
    except HTTPException:
        return None
    most_bytes = getattr(app.view_functions.get(endpoint), "most_bytes", None)
    if most_bytes is None or not _has_session(app, cookies):
        return None
    with app.app_context():
        return int(most_bytes())


def _has_session(app: Flask, cookies: str) -> bool:
    environ = {"HTTP_COOKIE": cookies, "REQUEST_METHOD": "GET"}
    session = SecureCookieSessionInterface().open_session(app, Request(environ))
    return bool(session and "_user_id" in session)


def _refuse_cut_body(takes_files: bool) -> None:
    """Answer 413 to a body in chunks that is too large: the library would cut it.

    The body of a form is kept in memory anyway; a file has to say its size.
    """
    if takes_files:
        abort(411)
    request.max_content_length = MAX_BODY + 1
    if len(request.get_data()) > MAX_BODY:
        abort(413)


def _address_to_return_to() -> str | None:
    if request.method != "GET" or request.path == "/":
        return None
    return request.full_path.rstrip("?")
