"""The ETag of an empty form: when its ticket was issued, and a digest of what is shown
and where it is framed.

A copy that a browser kept is good while the page would say the same and its ticket is
in the first half of its life, so that there is time enough to fill it in. That is read
from the tag itself: the server remembers nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from app.services import services


def of(digest: str, host_page: str, now: datetime) -> str:
    """Make the tag of a page whose ticket is issued now.

    The ticket names `host_page`, so another one is another page.
    """
    return f"{int(now.timestamp()):x}-{_content(digest, host_page)}"


def still_good(
    tags: Iterable[str], digest: str, host_page: str, now: datetime
) -> str | None:
    """Return the one among a browser's tags whose page may be shown again, or None."""
    content = _content(digest, host_page)
    half_a_life = services().settings.form_max_seconds / 2
    for tag in tags:
        age = now.timestamp() - _issued_at(tag)
        if tag.endswith(f"-{content}") and 0 <= age < half_a_life:
            return tag
    return None


def _content(digest: str, host_page: str) -> str:
    if not host_page:
        return digest
    return sha256(f"{digest} {host_page}".encode()).hexdigest()[:20]


def _issued_at(tag: str) -> float:
    """Read the epoch seconds from a tag; 0 when it is none of ours."""
    try:
        return int(tag.partition("-")[0][:12], 16)
    except ValueError:
        return 0
