"""How long an answer asks us to wait.

Its `Retry-After` is in seconds or a date (RFC 9110, section 10.2.3).
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

# Seconds: nobody hurries us, nor stops us for longer than a day.
MIN = 1.0
MAX = 86_400.0
STATUSES = (429, 503)
MAX_DIGITS = 20
DIGITS = re.compile("[0-9]+")


def retry_after(response: requests.Response) -> float | None:
    """Return the seconds that an answer asks us to wait, at least 1 and at most a day.

    None where it asks for nothing, or for nothing that can be read.
    """
    text = response.headers.get("Retry-After", "").strip()
    if response.status_code not in STATUSES or not text:
        return None
    if DIGITS.fullmatch(text):
        seconds = float(text[:MAX_DIGITS])
    else:
        until = _date(text)
        if until is None:
            return None
        # by their own clock where they tell it, since ours may differ
        their_now = _date(response.headers.get("Date", "")) or datetime.now(UTC)
        seconds = (until - their_now).total_seconds()
    return min(max(seconds, MIN), MAX)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
