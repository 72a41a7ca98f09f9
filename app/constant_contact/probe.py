"""Trying an API key without a browser, as far as that goes (contract 1.2 and 1.3)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit

from requests import Response

from app.constant_contact import errors, http, oauth

# The errors of an address that is registered, since we are no browser.
NEEDS_A_PERSON = ("login_required", "interaction_required", "consent_required")
NO_TOKEN = "latchkey-checks-its-api-key"
MAX_OF_A_PAGE = 20_000  # bytes that are searched for words
MAX_WORDS = 300  # characters
MAX_ERROR = 80
NAME_OF_TAG = re.compile("/?[a-z]*")
WITHOUT_WORDS = ("head", "script", "style")
# To no character: `unescape` refuses to read so long a number.
LONG_REFERENCE = re.compile("&#[0-9]{8,};?")
MAX_HOPS = 5
# the part of a host's name that the provider's hosts share, with a dot in it
OF_A_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]+")
SIGN_IN = re.compile(r"sign[ -]?in|log[ -]?in|password", re.IGNORECASE)


def api_key(credentials: oauth.Credentials) -> None:
    """Return when the provider knows the API key and its secret.

    Raises a `ProviderError` otherwise. A refresh token that never existed is offered:
    whoever proves the key gets `invalid_grant`, anybody else `invalid_client`
    (`ClientRefused`). Every other error says nothing about the key.
    """
    try:
        oauth.refresh(credentials, NO_TOKEN)
    except errors.GrantRefused:
        return


def redirect_uri(
    credentials: oauth.Credentials, scopes: str, address: str, pkce: bool
) -> None:
    """Return when the provider would send owners back to `address`.

    Raises a `ProviderError` otherwise. The authorize address is asked without a
    browser, and redirects are followed from host to host of the provider until one of
    three is reached: our own address or a sign-in page (it is registered), or a page
    with status 400 (`Invalid`, with that page's words; `ClientRefused` when they are
    about the API key). Whatever else comes says nothing.
    """
    here = oauth.authorize_address(
        credentials,
        scopes,
        redirect_uri=address,
        state=oauth.new_secret(),
        code_verifier=oauth.new_secret() if pkce else None,
        prompt="none",
    )
    session = http.BoundedSession(credentials.deadline)
    for _hop in range(MAX_HOPS):
        answer = session.get(here, headers={"Accept": "text/html"})
        if answer.status_code == 400:
            raise _page_error(answer)
        if answer.status_code >= 400:
            http.json_of(answer)  # raises what the status means
        location = answer.headers.get("Location")
        if location is None:
            _must_be_sign_in(answer)
            return
        here = urljoin(here, location)
        if _is_at(here, address):
            _must_need_a_person(here, answer.status_code)
            return
        if not _same_provider(here, credentials.auth_url):
            raise errors.Unsupported("a redirect to another host", answer.status_code)
    raise errors.Unsupported("redirected too often")


def _is_at(location: str, address: str) -> bool:
    """Tell whether a redirect leads to our own address, whatever is added to it."""
    return location.split("?")[0] == address.split("?")[0]


def _same_provider(location: str, auth_url: str) -> bool:
    """Tell whether a redirect stays on hosts of the provider."""
    there, ours = urlsplit(location), urlsplit(auth_url)
    if there.netloc == ours.netloc:
        return there.scheme == ours.scheme
    domain = (ours.hostname or "").partition(".")[2]
    return (
        there.scheme == "https"
        and bool(OF_A_DOMAIN.fullmatch(domain))
        and (there.hostname or "").endswith(f".{domain}")
    )


def _must_need_a_person(location: str, status: int) -> None:
    query = parse_qs(urlsplit(location).query)
    [error, *_more] = query.get("error", ["login_required"])
    if error not in NEEDS_A_PERSON:
        raise errors.Unsupported(http.plain(error, MAX_ERROR), status)


def _must_be_sign_in(answer: Response) -> None:
    page = answer.content[:MAX_OF_A_PAGE].decode("utf-8", "replace")
    if not SIGN_IN.search(page):
        raise errors.Unsupported("no sign-in page", answer.status_code)


def _page_error(answer: Response) -> errors.Fault | errors.ClientRefused:
    page = answer.content[:MAX_OF_A_PAGE].decode("utf-8", "replace")
    words = _words_of(page)
    if "client_id" in words:
        return errors.ClientRefused(words, answer.status_code)
    return errors.Invalid(words, answer.status_code)


def _words_of(page: str) -> str:
    """Return a page's text without its markup."""
    first, *pieces = page.split("<")
    words = [first]
    hidden_by = ""  # the tag whose end is waited for
    for piece in pieces:
        tag, _end, text = piece.partition(">")
        name = _name_of(tag)
        if name in (f"/{hidden_by}", "body"):
            hidden_by = ""
        elif not hidden_by and name in WITHOUT_WORDS:
            hidden_by = name
        if not hidden_by:
            words.append(text)
    text = unescape(LONG_REFERENCE.sub("", " ".join(words)))
    return http.plain(" ".join(text.split()), MAX_WORDS)


def _name_of(tag: str) -> str:
    begins = NAME_OF_TAG.match(tag.lower())
    return begins[0] if begins else ""


def reach(address: str, deadline: float) -> datetime | None:
    """Ask an address for anything at all; return the time that it says it is.

    Raises `Trouble` when nobody answers.
    """
    answer = http.BoundedSession(deadline).get(address)
    try:
        return parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
