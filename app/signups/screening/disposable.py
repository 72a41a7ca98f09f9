"""Domains of throw-away addresses: the community's list, or a file of one's own."""

from functools import lru_cache
from pathlib import Path

from app.services import services


def is_disposable(email: str) -> bool:
    """Tell whether the address's domain, or one above it, is on the list."""
    domain = email.rpartition("@")[2].lower()
    listed = _listed(services().settings.disposable_domains)
    while "." in domain:
        if domain in listed:
            return True
        domain = domain.partition(".")[2]
    return False


@lru_cache(4)
def _listed(path: Path | None) -> frozenset[str]:
    if path is not None:
        lines = path.read_text(encoding="utf-8").splitlines()
        return frozenset(line.strip().lower() for line in lines)
    # read when the first form is sent: 10,000 names
    from disposable_email_domains import blocklist

    return frozenset(blocklist)
