"""Exchanging a code."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from .acting import CALLBACK, CHALLENGE, LONG_LIVED, ROTATING, VERIFIER, Actor

A_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PKCE: dict[str, str | None] = {
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def test_a_code_becomes_a_token_set(actor: Actor) -> None:
    response = actor.exchange(actor.consented()["code"])
    tokens = response.json()

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 86_400)
    assert tokens["scope"] == "contact_data account_read offline_access"
    assert len(tokens["refresh_token"]) == 43
    assert 1_000 <= len(tokens["access_token"]) <= 1_200


def test_the_life_of_a_token_is_told_as_it_is_set(
    started: Callable[..., Actor],
) -> None:
    actor = started(expires_in=28_800)
    tokens = actor.connect()

    assert tokens["expires_in"] == 28_800
    assert actor.refresh(tokens["refresh_token"]).json()["expires_in"] == 28_800


def test_parameters_may_come_in_the_query_with_an_empty_body(actor: Actor) -> None:
    sent = {
        "grant_type": "authorization_code",
        "code": actor.consented()["code"],
        "redirect_uri": CALLBACK,
    }
    response = actor.http.post(
        actor.url("/oauth2/default/v1/token"),
        params=sent,
        auth=ROTATING,
        headers=A_FORM,
    )

    assert response.status_code == 200


def test_a_code_is_honoured_only_once(actor: Actor) -> None:
    code = actor.consented()["code"]
    first, second = actor.exchange(code), actor.exchange(code)

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert (
        second.json()["error_description"]
        == "The authorization code is invalid or has expired."
    )


@pytest.mark.parametrize("life", [300, 60])
def test_a_code_lives_as_long_as_set(started: Callable[..., Actor], life: int) -> None:
    actor = started(code_life=life)
    in_time, late = actor.consented()["code"], actor.consented()["code"]
    actor.clock.advance(life - 1)
    first = actor.exchange(in_time)
    actor.clock.advance(1)

    assert first.status_code == 200
    assert actor.exchange(late).json()["error"] == "invalid_grant"


def test_a_code_belongs_to_its_app(actor: Actor) -> None:
    code = actor.consented()["code"]

    assert actor.exchange(code, LONG_LIVED).json()["error"] == "invalid_grant"
    assert actor.exchange(code, ROTATING).status_code == 200


@pytest.mark.parametrize(
    "uri", [CALLBACK + "/", "http://localhost:8000/connect/callback"]
)
def test_a_code_belongs_to_its_redirect_uri(actor: Actor, uri: str) -> None:
    response = actor.exchange(actor.consented()["code"], redirect_uri=uri)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    assert "redirect_uri" in response.json()["error_description"]


def test_a_code_with_a_challenge_wants_its_verifier(actor: Actor) -> None:
    good = actor.exchange(actor.consented(**PKCE)["code"], code_verifier=VERIFIER)
    wrong = actor.exchange(
        actor.consented(**PKCE)["code"], code_verifier=VERIFIER[::-1]
    )
    none = actor.exchange(actor.consented(**PKCE)["code"])
    needless = actor.exchange(actor.consented()["code"], code_verifier=VERIFIER)

    assert good.status_code == 200
    for refused in (wrong, none, needless):
        assert refused.json() == {
            "error": "invalid_grant",
            "error_description": "PKCE verification failed.",
        }


@pytest.mark.parametrize(
    "verifier", ["", "x" * 42, "x" * 129, "x" * 42 + " ", "x" * 42 + "é"]
)
def test_a_malformed_verifier_does_not_use_the_code_up(
    actor: Actor, verifier: str
) -> None:
    code = actor.consented(**PKCE)["code"]
    refused = actor.exchange(code, code_verifier=verifier)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert actor.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_without_offline_access_there_is_simply_no_refresh_token(actor: Actor) -> None:
    tokens = actor.connect(scope="contact_data account_read")

    assert "refresh_token" not in tokens


def test_openid_adds_an_id_token(actor: Actor) -> None:
    assert "id_token" in actor.connect(scope="openid contact_data")


def test_basic_and_body_credentials_together_are_refused(actor: Actor) -> None:
    for name, value in (("client_id", ROTATING[0]), ("client_secret", ROTATING[1])):
        response = actor.exchange(actor.consented()["code"], **{name: value})

        assert (response.status_code, response.json()["error"]) == (
            400,
            "invalid_request",
        )
        assert response.json()["error_description"].startswith(
            "Cannot supply multiple client credentials."
        )


def test_a_confidential_app_must_send_its_secret_in_the_header(actor: Actor) -> None:
    sent = {
        "grant_type": "refresh_token",
        "refresh_token": "x",
        "client_id": ROTATING[0],
    }

    for response in (
        actor.token(None, **sent),
        actor.token(None, client_secret=ROTATING[1], **sent),
    ):
        assert (response.status_code, response.json()["error"]) == (
            401,
            "invalid_client",
        )
        assert response.json()["error_description"].startswith(
            "Client authentication failed."
        )


def test_a_wrong_secret_is_an_invalid_client(actor: Actor) -> None:
    response = actor.exchange("x", (ROTATING[0], "wrong"))

    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_client",
        "error_description": (
            "The client secret supplied for a confidential client is invalid."
        ),
    }


def test_a_regenerated_secret_ends_the_old_one(actor: Actor) -> None:
    refresh_token = actor.connect()["refresh_token"]
    actor.control("apps", {"client_id": ROTATING[0], "client_secret": "new"})

    assert actor.refresh(refresh_token).json()["error"] == "invalid_client"
    assert actor.refresh(refresh_token, (ROTATING[0], "new")).status_code == 200


def test_no_credentials_at_all_are_missed(actor: Actor) -> None:
    response = actor.token(None, grant_type="refresh_token", refresh_token="x")

    assert response.status_code == 401
    assert response.json()["error_description"] == "No client credentials found."


def test_an_unknown_app_is_told_in_oktas_shape(actor: Actor) -> None:
    response = actor.exchange("x", ("99999999-9999-4999-8999-999999999999", "y"))

    assert response.status_code == 401
    assert set(response.json()) == {
        "errorCode",
        "errorSummary",
        "errorLink",
        "errorId",
        "errorCauses",
    }
    assert response.json()["errorSummary"] == "Invalid value for 'client_id' parameter."


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Bearer abc",
        "Basic w6k=",
    ],
)
def test_a_malformed_authorization_header_is_an_invalid_request(
    actor: Actor, header: str
) -> None:
    sent = {"grant_type": "refresh_token", "refresh_token": "x"}
    response = actor.token(None, headers={"Authorization": header}, **sent)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "kind", ["password", "client_credentials", "Authorization_Code"]
)
def test_other_grant_types_are_not_supported(actor: Actor, kind: str) -> None:
    assert actor.token(grant_type=kind).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"grant_type": "authorization_code", "redirect_uri": CALLBACK},
        {"grant_type": "authorization_code", "code": "x"},
        {"grant_type": "refresh_token"},
    ],
)
def test_a_missing_parameter_is_an_invalid_request(
    actor: Actor, sent: dict[str, str]
) -> None:
    response = actor.token(headers=A_FORM, **sent)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"json": {"grant_type": "refresh_token", "refresh_token": "x"}},
        {"params": {"grant_type": "refresh_token", "refresh_token": "x"}},
        {"data": b"grant_type=refresh_token"},
    ],
    ids=["bare", "json", "query alone", "no content type"],
)
def test_what_is_not_called_a_form_is_refused_in_oktas_shape(
    actor: Actor, sent: dict[str, Any]
) -> None:
    response = actor.http.post(
        actor.url("/oauth2/default/v1/token"), auth=ROTATING, **sent
    )

    assert (response.status_code, response.json()["errorCode"]) == (400, "E0000021")
    assert response.json()["errorSummary"].startswith("Bad request.")


def test_a_secret_is_compared_as_it_comes(actor: Actor) -> None:
    """RFC 6749 has it percent-encoded; the provider does not take that."""
    id, secret = ROTATING
    actor.control("apps", {"client_id": id, "client_secret": "a+b%20c"})
    refresh = {"grant_type": "refresh_token", "refresh_token": "x"}
    plain = actor.token(app=(id, "a+b%20c"), **refresh)
    decoded = actor.token(app=(id, "a+b c"), **refresh)

    assert secret
    assert (plain.json()["error"], decoded.json()["error"]) == (
        "invalid_grant",
        "invalid_client",
    )


def test_a_parameter_in_body_and_query_is_an_invalid_request(actor: Actor) -> None:
    url = actor.url("/oauth2/default/v1/token?grant_type=refresh_token")
    response = actor.http.post(
        url, data={"grant_type": "refresh_token", "refresh_token": "x"}, auth=ROTATING
    )

    assert response.json()["error"] == "invalid_request"


def test_a_script_in_a_browser_needs_pkce(actor: Actor) -> None:
    origin = {"Origin": "https://shop.example"}
    sent = {
        "grant_type": "authorization_code",
        "code": actor.consented(**PKCE)["code"],
        "redirect_uri": CALLBACK,
    }
    refused = actor.token(headers=origin, **sent)
    proven = actor.token(headers=origin, **sent, code_verifier=VERIFIER)
    renewed = {
        "grant_type": "refresh_token",
        "refresh_token": proven.json()["refresh_token"],
    }

    assert refused.json() == {
        "error": "invalid_request",
        "error_description": (
            "Browser requests to the token endpoint must use Proof Key for Code"
            " Exchange."
        ),
    }
    assert proven.status_code == 200
    assert actor.token(headers=origin, **renewed).json()["error"] == "invalid_request"
