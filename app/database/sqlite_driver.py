"""The one SQLite library of this process, and which journal is safe with it.

`pysqlite3` where it has a wheel, since Debian 12's and 13's own libraries lack the fix
of SQLite's WAL-reset race; the standard library's elsewhere. Nothing else may open the
database file, neither another library nor `open()`: POSIX locks belong to the process,
so closing any other descriptor of the file drops the locks that this library holds
(https://sqlite.org/howtocorrupt.html, section 2.2).
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app.database import folding
from app.database.sqlite_lock import Busy, writer_turn

if TYPE_CHECKING:
    import sqlite3 as driver

    LIBRARY = ""
else:
    try:
        from pysqlite3 import dbapi2 as driver

        LIBRARY = "pysqlite3"
    except ImportError:
        import sqlite3 as driver

        LIBRARY = "Python's own"

__all__ = (
    "LIBRARY",
    "driver",
    "journal_mode",
    "set_up_connection",
    "settle_journal",
)

WAL_RACE_FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
JOURNAL_SIZE_LIMIT = 16 * 1024 * 1024


def journal_mode(version: tuple[int, ...] = driver.sqlite_version_info) -> str:
    """Name the journal for a library: WAL where the WAL-reset race is fixed (3.51.3,
    3.50.7, 3.44.6), else the rollback journal.
    """
    newest, *backports = WAL_RACE_FIXED
    backported = any(
        version[:2] == fixed[:2] and version >= fixed for fixed in backports
    )
    return "WAL" if version >= newest or backported else "DELETE"


def set_up_connection(connection: driver.Connection, _record: object) -> None:
    """Set what SQLite forgets with each connection."""
    connection.isolation_level = None  # we begin our own transactions
    for pragma in (
        "foreign_keys=ON",
        "synchronous=FULL",
        # Debian's library overwrites deleted rows by itself, pysqlite3 must be told
        "secure_delete=ON",
        # a write-ahead log that one large transaction made is cut again
        f"journal_size_limit={JOURNAL_SIZE_LIMIT}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.create_function(folding.FUNCTION, 1, folding.folded, deterministic=True)


def settle_journal(engine: Engine) -> bool:
    """Bring the database file to the journal that is safe with this library; return
    whether it is safe now.

    The journal is a property of the file, so it is set once, at the start. It cannot be
    changed while others read, write or (leaving WAL) merely have the file open. The
    rollback journal is safe with every library, WAL only with those that have the fix.
    """
    wanted = journal_mode()
    if _journal_of(engine) != wanted:
        with suppress(Busy, OperationalError):
            _change_journal(engine, wanted)
    return wanted == "WAL" or _journal_of(engine) == wanted


def _change_journal(engine: Engine, wanted: str) -> None:
    with writer_turn(engine), engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={wanted}")


def _journal_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar()).upper()
