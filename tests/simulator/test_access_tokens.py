"""The access token: its claims, its key, and what the API makes of bad ones."""

import json
from collections.abc import Callable
from copy import copy
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from app.simulator.settings import AUDIENCE, ISSUER

from .acting import BAKER, LONELY, ROTATING, Actor


def key_set(actor: Actor) -> KeySet:
    return KeySet.import_key_set(
        actor.http.get(actor.url("/oauth2/aus1lm3ry9mF7x2Ja0h8/v1/keys")).json()
    )


def test_a_token_carries_the_claims_and_verifies_against_the_key_set(
    actor: Actor,
) -> None:
    token = jwt.decode(
        actor.connect()["access_token"], key_set(actor), algorithms=["RS256"]
    )

    claims = token.claims
    assert token.header["alg"] == "RS256"
    assert token.header["kid"] == actor.running.simulator.key.kid
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    assert (claims["cid"], claims["sub"]) == (ROTATING[0], BAKER)
    assert claims["scp"] == ["contact_data", "account_read", "offline_access"]
    assert claims["iat"] == int(actor.clock.now())
    assert claims["exp"] - claims["iat"] == 86_400
    assert len(claims["platform_user_id"]) == 36
    assert {"ver", "jti", "uid", "auth_time"} <= set(claims)


def test_an_id_token_carries_the_apps_nonce(actor: Actor) -> None:
    tokens = actor.exchange(actor.consented(scope="openid", nonce="n-1")["code"]).json()
    claims = jwt.decode(tokens["id_token"], key_set(actor), algorithms=["RS256"]).claims

    assert (claims["aud"], claims["sub"], claims["nonce"]) == (
        ROTATING[0],
        BAKER,
        "n-1",
    )


def test_a_login_without_an_account_is_unassigned(actor: Actor) -> None:
    tokens = actor.connect(login=LONELY)
    claims = jwt.decode(
        tokens["access_token"], key_set(actor), algorithms=["RS256"]
    ).claims
    actor.bearer = tokens["access_token"]

    assert claims["platform_user_id"] == "UNASSIGNED"
    assert actor.get("/account/user/privileges").json() == []
    assert actor.get("/account/summary").status_code == 403
    assert actor.get("/contact_lists").status_code == 403
    assert actor.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("life", [86_400, 28_800])
def test_a_token_works_until_it_expires(
    started: Callable[..., Actor], life: int
) -> None:
    actor = started(expires_in=life).granted()
    actor.clock.advance(life - 1)
    before = actor.get("/account/user/privileges").status_code
    actor.clock.advance(1)
    after = actor.get("/account/user/privileges")

    assert (before, after.status_code) == (200, 401)


def forged(actor: Actor, key: Any = None, alg: str = "RS256", **changes: Any) -> str:
    """A token like a good one but for the changes."""
    good = jwt.decode(actor.bearer, key_set(actor), algorithms=["RS256"])
    header = {"alg": alg, "kid": actor.running.simulator.key.kid}
    return jwt.encode(
        header, {**good.claims, **changes}, key or actor.running.simulator.key.private
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://identity.constantcontact.com/oauth2/default"},
        {"aud": "https://api.cc.email/v2"},
        {"exp": 1},
        {"cid": "99999999-9999-4999-8999-999999999999"},
        {"sub": "nobody@example.com"},
        {"jti": "AT.0000.x"},
    ],
)
def test_a_token_with_a_foreign_claim_is_unauthorized(
    actor: Actor, changes: dict[str, Any]
) -> None:
    actor.granted()
    actor.bearer = forged(actor, **changes)

    assert actor.get("/account/user/privileges").status_code == 401


def test_a_token_signed_by_somebody_else_is_unauthorized(actor: Actor) -> None:
    actor.granted()
    actor.bearer = forged(actor, RSAKey.generate_key(2048))

    assert actor.get("/account/user/privileges").status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic abc", "Token abc"]
)
def test_what_is_no_token_is_unauthorized_in_exactly_these_bytes(
    actor: Actor, header: str
) -> None:
    response = actor.http.get(
        actor.url("/v3/contacts"), headers={"Authorization": header}
    )

    assert response.status_code == 401
    assert (
        response.content
        == b'{"error_key":"unauthorized","error_message":"Unauthorized"}'
    )
    assert len(response.content) == 59
    assert response.headers["WWW-Authenticate"] == "Bearer realm=api.cc.email"
    assert response.headers["x-amzn-ErrorType"] == "UnauthorizedException"


def test_an_authorization_code_is_no_token(actor: Actor) -> None:
    actor.bearer = actor.consented()["code"]

    assert actor.get("/account/summary").status_code == 401


def test_a_tokens_signature_is_checked_once(started: Callable[..., Actor]) -> None:
    actor = started().granted()
    first = actor.get("/account/user/privileges")
    simulator = actor.running.simulator
    unable = copy(simulator.key)
    unable.private = RSAKey.generate_key(2048)  # with this one no check would succeed
    simulator.key = unable
    again = [actor.get("/account/user/privileges") for _ in range(3)]

    assert json.loads(first.text)
    assert [answer.text for answer in again] == [first.text] * 3
