"""Connections to PostgreSQL that may have ended while nobody used them: asked before
they are used again.

SQLAlchemy would ask before each use, which under load is a round trip in five. A
connection that was used within the last second is taken as it is; should the server
have gone in that second, the request fails as those under way do.
"""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

IDLE_SECONDS = 1.0


def ask_the_idle(engine: Engine, after: float = IDLE_SECONDS) -> None:
    """From now on the engine's pool asks connections that were idle for so many
    seconds, and replaces the dead.
    """

    def note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    def ask(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        now = time.monotonic()
        if now - record.info.get("idle_since", now) >= after and not _alive(
            engine, connection
        ):
            raise DisconnectionError  # the pool opens another one

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ask)


def _alive(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False
