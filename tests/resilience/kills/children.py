"""A process that imports everything once, makes the app, and forks quickly: the test's
side of it, and its own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.database.session import db
from tests.conftest import test_settings
from tests.world import PATIENCE, SharedClock

ROOT = Path(__file__).resolve().parents[3]


class Nursery:
    """A module of this folder as a process, spoken with in lines; it ends when this
    does.
    """

    def __init__(self, module: str, **given: Any) -> None:
        SharedClock.follow_machine()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", f"tests.resilience.kills.{module}"],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.ask(json.dumps(given)) == "ready"

    def ask(self, line: str) -> str:
        """Say a line, and hear one."""
        assert self._process.stdin
        assert self._process.stdout
        print(line, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        code = self._process.wait(PATIENCE)
        self._process.stdout.close()
        assert code == 0


def awake() -> tuple[Flask, dict[str, Any]]:
    """The app as asked for in the first line, with nothing open that children must not
    share; and that line.
    """
    given = json.loads(sys.stdin.readline())
    app = create_app(
        test_settings(
            given["database"],
            given["simulator"],
            Path(given["folder"]),
            **given["settings"],
        )
    )
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return app, given


def fork(live: Callable[[], None], *not_theirs: int) -> int:
    """A child that lives and ends; descriptors of its parent that it must not hold open
    are closed.
    """
    pid = os.fork()
    if pid:
        return pid
    for descriptor in not_theirs:
        os.close(descriptor)
    try:
        live()
    finally:
        os._exit(0)
