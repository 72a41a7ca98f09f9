"""The database: one kind of column for time, one way to write, SQLite's manners.

Reads need no transaction. Every write happens inside `write_transaction()`: short, serialised on
SQLite by a lock file (left to its busy time-out alone, SQLite starves writers), and
never open across a call to the outside.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, MetaData, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from app.config.settings import Settings
from app.database import connect_options, sqlite_driver
from app.database.sqlite_lock import BUSY_SECONDS, Busy, writer_turn

T = TypeVar("T")
RETRY_SECONDS, RETRY_PAUSE = 30.0, 0.3
POOL_SECONDS = 3.0  # for a connection while all are in use
_writes = 0


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """What mypy sees: Flask-SQLAlchemy builds its base class at run time."""

else:
    Model = db.Model


# Nothing wrong with the statement: the database is locked, full, read-only, restarting
# or out of connections.
UNUSABLE = (Busy, OperationalError, InterfaceError, InternalError, PoolTimeout)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases (SQLite alone would return it without a
    zone).
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Any
    ) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(
        self, value: datetime | None, dialect: Any
    ) -> datetime | None:
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class database_now(FunctionElement[datetime]):  # reads as a function in a statement
    """The database host's time where there may be several hosts of ours; NULL on
    SQLite, whose processes share one.
    """

    type = UtcTime()
    inherit_cache = True


@compiles(database_now)
def _database_now(_element: object, compiler: Any, **_: object) -> str:
    return "clock_timestamp()" if compiler.dialect.name == "postgresql" else "NULL"


def database_time() -> datetime | None:
    """The database host's time, or None when it does not answer; on a connection of its
    own.
    """
    try:
        with db.engine.connect() as connection:
            return connection.scalar(select(database_now()))
    except UNUSABLE:
        return None


def new_id() -> str:
    """A row's id, made before the insert, so that secrets can be sealed to it."""
    return str(uuid.uuid4())


@contextmanager
def write_transaction() -> Iterator[Session]:
    """One short write transaction: committed at the end, rolled back on any error, or
    `Busy`.
    """
    global _writes
    session: Session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a write transaction inside another")
    # What was read before is read again under the lock. Where nothing was done for long
    # since, while somebody typed, say, PostgreSQL may have ended that connection.
    with suppress(*UNUSABLE):
        session.rollback()
    with writer_turn(db.engine):
        session.info["writing"] = True
        try:
            session.connection(execution_options={"latchkey_write": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)
            _writes += 1


def writes() -> int:
    """Changes with every `write_transaction()` of this process: what was read before may be old."""
    return _writes


def insert(table: type[Model]) -> Any:
    """An INSERT of this database's dialect, for `on_conflict_…` (the same words on
    both).
    """
    return (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert(table)


def rowcount(session: Session, statement: Any) -> int:
    """Run an INSERT, UPDATE or DELETE; return how many rows it changed: the answer to
    "was it me?".
    """
    # for an INSERT the count is else forgotten (it reads -1 on PostgreSQL)
    kept = {"preserve_rowcount": True}
    return int(session.execute(statement, execution_options=kept).rowcount)  # type: ignore[attr-defined]  # DML has one


def retry_write(
    write: Callable[[], T],
    sleep: Callable[[float], None],
    seconds: float = RETRY_SECONDS,
) -> T:
    """Write what the outside has already done: again and again, for so long, while the
    database is unusable.
    """
    left = seconds
    while left > 0:
        began = time.monotonic()
        try:
            return write()
        except (
            UNUSABLE
        ) as error:  # locked by a stranger, full, or the server is restarting
            if left == seconds:
                logging.getLogger("latchkey").error(
                    "write_put_off: %s", type(error).__name__
                )
            with suppress(SQLAlchemyError):  # the connection may be gone as well
                db.session.rollback()
            left -= time.monotonic() - began + RETRY_PAUSE
            sleep(RETRY_PAUSE)
    return write()


def init(app: Flask, settings: Settings) -> None:
    """Bind the database to the app; teach the engine SQLite's manners, or bound what
    anybody waits for PostgreSQL.
    """
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", sqlite_driver.set_up_connection)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            # here, since it loads PostgreSQL's driver
            from app.database import silence

            silence.watch(db.engine, connect_options.patience(settings))


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return what SQLAlchemy is told of the database."""
    address = settings.database
    if address.startswith("sqlite"):
        with suppress(OSError):  # opening the database says what is wrong
            Path(address.removeprefix("sqlite:///")).parent.mkdir(
                mode=0o700, parents=True, exist_ok=True
            )
        return {
            "module": sqlite_driver.driver,
            "hide_parameters": True,
            "pool_size": 20,
            "connect_args": {"timeout": BUSY_SECONDS},
        }
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 20,
        "pool_timeout": POOL_SECONDS,
        "connect_args": connect_options.connect_args(settings),
    }


def _begin_sqlite(connection: Any) -> None:
    if connection.get_execution_options().get("latchkey_write"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@event.listens_for(Session, "before_flush")
def _only_while_writing(session: Session, _context: object, _instances: object) -> None:
    if not session.info.get("writing"):
        raise RuntimeError("a write outside write_transaction()")


@event.listens_for(Session, "do_orm_execute")
def _no_stray_statement(state: ORMExecuteState) -> None:
    if (
        state.is_update or state.is_insert or state.is_delete
    ) and not state.session.info.get("writing"):
        raise RuntimeError("a write outside write_transaction()")
