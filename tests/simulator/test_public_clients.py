"""Apps that can keep no secret: PKCE instead (contract 1.5)."""

import pytest
import requests

from .acting import BAKERY, CALLBACK, CHALLENGE, PUBLIC, VERIFIER, Actor, answer_in

PKCE: dict[str, str | None] = {
    "client_id": PUBLIC,
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
PAGE = {"Origin": "https://shop.example"}


def exchange(
    actor: Actor, headers: dict[str, str] | None = None, **changes: str
) -> requests.Response:
    """Exchange a fresh code; an empty value leaves a parameter out."""
    usual = {
        "code": actor.consented(**PKCE)["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    sent = {"grant_type": "authorization_code", "client_id": PUBLIC, **usual, **changes}
    return actor.token(
        None, headers, **{name: value for name, value in sent.items() if value}
    )


def refresh(
    actor: Actor, token: str, headers: dict[str, str] | None = None, **more: str
) -> requests.Response:
    return actor.token(
        None,
        headers,
        grant_type="refresh_token",
        refresh_token=token,
        client_id=PUBLIC,
        **more,
    )


def test_a_public_app_connects_and_renews_with_its_id_alone(actor: Actor) -> None:
    tokens = exchange(actor).json()
    renewed = refresh(actor, tokens["refresh_token"])
    actor.bearer = renewed.json()["access_token"]

    assert renewed.status_code == 200
    assert actor.get("/contact_lists").status_code == 200


def test_its_refresh_tokens_rotate(actor: Actor) -> None:
    first = exchange(actor).json()["refresh_token"]
    second = refresh(actor, first).json()["refresh_token"]

    assert second != first
    assert refresh(actor, first).json()["error"] == "invalid_grant"
    assert refresh(actor, second).json()["error"] == "invalid_grant"


def test_without_a_challenge_the_browser_goes_back_with_oktas_words(
    actor: Actor,
) -> None:
    assert answer_in(actor.authorize(client_id=PUBLIC)) == {
        "error": "invalid_request",
        "error_description": (
            "PKCE code challenge is required when the token endpoint authentication"
            " method is 'NONE'."
        ),
        "state": "s-1",
    }


@pytest.mark.parametrize("verifier", ["", VERIFIER[::-1]])
def test_a_code_wants_the_verifier_of_its_challenge(
    actor: Actor, verifier: str
) -> None:
    refused = exchange(actor, code_verifier=verifier)

    assert refused.status_code == 400
    assert refused.json() == {
        "error": "invalid_grant",
        "error_description": "PKCE verification failed.",
    }


@pytest.mark.parametrize("secret", ["", "simulator-rotating-secret"])
def test_a_public_app_with_a_secret_is_an_invalid_client(
    actor: Actor, secret: str
) -> None:
    token = exchange(actor).json()["refresh_token"]
    basic = actor.refresh(token, (PUBLIC, secret))
    body = refresh(actor, token, client_secret=secret)

    for refused in (basic, body):
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert refused.json()["error_description"].startswith(
            "Client authentication failed."
        )
    assert refresh(actor, token).status_code == 200


def test_a_page_in_a_browser_may_act_for_a_public_app(actor: Actor) -> None:
    tokens = exchange(actor, PAGE)

    assert tokens.status_code == 200
    assert refresh(actor, tokens.json()["refresh_token"], PAGE).status_code == 200


def test_a_switched_off_public_app_is_an_invalid_client(actor: Actor) -> None:
    token = exchange(actor).json()["refresh_token"]
    actor.control("apps", {"client_id": PUBLIC, "active": False})

    assert refresh(actor, token).json()["error"] == "invalid_client"


def test_a_public_app_can_be_granted_by_the_control_api(actor: Actor) -> None:
    sent = {
        "account": BAKERY,
        "client_id": PUBLIC,
        "scopes": ["contact_data", "offline_access"],
    }

    assert (
        refresh(actor, actor.control("grants", sent)["refresh_token"]).status_code
        == 200
    )
