"""Kinds of settings that a type alone does not describe; each goes on from the setting's name when it is wrong."""

from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import get_timezone
from limits import parse_many
from pydantic import AfterValidator, Field
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value), get_timezone(value)  # days are counted by the one, times are shown by the other
    except (LookupError, ValueError, OSError):
        raise ValueError("names no time zone. Write it like Europe/Berlin or America/New_York") from None
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # half an IPv6 address, a port that is none
        whole = False
    if not whole or parts.query or parts.fragment or parts.username or len(value.split()) > 1:
        raise ValueError("is not a web address. Write it like https://signup.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("uses http, which is only safe on this machine itself. Use https")
    return value.rstrip("/")


def _home(value: str) -> str:
    if not value:
        raise ValueError("is not set, and without it nobody could be sent back from Constant Contact. "
                         "Say where people reach Latchkey: echo LATCHKEY_PUBLIC_URL=https://signup.example.org >> .env")
    address = _web_address(value)
    if urlsplit(address).path:
        raise ValueError("holds a path, but Latchkey must be at the root of its host")
    return address


def _database_address(value: str) -> str:
    if value and not value.startswith(("sqlite:///", "postgres://", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("is not an address of SQLite or PostgreSQL. Write it like postgresql://name:password@host/db")
    if value in ("sqlite:///", "sqlite:///:memory:"):
        raise ValueError("names no file. Write it like sqlite:////var/lib/latchkey/latchkey.db")
    try:
        make_url(value or "sqlite:///")
    except (ArgumentError, ValueError):
        raise ValueError("cannot be read as an address. Write it like postgresql://name:password@host:5432/db, with "
                         "what is no letter or digit in a password written like %40") from None
    return value


def _cache_address(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ValueError("is not an address of Redis. Write it like redis://cache:6379/0")
    return value


def _one_word(value: str) -> str:
    if len(value) > 80 or not all("!" <= letter <= "~" for letter in value):
        raise ValueError("holds blanks or accents, or more than 80 characters. Copy it once more from the portal")
    return value


def _limits(value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ValueError("is not a list of limits. Write it like 5 per minute; 30 per hour") from None
    return value


def _scopes(value: str) -> str:
    scopes = value.split()
    if "," in value or "+" in value or not scopes:
        raise ValueError("must be scope names separated by blanks")
    if "offline_access" not in scopes or "contact_data" not in scopes:
        raise ValueError("must hold contact_data and offline_access; without them nothing stays connected")
    return " ".join(scopes)


Seconds = Annotated[float, Field(gt=0, le=1e8, allow_inf_nan=False)]
Days = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]  # far more leave the calendar
OneWord = Annotated[str, AfterValidator(_one_word)]
Zone = Annotated[str, AfterValidator(_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Home = Annotated[str, AfterValidator(_home)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
CacheAddress = Annotated[str, AfterValidator(_cache_address)]
Limits = Annotated[str, AfterValidator(_limits)]
Scopes = Annotated[str, AfterValidator(_scopes)]
