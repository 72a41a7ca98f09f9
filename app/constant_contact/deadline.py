"""HTTP connections whose exchange ends by a deadline.

A socket's own time-out starts anew with every byte. A server that sends one byte now
and then could keep a call going for hours, and a lease that should outlive the call
would not. Here every read gets what is left of the deadline, and nothing is sent after
it.

A call has its turn before it is connected. Where connecting took long, for the network
was silent or it was tried again, that turn is over, and whoever waited like this would
call at once together with others: so another turn is asked for before anything is sent.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

PIECE = 65_536  # bytes that are sent at once
NO_DEADLINE = float("inf")
LATE_SECONDS = 0.05  # after the turn; the pace bears a little more

_ends: ContextVar[float] = ContextVar("ends")
_turn_ends: ContextVar[float] = ContextVar("turn_ends", default=NO_DEADLINE)
_turn_again: ContextVar[Callable[[], None]] = ContextVar("turn_again")


@contextmanager
def within(seconds: float) -> Iterator[float]:
    """End everything that is sent and read in this block in so many seconds.

    Yields the instant of the deadline on the monotonic clock.
    """
    now = time.monotonic()
    ends = now + seconds
    token = _ends.set(ends)
    turn_token = _turn_ends.set(now + LATE_SECONDS)
    try:
        yield ends
    finally:
        _turn_ends.reset(turn_token)
        _ends.reset(token)


@contextmanager
def taking_turns(again: Callable[[], None]) -> Iterator[None]:
    """Call `again`, which waits, where a connection was made after the turn was over.

    What it raises ends the call; nothing was sent.
    """
    token = _turn_again.set(again)
    try:
        yield
    finally:
        _turn_again.reset(token)


def _seconds_left() -> float:
    return _ends.get(NO_DEADLINE) - time.monotonic()


def _set_timeout(sock: socket.socket, seconds: float) -> None:
    sock.settimeout(None if seconds == NO_DEADLINE else seconds)


class _TimedReader(io.RawIOBase):
    """A socket's bytes, each read with no more time than is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        # never 0, which would mean not to wait at all
        _set_timeout(self._sock, max(_seconds_left(), 0.001))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


def _check_in_time(connection: HTTPConnection) -> None:
    """Close a connection that was made too late: nothing may be sent over it.

    Each of a host's addresses, and each try, may have taken its whole time.
    """
    again = _turn_again.get(None)
    if again and _seconds_left() > 0 and time.monotonic() > _turn_ends.get():
        again()
    if _seconds_left() <= 0:
        connection.close()
        raise ConnectTimeoutError(connection, "connected after the deadline")


class _TimedSender:
    """Sends in pieces, each with no more time than is left.

    One call for all of a long body would have one time-out for the whole of it.
    """

    sock: Any

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes) or self.sock is None:
            super().send(data)  # type: ignore[misc]  # of what this is mixed into
            return
        whole = memoryview(data)
        for at in range(0, len(data), PIECE):
            seconds = _seconds_left()
            if seconds <= 0:
                raise TimeoutError("the deadline passed while sending")
            _set_timeout(self.sock, seconds)
            super().send(whole[at : at + PIECE])  # type: ignore[misc]


class _Connection(_TimedSender, HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _check_in_time(self)


class TlsRefused(SSLError):
    """TLS with `host` could not be set up, so nothing was sent.

    `why` is in OpenSSL's words. An error of TLS after it is set up is another one.
    """

    def __init__(self, host: str, error: Exception) -> None:
        self.host = host
        self.why = _words_of(error)
        super().__init__(self.why)


def _words_of(error: Exception) -> str:
    inner: Any = error
    if isinstance(error, SSLError) and error.args:
        inner = error.args[0]
    verification = getattr(inner, "verify_message", None)
    reason = getattr(inner, "reason", None)
    return str(verification or reason or type(inner).__name__)


class _SecureConnection(_TimedSender, HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        try:
            super().connect()
        except (ssl.SSLError, SSLError, CertificateError) as error:
            raise TlsRefused(self.host, error) from error
        except OSError as error:  # hung up, or silent, in the middle of the handshake
            raise NewConnectionError(self, type(error).__name__) from error
        _check_in_time(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class DeadlineAdapter(HTTPAdapter):
    """The adapter of requests, over connections that keep the deadline."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
