"""Other processes of the same house, each ready before it is told to go, and killed if
need be.
"""

import json
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import event

from app import create_app
from app.accounts import tokens
from app.database.session import UNUSABLE, db, write_transaction
from app.delivery.models import Heartbeat
from app.worker import periodic, runner
from tests.conftest import KEY, test_settings
from tests.world import PATIENCE, World

# One process imports everything; each of the others is its copy.
_copies = multiprocessing.get_context("forkserver")
_copies.set_forkserver_preload([__name__])


class Other:
    """A process that does one thing when told: `hear()` is what came of it."""

    def __init__(self, target: Callable[..., None], *given: Any) -> None:
        self._ours, theirs = _copies.Pipe()
        self._process = _copies.Process(
            target=target, args=(theirs, *given), daemon=True
        )
        self._process.start()
        theirs.close()
        assert self.hear() == "ready"

    def go(self) -> None:
        self._ours.send("go")

    def hear(self) -> str:
        assert self._ours.poll(PATIENCE)
        return str(self._ours.recv())

    def killed(self) -> bool:
        """Whether it came to the end that `kill -9` makes, by itself."""
        self._process.join(PATIENCE)
        return self._process.exitcode == -signal.SIGKILL

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """kill -9"""
        self._process.kill()
        self._process.join(PATIENCE)

    def end(self) -> None:
        self._ours.close()
        self._process.join(PATIENCE)


@contextmanager
def others(
    many: int,
    does: Callable[[str], str],
    about: str,
    world: World,
    folder: Path,
    **more: Any,
) -> Iterator[list[Other]]:
    """So many of them, on the database and the provider of this world."""
    world.clock.follow_machine()
    address = world.app.config["SQLALCHEMY_DATABASE_URI"]
    settings = (address, world.simulator.url, folder)
    there = [
        Other(_live, does, about, settings, {"key": KEY, **more}) for _ in range(many)
    ]
    try:
        yield there
    finally:
        for one in there:
            one.end()


def starts(pipe: Connection, address: str, folder: Path, key: str) -> None:
    """Start the app when told, and say that it is up: the target of an `Other`."""
    settings = test_settings(address, "http://127.0.0.1:1", folder, key=key)
    pipe.send("ready")
    pipe.recv()
    create_app(settings)
    pipe.send("up")


def wants_a_token(account_id: str) -> str:
    """The token that it got, or why it got none."""
    try:
        return tokens.fresh_token(account_id)
    except (tokens.NeedsOwner, tokens.NotNow) as error:
        return f"{type(error).__name__}: {error}"


def threads_want_a_token(about: str) -> str:
    """What each of so many threads got that asked at once: a JSON list.

    `about`: JSON with `account` and `threads`.
    """
    told, app = json.loads(about), current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's way
    together = threading.Barrier(told["threads"])

    def want(_: int) -> str:
        with app.app_context():
            together.wait(PATIENCE)
            return wants_a_token(told["account"])

    with ThreadPoolExecutor(told["threads"]) as pool:
        return json.dumps(list(pool.map(want, range(told["threads"]))))


def writes_in_three_threads(name: str) -> str:
    """40 rows from each thread, in a transaction of its own; how many threads ended well."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's way

    def write(thread: int) -> int:
        for number in range(40):
            with app.app_context(), write_transaction() as session:
                row = Heartbeat(
                    worker=f"{name}-{thread}-{number}", seen_at=datetime.now(UTC)
                )
                session.add(row)
        return 1

    with ThreadPoolExecutor(3) as pool:
        return str(sum(pool.map(write, range(3))))


def works_on_a_full_disk(_about: str) -> str:
    """A worker's round in which no file may grow, nor be written at all; whether
    anything could be stored.
    """
    # it has much to complain of
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    periodic.run_due(db.session.info["now"]())
    runner.drain()
    try:
        with write_transaction() as session:
            session.query(Heartbeat).delete()
    except UNUSABLE:
        return "nothing could be written"
    return "it could be written"


def delivers(about: str) -> str:
    """A worker's next sign-up, or "all" that are due; how many attempts it made."""
    return str(runner.drain() if about == "all" else int(runner.step()))


def reads_in_the_background(about: str) -> str:
    """One of a worker's reads that can wait, by the name of its chore."""
    periodic.run_due(db.session.info["now"](), (getattr(periodic, about),))
    return about


def dies_while_storing(about: str) -> str:
    """A visitor's press, in a process that is killed just before it commits, or just
    after; the answer's status.

    `about`: JSON with `moment` ("before" or "after"), `path` and `typed`.
    """
    told, app = json.loads(about), current_app._get_current_object()  # type: ignore[attr-defined]  # Flask's way

    def die(*_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    def die_at_the_sign_up(
        _connection: Any, _cursor: Any, statement: str, *_: Any
    ) -> None:
        if "INTO signup" in statement:
            die()

    if told["moment"] == "before" and db.engine.dialect.name == "sqlite":
        event.listen(db.engine, "commit", die)
    elif (
        told["moment"] == "before"
    ):  # there it is one statement, which commits by itself
        event.listen(db.engine, "before_cursor_execute", die_at_the_sign_up)
    else:
        app.after_request(die)
    return str(app.test_client().post(told["path"], data=told["typed"]).status_code)


def presses_on_a_full_disk(about: str) -> str:
    """A visitor's press, and a worker's round, where no file may grow: status,
    `Retry-After`, page and attempts.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    told, browser = json.loads(about), current_app.test_client()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answer = browser.post(told["path"], data=told["typed"])
    return json.dumps(
        [
            answer.status_code,
            answer.headers.get("Retry-After"),
            answer.text,
            runner.drain(),
        ]
    )


def _live(
    pipe: Connection,
    does: Callable[[str], str],
    about: str,
    settings: tuple[Any, ...],
    more: dict[str, Any],
) -> None:
    app = create_app(test_settings(*settings, **more))
    with app.app_context():
        db.session.info["now"] = app.extensions["latchkey"].clock.now
        pipe.send("ready")
        pipe.recv()
        pipe.send(does(about))
