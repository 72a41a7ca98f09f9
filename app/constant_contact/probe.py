"""Trying an API key without a browser, as far as that goes (contract 1.2 and 1.3)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

from app.constant_contact import errors, http, oauth

# as it should: we are no browser
NEEDS_A_PERSON = ("login_required", "interaction_required", "consent_required")
NO_TOKEN = "latchkey-checks-its-api-key"
# bytes that are searched: the time that takes grows with their square
MAX_OF_A_PAGE = 20_000


def api_key(given: oauth.Credentials) -> None:
    """Return when the provider knows the API key and its secret; raise a
    `ProviderError` otherwise.

    A refresh token that never was is offered: who proved the key is told
    `invalid_grant`, anybody else `invalid_client` (`ClientRefused`). Every other error
    says nothing about the key.
    """
    try:
        oauth.refresh(given, NO_TOKEN)
    except errors.GrantRefused:
        return


def redirect_uri(
    given: oauth.Credentials, scopes: str, address: str, pkce: bool
) -> None:
    """Return when the provider would send owners back to `address`; raise a
    `ProviderError` otherwise.

    The authorize address is asked without a browser: for an address that is not
    registered it answers with a page and status 400 (`Invalid`, with that page's words;
    `ClientRefused` when they are about the API key), for a registered one with its
    sign-in or a redirect.
    """
    asked = oauth.authorize_address(
        given,
        scopes,
        address,
        oauth.new_secret(),
        oauth.new_secret() if pkce else None,
        prompt="none",
    )
    answer = http.BoundedSession(given.deadline).get(
        asked, headers={"Accept": "text/html"}
    )
    if answer.status_code == 400:
        said = _words_of(answer.content[:MAX_OF_A_PAGE].decode("utf-8", "replace"))
        raise (errors.ClientRefused if "client_id" in said else errors.Invalid)(
            said, 400
        )
    if answer.status_code >= 400:
        http.json_of(answer)  # raises what the status means
    said = parse_qs(urlsplit(answer.headers.get("Location", "")).query).get(
        "error", ["login_required"]
    )[0]
    if said not in NEEDS_A_PERSON:
        raise errors.Unsupported(http.plain(said, 80), answer.status_code)


def _words_of(page: str) -> str:
    """A page's text without its markup."""
    body = re.sub(r"(?is)<(head|script|style)\b.*?</\1>", " ", page)
    return http.plain(" ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split()), 300)


def reach(address: str, deadline: float) -> datetime | None:
    """Ask an address for anything at all; return the time it says it is there.

    Raises `Trouble` when nobody answers.
    """
    answer = http.BoundedSession(deadline).get(address)
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
