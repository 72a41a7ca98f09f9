"""Threads that find what is due and deliver it.

Embedded in a web process, or a process of their own. Beside those that deliver, one
keeps tokens and facts fresh, one sends mails and one works on imports: whoever waits
for the token endpoint, for the API or for a mail server holds up nothing else, and the
sign of life is given between two deliveries. Any number may run on any number of hosts;
claims keep them apart. Nobody needs to know when one is killed.
"""

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import click
from flask import Flask

from app.confirmation import asking
from app.database.session import db, retry_write
from app.delivery import breaker, claims
from app.delivery.deliver import deliver
from app.imports import step as import_step
from app.mail import sender
from app.services import services
from app.web import access
from app.worker import periodic
from app.worker.periodic import stumbled

CHORES_EVERY = timedelta(seconds=5)
GRACE_SECONDS = 12.0  # how long a stopping process waits for the calls under way


class Worker:
    """The threads of one process."""

    def __init__(self, app: Flask) -> None:
        self._app, self._stopping = app, threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._stopping.clear()
        with self._app.app_context():
            settings = services().settings
        chores = periodic.READS
        if not settings.mails:  # what waits for a person's word still ends
            chores = (*chores, periodic.ask_people)
        self._threads = [
            self._thread(
                f"delivery-{number}",
                step,
                (periodic.beat,) if number == 0 else (),
                self._listen,
            )
            for number in range(settings.worker_threads)
        ]
        self._threads.append(
            self._thread("upkeep", _nothing, chores, self._stopping.wait)
        )
        if settings.mails:
            self._threads.append(
                self._thread("mail", mail_step, (periodic.tell,), self._stopping.wait)
            )
        self._threads.append(
            self._thread("imports", import_step.step, (), self._stopping.wait)
        )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the calls under way and end.

        What is not finished is due again after its lease.
        """
        self._stopping.set()
        ends = time.monotonic() + GRACE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        self._threads = []

    def _thread(
        self,
        name: str,
        work: Callable[[], bool],
        own: tuple[periodic.PeriodicJob, ...],
        rest: Callable[[float], object],
    ) -> threading.Thread:
        return threading.Thread(
            target=self._run, args=(work, own, rest), daemon=True, name=name
        )

    def _run(
        self,
        work: Callable[[], bool],
        own: tuple[periodic.PeriodicJob, ...],
        rest: Callable[[float], object],
    ) -> None:
        """Work while there is any, with a thread's own chores in between.

        Nothing ends it but `stop`.
        """
        chores_at: datetime | None = None
        while not self._stopping.is_set():
            try:
                with self._app.app_context():
                    now = services().clock.now()
                    if own and (chores_at is None or now >= chores_at):
                        chores_at = now + CHORES_EVERY
                        periodic.run_due(now, own)
                    if not work():
                        db.session.remove()
                        rest(services().settings.worker_poll)
            except Exception as error:  # no memory, no file descriptor: a thread that died would be missed by nobody
                logging.getLogger("latchkey").error(
                    "worker_loop: %s", type(error).__name__
                )
                self._stopping.wait(1)

    def _listen(self, seconds: float) -> None:
        """Wait for a ring, or look again after a while.

        Other processes cannot ring here.
        """
        self._app.extensions["latchkey"].wakeup.wait(seconds)


def step() -> bool:
    """Deliver one due sign-up; False when there was none, or when nobody may call now."""
    try:
        now = services().clock.now()
        if breaker.not_before(now):
            return False
        job = claims.claim(now)
        return job is not None and _deliver(job)
    except Exception as error:  # also no file descriptor left, say: a thread that died would be missed by nobody
        stumbled("worker_stumbled", error)  # the lease makes the row due again
        return False


def _deliver(job: claims.ClaimedSignup) -> bool:
    verdict = deliver(job)
    # The provider has acted, and until the lease ends nobody else will.
    lease = services().settings.delivery_lease
    return retry_write(
        lambda: claims.settle(job, verdict), services().clock.sleep, lease
    )


def mail_step() -> bool:
    """Ask one person to confirm, or send one due mail; False when neither is due."""
    try:
        return asking.step() or sender.send_one()
    except Exception as error:  # the lease makes the row due again
        stumbled("mail_stumbled", error)
        return False


def drain() -> int:
    """Deliver all that is due now in this thread; return how many attempts that took."""
    attempts = 0
    while step():
        attempts += 1
    return attempts


def wanted_here(app: Flask) -> bool:
    """Whether this process serves the web and should deliver too.

    Not with a key that does not fit.
    """
    if (
        "latchkey" not in app.extensions
        or access.is_locked(app)
        or app.extensions["latchkey"].settings.worker == "off"
    ):
        return False
    return serves_web()


def serves_web() -> bool:
    """Whether this process is there to answer requests.

    The reloader's watching parent is not.
    """
    command = click.get_current_context(silent=True)
    if command is None:
        return True
    reloading = (
        "--reload" in sys.argv
        or "--debug" in sys.argv
        or os.environ.get("FLASK_DEBUG", "0") not in ("", "0")
    )
    if "serve" in sys.argv[1:]:
        return True
    return "run" in sys.argv[1:] and (
        not reloading or os.environ.get("WERKZEUG_RUN_MAIN") == "true"
    )


def part_at_forks(app: Flask) -> None:
    """Close all connections before this process forks.

    Parent and children must not speak on the same ones.
    """

    def hang_up() -> None:
        app.extensions.pop("latchkey.session", None)
        with app.app_context():
            db.engine.dispose()

    os.register_at_fork(before=hang_up)


def embed(app: Flask) -> None:
    """Deliver from this process.

    From its children instead, once it forks (gunicorn's preload).
    """
    worker = Worker(app)
    os.register_at_fork(before=worker.stop, after_in_child=worker.start)
    atexit.register(worker.stop)
    worker.start()


def serve(app: Flask) -> None:
    """Deliver until told to stop by SIGTERM or SIGINT: `flask latchkey worker`."""
    worker, stop = Worker(app), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker.start()
    # the disk that it is written to may be full: that is no reason not to deliver
    with suppress(OSError):
        print(
            "Delivering. Stop with Ctrl-C; what is under way is finished first.",
            file=sys.stderr,
            flush=True,
        )
    stop.wait()
    worker.stop()


def _nothing() -> bool:
    return False
