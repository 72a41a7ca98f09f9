"""Plain statements without a session, for what has to be quick: the pages and presses
of visitors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Engine

from app.database.session import db
from app.database.sqlite_lock import writer_turn


def on_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


@contextmanager
def single() -> Iterator[Connection]:
    """For one statement that needs no transaction around it: on PostgreSQL it is one by
    itself, a write too.
    """
    # on SQLite reads have none anyway
    engine = db.engine if on_sqlite() else _autocommitting()
    with engine.connect() as connection:
        yield connection


@contextmanager
def storing() -> Iterator[Connection]:
    """`write_transaction()` without its session: one short write transaction, or `Busy`."""
    with (
        writer_turn(db.engine),
        db.engine.connect() as connection,
        connection.execution_options(latchkey_write=True).begin(),
    ):
        yield connection


def _autocommitting() -> Engine:
    kept: dict[str, Any] = current_app.extensions
    if "latchkey.autocommitting" not in kept:
        kept["latchkey.autocommitting"] = db.engine.execution_options(
            isolation_level="AUTOCOMMIT"
        )
    engine: Engine = kept["latchkey.autocommitting"]
    return engine
