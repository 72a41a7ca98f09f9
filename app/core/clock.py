"""The time of day, as an argument.

Production reads the system's; tests share one that they can move.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ASKED_EVERY = 60.0  # seconds
ALIKE = timedelta(seconds=0.2)


class Clock:
    """The host's own time.

    `shared` tells that every process of this installation reads this very clock; the
    clocks of several hosts differ.
    """

    shared = False

    def now(self) -> datetime:
        """Return this instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class DatabaseClock(Clock):
    """The database's time, for several hosts whose clocks may differ.

    Leases, pace and due times are compared between hosts. `ask` returns the time, or
    None when it cannot be learnt just now. It is called once a minute; in between the
    host's own clock goes on from there.
    """

    def __init__(self, own: Clock, ask: Callable[[], datetime | None]) -> None:
        self._own = own
        self._ask = ask
        self._ahead = timedelta(0)  # the database's time less our own
        self._known = False
        self._ask_at = time.monotonic()
        self._asking = threading.Lock()

    def now(self) -> datetime:
        # Only the first question is waited for: later ones find an answer that will do.
        if self._is_due() and self._asking.acquire(blocking=not self._known):
            try:
                if self._is_due():
                    self._compare()
            finally:
                self._asking.release()
        return self._own.now() + self._ahead

    def _is_due(self) -> bool:
        return time.monotonic() >= self._ask_at

    def _compare(self) -> None:
        sent_at = self._own.now()
        answer = self._ask()
        if answer is not None:
            # the database read its clock somewhere between question and answer
            half_of_trip = (self._own.now() - sent_at) / 2
            self._set(answer - sent_at - half_of_trip, half_of_trip)
        pause = ASKED_EVERY if self._known else 0.0
        self._ask_at = time.monotonic() + pause

    def _set(self, ahead: timedelta, uncertainty: timedelta) -> None:
        """Leave clocks that may agree alone.

        Otherwise the length of each answer's trip would shift the pace every minute.
        """
        self._known = True
        if abs(ahead - self._ahead) > ALIKE + uncertainty:
            self._ahead = ahead

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)
