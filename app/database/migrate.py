"""The schema's version: migrations are applied under a lock when the app starts.

A schema that is newer than the code is refused.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.config.settings import SettingsError
from app.database import patience, sqlite_driver
from app.database.session import db
from app.database.sqlite_lock import Busy, locked

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
LOCK_ID = 0x1A7C  # ours among PostgreSQL's advisory locks
LOCK_SECONDS = 120.0


def bring_up_to_date(app: Flask) -> None:
    """Apply the migrations that are missing; cheap when there are none.

    Raises `SettingsError` on a schema we do not know.
    """
    Migrate(app, db, directory=str(FOLDER), render_as_batch=True, compare_type=True)
    with app.app_context():
        was_there = _files() != []
        first_look = _first_look()
        _close_to_others(was_there)
        if first_look == head():
            return
        revision = current()
        if revision is not None and revision not in _revisions():
            db.engine.dispose()
            raise SettingsError(
                f"The database was written by a newer Latchkey (schema {revision}; this"
                f" one knows up to {head()}). Start the newer version again (there,"
                f" flask latchkey migrate --to {head()} leads back to this one), or"
                " restore the backup made before the upgrade."
            )
        try:
            _alone(command.upgrade, "head")
        except (Busy, SQLAlchemyError) as error:
            db.engine.dispose()
            raise SettingsError(
                "The database cannot be brought up to date:"
                f" {getattr(error, 'orig', error)}\nMay Latchkey write there and make"
                " tables, and is nobody else using it?"
            ) from None


def _first_look() -> str | None:
    try:
        if db.engine.dialect.name == "sqlite":
            _settle_journal()
        return current()
    except SQLAlchemyError as error:
        db.engine.dispose()
        raise SettingsError(
            f"The database cannot be opened: {getattr(error, 'orig', error)}\nIs"
            " DATABASE_URL (or else LATCHKEY_DATA_DIR) right, and is the database"
            " running?"
        ) from None


def _close_to_others(was_there: bool) -> None:
    """Let nobody else on this machine read SQLite's files; new ones are ours alone.

    Without opening one: see `sqlite_driver`.
    """
    kept = 0o770 if was_there else 0o700
    with suppress(OSError):  # somebody else's file
        for path in _files():
            path.chmod(path.stat().st_mode & kept)


def _files() -> list[Path]:
    """List the files of an SQLite database, none for another or a new one."""
    if db.engine.dialect.name != "sqlite":
        return []
    path = Path(str(db.engine.url.database))
    ends = ("", "-wal", "-shm", "-journal", ".lock")
    files = [path.with_name(path.name + end) for end in ends]
    return [file for file in files if file.exists()]


def _settle_journal() -> None:
    if not sqlite_driver.settle_journal(db.engine):
        db.engine.dispose()
        raise SettingsError(
            "The database keeps a write-ahead log, which is not safe with SQLite"
            f" {sqlite_driver.driver.sqlite_version}, and somebody else has it open."
            " Stop every process that uses it, then start again."
        )


def current() -> str | None:
    """Return the schema's revision in the database, None before the first start."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Return the newest revision that this code knows."""
    return _scripts().get_current_head()


def move_to(revision: str) -> None:
    """Bring the schema to any revision that this code knows, forward or back.

    Raises `ValueError`, which names those that it knows.
    """
    known = _revisions()
    if revision not in known:
        raise ValueError(
            f"There is no schema {revision}; this version knows {', '.join(known)}."
        )
    if revision < (current() or ""):
        _alone(command.downgrade, revision)
    else:
        _alone(command.upgrade, revision)


def _revisions() -> list[str]:
    """Return every revision that this code knows, oldest first."""
    return sorted(script.revision for script in _scripts().walk_revisions())


def _alone(move: Callable[[Config, str], None], revision: str) -> None:
    """Migrate while no other process can."""
    if db.engine.dialect.name == "sqlite":
        with locked(
            f"{db.engine.url.database}.migrate.lock", time.monotonic() + LOCK_SECONDS
        ):
            move(_config(), revision)
        return
    with db.engine.connect() as holder, patience.unhurried(holder):
        # our usual time-out, for rows, is far too short
        holder.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS:.0f}s'"))
        holder.execute(text("SELECT pg_advisory_lock(:id)"), {"id": LOCK_ID})
        try:
            move(_config(), revision)
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:id)"), {"id": LOCK_ID})


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
