"""Replies of the token endpoint: what is a token set, what a refusal, what nonsense."""

from datetime import timedelta
from typing import Any

import pytest

from app.constant_contact import errors, oauth
from tests.constant_contact.calling import ITEM, NAME_OF_ERROR, REFRESH, key, raised
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
)

GOOD = {
    "token_type": "Bearer",
    "access_token": "new-access",
    "expires_in": 86_400,
    "refresh_token": "new-refresh",
    "scope": "contact_data offline_access",
}


def test_a_good_reply_is_a_token_set(provider: Endpoint) -> None:
    provider.usual = Answer(200, GOOD)
    granted = oauth.refresh(key(provider), REFRESH)

    assert (granted.access_token, granted.refresh_token) == (
        "new-access",
        "new-refresh",
    )
    assert granted.scopes == ("contact_data", "offline_access")
    assert granted.expires_in == timedelta(days=1)


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "bearer"},
        {"expires_in": "28800"},
        {"extra": {"deep": []}},
        {"id_token": "x"},
    ],
)
def test_harmless_differences_are_taken(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(200, GOOD | change)

    assert oauth.refresh(key(provider), REFRESH).access_token == "new-access"


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "mac"},
        {"token_type": None},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 7},
        {"access_token": ["x"]},
        {"access_token": "x" * 20_000},
        {"expires_in": None},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": "soon"},
        {"expires_in": 1e300},
        {"expires_in": 9_999_999_999},
        {"expires_in": [1]},
        {"refresh_token": 7},
        {"refresh_token": ""},
        {"scope": ["a"]},
        {"error": "x"},
    ],
    ids=str,
)
def test_a_reply_with_a_wrong_part_is_nonsense(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(
        200,
        {name: value for name, value in (GOOD | change).items() if value is not None},
    )

    assert type(raised(oauth.refresh, key(provider), REFRESH)) is errors.Nonsense


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (
            Answer(400, {"error": "invalid_grant", "error_description": "gone"}),
            "grant_refused",
        ),
        (Answer(401, {"error": "invalid_client"}), "client_refused"),
        (Answer(400, {"error": "invalid_client"}), "client_refused"),
        (
            Answer(
                401,
                {
                    "errorCode": "E0",
                    "errorSummary": "Invalid value for 'client_id' parameter.",
                },
            ),
            "client_refused",
        ),
        (Answer(400, {"error": "invalid_request"}), "nonsense"),
        (Answer(400, "<html>"), "nonsense"),
        (Answer(400, []), "nonsense"),
        (Answer(401, b"["), "nonsense"),
        (Answer(400, b"[" * 200_000), "nonsense"),
        (
            Answer(
                429, {"error_key": "throttled", "error_message": "Too Many Requests"}
            ),
            "throttled",
        ),
        (Answer(500, {"error": "server_error"}), "provider_down"),
        (Answer(503, "<html>"), "provider_down"),
        (Answer(500, {"error": "invalid_grant"}), "provider_down"),
        (Answer(200, []), "nonsense"),
        (Answer(200, {}), "nonsense"),
        (Answer(200, "x"), "nonsense"),
        (Answer(200, 7), "nonsense"),
        (Answer(200, ["access_token"]), "nonsense"),
        (Answer(200, b"null"), "nonsense"),
        (Answer(404, "x"), "nonsense"),
        (Answer(405, [ITEM]), "nonsense"),
        (Answer(403, "<html>"), "provider_down"),
        (Answer(200, {"error": "invalid_grant"}), "nonsense"),
    ],
    ids=lambda value: (
        value if isinstance(value, str) else f"{value.status}-{value.payload[:30]!r}"
    ),
)
def test_a_refusal_is_told_apart_from_trouble(
    provider: Endpoint, answer: Answer, kind: str
) -> None:
    provider.usual = answer

    assert type(raised(oauth.refresh, key(provider), REFRESH)) is NAME_OF_ERROR[kind]
    assert (
        type(raised(oauth.exchange, key(provider), "code", "http://x/", None))
        is NAME_OF_ERROR[kind]
    )


def test_the_token_request_proves_the_client_in_its_header_and_carries_the_rest_in_its_body(
    provider: Endpoint,
) -> None:
    provider.usual = Answer(200, GOOD)
    oauth.exchange(
        key(provider), "a-code", "http://127.0.0.1:8111/connect/callback", "a-verifier"
    )
    oauth.refresh(key(provider), REFRESH)
    exchange, renewal = provider.requests

    assert exchange.method == renewal.method == "POST"
    assert exchange.path == renewal.path == "/token"
    assert exchange.headers["Authorization"].startswith("Basic ")
    assert exchange.headers["Authorization"] == renewal.headers["Authorization"]
    assert exchange.headers["Content-Type"].startswith(
        "application/x-www-form-urlencoded"
    )
    assert sorted(part.split("=")[0] for part in exchange.body.split("&")) == [
        "code",
        "code_verifier",
        "grant_type",
        "redirect_uri",
    ]
    assert sorted(part.split("=")[0] for part in renewal.body.split("&")) == [
        "grant_type",
        "refresh_token",
    ]


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", "ä.ö.ü", "eyJhbGciOiJSUzI1NiJ9.W10.x", "e30.e30.", "." * 50],
)
def test_a_token_that_is_no_jwt_has_no_claims(token: str) -> None:
    claims = oauth.claims_of(token)

    assert (claims.exp, claims.scp, claims.sub, claims.unassigned) == (
        None,
        (),
        "",
        False,
    )


def test_an_end_that_no_calendar_has_is_no_end() -> None:
    assert oauth.Claims(exp=1_900_000_000_000).expires_at is None
    assert oauth.Claims(exp=10**30).expires_at is None
