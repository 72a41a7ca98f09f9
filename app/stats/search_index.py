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
# The triggers are there as long as every row went through the index.
IS_USABLE = text(
    "SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name ="
    " 'signup_search_inserted') * (SELECT count(*) FROM pragma_module_list WHERE name"
    " = 'fts5')"
)
HAS_MODULE = text("SELECT count(*) FROM pragma_module_list WHERE name = 'fts5'")
HAS_TRIGGERS = text(
    "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name ="
    " 'signup_search_inserted'"
)
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
        known["latchkey.search_index"] = bool(db.session.scalar(IS_USABLE))
    return bool(known["latchkey.search_index"])


def on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def settle() -> bool:
    """Make the index where the library or server has what it takes.

    Returns False when the table was emptied for it, and has to be filled anew.
    """
    if on_postgresql():
        _settle_postgresql()
        return True
    has_module = bool(db.session.scalar(HAS_MODULE))
    has_triggers = bool(db.session.scalar(HAS_TRIGGERS))
    db.session.rollback()
    if has_triggers and not has_module:
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
        log.warning("search_unindexed", error=str(error.orig))
        return False
    return True


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
        log.warning("search_unindexed", error=str(error.orig))


def query_of(words: list[str]) -> Any:
    """Write folded words as FTS5 reads them: each a phrase in quotes, none a command."""
    phrases = []
    for word in words:
        phrases.append('"' + word.replace('"', '""') + '"')
    return " AND ".join(phrases)
