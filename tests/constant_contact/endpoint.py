"""A tiny real HTTP server that says whatever a test wants, byte for byte, and remembers
what it was sent.
"""

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.world import PATIENCE


@dataclass(frozen=True)
class Answer:
    """One reply: `body` is JSON unless it is bytes or text; `drip` seconds lie between
    its bytes.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    drip_headers: bool = False
    missing: int = 0  # so many bytes fewer than announced are sent
    reset: bool = False
    first: Callable[[], None] | None = None  # done before the reply goes out

    @property
    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (
            self.body.encode()
            if isinstance(self.body, str)
            else json.dumps(self.body).encode()
        )


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class Endpoint:
    """Answers what is queued in `answers`, then what a path has in `at`, then `usual`
    for ever.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.requests: list[Request] = []
        self.answers: deque[Answer] = deque()
        self.at: dict[str, Answer] = {}  # by what the path ends in, without its query
        self.usual = Answer(404, {"error": "nothing_here"})
        self.sent_whole = 0  # answers
        self.hanging_up = threading.Event()
        self.port, self.scheme = server.server_address[1], "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def next_answer(self, path: str) -> Answer:
        if self.answers:
            return self.answers.popleft()
        return next(
            (
                answer
                for end, answer in self.at.items()
                if path.partition("?")[0].endswith(end)
            ),
            self.usual,
        )


@contextmanager
def endpoint(tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """A running one, gone at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = False  # so that `server_close` waits for them
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    here = _Handler.of[server.server_address[1]] = Endpoint(server)
    here.scheme = "https" if tls else "http"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.hanging_up.set()
        server.shutdown()
        thread.join()
        server.server_close()


def unused_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def full_port() -> Iterator[int]:
    """A port whose queue of connections is full: nobody is refused, and nobody gets
    through.
    """
    with socket.socket() as listening, ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield int(listening.getsockname()[1])


class _Handler(BaseHTTPRequestHandler):
    timeout = PATIENCE  # for who connects and never asks
    of: dict[int, Endpoint] = {}  # noqa: RUF012  # one handler class for all

    def handle_one_request(self) -> None:
        with suppress(ConnectionError, ValueError):
            super().handle_one_request()

    def do_GET(self) -> None:
        here = self.of[self.server.server_address[1]]  # type: ignore[index]  # a TCP address
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        here.requests.append(
            Request(self.command, self.path, dict(self.headers.items()), body)
        )
        answer = here.next_answer(self.path)
        if answer.first:
            answer.first()
        self.close_connection = True
        if answer.reset:
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self.connection.close()
            return
        self._say(here, answer)

    do_POST = do_PUT = do_GET

    def _say(self, here: Endpoint, answer: Answer) -> None:
        kind = "text/html" if isinstance(answer.body, str) else "application/json"
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(answer.payload) + answer.missing),
            **answer.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {answer.status} Said\r\n{lines}Connection: close\r\n\r\n".encode()
        if self._sent(here, head, answer.drip if answer.drip_headers else 0):
            here.sent_whole += self._sent(here, answer.payload, answer.drip)

    def _sent(self, here: Endpoint, data: bytes, drip: float) -> bool:
        """Send it, dripping unless `drip` is 0; False when the server ends meanwhile."""
        if not drip:
            self.wfile.write(data)
            return True
        for byte in data:
            self.wfile.write(bytes([byte]))
            if here.hanging_up.wait(drip):
                return False
        return True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
