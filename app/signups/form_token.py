"""The form token: signed, expiring, without a cookie, so that it works in a frame on
anybody's site.
"""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from app.services import services
from app.signups.form_cache import kept

MAX_PAGE = 500  # characters of a host page's address
ID_BYTES = 12  # 16 characters: the solver of the proof of work counts on that


@dataclass(frozen=True)
class FormToken:
    """What a shown form carries: its own id (one press, one sign-up), its age, the page
    it was framed on.
    """

    press_id: str
    age: float  # seconds
    host_page: str
    consent_id: str = ""  # the wording that stood beside the box
    # what its proof of work takes (`screening.proof`); 0 for none
    work: int = 0
    proven: bool = False  # that was done for the token before it

    @property
    def holds(self) -> bool:
        return self.age <= services().settings.form_max_seconds


def issue(
    form_id: str,
    host_page: str,
    consent_id: str = "",
    press_id: str = "",
    work: int = 0,
    proven: bool = False,
) -> str:
    """Sign a new ticket for one showing of a form."""
    payload = [form_id, press_id or new_press_id(), host_page[:MAX_PAGE], consent_id]
    return str(_signer().dumps([*payload, work, int(proven)]))


def new_press_id() -> str:
    """Make the id of a new ticket."""
    return secrets.token_urlsafe(ID_BYTES)


def next_press_id(press_id: str) -> str:
    """Return the id of the one ticket that may follow a ticket and keep its proof.

    It is the same for everybody who comes with that ticket, so a proof that is handed
    around is good for three people more, not for each who has a copy.
    """
    digest = sha256(f"after {press_id}".encode()).digest()
    return urlsafe_b64encode(digest[:ID_BYTES]).decode()


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
        # tickets of earlier versions say nothing of a proof
        ticket_form_id, press_id, host_page, consent_id, *work = payload
        work, proven = work or (0, 0)
    except (BadSignature, ValueError, TypeError):
        return None
    if ticket_form_id != form_id:
        return None
    age = (services().clock.now() - issued_at).total_seconds()
    return FormToken(press_id, age, host_page, consent_id, work, bool(proven))


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
