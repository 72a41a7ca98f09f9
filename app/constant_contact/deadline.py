"""An HTTP connection whose exchange ends by a deadline, however slowly the other side
drips.

A socket's own time-out starts anew with every byte, so a server that sends one byte now
and then would hold us for hours, and a lease that should outlive the call would not.
Here every read gets what is left of the deadline, and nothing is sent after it.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

PIECE = 65_536  # bytes that are sent at once

_ends: ContextVar[float] = ContextVar("ends")


@contextmanager
def within(seconds: float) -> Iterator[float]:
    """Everything sent and read in this block ends by then; gives the instant on the
    monotonic clock.
    """
    ends = time.monotonic() + seconds
    token = _ends.set(ends)
    try:
        yield ends
    finally:
        _ends.reset(token)


def _left() -> float:
    return _ends.get(float("inf")) - time.monotonic()


class _TimedReader(io.RawIOBase):
    """A socket's bytes, each read with no more time than is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _left()
        self._sock.settimeout(max(left, 0.001) if left != float("inf") else None)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


def _connected_in_time(connection: HTTPConnection) -> None:
    """Several addresses or tries may each take their time; after the deadline nothing
    may be sent.
    """
    if _left() <= 0:
        connection.close()
        raise ConnectTimeoutError(connection, "connected after the deadline")


class _TimedSender:
    """Sends in pieces, each with no more time than is left: one call for all of a long
    body has but one time-out.
    """

    sock: Any

    def send(self, data: Any) -> None:
        if not isinstance(data, bytes) or self.sock is None:
            super().send(data)  # type: ignore[misc]  # of the connection that this is mixed into
            return
        whole = memoryview(data)
        for at in range(0, len(data), PIECE):
            left = _left()
            if left <= 0:
                raise TimeoutError("the deadline passed while sending")
            self.sock.settimeout(left if left != float("inf") else None)
            super().send(whole[at : at + PIECE])  # type: ignore[misc]


class _Connection(_TimedSender, HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        super().connect()
        _connected_in_time(self)


class TlsRefused(SSLError):
    """No TLS with `host`, so nothing was sent: `why` in OpenSSL's words.

    Once it stands, its errors are others.
    """

    def __init__(self, host: str, error: Exception) -> None:
        inner = error.args[0] if isinstance(error, SSLError) and error.args else error
        said = (
            getattr(inner, "verify_message", None)
            or getattr(inner, "reason", None)
            or type(inner).__name__
        )
        super().__init__(str(said))
        self.host, self.why = host, str(said)


class _SecureConnection(_TimedSender, HTTPSConnection):
    response_class = _Response

    def connect(self) -> None:
        try:
            super().connect()
        except (ssl.SSLError, SSLError, CertificateError) as error:
            raise TlsRefused(self.host, error) from error
        except OSError as error:  # hung up, or silent, in the middle of the handshake
            raise NewConnectionError(self, type(error).__name__) from error
        _connected_in_time(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class DeadlineAdapter(HTTPAdapter):
    """Requests' adapter over such connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
