"""The time of day, as an argument: production reads the system's, tests share one they can move."""

import time
from datetime import UTC, datetime


class Clock:
    """`shared` says that every process of this installation reads this very clock; hosts' own clocks differ."""

    shared = False

    def now(self) -> datetime:
        """This instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
