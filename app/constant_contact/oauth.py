"""OAuth2 with the provider: authorize address, code exchange, refresh, claims.

Authlib builds the requests and sends them. Every answer is checked here before anybody
may store it, because Authlib takes any JSON without an `error` member for a token. It
is read tolerantly, since the pair it replaces may be spent: what is harmless is taken,
and logged by its name. Contract sections 1.2 to 1.8; RFC 6749 sections 5 and 6.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jws
from joserfc.errors import JoseError
from pydantic import ValidationError, field_validator

from app.constant_contact import errors, http
from app.constant_contact.answers import Answer, scopes_in
from app.constant_contact.redaction import without, without_what_was_sent

MAX_ACCESS_TOKEN = 16_384  # characters
MAX_REFRESH_TOKEN = 4_096
LONGEST_LIFE = 366 * 86_400  # seconds
# where neither the answer nor its token says how long that lives
ASSUMED_LIFE = 3_600


@dataclass(frozen=True)
class Credentials:
    """The API key of this installation and where it is used."""

    client_id: str
    client_secret: str
    auth_url: str
    deadline: float  # seconds for a whole exchange


@dataclass(frozen=True)
class Tokens:
    """A checked token set. `refresh_token` is None when the provider sent none.

    `scopes` is empty where neither the answer nor its token tells them: then they are
    those that were asked for (RFC 6749, section 5.1).
    """

    access_token: str
    refresh_token: str | None
    scopes: tuple[str, ...]
    expires_in: timedelta


class NoTokenSet(Exception):
    """An answer with no token set to take; it says why not."""


class Claims(Answer):
    """What an access token says of itself (contract 1.8).

    Its signature is not checked here: this is for display and expiry.
    """

    iat: int | None = None
    exp: int | None = None
    cid: http.Plain = ""
    scp: tuple[str, ...] = ()
    sub: http.Plain = ""
    platform_user_id: http.Plain = ""

    @field_validator("scp", mode="before")
    @classmethod
    def _list_or_text(cls, value: Any) -> Any:
        return scopes_in(value)

    @property
    def life(self) -> int:
        """Seconds that the token lives as it tells itself; 0 where it does not."""
        return (self.exp or 0) - self.iat if self.iat else 0

    @property
    def expires_at(self) -> datetime | None:
        if not self.exp:
            return None
        try:
            return datetime.fromtimestamp(self.exp, UTC)
        # milliseconds, say: no reason to lose the pair it came with
        except (ValueError, OverflowError, OSError):
            return None

    @property
    def unassigned(self) -> bool:
        """Tell whether the login that consented belongs to no account."""
        return self.platform_user_id == "UNASSIGNED"


def new_secret() -> str:
    """Return 256 random bits as letters, digits and `-_`.

    They are fit for a state, a PKCE verifier or a link.
    """
    return secrets.token_urlsafe(32)


def authorize_address(
    credentials: Credentials,
    scopes: str,
    redirect_uri: str,
    state: str,
    code_verifier: str | None,
    prompt: str = "",
) -> str:
    """Return the address to send the owner's browser to.

    `prompt`: "login" asks for a fresh sign-in, "none" for no page at all.
    """
    session = _session(
        credentials,
        redirect_uri=redirect_uri,
        scope=scopes,
        code_challenge_method="S256",
    )
    extra = {"prompt": prompt} if prompt else {}
    address, _ = session.create_authorization_url(
        f"{credentials.auth_url}/authorize",
        state=state,
        code_verifier=code_verifier,
        **extra,
    )
    return str(address)


def exchange(
    credentials: Credentials, code: str, redirect_uri: str, code_verifier: str | None
) -> Tokens:
    """Trade an authorization code for a token set. Raises a `ProviderError`."""
    extra = {"code_verifier": code_verifier} if code_verifier else {}
    session = _session(credentials)
    return _checked(
        session,
        session.fetch_token,
        f"{credentials.auth_url}/token",
        grant_type="authorization_code",
        code=code,
        redirect_uri=redirect_uri,
        **extra,
    )


def refresh(credentials: Credentials, refresh_token: str) -> Tokens:
    """Trade a refresh token for a new token set. Raises a `ProviderError`.

    `Unreachable` and `Throttled` mean that the refresh token was not spent; after any
    other `Trouble` but `GrantRefused` and `ClientRefused` nobody knows.
    """
    session = _session(credentials)
    return _checked(
        session,
        session.refresh_token,
        f"{credentials.auth_url}/token",
        refresh_token=refresh_token,
    )


def claims_of(access_token: str) -> Claims:
    """Return the claims of a JWT, or empty claims when it is none."""
    try:
        payload = jws.extract_compact(access_token.encode()).payload
        return Claims.model_validate_json(payload)
    except (JoseError, ValidationError, ValueError):
        return Claims()


class _TokenSession(OAuth2Session):  # type: ignore[misc]  # Authlib is untyped
    """Keeps the answer as it came.

    Authlib would add the old refresh token to an answer that brought none.
    """

    deadline: float
    answer: Any = None

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        return http.read_whole(super().send, request, kwargs, self.deadline)

    def take(self, response: requests.Response) -> requests.Response:
        """Keep the JSON of a good answer, or raise what another means."""
        status = response.status_code
        if status in (400, 401):
            raise _oauth_error(response)
        # there is no token endpoint at this address
        if 400 < status < 500 and status not in (403, 408, 429):
            raise http.nonsense(response, f"HTTP {status}")
        self.answer = http.json_of(response)
        # Authlib would fail over what is harmless, a BOM or an odd `expires_in`
        http.keep(response, b"{}")
        return response


def _session(credentials: Credentials, **more: Any) -> _TokenSession:
    session = _TokenSession(
        credentials.client_id,
        credentials.client_secret,
        token_endpoint_auth_method="client_secret_basic",
        **more,
    )
    http.bound(session, credentials.deadline)
    for moment in ("access_token_response", "refresh_token_response"):
        session.register_compliance_hook(moment, session.take)
    return session


def _checked(session: _TokenSession, call: Any, address: str, **params: Any) -> Tokens:
    try:
        call(address, **params)
    except (AuthlibBaseError, ValueError, TypeError):
        raise errors.Nonsense(
            "the token endpoint answered with something that is not a token set"
        ) from None
    try:
        return _token_set(session.answer, params.get("refresh_token"))
    except NoTokenSet as wrong:
        nonsense = errors.Nonsense(f"an answer that is no token set: {wrong}")
        # a gateway's word may be another in a moment
        is_the_providers = isinstance(session.answer, dict) and bool(session.answer)
        nonsense.lasting = is_the_providers
        raise nonsense from None


def _token_set(answer: Any, sent: str | None) -> Tokens:
    """Return the token set of an answer, given the refresh token that was sent."""
    if not isinstance(answer, dict):
        raise NoTokenSet("it is no object")
    if answer.get("error") is not None:
        raise NoTokenSet(without(http.plain(f"error: {answer['error']}", 100), sent))
    access_token = _access_token(answer.get("access_token"))
    _must_be_bearer(answer.get("token_type"))
    refresh_token = _refresh_token(answer.get("refresh_token"))
    claims = claims_of(access_token)
    scopes = _scopes(answer.get("scope"), access_token, refresh_token, sent)
    return Tokens(
        access_token=access_token,
        refresh_token=refresh_token,
        scopes=scopes or claims.scp,
        expires_in=_expires_in(answer.get("expires_in"), claims),
    )


def _access_token(value: Any) -> str:
    if value is None:
        raise NoTokenSet("access_token is missing")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ACCESS_TOKEN:
        raise NoTokenSet("access_token is not a token")
    return value


def _must_be_bearer(value: Any) -> None:
    """Refuse a token of a kind that we could not use (RFC 6749, section 7.1)."""
    if not isinstance(value, str):
        _log_odd("token_type")
    elif value.lower() != "bearer":
        raise NoTokenSet(f"token_type is {http.plain(value, 20)}, not Bearer")


def _refresh_token(value: Any) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= MAX_REFRESH_TOKEN:
        return value
    if value is not None:
        _log_odd("refresh_token")
    return None


def _scopes(value: Any, *secrets: str | None) -> tuple[str, ...]:
    if not isinstance(value, str):
        _log_odd("scope")
    return tuple(without(each, *secrets) for each in scopes_in(value))


def _expires_in(value: Any, claims: Claims) -> timedelta:
    try:
        seconds = int(value)
    except (TypeError, ValueError, OverflowError):
        seconds = 0
    if not 0 < seconds <= LONGEST_LIFE:
        _log_odd("expires_in")
        seconds = claims.life
    if not 0 < seconds <= LONGEST_LIFE:
        seconds = ASSUMED_LIFE
    return timedelta(seconds=seconds)


def _log_odd(name: str) -> None:
    """Log that an answer is taken although this of it is missing or odd."""
    logging.getLogger("latchkey").warning(
        "odd_answer", extra={"shape": "token set", "property": name}
    )


def _oauth_error(response: requests.Response) -> errors.ProviderError:
    status = response.status_code
    body = http.parsed(response)
    if not isinstance(body, dict):
        body = {}
    error = body.get("error")
    sentence = body.get("error_description") or body.get("errorSummary") or error or ""
    words = http.plain(without_what_was_sent(str(sentence), response.request))
    if error == "invalid_grant":
        return errors.GrantRefused(words, status)
    # Okta's own shape, and that of before 2022
    if error == "invalid_client" or "client_id" in words:
        return errors.ClientRefused(words, status)
    return errors.Nonsense(words or f"HTTP {status}", status)
