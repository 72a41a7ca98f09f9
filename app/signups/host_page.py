"""The page of somebody's site that a form stands on, from what browsers and our script
tell.
"""

from urllib.parse import SplitResult, urlsplit

from app.services import services


def page(referrer: str, said: str) -> str:
    """Its address without query or fragment, "" for our own pages and for what is no
    address.

    Browsers cut the Referer to its origin; `said`, by our script, names the whole page
    and is believed of that origin.
    """
    there, told = _parts(referrer), _parts(said)
    if not there or there.netloc == urlsplit(services().settings.public_url).netloc:
        return ""
    if told and (told.scheme, told.netloc) == (there.scheme, there.netloc):
        there = told
    return f"{there.scheme}://{there.netloc}{there.path}"


def _parts(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
    except ValueError:  # it is whatever somebody chose to send
        return None
    return (
        parts
        if parts.netloc and parts.scheme in ("http", "https") and address.isprintable()
        else None
    )
