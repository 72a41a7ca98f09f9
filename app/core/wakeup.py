"""Wakes a waiting worker when there is something new.

It only saves a moment: the table decides what is due.
"""

import threading


class Wakeup:
    """An event between the threads of one process."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Wake whoever waits."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Return when woken, or after `seconds`.

        The time-out is the poll that finds work of other processes.
        """
        self._event.wait(seconds)
        self._event.clear()
