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
    """The tag of a page whose ticket is issued now.

    The ticket names `host_page`, so another one is another page.
    """
    return f"{int(now.timestamp()):x}-{_said(digest, host_page)}"


def still_good(
    tags: Iterable[str], digest: str, host_page: str, now: datetime
) -> str | None:
    """The one among a browser's tags whose page may be shown again, or None."""
    said, most = _said(digest, host_page), services().settings.form_max_seconds / 2
    return next(
        (
            tag
            for tag in tags
            if tag.endswith(f"-{said}") and 0 <= now.timestamp() - _issued(tag) < most
        ),
        None,
    )


def _said(digest: str, host_page: str) -> str:
    return (
        sha256(f"{digest} {host_page}".encode()).hexdigest()[:20]
        if host_page
        else digest
    )


def _issued(tag: str) -> float:
    """Epoch seconds; the beginning of time for what is no tag of ours."""
    try:
        return int(tag.partition("-")[0][:12], 16)
    except ValueError:
        return 0
