"""Types of settings, and the checks behind them. What a check says when it fails goes on
from the setting's name.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo

from babel.dates import get_timezone
from limits import parse_many
from pydantic import AfterValidator, Field, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
MIN_TOKEN = 16  # characters
MAIL_PORTS = {"smtp": 587, "smtps": 465}
MAX_ADDRESS = 254  # characters of a mail address (RFC 5321)
ATOM, LABEL = r"[\w!#$%&'*+/=?^`{|}~-]+", r"[A-Za-z0-9-]{1,63}"
ADDRESS = re.compile(
    rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*\Z",
    re.ASCII,
)


@dataclass(frozen=True)
class Mailbox:
    """A mail server and how to speak with it.

    `secure`: TLS from the first byte, else STARTTLS where it is offered.
    """

    host: str
    port: int
    secure: bool
    user: str
    password: str

    @property
    def here(self) -> bool:
        """Whether it is on this machine, so that nobody listens on the way."""
        return self.host in LOOPBACK


def _zone(value: str) -> str:
    try:
        # days are counted by the one, times are shown by the other
        ZoneInfo(value), get_timezone(value)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            "is not a time zone. Write it like Europe/Berlin or America/New_York"
        ) from None
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is none
        whole = False
    if (
        not whole
        or parts.query
        or parts.fragment
        or parts.username
        or len(value.split()) > 1
    ):
        raise ValueError(
            "is not a web address. Write it like https://signup.example.org"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("uses http, which is safe only on this machine. Use https")
    return value.rstrip("/")


def _home(value: str) -> str:
    if not value:
        raise ValueError(
            "is not set, and Constant Contact sends people back to it. Set the address"
            " where people reach Latchkey: echo"
            " LATCHKEY_PUBLIC_URL=https://signup.example.org >> .env"
        )
    address = _web_address(value)
    if urlsplit(address).path:
        raise ValueError("has a path, but Latchkey must be at the root of its host")
    return address


def _database_address(value: str) -> str:
    if value and not value.startswith(
        ("sqlite:///", "postgres://", "postgresql://", "postgresql+psycopg://")
    ):
        raise ValueError(
            "is not a SQLite or PostgreSQL address. Write it like"
            " postgresql://name:password@host/db"
        )
    if value in ("sqlite:///", "sqlite:///:memory:"):
        raise ValueError(
            "names no file. Write it like sqlite:////var/lib/latchkey/latchkey.db"
        )
    try:
        make_url(value or "sqlite:///")
    except (ArgumentError, ValueError):
        raise ValueError(
            "is not a valid address. Write it like"
            " postgresql://name:password@host:5432/db, with symbols in the password"
            " escaped, such as %40 for @"
        ) from None
    return value


def _cache_address(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ValueError("is not a Redis address. Write it like redis://cache:6379/0")
    return value


def mail_server(address: str) -> Mailbox:
    """Read an address like smtp://user:password@host:587.

    Raises `ValueError`, with a reason that goes on from the setting's name.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
        whole = (
            host
            and host.isascii()
            and parts.scheme in MAIL_PORTS
            and port != 0
            and not _goes_on(parts)
        )
    except ValueError:  # half an IPv6 address, a port that is none
        whole = False
    if not whole or len(address.split()) != 1:
        raise ValueError(
            "is not a mail server address. Write it like"
            " smtp://user:password@mail.example.org:587, or smtps://… for TLS from the"
            " start, with symbols in the user name or password escaped, such as %40"
            " for @"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(
            "has a user name without a password, or a password without a user name."
            " Set both or neither"
        )
    if not all(" " <= letter <= "~" for letter in user + password):
        raise ValueError(
            "has accented letters or control characters in the user name or password,"
            " which mail servers don't accept"
        )
    return Mailbox(
        host=host,
        port=port or MAIL_PORTS[parts.scheme],
        secure=parts.scheme == "smtps",
        user=user,
        password=password,
    )


def _goes_on(parts: SplitResult) -> bool:
    """Whether anything follows the host, which an unescaped / or # in a password ends."""
    return parts.path not in ("", "/") or bool(parts.query or parts.fragment)


def _mail_server(value: SecretStr) -> SecretStr:
    if value.get_secret_value():
        mail_server(value.get_secret_value())
    return value


def _mail_address(value: str) -> str:
    if value and not (len(value) <= MAX_ADDRESS and ADDRESS.match(value)):
        raise ValueError(
            "is not an email address. Write it like latchkey@example.org, without a"
            " name"
            " around it"
        )
    return value


def mail_address(text: str) -> str:
    """Return an address as mail servers take it, its domain in ASCII; "" for none."""
    if len(text) > MAX_ADDRESS:
        return ""
    local, _at, domain = text.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
    if ADDRESS.match(address):
        return address
    return ""


def mail_domain(home: str) -> str:
    """Return the host of an address of ours, as the domain of a mail address; localhost
    for a bare IP address, from which nobody takes mail.
    """
    host = urlsplit(home).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        with suppress(UnicodeError):
            return host.encode("idna").decode()
    return "localhost"


def _one_word(value: str) -> str:
    if len(value) > 80 or not all("!" <= letter <= "~" for letter in value):
        raise ValueError(
            "has spaces, accented letters, or more than 80 characters. Copy it again"
            " from the developer portal"
        )
    return value


def _limits(value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ValueError(
            "is not a list of limits. Write it like 5 per minute; 30 per hour"
        ) from None
    return value


def _readable_file(value: Path | None) -> Path | None:
    if value is not None:
        try:
            value.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ValueError(
                f"names {value}, which can't be read. Check that it is a UTF-8 text"
                " file and that Latchkey may read it"
            ) from None
    return value


def _scopes(value: str) -> str:
    scopes = value.split()
    if "," in value or "+" in value or not scopes:
        raise ValueError("must be scope names separated by spaces")
    if "offline_access" not in scopes or "contact_data" not in scopes:
        raise ValueError(
            "must include contact_data and offline_access, or accounts don't stay"
            " connected"
        )
    return " ".join(scopes)


def _contact(value: str) -> str:
    if value and not ADDRESS.match(value[: MAX_ADDRESS + 1]):
        address = _web_address(value)
        if not address.startswith("https://"):
            raise ValueError("must be an email address or an https address")
    return value


def _machines_token(value: SecretStr) -> SecretStr:
    token = value.get_secret_value()
    if token and len(token) < MIN_TOKEN:
        raise ValueError(
            f"has fewer than {MIN_TOKEN} characters, so it could be guessed. Create"
            " one with: openssl rand -hex 32"
        )
    return value


Seconds = Annotated[float, Field(gt=0, le=1e8, allow_inf_nan=False)]
# far more leave the calendar
Days = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Hours = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
OneWord = Annotated[str, AfterValidator(_one_word)]
Zone = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Home = Annotated[str, AfterValidator(_home)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
CacheAddress = Annotated[str, AfterValidator(_cache_address)]
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Contact = Annotated[str, AfterValidator(_contact)]
MachinesToken = Annotated[SecretStr, AfterValidator(_machines_token)]
ReadableFile = Annotated[Path | None, AfterValidator(_readable_file)]
Limits = Annotated[str, AfterValidator(_limits)]
Scopes = Annotated[str, AfterValidator(_scopes)]
