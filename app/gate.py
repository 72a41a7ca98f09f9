"""Who may come in: a guard on every route, CSRF, throttles, and the headers every
answer carries.
"""

import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import (
    Flask,
    Request,
    Response,
    abort,
    current_app,
    g,
    redirect,
    request,
    url_for,
)
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import current_user
from flask_wtf import CSRFProtect
from limits.storage import MemoryStorage
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.middleware.proxy_fix import ProxyFix

from app.services import services

View = TypeVar("View", bound=Callable[..., Any])
MAX_BODY = 64 * 1024
CLEARED_EVERY = 30  # seconds
# seconds; a hanging one holds up nobody
PATIENCE_WITH_REDIS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
FORM_TYPES = ("", "application/x-www-form-urlencoded", "multipart/form-data")
OPEN_WHEN_LOCKED = ("signups", "static", "dashboard.healthz", "dashboard.readyz")
TOKEN_IN_PATH = ("/connect/", "/owner/", "/first-admin/")
LIBRARY_GUARDS = {
    "security.login": "public",
    "security.logout": "public",
    "static": "public",
}

# where the pages for visitors are, and the script that puts them into others
VISITORS, EMBEDS = "/f", "/embed"

csrf = CSRFProtect()
limiter = Limiter(lambda: network_of(get_remote_address()), strategy="moving-window")


def public(view: View) -> View:
    """Anybody may come in."""
    return _guarded(view, "public")


def viewer(view: View) -> View:
    """Anybody who is signed in."""
    return _guarded(view, "viewer")


def admin(view: View) -> View:
    """Signed in, with the admin role."""
    return _guarded(view, "admin")


def throttled(setting: str, **options: Any) -> Callable[[View], View]:
    """At most so many posts per network address as the setting says."""
    return cast(
        Callable[[View], View],
        limiter.limit(lambda: getattr(services().settings, setting), **options),
    )


def network_of(address: str) -> str:
    """What limits count by: an address of IPv4, but the /64 of IPv6, since one visitor
    has all of that.
    """
    try:
        found = IPv6Address(address)
    except ValueError:
        return address
    return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))


def is_admin() -> bool:
    return bool(current_user.is_authenticated and current_user.has_role("admin"))


def allow_form_to_leave() -> None:
    """Let this page's form be redirected to the provider: `form-action` also governs
    redirects (CSP level 3).
    """
    allow_form_to_end_at(services().settings.auth_url)


def allow_framing(sites: Sequence[str] = ()) -> None:
    """Let these sites show this page in a frame, and us; any site when none is named."""
    g.frame_ancestors = " ".join(["'self'", *sites]) if sites else "*"


def allow_own_framing() -> None:
    """Let pages of ours show this one in a frame."""
    g.frame_ancestors = "'self'"


def allow_frames() -> None:
    """Let this page show pages of ours in frames."""
    g.frames = "'self'"


def allow_style(css: str) -> None:
    """Let this page have a `<style>` of exactly this text; none when it is empty."""
    g.style = _hash(css) if css else ""


def allow_form_to_end_at(address: str) -> None:
    """Let this page's form be answered with a redirect to somebody's page, wherever
    that redirects to.
    """
    g.form_action = f"'self' https: {origin(address)}"


def allow_keeping(how: str = "private, no-cache") -> None:
    """Let this be kept; if not said how, by the visitor's browser, which asks each time
    whether it is still good.
    """
    g.cache_control = how


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


def init(app: Flask) -> None:
    app.session_interface = Sessions()
    settings = app.extensions["latchkey"].settings
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the documented way to wrap it
        app.wsgi_app,
        **dict.fromkeys(("x_for", "x_proto", "x_host"), settings.proxy_hops),
    )
    app.before_request(_check_guard)
    app.before_request(_only_forms)
    app.after_request(_headers)
    csrf.init_app(app)
    app.config["RATELIMIT_STORAGE_URI"] = (
        settings.redis_url or "memory-cleared-at-times://"
    )
    app.config["RATELIMIT_KEY_PREFIX"] = (
        "" if settings.redis_url else secrets.token_hex(4)
    )
    app.config["RATELIMIT_STORAGE_OPTIONS"] = (
        PATIENCE_WITH_REDIS if settings.redis_url else {}
    )
    app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = bool(settings.redis_url)
    limiter.init_app(app)
    # their one limit is `signups/flood`
    spare_visitors(app, limiter._check_request_limit)


class MemoryClearedAtTimes(MemoryStorage):
    """The library's counts in memory, cleared of what is over twice a minute.

    The library itself goes through all addresses of the last hour up to 100 times a
    second, each time in a new thread.
    """

    STORAGE_SCHEME = ["memory-cleared-at-times"]  # noqa: RUF012  # as the library declares it
    _again_at = 0.0

    # takes the place of a private method
    def _MemoryStorage__schedule_expiry(self) -> None:
        now = time.monotonic()
        if now >= self._again_at:
            self._again_at = now + CLEARED_EVERY
            self._MemoryStorage__expire_events()  # type: ignore[attr-defined]  # private, by its mangled name


def spare_visitors(app: Flask, hook: Callable[[], Any]) -> None:
    """Leave a library's hook out where nobody can be signed in: on the pages for
    visitors.
    """
    hooks = app.before_request_funcs[None]
    hooks[hooks.index(hook)] = lambda: (
        None if request.blueprint == "signups" else hook()
    )


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


def _headers(response: Response) -> Response:
    response.headers.extend(
        _always(
            g.get("form_action", "'self'"),
            g.get("frame_ancestors", "'none'"),
            request.path.startswith(TOKEN_IN_PATH),
            services().settings.https,
            g.get("style", ""),
            g.get("frames", ""),
        )
    )
    if request.endpoint != "static":
        # over what Flask-Security writes, which browsers cannot read
        response.headers["Cache-Control"] = g.get("cache_control", "no-store")
    return response


@lru_cache(1000)
def _always(
    form_action: str,
    frame_ancestors: str,
    token_in_path: bool,
    https: bool,
    style: str,
    frames: str,
) -> list[tuple[str, str]]:
    """The headers of every answer; nobody else writes them."""
    headers = [
        (
            "Content-Security-Policy",
            "; ".join(
                (
                    "default-src 'none'",
                    f"style-src 'self'{style}",
                    *([f"frame-src {frames}"] if frames else []),
                    "script-src 'self'",
                    "img-src 'self' data:",
                    "font-src 'self'",
                    "connect-src 'self'",
                    "manifest-src 'self'",
                    "base-uri 'none'",
                    f"form-action {form_action}",
                    f"frame-ancestors {frame_ancestors}",
                )
            ),
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer" if token_in_path else "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ]
    if frame_ancestors == "'none'":
        headers += [
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
    return headers + (
        [("Strict-Transport-Security", "max-age=31536000")] if https else []
    )


@lru_cache(1000)
def _hash(css: str) -> str:
    return f" 'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def origin(address: str) -> str:
    """Scheme, host and port, as a Content Security Policy names a site."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
