"""Codes and grants: what one consent gives, how it is renewed, and how it ends.

Contract 1.4.
"""

import base64
import hashlib
import secrets
from typing import Any

from app.simulator.errors import oauth_error
from app.simulator.models import App, Code, Grant, Login
from app.simulator.oauth.access_tokens import access_token, id_token
from app.simulator.settings import REFRESH_TOKEN_LIFE
from app.simulator.simulator import Simulator

TokenSet = dict[str, Any]


def redeem(
    simulator: Simulator, app: App, code: str, redirect_uri: str, verifier: str | None
) -> TokenSet:
    """Exchange a code; presented by its own app it is used up, whatever comes of it."""
    found = simulator.state.codes.get(code)
    if not found or found.client_id != app.client_id:
        raise _bad_code()
    del simulator.state.codes[code]
    if simulator.clock.now() >= found.at + simulator.settings.code_life:
        raise _bad_code()
    if redirect_uri != found.redirect_uri:
        raise oauth_error(
            "invalid_grant",
            "The 'redirect_uri' does not match the one of the authorization request.",
        )
    if not proven(found, verifier):
        raise oauth_error("invalid_grant", "PKCE verification failed.")
    login = simulator.state.logins[found.login]
    return open_grant(simulator, app, login, found.scopes, found.auth_time, found.nonce)


def _bad_code() -> Exception:
    return oauth_error(
        "invalid_grant", "The authorization code is invalid or has expired."
    )


def proven(code: Code, verifier: str | None) -> bool:
    """Whether the verifier belongs to the challenge; one without the other fails."""
    if code.challenge is None or verifier is None:
        return code.challenge is verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge


def open_grant(
    simulator: Simulator,
    app: App,
    login: Login,
    scopes: list[str],
    auth_time: float,
    nonce: str | None = None,
) -> TokenSet:
    """Return the first token set of a new grant.

    Where the settings say so, it ends the earlier grant of the same app and account.
    """
    if simulator.settings.second_grant_replaces:
        _end_earlier(simulator, app, login)
    now = simulator.clock.now()
    grant = Grant(
        secrets.token_hex(8),
        app.client_id,
        login.name,
        login.account,
        scopes,
        auth_time=auth_time,
        used_at=now,
    )
    simulator.state.grants[grant.id] = grant
    if "offline_access" in scopes:
        _give_refresh_token(simulator, grant)
    answer = token_set(simulator, grant, scopes)
    return answer | (
        {"id_token": id_token(simulator, grant, nonce)} if "openid" in scopes else {}
    )


def _end_earlier(simulator: Simulator, app: App, login: Login) -> None:
    for grant in simulator.state.grants.values():
        if grant.client_id == app.client_id and (grant.account or grant.login) == (
            login.account or login.name
        ):
            grant.ended = True


def _give_refresh_token(simulator: Simulator, grant: Grant) -> None:
    grant.refresh_token = secrets.token_urlsafe(32)
    simulator.state.refresh_tokens[grant.refresh_token] = grant.id


def renew(
    simulator: Simulator, app: App, refresh_token: str, scope: str | None
) -> TokenSet:
    """A new token set for a refresh token; a reused one ends its whole family."""
    grant = _grant_of(simulator, app, refresh_token)
    scopes = scope.split() if scope else grant.scopes
    if not set(scopes) <= set(grant.scopes):
        raise oauth_error(
            "invalid_scope", "The requested scope exceeds what was granted."
        )
    now = simulator.clock.now()
    if app.refresh == "rotating" and grant.refresh_token:
        grant.rotated_out[grant.refresh_token] = now
        _give_refresh_token(simulator, grant)
    grant.used_at = now
    return token_set(simulator, grant, scopes)


def _grant_of(simulator: Simulator, app: App, refresh_token: str) -> Grant:
    now = simulator.clock.now()
    grant = simulator.state.grants.get(
        simulator.state.refresh_tokens.get(refresh_token, "")
    )
    if not grant or grant.client_id != app.client_id or grant.ended:
        raise _bad_refresh_token()
    rotated_at = grant.rotated_out.get(refresh_token)
    if rotated_at is not None and not now < rotated_at + simulator.settings.grace:
        grant.ended = grant.access_ended = True
        raise _bad_refresh_token()
    if now >= grant.used_at + REFRESH_TOKEN_LIFE:
        raise _bad_refresh_token()
    return grant


def _bad_refresh_token() -> Exception:
    return oauth_error("invalid_grant", "The refresh token is invalid or expired.")


def token_set(simulator: Simulator, grant: Grant, scopes: list[str]) -> TokenSet:
    """What the token endpoint answers."""
    answer = {
        "token_type": "Bearer",
        "expires_in": simulator.settings.expires_in,
        "access_token": access_token(simulator, grant, scopes),
        "scope": " ".join(scopes),
    }
    return answer | (
        {"refresh_token": grant.refresh_token} if grant.refresh_token else {}
    )
