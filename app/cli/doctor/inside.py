"""The installation: settings, key, disk, database, worker, and who may sign in."""

import tempfile

from sqlalchemy import text

from app.accounts import key_check
from app.auth import sessions, users
from app.cli.doctor.finding import Finding, count_of
from app.database import migrate, sqlite_driver
from app.database.session import db
from app.services import services
from app.status import machine, worker_health


def check_settings() -> list[Finding]:
    """They are complete, or nothing would have started."""
    settings = services().settings
    if settings.https:
        reached = f"Complete. People reach Latchkey at {settings.public_url}."
        return [Finding("Settings", True, reached)]
    return [
        Finding(
            "Settings",
            None,
            f"Complete. {settings.public_url} is this machine only.",
            "To connect owners on other machines, set LATCHKEY_PUBLIC_URL to an https"
            " address.",
        )
    ]


def check_proxy() -> list[Finding]:
    """Look whether networks are told apart behind what ends TLS for us."""
    settings = services().settings
    if settings.proxy_hops or not settings.https:
        return []
    if sessions.all_from_a_neighbor():
        return [
            Finding(
                "Proxy",
                False,
                "LATCHKEY_PROXY_HOPS is 0, and everyone who signed in seems to come"
                " from one nearby address. The rate limits count all visitors as one.",
                "Set LATCHKEY_PROXY_HOPS to the number of proxies in front of"
                " Latchkey, usually 1.",
            )
        ]
    return [
        Finding(
            "Proxy",
            None,
            "LATCHKEY_PROXY_HOPS is 0, but LATCHKEY_PUBLIC_URL is https, so there is"
            " probably a proxy.",
            "If there is a proxy in front of Latchkey, set LATCHKEY_PROXY_HOPS to 1."
            " Otherwise the rate limits count all visitors as one.",
        )
    ]


def check_key() -> list[Finding]:
    """Open every sealed value."""
    sealed, opened = key_check.kept()
    if not sealed:
        return [
            Finding("Key", True, "LATCHKEY_KEY is valid. Nothing is encrypted yet.")
        ]
    if opened == sealed:
        return [Finding("Key", True, f"LATCHKEY_KEY decrypts all {sealed} values.")]
    if opened:
        words = f"LATCHKEY_KEY decrypts only {opened} of {sealed} values."
    else:
        words = f"LATCHKEY_KEY decrypts none of {sealed} values, so Latchkey is locked."
    return [
        Finding(
            "Key",
            False,
            words,
            "Put the old key back, or list it after the new one. If it is lost: flask"
            " latchkey forget-sealed",
        )
    ]


def check_disk() -> list[Finding]:
    """Write a file, and look how much room there is."""
    folder = services().settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = machine.free_bytes()
    except OSError as error:
        return [
            Finding(
                "Disk",
                False,
                f"{folder} can't be written: {error.strerror}.",
                "Make it writable for the user that runs Latchkey, or set"
                " LATCHKEY_DATA_DIR.",
            )
        ]
    words = f"{free // machine.MEGABYTE:,} MB free in {folder}."
    if free >= machine.MIN_FREE:
        return [Finding("Disk", True, words)]
    advice = "Free up space before Latchkey can no longer store sign-ups."
    return [Finding("Disk", False, words, advice)]


def check_schema() -> list[Finding]:
    """Compare the schema with the newest that is known."""
    current, known = migrate.current(), migrate.head()
    words = f"At {current}, and this version knows {known}."
    if current == known:
        return [Finding("Schema", True, words)]
    advice = "Restart Latchkey. It updates the schema at start."
    return [Finding("Schema", False, words, advice)]


def check_database() -> list[Finding]:
    """Ask the database what it is, and how it keeps its journal."""
    if db.engine.dialect.name == "sqlite":
        return [_check_sqlite()]
    with db.engine.connect() as connection:
        standby = connection.execute(text("SELECT pg_is_in_recovery()")).scalar()
        version = connection.execute(text("SHOW server_version")).scalar()
    if not standby:
        return [Finding("Database", True, f"PostgreSQL {version}.")]
    return [
        Finding(
            "Database",
            False,
            f"PostgreSQL {version}, a standby that can't be written to.",
            "Point DATABASE_URL at the primary.",
        )
    ]


def _check_sqlite() -> Finding:
    with db.engine.connect() as connection:
        mode = str(connection.execute(text("PRAGMA journal_mode")).scalar())
    wanted = sqlite_driver.journal_mode().lower()
    version = sqlite_driver.driver.sqlite_version
    words = f"SQLite {version} ({sqlite_driver.LIBRARY}), journal mode {mode}"
    if wanted != "wal":
        words += " (WAL has a known fault in this version)"
    if mode == wanted:
        return Finding("Database", True, f"{words}.")
    advice = "Stop everything that has the file open, then restart Latchkey."
    return Finding("Database", False, f"{words}.", advice)


def check_worker() -> list[Finding]:
    """Look for a sign of life, and for sign-ups that are due and not taken."""
    if not worker_health.worker_alive():
        return [
            Finding(
                "Worker",
                False,
                "No worker was active in the last minute. Sign-ups are accepted and"
                " wait.",
                "Start the web process with LATCHKEY_WORKER=embedded, or run: flask"
                " latchkey worker",
            )
        ]
    if overdue := worker_health.overdue_seconds(services().clock.now()):
        return [
            Finding(
                "Worker",
                False,
                "The worker is running but sends nothing. A sign-up has been due for"
                f" {overdue:.0f} seconds.",
                "Restart the worker and check its log.",
            )
        ]
    silent = max(0, round(worker_health.silent_seconds()))
    return [Finding("Worker", True, f"Last active {silent} seconds ago.")]


def check_people() -> list[Finding]:
    """Count the admins who may sign in."""
    number = sum(user.active and user.has_role("admin") for user in users.everybody())
    words = f"{count_of(number, 'active admin')}."
    if number:
        return [Finding("People", True, words)]
    advice = "Create one: flask latchkey users create you@example.org"
    return [Finding("People", False, words, advice)]
