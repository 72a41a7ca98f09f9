"""The simulator's time: real time plus what was advanced, or standing still."""

import threading
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol


class Ticking(Protocol):
    """What the simulator needs of a clock; tests may bring their own."""

    def now(self) -> float: ...

    def advance(self, seconds: float) -> None: ...

    def sleep(self, seconds: float) -> None: ...


class Clock:
    """Epoch seconds.

    Given `stands_at` it moves only when advanced, otherwise it runs with real time.
    """

    def __init__(self, stands_at: float | None = None) -> None:
        self._stands_at = stands_at
        self._lock = threading.Lock()
        self.offset = 0.0

    def now(self) -> float:
        return (
            time.time() if self._stands_at is None else self._stands_at
        ) + self.offset

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.offset += seconds

    def sleep(self, seconds: float) -> None:
        """Hold an answer back in real time, whatever the clock says: its caller waits."""
        time.sleep(seconds)

    def reset(self) -> None:
        """Back to real time, or to where it stood."""
        with self._lock:
            self.offset = 0.0


@lru_cache(maxsize=4096)
def iso(at: float) -> str:
    """The provider's commonest time format, `2026-04-28T21:46:22Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def epoch(text: str) -> float:
    """Return the seconds of an ISO 8601 time, in UTC when it names no zone.

    Raises `ValueError` for another text.
    """
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
