"""The time of day, as an argument.

Production reads the system's; tests share one that they can move.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ASKED_EVERY = 60.0  # seconds
# How exactly another clock is worth knowing, and how often it is asked for that.
GOOD_ENOUGH = timedelta(seconds=0.005)
MAX_QUESTIONS = 4


def lasts(until: datetime | None, now: datetime) -> bool:
    """Tell whether something goes on that ends then; None is nothing that goes on."""
    return until is not None and now < until


class Clock:
    """The host's own time.

    `shared` tells that every process of this installation reads this very clock; the
    clocks of several hosts differ.
    """

    shared = False

    @property
    def error(self) -> timedelta:
        """Return by how much this may differ from the clock that all hosts go by."""
        return timedelta(0)

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
        self._error = timedelta(0)
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

    @property
    def error(self) -> timedelta:
        return self._error

    def _compare(self) -> None:
        """Ask until the answer came quickly; the quickest one counts."""
        answers = []
        for _ in range(MAX_QUESTIONS):
            sent_at = self._own.now()
            answer = self._ask()
            if answer is None:
                break
            # the database read its clock somewhere between question and answer
            half_of_trip = abs(self._own.now() - sent_at) / 2
            answers.append((half_of_trip, answer - sent_at - half_of_trip))
            if half_of_trip <= GOOD_ENOUGH:
                break
        if answers:
            self._set(*min(answers))
        pause = ASKED_EVERY if self._known else 0.0
        self._ask_at = time.monotonic() + pause

    def _set(self, error: timedelta, ahead: timedelta) -> None:
        """Go by an answer, but for one that says less than what is known already.

        Otherwise the length of each answer's trip would shift the pace every minute.
        """
        differs = abs(ahead - self._ahead)
        if differs > error:
            self._ahead = ahead
            self._error = error
        elif self._known:
            # as far apart as before, but for what quartz does in a minute
            self._error = min(self._error + GOOD_ENOUGH, differs + error)
        else:
            self._error = differs + error
        self._known = True

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)
