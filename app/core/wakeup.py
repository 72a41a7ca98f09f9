"""A doorbell between intake and worker.

It only saves a moment: the table decides what is due.
"""

import threading


class Wakeup:
    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Return when rung, or after `seconds`.

        Work in other processes is found by that poll.
        """
        self._event.wait(seconds)
        self._event.clear()
