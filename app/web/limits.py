"""Limit how often a network address may post."""

import secrets
import time
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network
from typing import Any, TypeVar, cast

from flask import (
    Flask,
    request,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits.storage import MemoryStorage

from app.services import services

View = TypeVar("View", bound=Callable[..., Any])
CLEARED_EVERY = 30  # seconds
# in seconds: a Redis that hangs must not hold up visitors
REDIS_OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
limiter = Limiter(lambda: network_of(get_remote_address()), strategy="moving-window")


def throttled(setting: str, **options: Any) -> Callable[[View], View]:
    """Limit a view's requests per network to what a setting says."""
    return cast(
        Callable[[View], View],
        limiter.limit(lambda: getattr(services().settings, setting), **options),
    )


def network_of(address: str) -> str:
    """Return what limits count by: the IPv4 address, or the /64 network of an IPv6 one.

    A single visitor usually has a whole /64.
    """
    try:
        ip = IPv6Address(address)
    except ValueError:
        return address
    return str(ip.ipv4_mapped or IPv6Network((ip, 64), strict=False))


def init_app(app: Flask) -> None:
    """Count in Redis where several processes share one, else in memory."""
    redis_url = app.extensions["latchkey"].settings.redis_url
    app.config["RATELIMIT_KEY_PREFIX"] = "" if redis_url else secrets.token_hex(4)
    if redis_url:
        app.config["RATELIMIT_STORAGE_URI"] = redis_url
        app.config["RATELIMIT_STORAGE_OPTIONS"] = REDIS_OPTIONS
        app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    else:
        app.config["RATELIMIT_STORAGE_URI"] = "memory-cleared-at-times://"
    app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    limiter.init_app(app)
    # visitors' presses are limited by `signups/rate_limit` alone
    spare_visitors(app, limiter)


class MemoryClearedAtTimes(MemoryStorage):
    """The library's counts in memory, cleared of expired ones twice a minute.

    The library itself goes through all addresses of the last hour up to 100 times a
    second, each time in a new thread.
    """

    STORAGE_SCHEME = ["memory-cleared-at-times"]  # noqa: RUF012  # as the library declares it

    def __init__(self, uri: str | None = None, **options: Any) -> None:
        super().__init__(uri, **options)
        self.timer = cast(Any, _SeldomTimer(self.timer.function))


class _SeldomTimer:
    """Stands for the library's timer, which is started anew whenever it is not alive."""

    def __init__(self, clear: Callable[..., Any]) -> None:
        self._clear, self._again_at = clear, 0.0

    def is_alive(self) -> bool:
        """Clear in the thread that asks, when it is time again."""
        now = time.monotonic()
        if now >= self._again_at:
            self._again_at = now + CLEARED_EVERY
            self._clear()
        return True


def spare_visitors(app: Flask, library: object) -> None:
    """Leave out a library's hooks on visitors' pages, where nobody can be signed in.

    Asking who it is costs a tenth of a press (docs/measurements.md).
    """
    hooks = app.before_request_funcs[None]
    for place, hook in enumerate(hooks):
        if getattr(hook, "__self__", None) is library:
            hooks[place] = _but_for_visitors(hook)


def _but_for_visitors(hook: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: None if request.blueprint == "signups" else hook()
