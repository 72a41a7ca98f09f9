"""The index over parts of words: FTS5's trigrams on SQLite, pg_trgm on PostgreSQL.

Made by the worker, since not every SQLite library has FTS5 and not every PostgreSQL
lets us have pg_trgm: without it searching reads the search table, newest first, up to a
time limit.
"""

from typing import Any, cast

from flask import current_app
from sqlalchemy import Table, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.core.logs import log
from app.database.patience import unhurried
from app.database.session import db, write_transaction
from app.database.sqlite_driver import driver
from app.signups.models import Searchable

MIN_LETTERS = 3  # what a trigram has
TRIGRAMS = "signup_search_trigrams"
POSTGRESQL_INDEX = "ix_signup_search_text_trigrams"
SECURE_DELETE_SINCE = (3, 42)
_INSERT = (
    "INSERT INTO signup_search_trigrams (rowid, text) VALUES (new.number, new.text);"
)
_DELETE = (
    "INSERT INTO signup_search_trigrams (signup_search_trigrams, rowid, text)"
    " VALUES ('delete', old.number, old.text);"
)
DELETE_SECURELY = text(
    "INSERT INTO signup_search_trigrams (signup_search_trigrams, rank)"
    " VALUES ('secure-delete', 1)"
)
TRIGGERS = {
    "signup_search_inserted": f"AFTER INSERT ON signup_search BEGIN {_INSERT} END",
    "signup_search_deleted": f"AFTER DELETE ON signup_search BEGIN {_DELETE} END",
    "signup_search_updated": (
        f"AFTER UPDATE ON signup_search BEGIN {_DELETE} {_INSERT} END"
    ),
}
CREATE_TRIGRAMS = (
    f"CREATE VIRTUAL TABLE {TRIGRAMS} USING fts5(text, content='signup_search',"
    " content_rowid='number', tokenize='trigram', columnsize=0)"
)
HAS_MODULE = text("SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'")
HAS_TRIGGERS = text(
    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name ="
    " 'signup_search_inserted'"
)
# fails without FTS5, and with one that does not know this index's format
READ_IT = text(
    "SELECT rowid FROM signup_search_trigrams WHERE signup_search_trigrams"
    " MATCH 'abc' LIMIT 1"
)
FAILED = "latchkey.search_index_failed"  # not tried again by this process
POSTGRESQL_HAS = text("SELECT to_regclass(:name) IS NOT NULL")
# trusted since PostgreSQL 13: who may create in the database may have it
MAY_HAVE_PG_TRGM = text(
    "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm' AND"
    " (installed_version IS NOT NULL OR has_database_privilege(current_database(),"
    " 'CREATE'))"
)


def has_trigrams() -> bool:
    """Whether SQLite's index is there; PostgreSQL goes by its own planner.

    Once it is, it stays for as long as this process has its library.
    """
    if on_postgresql():
        return False
    known = current_app.extensions
    if not known.get("latchkey.search_index"):
        has_triggers = bool(db.session.scalar(HAS_TRIGGERS))
        known["latchkey.search_index"] = has_triggers and _is_readable()
    return bool(known["latchkey.search_index"])


def _is_readable() -> bool:
    try:
        db.session.execute(READ_IT)
    except DatabaseError:
        db.session.rollback()
        return False
    return True


def on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def settle() -> bool:
    """Make the index where the library or server has what it takes.

    Returns False when the table was emptied for it, and has to be filled anew.
    """
    if current_app.extensions.get(FAILED):
        return True
    if on_postgresql():
        _settle_postgresql()
        return True
    has_module = bool(db.session.scalar(HAS_MODULE))
    has_triggers = bool(db.session.scalar(HAS_TRIGGERS))
    is_readable = has_triggers and _is_readable()
    db.session.rollback()
    if has_triggers and not is_readable:
        # another library made it, and with this one no row could be written
        with write_transaction() as session:
            _drop_triggers(session)
    if has_module and not has_triggers:
        return not _create_trigrams()
    return True


def _create_trigrams() -> bool:
    """Create the index beside an empty table; False where there are no trigrams."""
    try:
        with write_transaction() as session:
            session.execute(text(f"DROP TABLE IF EXISTS {TRIGRAMS}"))
            session.execute(text(CREATE_TRIGRAMS))
            _delete_securely(session)
            _empty(session)
            for name, what in TRIGGERS.items():
                session.execute(text(f"CREATE TRIGGER {name} {what}"))
    except DatabaseError as error:  # no such tokenizer: SQLite before 3.34
        _give_up(error)
        return False
    return True


def _give_up(error: DatabaseError) -> None:
    current_app.extensions[FAILED] = True
    log.warning("search_unindexed", error=str(error.orig))


def _delete_securely(session: Session) -> None:
    """Leave nothing in the index of what is deleted, where the library can."""
    if driver.sqlite_version_info >= SECURE_DELETE_SINCE:
        session.execute(DELETE_SECURELY)


def _empty(session: Session) -> None:
    """Empty the search table; a new one takes no time, however long it was."""
    table = cast(Table, Searchable.__table__)
    if session.scalar(text("SELECT 1 FROM signup_search LIMIT 1")):
        table.drop(session.connection())
        table.create(session.connection())


def _drop_triggers(session: Session) -> None:
    for name in TRIGGERS:
        session.execute(text(f"DROP TRIGGER IF EXISTS {name}"))


def _settle_postgresql() -> None:
    """Create the index; only the worker's own writes to the search table wait for it."""
    has_index = db.session.scalar(POSTGRESQL_HAS, {"name": POSTGRESQL_INDEX})
    may_have_it = has_index or db.session.scalar(MAY_HAVE_PG_TRGM)
    db.session.rollback()
    if has_index or not may_have_it:
        return
    try:
        with write_transaction() as session, unhurried(session.connection()):
            for statement in (
                "CREATE EXTENSION IF NOT EXISTS pg_trgm",
                # planners that know more of the texts choose better
                "ALTER TABLE signup_search ALTER COLUMN text SET STATISTICS 1000",
                (
                    f"CREATE INDEX IF NOT EXISTS {POSTGRESQL_INDEX} ON signup_search"
                    " USING gin (text gin_trgm_ops)"
                ),
            ):
                session.execute(text(statement))
    except DatabaseError as error:  # another host was quicker, or we may not
        _give_up(error)


def query_of(words: list[str]) -> Any:
    """Write folded words as FTS5 reads them: each a phrase in quotes, none a command."""
    phrases = []
    for word in words:
        phrases.append('"' + word.replace('"', '""') + '"')
    return " AND ".join(phrases)
