"""Threads that find what is due and deliver it: embedded in a web process, or a process of their own.

Beside those that deliver, one keeps tokens and facts fresh, and one writes mails: whoever waits for the token endpoint,
for the API or for a mail server holds up nothing else, and the sign of life is given between two deliveries.
Any number may run on any number of hosts; claims keep them apart. Nobody needs to know when one is killed.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import click
from flask import Flask, current_app
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from app import gate
from app.accounts import checkup, facts, telling, tokens
from app.accounts.provider import pace
from app.constant_contact import errors
from app.db import Busy, db, insert, insist, writing
from app.delivery import claims
from app.delivery.deliver import deliver
from app.delivery.models import Heartbeat
from app.ground import ground
from app.notices import post
from app.observe import log
from app.pace import NoAllowance
from app.signups.models import Signup, State
from app.vault import CannotOpen

CHORES_EVERY = timedelta(seconds=5)
HEARTBEATS_KEPT = timedelta(days=1)
FACTS_EVERY = timedelta(days=1)
RIGHTS_AGAIN = timedelta(hours=1)  # of a login that lacked some: its owner may be mending that
FACTS_AGAIN = timedelta(minutes=15)  # after a try that failed: it must not eat the day's calls
GRACE_SECONDS = 12.0  # how long a stopping process waits for the calls under way


Chore = Callable[[datetime], None]


class Worker:
    """The threads of one process."""

    def __init__(self, app: Flask) -> None:
        self._app, self._stopping = app, threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stopping.clear()
        with self._app.app_context():
            settings = ground().settings
        self._threads = [self._thread(f"delivery-{number}", step, (_beat,) if number == 0 else (), self._listen)
                         for number in range(settings.worker_threads)]
        self._threads.append(self._thread("upkeep", _nothing, (_refresh_tokens, _read_facts), self._stopping.wait))
        if settings.mails:
            self._threads.append(self._thread("mail", post_one, (_tell,), self._stopping.wait))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the calls under way and end; what is not finished is due again after its lease."""
        self._stopping.set()
        ends = time.monotonic() + GRACE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        self._threads = []

    def _thread(self, name: str, work: Callable[[], bool], own: tuple[Chore, ...],
                rest: Callable[[float], object]) -> threading.Thread:
        return threading.Thread(target=self._run, args=(work, own, rest), daemon=True, name=name)

    def _run(self, work: Callable[[], bool], own: tuple[Chore, ...], rest: Callable[[float], object]) -> None:
        """Work while there is any, with a thread's own chores in between."""
        chores_at: datetime | None = None
        while not self._stopping.is_set():
            with self._app.app_context():
                now = ground().clock.now()
                if own and (chores_at is None or now >= chores_at):
                    chores_at = now + CHORES_EVERY
                    chores(now, own)
                if not work():
                    db.session.remove()
                    rest(ground().settings.worker_poll)

    def _listen(self, seconds: float) -> None:
        """Wait for a ring, or look again after a while: other processes cannot ring here."""
        self._app.extensions["latchkey"].bell.wait(seconds)


def step() -> bool:
    """Deliver one due sign-up; False when there was none, or when nobody may call now."""
    try:
        now = ground().clock.now()
        if pace().paused_until(now):
            return False
        job = claims.claim(now)
        return job is not None and _deliver(job)
    except Exception as error:  # also no file descriptor left, say: a thread that died would be missed by nobody
        _stumbled("worker_stumbled", error)  # the lease makes the row due again
        return False


def _deliver(job: claims.Job) -> bool:
    verdict = deliver(job)
    return insist(lambda: claims.settle(job, verdict), ground().clock.sleep)  # the provider has acted


def post_one() -> bool:
    """Send one due mail; False when there was none."""
    try:
        return post.post_one()
    except Exception as error:  # the lease makes the row due again
        _stumbled("mail_stumbled", error)
        return False


def chores(now: datetime, which: tuple[Chore, ...] = ()) -> None:
    """What keeps an idle house alive: a sign of life, tokens renewed ahead of time, facts read daily, people told."""
    for chore in which or (_beat, _refresh_tokens, _read_facts, _tell):
        try:
            chore(now)
        except Exception as error:
            _stumbled("chore_failed", error, chore=chore.__name__)


