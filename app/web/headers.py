"""Write the security headers of every answer, and let a page ask for exceptions."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    g,
    request,
)

from app.services import services

TOKEN_IN_PATH = ("/connect/", "/owner/", "/first-admin/", "/confirm/")


def init_app(app: Flask) -> None:
    """Write the headers of every answer."""
    app.after_request(_set_headers)


def allow_form_to_leave() -> None:
    """Let this page's form be redirected to the provider.

    `form-action` also governs redirects (CSP level 3), and the provider's sign-in pages
    are on hosts of its own choosing.
    """
    g.form_action = f"'self' https: {origin(services().settings.auth_url)}"


def allow_framing(sites: Sequence[str] = ()) -> None:
    """Let these sites and us show this page in a frame; any site if none is named."""
    if sites:
        g.frame_ancestors = " ".join(["'self'", *sites])
    else:
        g.frame_ancestors = "*"


def allow_own_framing() -> None:
    """Let pages of ours show this one in a frame."""
    g.frame_ancestors = "'self'"


def allow_frames() -> None:
    """Let this page show pages of ours in frames."""
    g.frames = "'self'"


def allow_style(css: str) -> None:
    """Let this page have one `<style>` with exactly this text."""
    g.style = _style_source(css)


def allow_keeping(how: str = "private, no-cache") -> None:
    """Let this answer be cached.

    By default only the browser keeps it, and shows it again by its Back button alone.
    """
    g.cache_control = how


def _set_headers(response: Response) -> Response:
    policy = _content_security_policy(
        g.get("form_action", "'self'"),
        g.get("frame_ancestors", "'none'"),
        g.get("style", ""),
        g.get("frames", ""),
    )
    headers = response.headers
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    if request.path.startswith(TOKEN_IN_PATH):
        headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if g.get("frame_ancestors", "'none'") == "'none'":
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if services().settings.https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # hosted forms are found by links of their sites, and the rest is private
        headers["X-Robots-Tag"] = "noindex, nofollow"
        # over what Flask-Security writes, which browsers cannot read
        headers["Cache-Control"] = g.get("cache_control", "no-store")
    return response


def _content_security_policy(
    form_action: str, frame_ancestors: str, style: str, frames: str
) -> str:
    directives = ["default-src 'none'", f"style-src 'self'{style}"]
    if frames:
        directives.append(f"frame-src {frames}")
    directives += [
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        f"form-action {form_action}",
        f"frame-ancestors {frame_ancestors}",
    ]
    return "; ".join(directives)


def _style_source(css: str) -> str:
    if not css:
        return ""
    return f" 'sha256-{b64encode(sha256(css.encode()).digest()).decode()}'"


def origin(address: str) -> str:
    """Return scheme, host and port, as a Content Security Policy names a site."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
