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
# seconds; a hanging one holds up nobody
PATIENCE_WITH_REDIS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
limiter = Limiter(lambda: network_of(get_remote_address()), strategy="moving-window")


def init_app(app: Flask) -> None:
    settings = app.extensions["latchkey"].settings
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
    # their one limit is `signups/rate_limit`
    spare_visitors(app, limiter._check_request_limit)


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
