"""The simulator as a real HTTP server: `serve` for people, `start` for tests."""

import signal
import socket
import sys
import threading
from contextlib import suppress
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from app.simulator import make_app
from app.simulator.clock import Ticking
from app.simulator.saving import Saver
from app.simulator.settings import SimulatorSettings
from app.simulator.simulator import Simulator
from app.simulator.state import State

MAX_BODY = 20_000_000
WAKES_EVERY = 0.01
"""Seconds between looks whether to stop; tests start and stop hundreds of servers."""


def serve(host: str, port: int, settings: SimulatorSettings) -> None:
    """Run until interrupted or terminated; saves its state when given a file."""
    running = start(settings, host, port)
    print(f"simulator on {running.url}", flush=True)
    ended = threading.Event()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with suppress(KeyboardInterrupt):
        while not ended.wait(1):
            pass
    running.stop()


def start(
    settings: SimulatorSettings | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    clock: Ticking | None = None,
) -> "Running":
    """A server in a daemon thread, ready when this returns; port 0 takes a free one."""
    return Running(make_app(settings or SimulatorSettings(), clock), host, port)


class Running:
    """A started simulator. `stop()` cuts what is still connected and saves."""

    def __init__(self, app: Flask, host: str, port: int) -> None:
        self.app = app
        self.simulator: Simulator = app.extensions["simulator"]
        self.clock = self.simulator.clock
        self.saver = Saver(self.simulator)
        self._server = Server(host, port, app, Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(WAKES_EVERY,), daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def state(self) -> State:
        return self.simulator.state

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self.saver.stop()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Server(ThreadedWSGIServer):
    """A server that knows its connections and can close them.

    Kept-alive ones would outlive the listening socket.
    """

    def __init__(self, *args: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        with suppress(OSError):
            lingers = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)[0]
            # A farewell before the close would turn the ordered reset into a polite
            # end.
            return (
                self.close_request(request)
                if lingers
                else super().shutdown_request(request)
            )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers may hang up as they like, above all on a slow day."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(WSGIRequestHandler):
    """Werkzeug's handler, quiet, and with connections that are kept alive.

    The original always closes them.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        if int(environ.get("CONTENT_LENGTH") or 0) > MAX_BODY:
            return self._reply(
                "413 Content Too Large",
                [("Content-Length", "0"), ("Connection", "close")],
                b"",
            )
        try:
            self._take_body(environ)
            self._answer(environ)
        except ConnectionError:
            self.close_connection = True

    def _take_body(self, environ: dict[str, Any]) -> None:
        """Read the whole body first; the next request then begins at its own line."""
        if environ.get("wsgi.input_terminated"):
            self.close_connection = True
            body = environ["wsgi.input"].read()
            environ["CONTENT_LENGTH"] = str(len(body))
        else:
            body = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)

    def _answer(self, environ: dict[str, Any]) -> None:
        seen: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> Any:
            seen.append((status, headers))

        body = b"".join(self.server.app(environ, start_response))
        self._reply(*seen[-1], body)

    def _reply(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.wfile.flush()

    def version_string(self) -> str:
        return "constant-contact-simulator"

    def log(self, *_: Any) -> None:
        """Say nothing; what came in is read at `/_control/requests`."""
