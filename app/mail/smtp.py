"""The mail server: the only file with a key to `smtplib`.

What can go wrong is a `Failure`, which knows whether that is this mail's end, or
whether it is worth trying again. Every conversation ends by LATCHKEY_HTTP_DEADLINE.
"""

import base64
import io
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.config.types import Mailbox, mail_address, mail_domain, mail_server
from app.core.logs import BLANK
from app.mail.message import Message, message, one_line
from app.services import services

MAX_WORDS = 500  # characters
# Whatever they answer to, they are about the login (RFC 4954).
LOGIN_CODES = (530, 534, 535, 538)
SECONDS_FOR_GOODBYE = 1


class SmtpFailure(Exception):
    """The mail was not taken.

    `reason` has words in NOTICE_REASONS; `detail` are the server's own. `for_good`: it
    is no use to try this mail again.
    """

    def __init__(
        self, reason: str, detail: object = "", for_good: bool = False
    ) -> None:
        self.reason = reason
        self.detail = one_line(str(detail), MAX_WORDS)
        self.for_good = for_good
        super().__init__(f"{reason}: {self.detail}")


def send(letter: Message) -> str:
    """Hand one letter over; return the server's words when it has taken it.

    Raises `Failure`.
    """
    letter = replace(letter, recipient=_reachable(letter.recipient))
    whole = message(letter).as_bytes()
    with _conversation() as server:
        _accepted(server.mail(letter.sender), "sender_refused")
        _accepted(server.rcpt(letter.recipient), "recipient_refused", for_good=True)
        return _accepted(_sent(server, whole), "mail_refused", for_good=True)


def _sent(server: "_Server", whole: bytes) -> tuple[int, bytes | str]:
    """Send the text; return an answer before it or after it alike."""
    try:
        return server.data(whole)
    except smtplib.SMTPDataError as error:
        return error.smtp_code, error.smtp_error


def check() -> None:
    """Connect, encrypt and log in, as far as that goes without sending anything.

    Raises `Failure`.
    """
    with _conversation() as server:
        _accepted(server.noop(), "server_refused")


def configured_mailbox() -> Mailbox:
    """Return the mail server that is set; only to be asked where there is one."""
    return mail_server(services().settings.smtp_url.get_secret_value())


@contextmanager
def _conversation() -> Iterator["_Server"]:
    """Talk with the server, encrypted and logged in as far as it has to be."""
    mailbox = configured_mailbox()
    server = _Server(mailbox)
    try:
        _greet(server, mailbox)
        yield server
    except ssl.SSLError as error:
        raise SmtpFailure(
            "tls", getattr(error, "verify_message", "") or error
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error, "server_refused") from None
    # ValueError: what answered speaks another protocol
    except (smtplib.SMTPException, OSError, ValueError) as error:
        reason = "unanswered" if server.connected else "unreachable"
        raise SmtpFailure(reason, getattr(error, "strerror", None) or error) from None
    finally:
        server.hang_up()


def _greet(server: "_Server", mailbox: Mailbox) -> None:
    _accepted(server.connect(mailbox.host, mailbox.port), "server_refused")
    server.ehlo_or_helo_if_needed()
    if not mailbox.secure and server.has_extn("starttls"):
        _accepted(server.encrypt(), "tls")
        server.ehlo_or_helo_if_needed()
    is_encrypted = isinstance(server.sock, ssl.SSLSocket)
    if not is_encrypted and _must_be_encrypted(mailbox):
        raise SmtpFailure("no_tls")
    if mailbox.password:
        _log_in(server, mailbox)


def _must_be_encrypted(mailbox: Mailbox) -> bool:
    """Tell whether nothing may be sent in clear: whoever is on the way can take the
    offer of STARTTLS out of the server's answer.
    """
    if mailbox.password and not mailbox.here:
        return True
    return bool(services().settings.smtp_require_tls)


