"""The provider's throttle, per API key (contract 6).

Calls per second by a token bucket, and calls in a UTC day.
"""

from dataclasses import dataclass
from typing import Literal

from app.simulator.clock import iso
from app.simulator.state import State

ROUNDING = 1e-6  # of times that are sums of fractions


@dataclass
class Bucket:
    """What an API key may still call at once, and when that was counted."""

    tokens: float
    at: float


class Limits:
    """Token buckets, as a gateway has them; a refused call costs nothing.

    A full bucket holds as many calls as may be made in a second, and fills at that pace.
    """

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, float], Bucket] = {}

    def let_through(
        self,
        door: Literal["api", "token"],
        client_id: str,
        now: float,
        per_second: float | None,
    ) -> bool:
        """Tell whether this call finds a token, and take it if so."""
        if per_second is None:
            return True
        full = max(per_second, 1.0)
        key = door, client_id, per_second
        bucket = self._buckets.setdefault(key, Bucket(full, now))
        passed = now - bucket.at
        # a clock that was set back finds it full
        refilled = bucket.tokens + passed * per_second if passed >= 0 else full
        bucket.tokens, bucket.at = min(full, refilled), now
        if bucket.tokens < 1 - ROUNDING:
            return False
        bucket.tokens -= 1
        return True


def day_left(state: State, client_id: str, now: float, per_day: int | None) -> bool:
    """Whether the key has calls left today (UTC), and count this one if so."""
    today = f"{client_id} {iso(now)[:10]}"
    count = state.calls.get(today, 0)
    if per_day is not None and count >= per_day:
        return False
    state.calls[today] = count + 1
    return True
