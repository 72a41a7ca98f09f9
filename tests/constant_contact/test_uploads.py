"""Long bodies on slow lines: as much time as the call was given, and no more."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import requests

from app.constant_contact import activities, errors
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from tests.world import PATIENCE

ANSWER = (
    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length:"
    b' 19\r\n\r\n{"activity_id":"x"}'
)
BODY = b" " * 16_000_000  # more than the system itself keeps of what is on its way
DEADLINE = 0.5  # of other calls


@contextmanager
def slow(pause: float) -> Iterator[tuple[str, list[int]]]:
    """A server that rests so long after each 800 kB; its address, and what it got."""
    listening, got = socket.create_server(("127.0.0.1", 0)), list[int]()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)

    def serve() -> None:
        with suppress(OSError):
            there, _ = listening.accept()
            with there:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += there.recv(1)
                while sum(got) < len(BODY):
                    piece = there.recv(800_000, socket.MSG_WAITALL)
                    if not piece:
                        return
                    got.append(len(piece))
                    time.sleep(pause)
                there.sendall(ANSWER)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", got
    listening.close()
    thread.join(PATIENCE)


def begin(address: str, seconds: float) -> activities.Activity:
    session: requests.Session = BoundedSession(DEADLINE)
    with session:
        return activities.begin_json(
            Client(session, address, "token", lambda: None), BODY, lambda: seconds
        )


def test_an_upload_may_take_longer_than_other_calls() -> None:
    pause = 0.08
    with slow(pause) as (address, got):
        assert begin(address, PATIENCE).activity_id == "x"

    assert sum(got) == len(BODY)
    assert len(got) * pause > DEADLINE


def test_nothing_is_sent_after_its_deadline_though_every_piece_arrives_in_time() -> (
    None
):
    with slow(0.5) as (address, got), pytest.raises(errors.Unanswered):
        begin(address, 1)

    assert sum(got) < len(BODY)
