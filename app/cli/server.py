"""Serve the app by waitress, and hang up on clients that are too slow.

Waitress reads in one thread and hands only whole requests to the others, so a slow
client costs a socket and no thread. It would wait for ever, though, for a client that
sends a byte now and then: the deadlines here end that. They count from a request's
first byte to its last, whatever comes between.
"""

import logging
import resource
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer

from app.web import access

MAX_CONNECTIONS = 2000
OTHER_FILES = 200  # descriptors that are left for the database, logs and libraries
IDLE_SECONDS = 30  # between two requests of a connection
GRACE_SECONDS = 12.0  # how long a stopping server finishes what it has begun
# An answer would not be seen by a client that is still sending, so bodies that are too
# long are read anyway, up to so many times what is allowed.
PATIENCE = 4


@dataclass(frozen=True)
class Deadlines:
    """Seconds within which a request has to arrive, any or a signed-in upload; and how
    long a client may take nothing of an answer.
    """

    request: float
    upload: float
    answer: float = 60.0


class SlowClientServer(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """Waitress with a deadline for every request, and an orderly end."""

    def __init__(self, app: Flask, deadlines: Deadlines, **adjustments: Any) -> None:
        self.channel_class = _Channel
        self.app = app
        self.deadlines = deadlines
        super().__init__(app, **adjustments)

    def maintenance(self, now: float) -> None:
        """Close the connections whose time is up; waitress calls it every second."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.is_too_slow():
                channel.handle_close()

    def serve_until(self, is_stopping: Callable[[], bool]) -> None:
        """Serve; once told to stop take no more, and finish what was begun."""
        while not is_stopping():
            self._turn(1.0)
        wasyncore.dispatcher.close(self)
        ends = time.monotonic() + GRACE_SECONDS
        while self._is_busy() and time.monotonic() < ends:
            self._turn(0.1)
        self.task_dispatcher.shutdown()
        wasyncore.close_all(self._map, ignore_all=True)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _is_busy(self) -> bool:
        channels = list(self.active_channels.values())
        return any(one.requests or one.total_outbufs_len for one in channels)


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection.

    `began` is when the request that is not whole yet began to come, the first one with
    the connection, by the monotonic clock; None between requests.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        self.began: float | None = time.monotonic()
        super().__init__(*given, **options)

    def parser_class(self, adjustments: Any) -> "_Parser":
        return _Parser(adjustments, self.server.app)

    def received(self, data: bytes) -> bool:
        before = self.request
        taken: bool = super().received(data)
        if self.request is None:
            self.began = None
        elif self.request is not before:
            self.began = time.monotonic()
        return taken

    def is_too_slow(self) -> bool:
        """Tell whether the client sends, or takes an answer, too slowly."""
        deadlines = self.server.deadlines
        if self.total_outbufs_len:
            return bool(time.time() - self.last_activity > deadlines.answer)
        if self.began is None:
            return False
        seconds = deadlines.request
        if self.request is not None and self.request.is_upload:
            seconds = deadlines.upload
        return bool(time.monotonic() - self.began > seconds)


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """One request. What is far too long is not read: the app sees its length alone,
    and answers 413.
    """

    completed: bool
    content_length: int
    body_rcv: Any
    is_upload = False
    max_bytes = PATIENCE * access.MAX_BODY

    def __init__(self, adjustments: Any, app: Flask) -> None:
        super().__init__(adjustments)
        self._app = app

    def parse_header(self, header: bytes) -> None:
        super().parse_header(header)
        most = access.most_upload_bytes(
            self._app, self.command, self.path, self.headers.get("COOKIE", "")
        )
        if most:
            self.is_upload = True
            self.max_bytes = PATIENCE * most
        if self.content_length > self.max_bytes:
            self.content_length = 0
            self._leave_the_rest()

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if not self.completed and self.body_bytes_received > self.max_bytes:
            # in chunks, without a length in front
            self.headers["CONTENT_LENGTH"] = str(self.body_bytes_received)
            self._leave_the_rest()
            self.completed = True
        return consumed

    def _leave_the_rest(self) -> None:
        if self.body_rcv is not None:
            self.body_rcv.getbuf().close()
            self.body_rcv = None
        self.headers["CONNECTION"] = "close"


def make_server(
    app: Flask, host: str, port: int, threads: int, deadlines: Deadlines
) -> SlowClientServer:
    """Listen there. Raises `OSError` when the address cannot be had."""
    # how many requests wait for a thread is nothing that a log should repeat
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    return SlowClientServer(
        app,
        deadlines,
        host=host,
        port=port,
        threads=threads,
        connection_limit=_room_for_connections(),
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=1,
        backlog=socket.SOMAXCONN,
        max_request_header_size=32 * 1024,
        # none of its own: bodies have the limits of `_Parser`, proxies those of the app
        max_request_body_size=2**40,
        clear_untrusted_proxy_headers=False,
        ident=None,
    )


def _room_for_connections() -> int:
    """Take as many descriptors as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(soft // 2, min(MAX_CONNECTIONS, soft - OTHER_FILES))


def serve(server: SlowClientServer) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun."""
    stopping = False

    def stop(*_signal: object) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.serve_until(lambda: stopping)
