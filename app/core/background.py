"""Work beside a request, which need not wait for its end.

A process that is asked to stop ends the work first; one that is killed does not, so
whatever must not be lost is written down for somebody else to go on with.
"""

import threading
from collections.abc import Callable

import structlog
from flask import Flask

from app.core.logs import log


def run(app: Flask, work: Callable[[], None], seconds: float) -> None:
    """Begin the work, and return when it is done, or after so many seconds."""
    of_the_request = structlog.contextvars.get_contextvars()
    thread = threading.Thread(
        target=_run, args=(app, work, of_the_request), name="background"
    )
    thread.start()
    thread.join(seconds)


def _run(
    app: Flask, work: Callable[[], None], of_the_request: dict[str, object]
) -> None:
    structlog.contextvars.bind_contextvars(**of_the_request)
    with app.app_context():
        try:
            work()
        except Exception as error:
            log.exception("background_failed", error=type(error).__name__)
