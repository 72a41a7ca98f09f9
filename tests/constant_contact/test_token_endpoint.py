"""Replies of the token endpoint: what is a token set, what a refusal, what nonsense."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest

from app.constant_contact import errors, oauth
from tests.constant_contact.calling import ITEM, NAME_OF_ERROR, REFRESH, key, raised
from tests.constant_contact.endpoint import (
    Answer,
    Endpoint,
)


def compact(claims: dict[str, Any]) -> str:
    """A token of these claims that nobody has signed."""
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256"}, claims)]
    encoded = [urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2ln"])


JWT = compact({"iat": 1_900_000_000, "exp": 1_900_028_800, "scp": ["contact_data"]})
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
        {"token_type": None},
        {"token_type": 7},
        {"expires_in": None},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": "soon"},
        {"expires_in": 1e300},
        {"expires_in": 9_999_999_999},
        {"expires_in": [1]},
        {"refresh_token": 7},
        {"refresh_token": ""},
        {"scope": None},
        {"scope": ["contact_data", "offline_access"]},
        {"scope": {"contact_data": True}},
        {"error": None},
    ],
    ids=str,
)
def test_harmless_differences_are_taken(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(200, GOOD | change)
    by_null = oauth.refresh(key(provider), REFRESH)
    provider.usual = Answer(200, without_nulls(GOOD | change))
    by_absence = oauth.refresh(key(provider), REFRESH)

    assert by_null == by_absence
    assert by_null.access_token == "new-access"
    assert by_null.expires_in > timedelta(0)


def without_nulls(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if value is not None}


def test_scopes_may_come_as_a_list(provider: Endpoint) -> None:
    provider.usual = Answer(200, GOOD | {"scope": ["contact_data", "offline_access"]})

    granted = oauth.refresh(key(provider), REFRESH)

    assert granted.scopes == ("contact_data", "offline_access")


@pytest.mark.parametrize("scope", [None, 7])
def test_scopes_that_are_not_told_are_those_of_the_token(
    provider: Endpoint, scope: Any
) -> None:
    provider.usual = Answer(200, GOOD | {"scope": scope, "access_token": JWT})

    assert oauth.refresh(key(provider), REFRESH).scopes == ("contact_data",)


def test_a_life_that_is_not_told_is_that_of_the_token(provider: Endpoint) -> None:
    provider.usual = Answer(200, GOOD | {"expires_in": None, "access_token": JWT})

    granted = oauth.refresh(key(provider), REFRESH)

    assert granted.expires_in == timedelta(seconds=28_800)


def test_a_byte_order_mark_is_no_part_of_a_token_set(provider: Endpoint) -> None:
    provider.usual = Answer(200, b"\xef\xbb\xbf" + json.dumps(GOOD).encode())

    assert oauth.refresh(key(provider), REFRESH).refresh_token == "new-refresh"


def test_what_is_odd_in_a_token_set_that_is_taken_is_logged(
    provider: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    provider.usual = Answer(200, without_nulls(GOOD | {"token_type": None, "scope": 7}))

    oauth.refresh(key(provider), REFRESH)

    assert [vars(record)["property"] for record in caplog.records] == [
        "token_type",
        "scope",
    ]
    assert "new-" not in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "mac"},
        {"access_token": ""},
        {"access_token": None},
        {"access_token": 7},
        {"access_token": ["x"]},
        {"access_token": "x" * 20_000},
        {"error": "x"},
    ],
    ids=str,
)
def test_a_reply_with_a_wrong_part_is_nonsense(
    provider: Endpoint, change: dict[str, Any]
) -> None:
    provider.usual = Answer(
        200,
        without_nulls(GOOD | change),
    )

    error = raised(oauth.refresh, key(provider), REFRESH)

    assert type(error) is errors.Nonsense
    assert next(iter(change)) in error.detail
    assert error.lasting


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
