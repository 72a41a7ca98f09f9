"""Write the security headers of every answer, and let a page ask for exceptions."""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    g,
    request,
)

from app.services import services

TOKEN_IN_PATH = ("/connect/", "/owner/", "/first-admin/")


def init_app(app: Flask) -> None:
    app.after_request(_headers)


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