def _log_in(server: "_Server", mailbox: Mailbox) -> None:
    try:
        server.login(mailbox.user, mailbox.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _refusal(error.smtp_code, error.smtp_error, "login_refused") from None
    except smtplib.SMTPNotSupportedError as error:
        raise SmtpFailure("login_refused", error) from None


def _accepted(
    answer: tuple[int, bytes | str], reason: str, for_good: bool = False
) -> str:
    """Return the words of a good answer, or raise the failure that it is."""
    code, words = answer
    if 200 <= code < 300:
        return one_line(f"{code} {_text(words)}", MAX_WORDS)
    raise _refusal(code, words, reason, for_good)


def _refusal(
    code: int, words: bytes | str, reason: str, for_good: bool = False
) -> SmtpFailure:
    """Return the failure that an answer means.

    4xx means not now, whatever it is about; 421 that the server hangs up.
    """
    answer = f"{code} {_text(words)}"
    if code in LOGIN_CODES:
        return SmtpFailure("login_refused", answer)
    if 500 <= code < 600:
        return SmtpFailure(reason, answer, for_good)
    if 400 <= code < 500:
        return SmtpFailure("not_now", answer)
    return SmtpFailure("server_refused", answer)


def _reachable(address: str) -> str:
    """Return the address as mail servers take it. Raises `Failure`."""
    reachable = mail_address(address)
    if not reachable:
        raise SmtpFailure(
            "recipient_refused",
            "it is no address that this mail can be carried to",
            for_good=True,
        )
    return reachable


def _text(words: bytes | str) -> str:
    if isinstance(words, bytes):
        return words.decode("utf-8", "replace")
    return words


class _Server(smtplib.SMTP):
    """An SMTP client whose whole conversation ends by one deadline.

    smtplib's own time-out starts anew with every byte that comes; here each step gets
    what is left of the whole.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(local_hostname=mail_domain(services().settings.public_url))
        self._host = mailbox.host
        self._secure = mailbox.secure
        self._secrets = _as_sent(mailbox)
        self._deadline = services().settings.http_deadline
        self._ends = time.monotonic() + self._deadline
        self.connected = False

    def seconds_left(self) -> float:
        """Return the seconds until the deadline; raise `TimeoutError` without any."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"it took longer than {self._deadline:g} seconds")
        return seconds

    def _get_socket(self, host: str, port: int, timeout: object) -> socket.socket:
        """Connect: smtplib calls this, and its own class for TLS overrides it too."""
        sock = _first_that_answers(host, port, self.seconds_left)
        if self._secure:
            sock.settimeout(self.seconds_left())
            context = ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=host)
        self.connected = True
        return sock

    def encrypt(self) -> tuple[int, bytes]:
        """Start TLS; the time for its handshake counts as a whole."""
        if self.sock:
            self.sock.settimeout(self.seconds_left())
        return self.starttls(context=ssl.create_default_context())

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self.seconds_left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = io.BufferedReader(_InTime(self.sock, self.seconds_left))
        code, words = super().getreply()
        return code, self._without_password(words)

    def _without_password(self, words: bytes) -> bytes:
        """Blank our secrets: the words are kept and shown, and may repeat them."""
        for secret in self._secrets:
            words = words.replace(secret, BLANK.encode())
        return words

    def hang_up(self) -> None:
        """Say goodbye and close; nothing is lost if the server does not answer that."""
        try:
            if self.sock:
                soon = time.monotonic() + SECONDS_FOR_GOODBYE
                self._ends = min(self._ends, soon)
                self.quit()
        except (smtplib.SMTPException, OSError, ValueError):
            self.close()


def _as_sent(mailbox: Mailbox) -> list[bytes]:
    """Return the forms in which the password goes over the wire (RFC 4616, LOGIN)."""
    if not mailbox.password:
        return []
    password = mailbox.password.encode()
    plain = f"\0{mailbox.user}\0{mailbox.password}".encode()
    return [password, base64.b64encode(password), plain, base64.b64encode(plain)]


class _InTime(io.RawIOBase):
    """A socket's bytes, each read with no more time than is left."""

    def __init__(self, sock: socket.socket, seconds_left: Callable[[], float]) -> None:
        self._sock = sock
        self._seconds_left = seconds_left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._seconds_left())
        return self._sock.recv_into(buffer)


def _first_that_answers(
    host: str, port: int, seconds_left: Callable[[], float]
) -> socket.socket:
    """Connect to the first of the host's addresses that answers.

    Each gets an equal share of the time that is left.
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for number, (*_kind, address) in enumerate(addresses):
        share = seconds_left() / (len(addresses) - number)
        try:
            return socket.create_connection((str(address[0]), port), share)
        except OSError:
            if number == len(addresses) - 1:
                raise
    raise OSError(f"{host} has no address")
