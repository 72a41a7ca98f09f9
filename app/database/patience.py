"""How long the database may take: a visitor's request not long, some statements as long
as they need.

`silence` keeps to it on PostgreSQL; SQLite answers at once, or its lock file has an end
of its own.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g, has_app_context
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

# What a visitor's request may wait for the database in all. With a connection that has
# to be made first, that stays below five seconds.
VISITOR_SECONDS = 3.5
LEAST = 0.001  # seconds; 0 would be no limit
STEPS = 20_000  # of SQLite's machine between two looks at the time: some milliseconds
STOPPED = (
    "57014",
    "interrupted",
)  # how PostgreSQL and SQLite say that it took too long


class TookTooLong(Exception):
    """A statement was stopped at its time limit."""


def answer_within(seconds: float) -> None:
    """Let this request wait for the database for so many seconds in all."""
    g.database_ends = time.monotonic() + seconds


def seconds_left_of_request() -> float | None:
    """Return what is left of that; None without a request that said so."""
    ends: float | None = g.get("database_ends") if has_app_context() else None
    if ends is None:
        return None
    return max(LEAST, ends - time.monotonic())


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Let the statements of this transaction take as long as they need."""
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    usual, driver.patience = driver.patience, None
    try:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield
    finally:
        driver.patience = usual


@contextmanager
def at_most(connection: Connection, seconds: float) -> Iterator[None]:
    """Stop statements that take longer; raises `TookTooLong`.

    The transaction is over then: whoever catches it begins a new one.
    """
    try:
        with _limited(connection, seconds):
            yield
    except OperationalError as error:
        reason = getattr(error.orig, "sqlstate", None) or str(error.orig)
        if reason not in STOPPED:
            raise
        connection.rollback()
        raise TookTooLong from None


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        milliseconds = max(1, int(seconds * 1000))
        # to the end of the transaction; reads need no longer time behind it
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        yield
        return
    ends = time.monotonic() + seconds
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > ends, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
