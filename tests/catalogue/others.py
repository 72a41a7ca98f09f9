"""Other processes of the same house, each ready before it is told to go, and killed if need be."""

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from app import create_app
from app.accounts import tokens
from app.db import UNUSABLE, db, writing
from app.delivery import worker
from app.delivery.models import Heartbeat
from tests.conftest import KEY, test_settings
from tests.world import World

# One process imports everything; each of the others is its copy.
_copies = multiprocessing.get_context("forkserver")
_copies.set_forkserver_preload(["tests.catalogue.others"])


class Other:
    """A process that does one thing when told: `hear()` is what came of it."""

    def __init__(self, does: Callable[[str], str], about: str, *settings: Any, **more: Any) -> None:
        self._ours, theirs = _copies.Pipe()
        self._process = _copies.Process(target=_live, args=(does, about, theirs, settings, more), daemon=True)
        self._process.start()
        theirs.close()
        assert self.hear() == "ready"

    def go(self) -> None:
        self._ours.send("go")

    def hear(self) -> str:
        assert self._ours.poll(20)
        return str(self._ours.recv())

    def kill(self) -> None:
        """kill -9"""
        self._process.kill()
        self._process.join(20)

    def end(self) -> None:
        self._ours.close()
        self._process.join(20)


@contextmanager
def others(many: int, does: Callable[[str], str], about: str, world: World, folder: Path,
           **more: Any) -> Iterator[list[Other]]:
    """So many of them, on the database and the provider of this world."""
    address = world.app.config["SQLALCHEMY_DATABASE_URI"]
    there = [Other(does, about, address, world.simulator.url, folder, **{"key": KEY, **more}) for _ in range(many)]
    try:
        yield there
    finally:
        for one in there:
            one.end()


def wants_a_token(account_id: str) -> str:
    """The token that it got, or why it got none."""
    try:
        return tokens.fresh_token(account_id)
    except (tokens.NeedsOwner, tokens.NotNow) as error:
        return f"{type(error).__name__}: {error}"


def works_on_a_full_disk(_about: str) -> str:
    """A worker's round in which no file may grow, nor be written at all; whether anything could be stored."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # it has much to complain of
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    worker.chores(db.session.info["now"]())
    worker.drain()
    try:
        with writing() as session:
            session.query(Heartbeat).delete()
    except UNUSABLE:
        return "nothing could be written"
    return "it could be written"


def _live(does: Callable[[str], str], about: str, pipe: Connection, settings: tuple[Any, ...],
          more: dict[str, Any]) -> None:
    app = create_app(test_settings(*settings, **more))
    with app.app_context():
        db.session.info["now"] = app.extensions["latchkey"].clock.now
        pipe.send("ready")
        pipe.recv()
        pipe.send(does(about))
