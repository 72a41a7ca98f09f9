"""A real mail server on loopback that keeps what it takes, and refuses, hangs or hangs
up when told to.
"""

import asyncio
import datetime
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "latchkey@example.org", "p@ss/word: 100%"


@dataclass(frozen=True)
class Taken:
    """A mail that was taken: from whom and for whom by the envelope, whether under TLS,
    and logged in as whom.
    """

    sender: str
    recipients: list[str]
    message: EmailMessage
    raw: bytes
    encrypted: bool
    user: str

    @property
    def text(self) -> str:
        return str(self.message.get_content()).replace("\r\n", "\n")


class Sink:
    """`say` answers a command otherwise: {"RCPT": "550 no"}, by recipient {"RCPT
    nora@…": …}, or a function.
    """

    def __init__(self) -> None:
        self.host, self.port = "127.0.0.1", 0
        self.loop = asyncio.new_event_loop()
        self.forget()

    def forget(self) -> None:
        """As new."""
        self.taken: list[Taken] = []
        self.commands: list[str] = []
        self.say: dict[str, str | Callable[[], str]] = {}
        self.tls: ssl.SSLContext | None = None
        self.login_wanted = False

    def url(self, user: str = "", password: str = "", scheme: str = "smtp") -> str:
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        return f"{scheme}://{login}{self.host}:{self.port}"

    def to(self, address: str) -> list[Taken]:
        return [one for one in self.taken if address in one.recipients]

    # -- what aiosmtpd calls

    def conversation(self) -> SMTP:
        with warnings.catch_warnings():
            # a password without TLS is what some tests are about
            warnings.simplefilter("ignore")
            return SMTP(
                self,
                hostname="sink.example.org",
                tls_context=self.tls,
                loop=self.loop,
                authenticator=self._check if self.login_wanted else None,
                auth_require_tls=False,
                auth_required=self.login_wanted,
            )

    def _check(
        self,
        _server: SMTP,
        _session: Session,
        _envelope: Envelope,
        _mechanism: str,
        data: Any,
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=good, handled=False, auth_data=USER)

    async def handle_MAIL(
        self,
        _server: Any,
        _session: Any,
        envelope: Envelope,
        address: str,
        _options: Any,
    ) -> str:
        self.commands.append(f"MAIL {address}")
        answer = await self._answer("MAIL", address)
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(
        self,
        _server: Any,
        _session: Any,
        envelope: Envelope,
        address: str,
        _options: Any,
    ) -> str:
        self.commands.append(f"RCPT {address}")
        answer = await self._answer("RCPT", address)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(
        self, _server: Any, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(raw, policy=default)
        assert isinstance(message, EmailMessage)
        if "DATA" not in self.say or callable(self.say["DATA"]):
            self.taken.append(
                Taken(
                    envelope.mail_from or "",
                    list(envelope.rcpt_tos),
                    message,
                    raw,
                    session.ssl is not None,
                    str(session.auth_data or ""),
                )
            )
        return await self._answer("DATA", "")

    async def _answer(self, command: str, address: str) -> str:
        answer = self.say.get(
            f"{command} {address}", self.say.get(command, f"250 {command} is fine")
        )
        return (
            answer
            if isinstance(answer, str)
            else await self.loop.run_in_executor(None, answer)
        )


@contextmanager
def serving() -> Iterator[Sink]:
    """A sink with a thread of its own, where another loop may run in this one."""
    sink = Sink()
    thread = threading.Thread(target=sink.loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(
        sink.loop.create_server(sink.conversation, sink.host, 0), sink.loop
    ).result()
    sink.port = server.sockets[0].getsockname()[1]
    yield sink
    sink.loop.call_soon_threadsafe(server.close)
    sink.loop.call_soon_threadsafe(sink.loop.stop)
    thread.join()
    sink.loop.close()


@contextmanager
def odd_server(
    talk: Callable[[socket.socket], None],
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """A mail server that does whatever a test wants with each connection; its host and
    port.
    """
    listener = socket.create_server((host, 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                found, _peer = listener.accept()
                with (
                    suppress(OSError),
                    (
                        tls.wrap_socket(found, server_side=True) if tls else found
                    ) as connection,
                ):
                    connection.settimeout(10)
                    talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"{host}:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def says(*lines: str) -> Callable[[socket.socket], None]:
    """Greets with the first line and answers each command with the next, then hangs up."""

    def talk(connection: socket.socket) -> None:
        for number, line in enumerate(lines):
            if number and not connection.recv(1000):
                return
            connection.sendall(line.encode() + b"\r\n")
        connection.settimeout(0.2)  # a client that waits for more says nothing
        with suppress(TimeoutError):
            connection.recv(1000)

    return talk


@dataclass(frozen=True)
class Certificate:
    """A certificate that signed itself, in a file that says so with its key."""

    path: Path

    @property
    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.path)
        return made


def certificate(path: Path, host: str) -> Certificate:
    """For a name or an address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    now = datetime.datetime.now(datetime.UTC)
    try:
        whose: x509.GeneralName = x509.IPAddress(ip_address(host))
    except ValueError:
        whose = x509.DNSName(host)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([whose]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return Certificate(path)
