"""Blanks our secrets in the provider's words, which are kept and shown.

An answer may repeat what it was asked with.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, unquote

import requests

SECRET_FIELDS = ("refresh_token", "code", "code_verifier", "client_secret", "token")
BLANK = "[redacted]"
# So many characters of a secret, and whatever goes on like one, are blanked.
TELLING = 20
REST_OF_A_SECRET = re.compile(r"\A[\w.~+/=%-]*")


def without(text: str, *secrets: str | None) -> str:
    """Return the text without these secrets, whole, cut off or percent-encoded."""
    for secret in filter(None, secrets):
        for form in {secret, quote(secret, safe="")}:
            text = _blanked(text, form[:TELLING])
    return text


def _blanked(text: str, beginning: str) -> str:
    """Blank each place where a secret begins, with all that goes on like one."""
    before, *rests = text.split(beginning)
    return before + "".join(BLANK + REST_OF_A_SECRET.sub("", rest) for rest in rests)


def without_what_was_sent(text: str, request: requests.PreparedRequest) -> str:
    """Return the text without the secrets of the request's header and form."""
    return without(text, *_in_header(request), *_in_form(request))


def _in_header(request: requests.PreparedRequest) -> Iterator[str]:
    header = str(request.headers.get("Authorization", ""))
    kind, _blank, credentials = header.partition(" ")
    yield credentials
    if kind.lower() == "basic":
        decoded = base64.b64decode(credentials).decode("utf-8", "replace")
        yield unquote(decoded.partition(":")[2])


def _in_form(request: requests.PreparedRequest) -> Iterator[str]:
    if "json" in str(request.headers.get("Content-Type", "")):
        return
    body = request.body or ""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    fields = parse_qs(str(body))
    for name in SECRET_FIELDS:
        yield from fields.get(name, ())
