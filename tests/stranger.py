"""A stranger at the database file: another process, with the SQLite of Python itself.

What an operator's shell or a backup tool does. It is a process of its own, since a
second library in ours would drop the locks of the first (app/sqlite_driver).
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PREPARE = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
"""
_HOLD = f"""{_PREPARE}
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""
_EXECUTE = f"""{_PREPARE}
connection.execute(sys.argv[2], sys.argv[3:])
"""


@contextmanager
def holding(path: str, seconds: float) -> Iterator[None]:
    """Hold SQLite's own write lock for so long, whatever the block does meanwhile."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path, str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "locked\n"
    try:
        yield
    finally:
        assert process.wait(seconds + 30) == 0
        process.stdout.close()


def execute(path: str, statement: str, *values: str) -> None:
    """Run one statement past our own lock file."""
    subprocess.run(
        [sys.executable, "-c", _EXECUTE, path, statement, *values], check=True
    )


def content(path: str) -> bytes:
    """Read a file of the database as it lies there."""
    return subprocess.run(["cat", path], check=True, capture_output=True).stdout
