"""Addresses that an admin names: sites that may show a form, and pages it leads to."""

from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

MAX_SITES = 50
MAX_ADDRESS = 500  # characters
MAX_HOST = 253  # characters of a name (RFC 1035)
OWN_MACHINE = ("localhost", "127.0.0.1")
USUAL_PORTS = {"https": 443, "http": 80}


@lru_cache(1000)
def origin(text: str) -> str | None:
    """Return the origin of an address, or None where that may not show a form.

    An origin is `https://example.com`, with a port that is not the usual one. A bare
    name is taken as https; a path is left out. http is for one's own machine alone.
    """
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    parts = _split(text)
    if parts is None or parts.scheme not in USUAL_PORTS:
        return None
    host = _host(parts)
    if not host or (parts.scheme == "http" and host not in OWN_MACHINE):
        return None
    if parts.port in (None, USUAL_PORTS[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{parts.port}"


def origins(text: str) -> tuple[list[str], list[str]]:
    """Return (each line's origin, once; the lines that have none)."""
    allowed: list[str] = []
    refused: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        site = origin(line)
        if site and site not in allowed:
            allowed.append(site)
        if line and not site and line not in refused:
            refused.append(line)
    return allowed, refused


def is_page(text: str) -> bool:
    """Tell whether this is the whole https address of a page that can be linked to."""
    parts = _split(text)
    if parts is None or parts.scheme != "https" or not _host(parts):
        return False
    return text.isprintable() and " " not in text


def _split(text: str) -> SplitResult | None:
    """Return the parts of an address.

    None for what cannot be read, names a user, or has a port that does not exist.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if port == 0 or parts.username is not None or "\\" in text:
        return None
    return parts


def _host(parts: SplitResult) -> str | None:
    """Return the name as a browser's Origin header has it: in small ASCII letters."""
    name = (parts.hostname or "").rstrip(".")
    if len(name) > MAX_HOST:
        return None
    try:
        host = name.encode("idna").decode()
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(labels) < 2 and host not in OWN_MACHINE:
        return None
    if not all(label.replace("-", "").isalnum() for label in labels):
        return None
    return host
