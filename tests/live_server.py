"""The app behind a real server, in threads that are over when the test is."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOKS_EVERY = 0.02  # seconds, whether to stop


class LiveServer(ThreadedWSGIServer):
    """Closes whatever it opened, and waits for its threads: what goes wrong in one of
    them belongs to the test that is served.
    """

    daemon_threads = False  # so that `server_close` waits for them

    def __init__(
        self, app: "WSGIApplication", port: int = 0, fd: int | None = None
    ) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__("127.0.0.1", port, answered_whole(app), QuietHandler, fd=fd)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Hang up on browsers that keep connections open, and wait for all threads."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class QuietHandler(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


def answered_whole(app: "WSGIApplication") -> "WSGIApplication":
    """Read an answer to its end and close it before any of it is sent.

    Werkzeug's own server forgets to close it, and the file in it, when the browser hangs
    up meanwhile.
    """

    def answer(
        environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        parts: Any = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            parts.close()

    return answer


@contextmanager
def serving(
    app: "WSGIApplication", port: int = 0, fd: int | None = None
) -> Iterator[LiveServer]:
    """The app served on loopback, on a free port or on a listening socket (`fd`)."""
    server = LiveServer(app, port, fd)
    thread = threading.Thread(target=server.serve_forever, args=(LOOKS_EVERY,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()  # it closes the server as well
