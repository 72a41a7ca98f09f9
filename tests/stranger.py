"""A stranger at the database file: another process, with the SQLite of Python itself.

What an operator's shell or a backup tool does. It is a process of its own, since a
second library in ours would drop the locks of the first (app/sqlite_driver).
"""

import subprocess
import sys
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_PREPARE = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
"""
_HOLD = f"""{_PREPARE}
connection.execute(sys.argv[2])
connection.execute("SELECT count(*) FROM alembic_version").fetchall()
print("begun", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
"""
_EXECUTE = f"""{_PREPARE}
print(connection.execute(sys.argv[2], sys.argv[3:]).fetchall())
"""
_RUN_SCRIPT = f"""{_PREPARE}
connection.executescript(sys.stdin.read())
"""


@contextmanager
def transaction(path: str, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Hold SQLite's own lock, for writing if not told otherwise, while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, path, begin],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        yield
        process.stdin.close()
        assert process.wait(30) == 0


def execute(path: str, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """Run one statement past our own lock file; return its rows."""
    rows: list[tuple[Any, ...]] = literal_eval(_run(_EXECUTE, path, statement, *values))
    return rows


def run_script(path: str, script: str) -> None:
    """Run many statements, such as those of a dump."""
    _run(_RUN_SCRIPT, path, stdin=script)


def _run(program: str, *arguments: str, stdin: str = "") -> str:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        input=stdin,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def content(path: str) -> bytes:
    """Read a file of the database as it lies there."""
    return subprocess.run(["cat", path], check=True, capture_output=True).stdout
