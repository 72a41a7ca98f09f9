"""A PostgreSQL that falls silent: nobody waits for it for long, and one at a time tries
whether it is back.

A network or a host can swallow every packet, and a proxy can take them for a server
that is gone. TCP alone notices the first after minutes or hours, and the second never.
So each exchange has an end here, an idle connection has a second to answer before it
is used, and while the server does not answer, all but one of those who want a
connection are refused at once: threads stay free for what needs no database.

Loaded for PostgreSQL only: with SQLite its driver would be a tenth of every start.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from app.database.patience import seconds_left_of_request

# A connection that was used so lately is taken as it is: to ask before each use would
# be a round trip in five under load.
IDLE_SECONDS = 1.0
PING_SECONDS = 1.0
# How long a thread waits for the one that tries, before it is refused: a server that
# answers is connected to sooner.
SHORT_WHILE = 0.25
CANCEL_SECONDS = 0.5
POLLED_EVERY = 0.1


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when an exchange takes longer than it may."""

    patience: float | None = None  # seconds for one exchange
    silence: "Silence"

    def wait(
        self, gen: Any, interval: float = POLLED_EVERY, timeout: float | None = None
    ) -> Any:
        """Wait as psycopg does, but no longer than our patience or the request's."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limits = [self.patience, seconds_left_of_request()]
        least = min((limit for limit in limits if limit is not None), default=None)
        try:
            return super().wait(gen, interval, least)
        except errors._WaitTimeout:
            self._give_up()
            raise psycopg.OperationalError("the database did not answer") from None

    def _give_up(self) -> None:
        """Have the server drop what it is at, or else nobody waits for it any more.

        What it only had to wait for could be stored otherwise, after somebody was told
        that it was not. The connection goes too: an answer that comes all the same
        would be taken for the next one's.
        """
        try:
            self.cancel_safe(timeout=CANCEL_SECONDS)
        except psycopg.Error:
            self.silence.is_on = True
        self.pgconn.finish()


class Silence:
    """Whether the server is silent, and who asks it then."""

    def __init__(self) -> None:
        self.is_on = False
        self._turn = threading.Lock()

    def connect(self, open_one: Callable[[], BoundedConnection]) -> BoundedConnection:
        """Open a connection; while the server is silent one thread at a time tries."""
        if not self.is_on:
            return self._try(open_one)
        if not self._turn.acquire(timeout=SHORT_WHILE):
            raise psycopg.OperationalError("the database does not answer")
        try:
            return self._try(open_one)
        finally:
            self._turn.release()

    def _try(self, open_one: Callable[[], BoundedConnection]) -> BoundedConnection:
        try:
            connection = open_one()
        except errors.ConnectionTimeout:
            self.is_on = True
            raise
        self.is_on = False
        return connection


def watch(
    engine: Engine, patience: float | None, idle_seconds: float = IDLE_SECONDS
) -> Silence:
    """Bound all that this engine's connections wait for.

    `patience` are the seconds of one exchange where nothing shorter is asked for.
    Connections that were idle are asked before they are used, and the dead replaced.
    """
    silence = Silence()

    def connect(
        _dialect: object, _record: object, cargs: list[Any], cparams: dict[str, Any]
    ) -> BoundedConnection:
        connection = silence.connect(
            lambda: BoundedConnection.connect(*cargs, **cparams)
        )
        connection.patience = patience
        connection.silence = silence
        return connection

    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    def ask(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if silence.is_on:
            raise DisconnectionError  # whoever tries opens another one
        now = time.monotonic()
        if now - record.info.get("idle_since", now) >= idle_seconds:
            _ask(engine, connection, silence)

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ask)
    return silence


def _ask(engine: Engine, connection: Any, silence: Silence) -> None:
    """Ask an idle connection; raises what makes the pool open another one."""
    usual, connection.patience = connection.patience, PING_SECONDS
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        if silence.is_on:
            raise InvalidatePoolError from None  # the others are as old
        raise DisconnectionError from None  # ended, and says so
    finally:
        connection.patience = usual
