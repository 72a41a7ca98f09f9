"""Access tokens: RS256 JWTs with the claims of contract 1.8, made and checked."""

import secrets
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from app.simulator.errors import unauthorized
from app.simulator.models import Grant
from app.simulator.settings import AUDIENCE, ISSUER
from app.simulator.simulator import Simulator

CHECKED_KEPT = 5_000
_checked: dict[tuple[str, str], dict[str, Any]] = {}


def access_token(simulator: Simulator, grant: Grant, scopes: list[str]) -> str:
    """Return a token that says who allowed what.

    Its `jti` names the grant, so that ending the grant can end it.
    """
    now = int(simulator.clock.now())
    login = simulator.state.logins[grant.login]
    claims = {
        "ver": 1,
        "jti": f"AT.{grant.id}.{secrets.token_urlsafe(24)}",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + simulator.settings.expires_in,
        "cid": grant.client_id,
        "uid": login.uid,
        "scp": scopes,
        "auth_time": int(grant.auth_time),
        "sub": grant.login,
        "platform_user_id": login.user_id,
    }
    return _signed(simulator, claims)


def id_token(simulator: Simulator, grant: Grant, nonce: str | None) -> str:
    """Who signed in, for apps that asked for `openid`."""
    now = int(simulator.clock.now())
    claims = {"iss": ISSUER, "aud": grant.client_id, "sub": grant.login, "iat": now}
    claims |= {"exp": now + 3600, "auth_time": int(grant.auth_time)} | (
        {"nonce": nonce} if nonce else {}
    )
    return _signed(simulator, claims)


def _signed(simulator: Simulator, claims: dict[str, Any]) -> str:
    return jwt.encode(
        {"alg": "RS256", "kid": simulator.key.kid}, claims, simulator.key.private
    )


def read(simulator: Simulator, token: str) -> dict[str, Any]:
    """Return the claims of a token of ours that has not expired; else 401."""
    claims = genuine(simulator, token)
    if not claims or not simulator.clock.now() < claims["exp"]:
        raise unauthorized()
    return claims


def genuine(simulator: Simulator, token: str) -> dict[str, Any] | None:
    """Return the claims of a token that is ours and for this API, else None.

    It may have expired.
    """
    return _checked.get((simulator.key.kid, token)) or _verified(simulator, token)


def _verified(simulator: Simulator, token: str) -> dict[str, Any] | None:
    """Check a token's signature; the answer is kept, since a check is slow."""
    try:
        claims = jwt.decode(token, simulator.key.private, algorithms=["RS256"]).claims
    except (JoseError, ValueError):
        return None
    if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
        return None
    if len(_checked) >= CHECKED_KEPT:
        _checked.clear()
    _checked[simulator.key.kid, token] = claims
    return claims
