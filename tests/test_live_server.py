"""The tests' own server leaves nothing open and no thread behind, whatever a browser
does.
"""

import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

from tests.live_server import LiveServer, serving
from tests.world import PATIENCE

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
RESET = struct.pack("ii", 1, 0)  # a close that says no farewell


class Answer:
    """An answer whose browser hangs up before its end, and which remembers whether it
    was closed.
    """

    def __init__(self) -> None:
        self.begun, self.hung_up = threading.Event(), threading.Event()
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"x"
        self.begun.set()
        assert self.hung_up.wait(PATIENCE)

    def close(self) -> None:
        self.closed = True


def connected(server: LiveServer) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=PATIENCE)


def test_an_answer_is_closed_though_the_browser_hung_up() -> None:
    answer = Answer()

    def app(_environ: Any, start_response: Any) -> Answer:
        start_response("200 OK", [("Content-Length", "1")])
        return answer

    with serving(app) as server, connected(server) as browser:
        browser.sendall(REQUEST)
        assert answer.begun.wait(PATIENCE)
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        browser.close()
        answer.hung_up.set()

    assert answer.closed


def test_a_connection_without_a_request_keeps_no_thread_alive() -> None:
    before = threading.active_count()
    with serving(lambda _environ, _start_response: []) as server:
        browser = connected(server)
        during = threading.active_count()
    browser.close()

    assert during > before
    assert threading.active_count() == before