def _stumbled(event: str, error: Exception, **more: str) -> None:
    tell = log.error if isinstance(error, Busy | SQLAlchemyError) else log.exception
    tell(event, error=type(error).__name__, **more)
    with suppress(SQLAlchemyError):  # the connection may be gone as well
        db.session.rollback()


def drain() -> int:
    """Deliver all that is due now in this thread; return how many attempts that took."""
    attempts = 0
    while step():
        attempts += 1
    return attempts


def wanted_here(app: Flask) -> bool:
    """Whether this process serves the web and should deliver too; not with a key that does not fit."""
    if ("latchkey" not in app.extensions or gate.is_locked(app)
            or app.extensions["latchkey"].settings.worker == "off"):
        return False
    return serves_web()


def serves_web() -> bool:
    """Whether this process is there to answer requests; the reloader's watching parent is not."""
    command = click.get_current_context(silent=True)
    if command is None:
        return True
    reloading = "--reload" in sys.argv or "--debug" in sys.argv or os.environ.get("FLASK_DEBUG", "0") not in ("", "0")
    return "run" in sys.argv[1:] and (not reloading or os.environ.get("WERKZEUG_RUN_MAIN") == "true")


def part_at_forks(app: Flask) -> None:
    """Close all connections before this process forks: parent and children must not speak on the same ones."""
    def hang_up() -> None:
        app.extensions.pop("latchkey.session", None)
        with app.app_context():
            db.engine.dispose()

    os.register_at_fork(before=hang_up)


def embed(app: Flask) -> None:
    """Deliver from this process; from its children instead, once it forks (gunicorn's preload)."""
    worker = Worker(app)
    os.register_at_fork(before=worker.stop, after_in_child=worker.start)
    threading._register_atexit(worker.stop)  # type: ignore[attr-defined]  # before the interpreter joins its threads
    worker.start()


def serve(app: Flask) -> None:
    """Deliver until told to stop by SIGTERM or SIGINT: `flask latchkey worker`."""
    worker, told = Worker(app), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    worker.start()
    print("Delivering. Stop with Ctrl-C; what is under way is finished first.", file=sys.stderr)
    told.wait()
    worker.stop()


def _beat(now: datetime) -> None:
    row = {"worker": tokens.whoami().rpartition(":")[0], "seen_at": now}
    with writing() as session:
        session.execute(insert(Heartbeat).values(row).on_conflict_do_update(
            index_elements=["worker"], set_={"seen_at": now}))
        session.execute(delete(Heartbeat).where(Heartbeat.seen_at < now - HEARTBEATS_KEPT))


def _refresh_tokens(now: datetime) -> None:
    for account_id in tokens.due(now):
        try:
            tokens.fresh_token(account_id, patience=0)
        except (tokens.NeedsOwner, tokens.NotNow, CannotOpen) as error:
            log.warning("refresh_put_off", account=account_id, reason=str(error))


def _read_facts(now: datetime) -> None:
    tried: dict[str, datetime] = current_app.extensions.setdefault("latchkey.facts_tried", {})
    for account_id in facts.unread(now - FACTS_EVERY, now - RIGHTS_AGAIN):
        if now - tried.get(account_id, now - FACTS_AGAIN) < FACTS_AGAIN:
            continue
        tried[account_id] = now
        try:
            checkup.look(account_id, patience=0)
        except (tokens.NeedsOwner, tokens.NotNow, CannotOpen, NoAllowance, errors.ProviderError) as error:
            log.warning("facts_unread", account=account_id, reason=str(error))


def _tell(now: datetime) -> None:
    if ground().settings.mails:
        telling.tell(now, _waiting)


def _waiting(account_ids: list[str]) -> int:
    return db.session.scalar(select(func.count()).where(Signup.account_id.in_(account_ids),
                                                        Signup.state == State.WAITING)) or 0


def _nothing() -> bool:
    return False
