"""The time of day, as an argument: production reads the system's, tests share one they
can move.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ASKED_EVERY = 60.0  # seconds
ALIKE = timedelta(seconds=0.2)


class Clock:
    """`shared` says that every process of this installation reads this very clock;
    hosts' own clocks differ.
    """

    shared = False

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class DatabaseClock(Clock):
    """The database's time, where hosts of ours may have clocks that differ: leases,
    pace and due times are compared.

    `ask` tells it, or None when it cannot be told just now. It is asked once a minute;
    in between the host's own clock goes on from there.
    """

    def __init__(self, own: Clock, ask: Callable[[], datetime | None]) -> None:
        self._own, self._ask = own, ask
        self._ahead, self._ask_at, self._known = timedelta(0), time.monotonic(), False
        self._asking = threading.Lock()

    def now(self) -> datetime:
        if time.monotonic() >= self._ask_at and self._asking.acquire(
            blocking=not self._known
        ):
            try:
                if time.monotonic() >= self._ask_at:
                    asked = self._own.now()
                    there = self._ask()
                    if there is not None:
                        # of the trip: it was told somewhere in between
                        half = (self._own.now() - asked) / 2
                        self._set(there - asked - half, half)
                    self._ask_at = time.monotonic() + (
                        ASKED_EVERY if self._known else 0.0
                    )
            finally:
                self._asking.release()
        return self._own.now() + self._ahead

    def _set(self, ahead: timedelta, unsure: timedelta) -> None:
        """Clocks that may agree are left alone: how long the answer took would else
        shift the pace every minute.
        """
        self._known = True
        if abs(ahead - self._ahead) > ALIKE + unsure:
            self._ahead = ahead

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)
