"""The doctor: everything that can be looked at from inside, each finding with what to
do.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from app import messages
from app.accounts import api_key, key_check
from app.auth import users
from app.core.crypto import CannotDecrypt
from app.database import migrate, sqlite_driver
from app.database.session import db
from app.delivery import read_back
from app.mail import smtp
from app.monitoring import worker_health
from app.services import services
from app.stats import counts

MEGABYTE = 1024 * 1024
MIN_DISK = 200 * MEGABYTE
MAX_OFF_SECONDS, ALIKE_SECONDS = 60.0, 3.0


@dataclass(frozen=True)
class Finding:
    """`well` is None for what could not be found out, or is worth knowing; `do` says
    what to do about it.
    """

    what: str
    well: bool | None
    words: str
    do: str = ""


def examine(offline: bool = False) -> Iterator[Finding]:
    """Look at everything, one finding after another; `offline` leaves out whoever is
    elsewhere.
    """
    for look in (*QUICK[:1], _key, *QUICK[1:-1], _balance, *QUICK[-1:]):
        yield look()
    if not offline:
        yield _mail()
        yield from _provider()


def _settings() -> Finding:
    settings = services().settings
    if not settings.https:
        return Finding(
            "Settings",
            None,
            f"Complete. {settings.public_url} is this machine only.",
            "For owners elsewhere set LATCHKEY_PUBLIC_URL to an https address.",
        )
    return Finding(
        "Settings", True, f"Complete. People reach Latchkey at {settings.public_url}."
    )


def _key() -> Finding:
    there, open = key_check.kept()
    if open == there:
        return Finding(
            "Key",
            True,
            (
                f"LATCHKEY_KEY opens all {there} sealed values."
                if there
                else "LATCHKEY_KEY is a key; nothing is sealed yet."
            ),
        )
    how_many = "none" if not open else f"only {open}"
    return Finding(
        "Key",
        False,
        f"LATCHKEY_KEY opens {how_many} of {there} sealed values"
        + (", so Latchkey is locked." if not open else "."),
        "Put the old key back, or list it behind the new one. If it is lost: flask"
        " latchkey forget-sealed",
    )


def _disk() -> Finding:
    folder = services().settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(
            "Disk",
            False,
            f"{folder} cannot be written: {error.strerror}.",
            "Make it writable for the user that runs Latchkey, or set"
            " LATCHKEY_DATA_DIR.",
        )
    return Finding(
        "Disk",
        free >= MIN_DISK,
        f"{free // MEGABYTE:,} MB free in {folder}.",
        (
            ""
            if free >= MIN_DISK
            else "Make room before sign-ups can no longer be stored."
        ),
    )


def _schema() -> Finding:
    found, known = migrate.current(), migrate.head()
    return Finding(
        "Schema",
        found == known,
        f"At {found}, and this version knows {known}.",
        "" if found == known else "Restart Latchkey; it brings the schema up to date.",
    )


def _engine() -> Finding:
    if db.engine.dialect.name == "sqlite":
        return _sqlite()
    with db.engine.connect() as connection:
        standby = bool(connection.execute(text("SELECT pg_is_in_recovery()")).scalar())
        version = connection.execute(text("SHOW server_version")).scalar()
    return Finding(
        "Database",
        not standby,
        f"PostgreSQL {version}{', a standby that cannot be written' * standby}.",
        "Point DATABASE_URL at the primary." if standby else "",
    )


def _sqlite() -> Finding:
    with db.engine.connect() as connection:
        journal = str(connection.execute(text("PRAGMA journal_mode")).scalar())
    wanted = sqlite_driver.journal_mode().lower()
    version = sqlite_driver.driver.sqlite_version
    library = f"SQLite {version} ({sqlite_driver.LIBRARY})"
    why = to_do = ""
    if wanted != "wal":
        why = " (WAL has a known fault in this version)"
    if journal != wanted:
        to_do = "Stop everything that has the file open, restart."
    return Finding(
        "Database",
        journal == wanted,
        f"{library}, journal mode {journal}{why}.",
        to_do,
    )


def _worker() -> Finding:
    if not worker_health.worker_alive():
        return Finding(
            "Worker",
            False,
            "Gave no sign of life for a minute. Sign-ups are accepted and wait.",
            "Start the web process with LATCHKEY_WORKER=embedded, or run: flask"
            " latchkey worker",
        )
    if overdue := worker_health.overdue_seconds(services().clock.now()):
        return Finding(
            "Worker",
            False,
            f"It lives, but takes nothing: a sign-up is due for {overdue:.0f} seconds.",
            "Restart it, and look into its log.",
        )
    return Finding(
        "Worker",
        True,
        f"Gave a sign of life {max(0, round(worker_health.silent_seconds()))} seconds ago.",
    )


def _balance() -> Finding:
    """Every row is counted, whatever was counted before."""
    audit = counts.audit()
    found, pages = audit.balance, ""
    if audit.miscounted:
        pages = (
            f" The counts that the pages start from are off by {audit.miscounted:,}."
        )
    if found.holds:
        return Finding(
            "Balance",
            not audit.miscounted,
            f"{found.accepted:,} sign-ups accepted, all of them still there.{pages}",
            (
                "A worker corrects them within a day; restart it if they stay."
                if pages
                else ""
            ),
        )
    return Finding(
        "Balance",
        False,
        f"{found.accepted:,} sign-ups accepted, but {found.rows:,} are stored.{pages}",
        "Something changed the database behind Latchkey's back. Look into the backup"
        " first.",
    )


def _admins() -> Finding:
    number = sum(user.active and user.has_role("admin") for user in users.everybody())
    return Finding(
        "People",
        number > 0,
        f"{number} active admin{'s' * (number != 1)}.",
        "" if number else "Make one: flask latchkey users create you@example.org",
    )


def _mail() -> Finding:
    settings = services().settings
    if not settings.mails:
        return Finding(
            "Mail",
            None,
            "Off: SMTP_URL is not set. What needs a person stands on the overview"
            " only.",
            "To have owners and admins told by mail, set SMTP_URL.",
        )
    there = f"{smtp.configured_mailbox().host}:{smtp.configured_mailbox().port}"
    try:
        smtp.check()
    except smtp.SmtpFailure as failure:
        said = f" Its words: {failure.detail}" if failure.detail else ""
        return Finding(
            "Mail",
            False,
            f"{there}: {messages.NOTICE_REASONS[failure.reason]}{said}",
            "Nobody is told by mail until that is mended; see SMTP_URL in"
            " docs/reference.md.",
        )
    return Finding(
        "Mail", True, f"{there} lets us in, and takes mail from {settings.mail_sender}."
    )


def _provider() -> Iterator[Finding]:
    told: datetime | None = None
    for name, address in (
        ("Sign-in host", services().settings.auth_url),
        ("API host", services().settings.api_url),
    ):
        found = api_key.reach(address)
        if isinstance(found, str):
            yield Finding(
                name,
                False,
                f"{address} could not be reached ({found}).",
                "Is there a firewall between, or is it down? Sign-ups are accepted"
                " meanwhile.",
            )
            continue
        yield Finding(name, True, f"{address} answers.")
        told = found or told
    yield from _clock(told)
    yield from _api_key()


def _clock(theirs: datetime | None) -> Iterator[Finding]:
    if theirs:
        off = (
            services().clock.now() - theirs.replace(tzinfo=theirs.tzinfo or UTC)
        ).total_seconds()
        well, where = abs(off) <= MAX_OFF_SECONDS, "ahead of" if off > 0 else "behind"
        yield Finding(
            "Clock",
            well,
            (
                f"{abs(off):.0f} seconds {where} Constant Contact's."
                if abs(off) > ALIKE_SECONDS
                else "It agrees with Constant Contact's."
            ),
            (
                ""
                if well
                else (
                    "Let the machine set its clock by NTP; token lifetimes are counted"
                    " by it."
                )
            ),
        )


def _arrivals() -> Finding:
    now = services().clock.now()
    read, drifted = sum(read_back.lately(now).values()), len(read_back.drifted(now))
    if not read:
        return Finding("Arrivals", None, "Nothing was read back within seven days.")
    return Finding(
        "Arrivals",
        not drifted,
        f"{read} delivered sign-ups were read back within seven days, "
        + (f"{drifted} were not as sent." if drifted else "all as sent or left since."),
        "Open the overview for the newest of them." if drifted else "",
    )


def _api_key() -> Iterator[Finding]:
    if api_key.current() is None:
        yield Finding(
            "API key",
            False,
            "There is none, so no account can be connected.",
            f"Open {services().settings.public_url}/setup",
        )
        return
    try:
        given = api_key.credentials()
    except CannotDecrypt:
        yield Finding(
            "API key",
            False,
            "It is stored, but does not open with this LATCHKEY_KEY.",
            "See Key, above.",
        )
        return
    reason, said = api_key.check(given)
    yield _checked(
        "API key", reason, said, messages.API_KEY_CHECKS, bad="client_refused"
    )
    if reason == "accepted":
        reason, said = api_key.check_redirect(given)
        yield _checked(
            "Redirect URI", reason, said, messages.REDIRECT_CHECKS, bad="invalid"
        )


def _checked(
    what: str, reason: str, said: str, sentences: dict[str, object], bad: str
) -> Finding:
    well = True if reason == "accepted" else False if reason == bad else None
    exactly = f" Its words: {said}" if said and not well else ""
    return Finding(
        what,
        well,
        f"{sentences.get(reason, sentences['unclear'])}{exactly}",
        "" if well else f"See {services().settings.public_url}/setup",
    )


# What costs the same however much there is; the key opens every sealed value, and the
# balance counts every row.
QUICK: tuple[Callable[[], Finding], ...] = (
    _settings,
    _disk,
    _schema,
    _engine,
    _worker,
    _arrivals,
    _admins,
)
