"""Addresses that an admin names: the sites that may show a form, and pages of theirs
that it leads to.
"""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

MAX_SITES = 50
MAX_ADDRESS = 500  # characters
OWN_MACHINE = ("localhost", "127.0.0.1")
USUAL_PORTS = {"https": 443, "http": 80}


@lru_cache(1000)
def origin(text: str) -> str | None:
    """`https://example.com` or with a port that is not the usual one; None for what is
    no origin that we allow.

    A bare name is taken as https; a path is left out. http only on one's own machine.
    """
    text = text.strip()
    parts = _split(text if "://" in text else f"https://{text}")
    if parts is None or parts.scheme not in USUAL_PORTS:
        return None
    host = _host(parts)
    if not host or (parts.scheme == "http" and host not in OWN_MACHINE):
        return None
    port = (
        parts.port if parts.port and parts.port != USUAL_PORTS[parts.scheme] else None
    )
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


def origins(text: str) -> tuple[list[str], list[str]]:
    """(each line's origin, once; the lines that are none)."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = {line: origin(line) for line in lines}
    return list(dict.fromkeys(filter(None, found.values()))), [
        line for line in found if not found[line]
    ]


def is_page(text: str) -> bool:
    """Whether this is the whole https address of a page, as it can be linked to."""
    parts = _split(text)
    return bool(
        parts
        and parts.scheme == "https"
        and _host(parts)
        and text.isprintable()
        and " " not in text
    )


def _split(text: str) -> SplitResult | None:
    """The parts, or None for what cannot be read, names a user, or has a port that is
    none.
    """
    try:
        parts = urlsplit(text)
        known = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if known and parts.username is None and "\\" not in text else None


def _host(parts: SplitResult) -> str | None:
    """The name as a browser sends it in an Origin header: in small ASCII letters."""
    try:
        host = (parts.hostname or "").rstrip(".").encode("idna").decode()
    except UnicodeError:
        return None
    words = host.split(".")
    fine = all(word.replace("-", "").isalnum() for word in words) and (
        len(words) > 1 or host in OWN_MACHINE
    )
    return host if fine else None
