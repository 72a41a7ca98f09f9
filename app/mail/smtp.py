"""The mail server: the only file with a key to `smtplib`. Every conversation ends by
LATCHKEY_HTTP_DEADLINE.

What can go wrong is a `Failure`. It knows whether that is this mail's end, or whether
it is worth trying again.
"""

import base64
import io
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from app.config.types import ADDRESS, Mailbox, mail_domain, mail_server
from app.core.logs import BLANK
from app.mail.message import Message, message, one_line
from app.services import services

MAX_WORDS = 500
# whatever they answer to, they are about the login (RFC 4954)
LOGIN_CODES = (530, 534, 535, 538)


class SmtpFailure(Exception):
    """The mail was not taken.

    `reason` has words in NOTICE_REASONS; `detail` are the server's own.
    """

    def __init__(
        self, reason: str, detail: object = "", for_good: bool = False
    ) -> None:
        self.reason, self.detail, self.for_good = (
            reason,
            one_line(str(detail), MAX_WORDS),
            for_good,
        )
        super().__init__(f"{reason}: {self.detail}")


def send(letter: Message) -> str:
    """Hand one letter over; the server's words when it has taken it.

    Raises `Failure`.
    """
    letter = replace(letter, recipient=_reachable(letter.recipient))
    whole = message(letter).as_bytes()
    with _talk() as server:
        _heard(server.mail(letter.sender), "sender_refused")
        _heard(server.rcpt(letter.recipient), "recipient_refused", for_good=True)
        try:
            return _heard(server.data(whole), "mail_refused", for_good=True)
        except smtplib.SMTPDataError as error:
            return _heard(
                (error.smtp_code, error.smtp_error), "mail_refused", for_good=True
            )


def check() -> None:
    """Connect, encrypt and log in, as far as that goes without sending anything.

    Raises `Failure`.
    """
    with _talk() as server:
        _heard(server.noop(), "server_refused")


def mailbox() -> Mailbox:
    """The mail server that is set; only where there is one."""
    return mail_server(services().settings.smtp_url.get_secret_value())


@contextmanager
def _talk() -> Iterator["_Server"]:
    """A conversation with the server, encrypted and logged in as far as it has to be."""
    there = mailbox()
    server = _Server(there)
    try:
        _greet(server, there)
        yield server
    except ssl.SSLError as error:
        raise SmtpFailure(
            "tls", getattr(error, "verify_message", "") or error
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(
            error.smtp_code, error.smtp_error, "server_refused", False
        ) from None
    except (
        smtplib.SMTPException,
        OSError,
        ValueError,
    ) as error:  # ValueError: not the protocol at all
        said = getattr(error, "strerror", None) or error
        raise SmtpFailure(
            "unanswered" if server.connected else "unreachable", said
        ) from None
    finally:
        server.hang_up()


def _greet(server: "_Server", there: Mailbox) -> None:
    code, words = server.connect(there.host, there.port)
    _heard((code, words), "server_refused")
    server.ehlo_or_helo_if_needed()
    if not there.secure and server.has_extn("starttls"):
        _heard(server.encrypt(), "tls")
        server.ehlo_or_helo_if_needed()
    if there.password:
        if not isinstance(server.sock, ssl.SSLSocket) and not there.here:
            raise SmtpFailure("no_tls")
        _log_in(server, there)


def _log_in(server: "_Server", there: Mailbox) -> None:
    try:
        server.login(there.user, there.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal(
            error.smtp_code, error.smtp_error, "login_refused", False
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        raise SmtpFailure("login_refused", error) from None


def _heard(answer: tuple[int, bytes | str], reason: str, for_good: bool = False) -> str:
    """The words of a good answer, or the failure that it is."""
    code, words = answer
    if 200 <= code < 300:
        return one_line(f"{code} {_text(words)}", MAX_WORDS)
    raise _refusal(code, words, reason, for_good)


def _refusal(code: int, words: bytes | str, reason: str, for_good: bool) -> SmtpFailure:
    """4xx means not now, whatever it is about; 421 that the server hangs up."""
    said = f"{code} {_text(words)}"
    if code in LOGIN_CODES:
        return SmtpFailure("login_refused", said)
    if 500 <= code < 600:
        return SmtpFailure(reason, said, for_good)
    return SmtpFailure("not_now" if 400 <= code < 500 else "server_refused", said)


def _reachable(address: str) -> str:
    """The address as mail can carry it, its domain in the letters of servers; else it
    is given up.
    """
    local, _at, domain = address.rpartition("@")
    with suppress(UnicodeError):
        written = f"{local}@{domain.encode('idna').decode()}"
        if ADDRESS.match(written):
            return written
    raise SmtpFailure(
        "recipient_refused",
        "it is no address that this mail can be carried to",
        for_good=True,
    )


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


class _Server(smtplib.SMTP):
    """smtplib's time-out starts anew with every byte that comes; here each step gets
    what is left of the whole.
    """

    def __init__(self, there: Mailbox) -> None:
        super().__init__(local_hostname=mail_domain(services().settings.public_url))
        self._host, self._secure = there.host, there.secure
        plain = f"\0{there.user}\0{there.password}".encode()
        self._secrets = [
            form
            for secret in (there.password.encode(), plain)
            if there.password
            for form in (secret, base64.b64encode(secret))
        ]
        self._deadline = services().settings.http_deadline
        self._ends = time.monotonic() + self._deadline
        self.context, self.connected = ssl.create_default_context(), False

    def left(self) -> float:
        """Seconds until the deadline. Raises `TimeoutError` when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it took longer than {self._deadline:g} seconds")
        return left

    def _get_socket(self, host: str, port: int, timeout: object) -> socket.socket:
        """smtplib asks for one here, and its own class for TLS overrides the same."""
        sock = _first_that_answers(host, port, self.left)
        if self._secure:
            sock.settimeout(self.left())
            sock = self.context.wrap_socket(sock, server_hostname=host)
        self.connected = True
        return sock

    def encrypt(self) -> tuple[int, bytes]:
        """STARTTLS; the time for its handshake counts as a whole."""
        if self.sock:
            self.sock.settimeout(self.left())
        return self.starttls(context=self.context)

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self.left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_InTime(self.sock, self.left))
        code, words = super().getreply()
        return code, self._without_password(words)

    def _without_password(self, words: bytes) -> bytes:
        """Their words are kept and shown; a server that repeats what it was told must
        not make us tell it.
        """
        for form in self._secrets:
            words = words.replace(form, BLANK.encode())
        return words

    def hang_up(self) -> None:
        """Say goodbye and close; a server that does not answer that has lost nothing."""
        try:
            if self.sock:
                self._ends = min(self._ends, time.monotonic() + 1)
                self.quit()
        except (smtplib.SMTPException, OSError, ValueError):
            self.close()


class _InTime(io.RawIOBase):
    """A socket's bytes, each read with no more time than is left."""

    def __init__(self, sock: socket.socket, left: Any) -> None:
        self._sock, self._left = sock, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)


def _first_that_answers(host: str, port: int, left: Any) -> socket.socket:
    """A connection to one of the host's addresses; each gets an equal share of what
    time is left.
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for number, (*_kind, address) in enumerate(addresses):
        try:
            return socket.create_connection(
                (str(address[0]), port), left() / (len(addresses) - number)
            )
        except OSError:
            if number == len(addresses) - 1:
                raise
    raise OSError(f"{host} has no address")
