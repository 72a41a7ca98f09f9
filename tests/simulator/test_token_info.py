"""The scopes of an access token, by the deprecated route (contract 2)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from .acting import BAKERY, INTERN, LONELY, LONG_LIVED, ROTATING, Actor

SWITCHED_OFF = {
    "error_key": "access_denied",
    "error_message": "Request forbidden due to insufficient user privileges.",
}


def token_info(actor: Actor, body: Any = None) -> requests.Response:
    """Ask about the bearer's own token, unless told otherwise."""
    return actor.call(
        "POST", "/token_info", json={"token": actor.bearer} if body is None else body
    )


def test_the_answer_is_the_scopes_and_nothing_else(actor: Actor) -> None:
    response = token_info(actor.granted(scopes="contact_data"))

    assert (response.status_code, response.content) == (
        200,
        b'{"scopes":["contact_data"]}',
    )


def test_only_scopes_of_the_api_are_told_in_the_order_granted(actor: Actor) -> None:
    actor.granted(
        scopes=(
            "openid campaign_data offline_access contact_data account_update"
            " account_read"
        )
    )

    assert token_info(actor).json()["scopes"] == [
        "campaign_data",
        "contact_data",
        "account_update",
        "account_read",
    ]


@pytest.mark.parametrize(
    "granted", [{"login": INTERN}, {"login": LONELY, "account": None}, {}]
)
def test_no_scope_and_no_privilege_is_needed(
    actor: Actor, granted: dict[str, Any]
) -> None:
    assert token_info(actor.granted(scopes="offline_access", **granted)).json() == {
        "scopes": []
    }


def test_an_expired_or_withdrawn_token_is_unauthorized(actor: Actor) -> None:
    expired = actor.granted().bearer
    actor.clock.advance(86_400)
    by_itself = token_info(actor)
    withdrawn = actor.granted().bearer
    actor.control("revoke", {"account": BAKERY})
    actor.granted()

    for response in (
        by_itself,
        token_info(actor, {"token": expired}),
        token_info(actor, {"token": withdrawn}),
    ):
        assert (response.status_code, response.json()["error_key"]) == (
            401,
            "unauthorized",
        )


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, "token is missing"),
        ({"token": None}, "token is missing"),
        ({"token": ""}, "token is invalid"),
        ({"token": 7}, "token is invalid"),
        ({"token": "é.b.c"}, "token is invalid"),
        ({"token": ["a", "b"]}, "token is invalid"),
        ([], "Problem: message body does not match declared format"),
    ],
)
def test_what_is_no_token_is_told(actor: Actor, body: Any, complaint: str) -> None:
    response = token_info(actor.granted(), body)

    assert response.status_code == 400
    assert response.json() == [
        {"error_key": "contacts.api.validation.error", "error_message": complaint}
    ]


def test_a_token_of_another_app_is_foreign(actor: Actor) -> None:
    foreign = actor.granted(app=LONG_LIVED).bearer

    assert token_info(actor.granted(), {"token": foreign}).status_code == 400


def test_another_token_of_the_same_app_may_be_asked_about(actor: Actor) -> None:
    other = actor.granted(scopes="account_read").bearer

    assert token_info(actor.granted(), {"token": other}).json() == {
        "scopes": ["account_read"]
    }


def test_only_json_is_supported(actor: Actor) -> None:
    response = actor.granted().call("POST", "/token_info", data={"token": actor.bearer})

    assert (response.status_code, type(response.json())) == (415, list)


def test_it_can_be_switched_to_forbidden_and_to_gone_and_back(actor: Actor) -> None:
    actor.granted()
    told = actor.control("limits", {"token_info": "forbidden"})["token_info"]
    forbidden = token_info(actor)
    actor.control("limits", {"token_info": "gone"})
    gone = token_info(actor)
    actor.control("limits", {"token_info": "on"})

    assert told == "forbidden"
    assert (forbidden.status_code, forbidden.json()) == (403, SWITCHED_OFF)
    assert (gone.status_code, type(gone.json())) == (404, list)
    assert token_info(actor).status_code == 200


def test_gone_comes_before_the_token_and_the_token_before_forbidden(
    actor: Actor,
) -> None:
    actor.control("limits", {"token_info": "forbidden"})
    forbidden = token_info(actor).status_code
    actor.control("limits", {"token_info": "gone"})

    assert (forbidden, token_info(actor).status_code) == (401, 404)


def test_it_counts_against_the_second_and_the_day(
    started: Callable[..., Actor],
) -> None:
    actor = started(calls_per_second=1, calls_per_day=2).granted()
    first, second = token_info(actor).status_code, token_info(actor).json()["error_key"]
    actor.clock.advance(1)
    last = token_info(actor).status_code
    actor.clock.advance(1)

    assert (first, second, last) == (200, "throttled", 200)
    assert token_info(actor).json()["error_key"] == "quota_exceeded"
    assert actor.running.state.calls[f"{ROTATING[0]} 2027-01-15"] == 2
