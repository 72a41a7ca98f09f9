"""One writer at a time on SQLite: first among our threads, then among processes, by a
lock file.

Left to its busy time-out alone, SQLite starves writers.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from sqlalchemy import Engine

BUSY_SECONDS = 5.0

_threads_turn = threading.Lock()


class Busy(Exception):
    """The database could not be written within its few seconds."""


@contextmanager
def writer_turn(engine: Engine) -> Iterator[None]:
    """Hold the turn to write, where there is one: on SQLite. Raises `Busy`."""
    if engine.dialect.name != "sqlite":
        yield
        return
    deadline = time.monotonic() + BUSY_SECONDS
    if not _threads_turn.acquire(timeout=BUSY_SECONDS):
        raise Busy("another thread is writing")
    try:
        with locked(f"{engine.url.database}.lock", deadline):
            yield
    finally:
        _threads_turn.release()


@contextmanager
def locked(path: str, deadline: float) -> Iterator[None]:
    """Hold a lock file across processes; the kernel frees it when its holder dies.

    `Busy` past the deadline.
    """
    try:
        file = open(path, "a", opener=_for_us_alone)  # noqa: SIM115  # only the opening is what is caught here
    except OSError as error:  # a read-only or full disk, no file descriptor left
        raise Busy(f"the lock file cannot be opened: {error.strerror}") from error
    with file:
        _lock(file, deadline)
        yield


def _for_us_alone(path: str, flags: int) -> int:
    """Open a file that nobody else on this machine can lock."""
    return os.open(path, flags, 0o600)


def _lock(file: IO[str], deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy("another process is writing") from None
            time.sleep(0.001)


def _new_threads_turn() -> None:
    global _threads_turn
    # a child process does not inherit a thread that would release it
    _threads_turn = threading.Lock()


os.register_at_fork(after_in_child=_new_threads_turn)
