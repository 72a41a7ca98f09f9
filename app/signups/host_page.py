"""The page of somebody's site that a form stands on, from what browsers and our script
tell.
"""

from urllib.parse import SplitResult, urlsplit

from app.services import services

# Characters: as long as addresses are in practice. Beyond, an address is none, since
# `urlsplit` normalizes what is not ASCII, in quadratic time.
MAX_ADDRESS = 2048


def page(referrer: str, reported: str) -> str:
    """Return the page's address without query or fragment; "" for pages of ours and for
    what is no address.

    Browsers cut the Referer to its origin; `reported`, by our script, names the whole
    page and is believed when it is of that origin, or when a page of ours passes it on.
    """
    origin, whole = _parts(referrer), _parts(reported)
    if not origin:
        return ""
    ours = urlsplit(services().settings.public_url).netloc
    host = origin
    if origin.netloc == ours:
        if not whole or whole.netloc == ours:
            return ""
        host = whole
    elif whole and (whole.scheme, whole.netloc) == (origin.scheme, origin.netloc):
        host = whole
    return f"{host.scheme}://{host.netloc}{host.path}"


def _parts(address: str) -> SplitResult | None:
    if len(address) > MAX_ADDRESS:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:  # it is whatever somebody chose to send
        return None
    is_page = parts.netloc and parts.scheme in ("http", "https")
    return parts if is_page and address.isprintable() else None
