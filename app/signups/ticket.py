"""The form token: signed, expiring, without a cookie, so that it works in a frame on anybody's site."""

import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.ground import ground


@dataclass(frozen=True)
class Ticket:
    """What a shown form carries: its own id (one press, one sign-up), its age, the page it was framed on."""

    press_id: str
    age: float  # seconds
    host_page: str
    consent_id: str = ""  # the wording that stood beside the box


def issue(form_id: str, host_page: str, consent_id: str = "") -> str:
    return str(_signer().dumps([form_id, secrets.token_urlsafe(12), host_page[:500], consent_id]))


def read(text: str, form_id: str) -> Ticket | None:
    """The ticket, or None when it is forged, of another form or too old."""
    found = _opened(text, form_id)
    return found if found and found.age <= ground().settings.form_max_seconds else None


def wording(text: str, form_id: str) -> str | None:
    """The consent wording a ticket was shown with, also when it is too old; None when it is none of ours."""
    found = _opened(text, form_id)
    return found.consent_id if found else None


def _opened(text: str, form_id: str) -> Ticket | None:
    try:
        (shown, press_id, host_page, consent_id), issued = _signer().loads(text, return_timestamp=True)
    except (BadSignature, ValueError, TypeError):
        return None
    age = (ground().clock.now() - issued).total_seconds()
    return Ticket(press_id, age, host_page, consent_id) if shown == form_id else None


def _signer() -> Any:
    keys = ground().vault.derived("form tokens")
    return URLSafeTimedSerializer(list(reversed(keys)), salt="latchkey.form")  # newest last signs
