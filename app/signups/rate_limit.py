"""At most so many presses from one network, by the windows that every other limit uses
too.

They are asked directly: what the limiting extension does around them costs more than
the whole check (docs/measurements.md).
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import current_app
from limits import RateLimitItem, parse_many
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from app.core.logs import log
from app.services import services
from app.web import limits

REST = 5.0  # seconds that a shared store which failed is left alone
PRESSES = "signups"


def one_too_many(address: str, what: str = PRESSES) -> datetime | None:
    """Count a press from this address, or whatever else is limited in the same way;
    return None when it is within all limits, else when its network may press again.
    """
    network, windows = limits.network_of(address), _windows()
    for limit in _limits(services().settings.signup_limits):
        if until := windows.refused(limit, what, network):
            return until
    return None


@dataclass
class _Windows:
    """Those that web processes share, and this process's own for while they cannot be
    asked.
    """

    shared: RateLimiter
    own: RateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(limits.MemoryClearedAtTimes())
    )
    again_at: float = 0.0

    def refused(self, limit: RateLimitItem, what: str, network: str) -> datetime | None:
        if time.monotonic() >= self.again_at:
            try:
                return _refused(self.shared, limit, what, network)
            # whatever ails it: visitors are not made to wait for it
            except Exception as error:
                log.warning("limits_not_shared", error=type(error).__name__)
                self.again_at = time.monotonic() + REST
        return _refused(self.own, limit, what, network)


def _refused(
    windows: RateLimiter, limit: RateLimitItem, what: str, network: str
) -> datetime | None:
    if windows.hit(limit, what, network):
        return None
    return datetime.fromtimestamp(
        windows.get_window_stats(limit, what, network).reset_time, UTC
    )


def _windows() -> _Windows:
    extensions: dict[str, Any] = current_app.extensions
    if "latchkey.flood" not in extensions:  # making one starts a thread
        extensions["latchkey.flood"] = _Windows(limits.limiter.limiter)
    windows: _Windows = extensions["latchkey.flood"]
    return windows


@lru_cache(10)
def _limits(setting: str) -> list[RateLimitItem]:
    """Put the shortest first, so that what it refuses is not counted by the others."""
    return sorted(parse_many(setting))
