"""The provider's throttle, per API key (contract 6).

It counts calls in any one second and calls in a UTC day.
"""

from collections import defaultdict, deque
from typing import Literal

from app.simulator.clock import iso
from app.simulator.state import State


class Limits:
    """Counts what was let through; a refused call costs nothing."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def let_through(
        self,
        door: Literal["api", "token"],
        client_id: str,
        now: float,
        per_second: float | None,
    ) -> bool:
        """Tell whether this call stays within the limit, and count it if so.

        `per_second` is the most calls in any one second.
        """
        recent = self._recent[door, client_id]
        while recent and not now - 1.0 < recent[0] <= now:
            recent.popleft()
        if per_second is not None and len(recent) >= per_second:
            return False
        recent.append(now)
        return True


def day_left(state: State, client_id: str, now: float, per_day: int | None) -> bool:
    """Whether the key has calls left today (UTC), and count this one if so."""
    today = f"{client_id} {iso(now)[:10]}"
    count = state.calls.get(today, 0)
    if per_day is not None and count >= per_day:
        return False
    state.calls[today] = count + 1
    return True
