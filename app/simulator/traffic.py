"""The gate in front of everything: faults strike here, and every request is logged."""

import socket
import struct
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from app.simulator.control.faults import Fault, played
from app.simulator.control.received import Received
from app.simulator.headers import gateway_headers
from app.simulator.simulator import Simulator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OURS = ("/_control", "/board/", "/magic", "/static/", "/favicon.ico")


class Answer(NamedTuple):
    """A whole answer, held back until it may go out."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Traffic:
    """WSGI middleware around the Flask application."""

    def __init__(self, app: "WSGIApplication", simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        ours = environ["PATH_INFO"] == "/" or environ["PATH_INFO"].startswith(OURS)
        answer = self._true_answer(environ) if ours else self._provider_answer(environ)
        if environ["REQUEST_METHOD"] != "GET":
            self.simulator.changed.set()
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _provider_answer(self, environ: "WSGIEnvironment") -> Answer:
        at, status, log = self.simulator.clock.now(), 0, self.simulator.received
        fault = self.simulator.faults.strike(
            environ["REQUEST_METHOD"], environ["PATH_INFO"]
        )
        try:
            answer = self._answer(environ, fault)
            status = int(answer.status[:3])
            return answer
        finally:
            self._let_go(environ)
            self._write_down(log, environ, at, status)

    def _answer(self, environ: "WSGIEnvironment", fault: Fault | None) -> Answer:
        if fault is None:
            return self._magic_answer(environ)
        answer = self._magic_answer(environ) if fault.when == "after" else None
        return self._play(environ, fault) or answer or self._magic_answer(environ)

    def _magic_answer(self, environ: "WSGIEnvironment") -> Answer:
        """The true answer, unless a magic address has trouble in store."""
        answer = self._true_answer(environ)
        trouble = environ.get("simulator.trouble")
        return (self._play(environ, trouble) if trouble else None) or answer

    def _play(self, environ: "WSGIEnvironment", fault: Fault) -> Answer | None:
        """Wait, cut or answer as the fault says; None to go on with the true answer."""
        self.simulator.clock.sleep(fault.latency_ms / 1000)
        if fault.reset:
            cut(environ)
        if fault.status or fault.body is not None:
            return faulty_answer(fault, environ["PATH_INFO"])
        return None

    def _true_answer(self, environ: "WSGIEnvironment") -> Answer:
        seen: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> "object":
            seen.append((status, headers))
            return None

        # nobody calls write(), which this start_response does not return
        chunks = self.app(environ, start_response)  # type: ignore[arg-type]
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        if "simulator.writing" in environ and self.simulator.settings.write_time:
            self.simulator.clock.sleep(self.simulator.settings.write_time)
        status, headers = seen[-1]
        if environ["PATH_INFO"].startswith("/v3/"):
            headers = [*headers, *gateway_headers(int(status[:3])).items()]
        return Answer(status, headers, body)

    def _let_go(self, environ: "WSGIEnvironment") -> None:
        """The contact this request was writing may be written by others again."""
        if key := environ.pop("simulator.writing", None):
            with self.simulator.lock:
                self.simulator.writing.discard(key)

    def _write_down(
        self, log: Received, environ: "WSGIEnvironment", at: float, status: int
    ) -> None:
        """Write into the log of when the call began.

        A call that outlives a reset is none of what comes after.
        """
        log.add(
            {
                "at": at,
                "method": environ["REQUEST_METHOD"],
                "path": environ["PATH_INFO"],
                "query": environ.get("QUERY_STRING", ""),
                "status": status,
                "client_id": environ.get("simulator.client_id"),
                "account": environ.get("simulator.account"),
            }
        )


def faulty_answer(fault: Fault, path: str) -> Answer:
    """The fault's answer, with the headers the gateway would put on it."""
    status, content_type, body = played(fault, path)
    headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
    if path.startswith("/v3/"):
        headers |= gateway_headers(status)
    if 300 <= status < 400:
        headers["Location"] = "/"
    return Answer(f"{status} {phrase(status)}", list(headers.items()), body)


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Fault"


def cut(environ: "WSGIEnvironment") -> None:
    """Drop the TCP connection with a reset instead of a farewell."""
    if connection := environ.get("werkzeug.socket"):
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
    raise ConnectionResetError("cut on order")
