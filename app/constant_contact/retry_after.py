"""How long an answer asks us to wait: its `Retry-After` in seconds or as a date (RFC
9110, section 10.2.3).
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

# seconds: nobody is to be hurried, nor stopped for longer than a day
MIN, MAX = 1.0, 86_400.0
STATUSES = (429, 503)


def retry_after(response: requests.Response) -> float | None:
    """Seconds, at least 1 and at most a day; None where nothing was asked for, or
    nothing that can be read.
    """
    text = response.headers.get("Retry-After", "").strip()
    if response.status_code not in STATUSES or not text:
        return None
    if re.fullmatch(r"[0-9]+", text):
        seconds = float(text[:20])
    else:
        then = _date(text)
        if then is None:
            return None
        # both by their clock, where they say what it shows: ours may differ
        seconds = (
            then - (_date(response.headers.get("Date", "")) or datetime.now(UTC))
        ).total_seconds()
    return min(max(seconds, MIN), MAX)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
