"""OAuth2 with the provider: authorize address, code exchange, refresh, claims.

Authlib builds the requests and sends them. Every answer is checked here before anybody
may store it, because Authlib takes any JSON without an `error` member for a token.
Contract sections 1.2 to 1.8; RFC 6749 sections 5 and 6.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jws
from joserfc.errors import JoseError
from pydantic import BaseModel, Field, ValidationError

from app.constant_contact import errors, http
from app.constant_contact.redaction import without, without_what_was_sent


@dataclass(frozen=True)
class Credentials:
    """The API key of this installation and where it is used."""

    client_id: str
    client_secret: str
    auth_url: str
    deadline: float  # seconds for a whole exchange


@dataclass(frozen=True)
class Tokens:
    """A checked token set. `refresh_token` is None when the provider sent none."""

    access_token: str
    refresh_token: str | None
    scopes: tuple[str, ...]
    expires_in: timedelta


class _TokenReply(BaseModel):
    token_type: str = Field(pattern="(?i)^bearer$")
    access_token: str = Field(min_length=1, max_length=16_384)
    expires_in: int = Field(gt=0, le=366 * 86_400)
    refresh_token: str | None = Field(None, min_length=1, max_length=4_096)
    scope: str = ""


class Claims(BaseModel):
    """What an access token says of itself (contract 1.8).

    Its signature is not checked here: this is for display and expiry.
    """

    exp: int | None = None
    cid: http.Plain = ""
    scp: tuple[str, ...] = ()
    sub: http.Plain = ""
    platform_user_id: http.Plain = ""

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
        reply = _TokenReply.model_validate(session.answer)
    except (ValidationError, AuthlibBaseError, ValueError, TypeError):
        raise errors.Nonsense(
            "the token endpoint answered with something that is not a token set"
        ) from None
    scopes = without(
        reply.scope,
        reply.access_token,
        reply.refresh_token,
        params.get("refresh_token"),
    )
    return Tokens(
        access_token=reply.access_token,
        refresh_token=reply.refresh_token,
        scopes=tuple(scopes.split()) or claims_of(reply.access_token).scp,
        expires_in=timedelta(seconds=reply.expires_in),
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
