"""The form token: signed, expiring, without a cookie, so that it works in a frame on
anybody's site.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from itsdangerous import (
    BadSignature,
    Serializer,
    TimestampSigner,
    URLSafeTimedSerializer,
)
from itsdangerous.encoding import base64_encode

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
    return str(
        _signer().dumps(
            [form_id, secrets.token_urlsafe(12), host_page[:MAX_PAGE], consent_id]
        )
    )


def read(text: str, form_id: str) -> FormToken | None:
    """The ticket, or None when it is forged, of another form or too old."""
    found = opened(text, form_id)
    return found if found and found.holds else None


def opened(text: str, form_id: str) -> FormToken | None:
    """The ticket, also when it is too old: it still tells which wording was shown.

    None when it is none of ours.
    """
    try:
        (shown, press_id, host_page, consent_id), issued = _signer().loads(
            text, return_timestamp=True
        )
    except (BadSignature, ValueError, TypeError):
        return None
    age = (services().clock.now() - issued).total_seconds()
    return FormToken(press_id, age, host_page, consent_id) if shown == form_id else None


class _Stamp(TimestampSigner):
    """Stamp by the clock that a ticket's age is read by."""

    def get_timestamp(self) -> int:
        return int(services().clock.now().timestamp())


class _Signer(URLSafeTimedSerializer):
    """The library's, which tries to make each payload smaller: for one as short, that
    takes longer than signing it.
    """

    default_signer = _Stamp

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


def _signer() -> Any:
    return kept(
        "signer",
        lambda: _Signer(
            # newest last signs
            list(reversed(services().cipher.derived("form tokens"))),
            salt="latchkey.form",
        ),
    )
