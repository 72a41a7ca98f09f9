"""Slow clients, bodies that are too long, and an orderly end, over real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from typing import Any

import pytest
from flask import Flask

from app.cli.server import Deadlines, SlowClientServer, make_server
from app.web import access
from tests.world import ONE_DATABASE, PATIENCE, World

pytestmark = ONE_DATABASE
SOON, LATE = 0.3, float(PATIENCE)
HEAD = "POST /f/none HTTP/1.1\r\nHost: here\r\n"


class Serving:
    """The app behind a server with one thread."""

    def __init__(self, server: SlowClientServer) -> None:
        self._stopping = False
        self.server = server
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        self.server.serve_until(lambda: self._stopping)

    def connect(self, text: str = "") -> socket.socket:
        """Open a connection and send the beginning of a request."""
        address = ("127.0.0.1", int(self.server.effective_port))
        connection = socket.create_connection(address, timeout=PATIENCE)
        connection.sendall(text.encode())
        return connection

    def get(self, path: str = "/healthz") -> int:
        """Return the status of the answer to a whole request."""
        with self.connect(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n") as connection:
            return status_of(connection)

    def begin_to_stop(self) -> None:
        if not self._stopping:  # who was told before may have ended by now
            self._stopping = True
            self.server.pull_trigger()

    def stop(self) -> None:
        self.begin_to_stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@contextmanager
def serving(app: Flask, deadlines: Deadlines) -> Iterator[Serving]:
    running = Serving(make_server(app, "127.0.0.1", 0, 1, deadlines))
    try:
        yield running
    finally:
        running.stop()


def status_of(connection: socket.socket) -> int:
    """Read a whole answer and return its status; 0 when the server hangs up instead."""
    answer = HTTPResponse(connection)
    try:
        answer.begin()
    except ConnectionError:
        return 0
    answer.read()
    return answer.status


SLOW = {
    "nothing at all": "",
    "half a head": "POST /f/none HTTP/1.1\r\nHost: he",
    "half a body": f"{HEAD}Content-Length: 60000\r\n\r\nemail_address=",
    "half a chunk": f"{HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\nemail",
}


@pytest.mark.parametrize("start", SLOW.values(), ids=SLOW)
def test_whoever_sends_too_slowly_is_hung_up_on(app: Flask, start: str) -> None:
    with serving(app, Deadlines(SOON, LATE)) as web, web.connect(start) as slow:
        assert status_of(slow) == 0


def test_a_trickle_does_not_move_the_deadline(app: Flask) -> None:
    with (
        serving(app, Deadlines(SOON, LATE)) as web,
        web.connect(SLOW["half a body"]) as slow,
    ):
        slow.settimeout(0.02)
        for _byte in range(int(PATIENCE / 0.02)):
            with suppress(TimeoutError):
                ended = slow.recv(1) == b""
                break
            slow.sendall(b"a")

        assert ended


def test_slow_clients_hold_no_thread(app: Flask) -> None:
    with serving(app, Deadlines(LATE, LATE)) as web, ExitStack() as slow:
        for start in (*SLOW.values(),) * 50:
            slow.enter_context(web.connect(start))

        assert web.get() == 200


def test_a_connection_may_rest_between_two_requests(app: Flask) -> None:
    request = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    with serving(app, Deadlines(SOON, LATE)) as web, web.connect(request) as patient:
        first = status_of(patient)
        with web.connect() as silent:
            status_of(silent)  # until the deadline of this one, which is later
        patient.sendall(request.encode())

        assert (first, status_of(patient)) == (200, 200)


def cookie_of(world: World) -> str:
    """Return the session cookie of somebody who has signed in."""
    cookies: Any = world.signed_in()._cookies
    return "; ".join(f"{one.key}={one.value}" for one in cookies.values())


def test_an_upload_has_longer_when_somebody_is_signed_in(world: World) -> None:
    upload = "POST /imports HTTP/1.1\r\nHost: here\r\nContent-Length: 100000\r\n"
    cookie = f"Cookie: {cookie_of(world)}\r\n"
    with (
        serving(world.app, Deadlines(SOON, LATE)) as web,
        web.connect(f"{upload}{cookie}\r\n--b") as admins,
        web.connect(f"{upload}{cookie[:-9]}\r\n\r\n--b") as forged,
        web.connect(f"{upload}\r\n--b") as anybodys,
    ):
        ended = status_of(forged), status_of(anybodys)
        admins.setblocking(False)

        assert ended == (0, 0)
        with pytest.raises(BlockingIOError):
            admins.recv(1)


@pytest.mark.parametrize(
    "start",
    [
        f"{HEAD}Content-Length: 99999999\r\n\r\n",
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\nfffff\r\n{'a' * 0xFFFFF}\r\n",
        f"{HEAD}Content-Length: {access.MAX_BODY + 1}\r\n\r\n"
        + "a" * (access.MAX_BODY + 1),
        f"{HEAD}Transfer-Encoding: chunked\r\n\r\n10001\r\n{'a' * 0x10001}\r\n0\r\n\r\n",
    ],
    ids=["announced", "in chunks", "whole", "whole in chunks"],
)
def test_a_body_that_is_too_long_is_refused(app: Flask, start: str) -> None:
    with serving(app, Deadlines(LATE, LATE)) as web, web.connect(start) as connection:
        assert status_of(connection) == 413


def test_whoever_takes_nothing_of_an_answer_frees_its_thread(app: Flask) -> None:
    ended = threading.Event()

    def endless(_environ: object, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"a" * 1_000_000
        finally:
            ended.set()

    app.wsgi_app = endless  # type: ignore[method-assign]
    with (
        serving(app, Deadlines(LATE, LATE, answer=SOON)) as web,
        web.connect("GET / HTTP/1.1\r\nHost: here\r\n\r\n"),
    ):
        assert ended.wait(PATIENCE)


def test_what_was_begun_is_answered_before_it_stops(app: Flask) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow_page(_environ: object, start_response: Any) -> list[bytes]:
        begun.set()
        assert may_end.wait(PATIENCE)
        start_response("200 OK", [("Content-Length", "4")])
        return [b"done"]

    app.wsgi_app = slow_page  # type: ignore[method-assign]
    with (
        serving(app, Deadlines(LATE, LATE)) as web,
        web.connect("GET / HTTP/1.1\r\nHost: here\r\n\r\n") as connection,
    ):
        assert begun.wait(PATIENCE)
        web.begin_to_stop()
        may_end.set()

        assert status_of(connection) == 200
