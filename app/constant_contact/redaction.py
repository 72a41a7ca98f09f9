"""An answer may repeat what it was asked with.

Its words are kept and shown, so our secrets are blanked in them.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, unquote

import requests

SECRET_FIELDS = ("refresh_token", "code", "code_verifier", "client_secret", "token")
BLANK = "[redacted]"
# characters: so much of a secret, and whatever goes on like one, is blanked
TELLING = 20


def without(text: str, *secrets: str | None) -> str:
    """The text without these, whole, cut off or percent-encoded."""
    for secret in secrets:
        for form in {secret, quote(secret, safe="")} if secret else ():
            text = re.sub(re.escape(form[:TELLING]) + r"[\w.~+/=%-]*", BLANK, text)
    return text


def without_what_was_sent(text: str, request: requests.PreparedRequest) -> str:
    """The text without what the request carried in its Authorization header or its
    form.
    """
    return without(text, *_carried(request))


def _carried(request: requests.PreparedRequest) -> Iterator[str]:
    kind, _blank, credentials = str(request.headers.get("Authorization", "")).partition(
        " "
    )
    yield credentials
    if kind.lower() == "basic":
        yield unquote(
            base64.b64decode(credentials).decode("utf-8", "replace").partition(":")[2]
        )
    body = (
        request.body.decode("utf-8", "replace")
        if isinstance(request.body, bytes)
        else str(request.body or "")
    )
    if "json" not in str(request.headers.get("Content-Type", "")):
        fields = parse_qs(body)
        for name in SECRET_FIELDS:
            yield from fields.get(name, ())
