"""The form token: signed, expiring, without a cookie, so that it works in a frame on
anybody's site.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from app.services import services
from app.signups.form_cache import kept

MAX_PAGE = 500  # characters of a host page's address


@dataclass(frozen=True)
class FormToken:
    """What a shown form carries: its own id (one press, one sign-up), its age, the page
    it was framed on.
    """

    press_id: str
    age: float  # seconds
    host_page: str
    consent_id: str = ""  # the wording that stood beside the box

    @property
    def holds(self) -> bool:
        return self.age <= services().settings.form_max_seconds


def issue(form_id: str, host_page: str, consent_id: str = "") -> str:
    """Sign a new ticket for one showing of a form."""
    return str(
        _signer().dumps(
            [form_id, secrets.token_urlsafe(12), host_page[:MAX_PAGE], consent_id]
        )
    )


def read(text: str, form_id: str) -> FormToken | None:
    """Return the ticket, or None when it is forged, of another form or too old."""
    ticket = opened(text, form_id)
    return ticket if ticket and ticket.holds else None


def opened(text: str, form_id: str) -> FormToken | None:
    """Return the ticket, also when it is too old: it still tells which wording was
    shown. None when it is none of ours.
    """
    try:
        payload, issued_at = _signer().loads(text, return_timestamp=True)
        ticket_form_id, press_id, host_page, consent_id = payload
    except (BadSignature, ValueError, TypeError):
        return None
    if ticket_form_id != form_id:
        return None
    age = (services().clock.now() - issued_at).total_seconds()
    return FormToken(press_id, age, host_page, consent_id)


class _Stamp(TimestampSigner):
    """Stamp by the clock that a ticket's age is read by."""

    def get_timestamp(self) -> int:
        return int(services().clock.now().timestamp())


def _signer() -> Any:
    return kept(
        "signer",
        lambda: URLSafeTimedSerializer(
            # newest last signs
            list(reversed(services().cipher.derived("form tokens"))),
            salt="latchkey.form",
            signer=_Stamp,
        ),
    )
