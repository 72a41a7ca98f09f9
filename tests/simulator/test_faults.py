"""Trouble on order."""

from typing import Any

import pytest
import requests

from .acting import LONG_LIVED, Actor

SIGN_UP = "/v3/contacts/sign_up_form"
TOKEN = "/oauth2/default/v1/token"


def fault(actor: Actor, **facts: Any) -> None:
    actor.control("faults", facts)


def held(actor: Actor, address: str = "visitor@example.com") -> bool:
    contacts = actor.control("contacts", account=actor.account_id())["contacts"]
    return any(
        contact.get("email_address", {}).get("address") == address
        for contact in contacts
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 415, 429, 500, 503])
def test_a_status_comes_with_the_contracts_body(actor: Actor, status: int) -> None:
    actor.granted()
    fault(actor, route=SIGN_UP, status=status, times=1)
    first, second = actor.sign_up(), actor.sign_up()

    assert first.status_code == status
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["x-amzn-RequestId"]
    assert second.status_code == 201


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_the_token_endpoint_fails_in_its_own_words(actor: Actor, status: int) -> None:
    fault(actor, route=TOKEN, status=status)
    response = actor.refresh("x")

    assert response.status_code == status
    assert "error" in response.json() or response.json()["error_key"] == "throttled"


def test_a_gateway_error_is_html(actor: Actor) -> None:
    fault(actor, route="*", status=502)
    response = actor.granted().get("/contact_lists")

    assert response.status_code == 502
    assert response.headers["Content-Type"] == "text/html"


def test_any_body_can_be_played(actor: Actor) -> None:
    actor.granted()
    fault(
        actor,
        route=SIGN_UP,
        status=429,
        body={"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
        times=1,
    )
    fault(actor, route=SIGN_UP, status=200, body="<h1>Welcome</h1>", times=1)
    fault(
        actor,
        route="/v3/contacts",
        status=200,
        body="rubbish",
        content_type="text/plain",
        times=1,
    )
    quota, marketing = actor.sign_up(), actor.sign_up()
    rubbish = actor.get("/contacts")

    assert quota.json()["error_key"] == "quota_exceeded"
    assert (marketing.status_code, marketing.text) == (200, "<h1>Welcome</h1>")
    assert (rubbish.text, rubbish.headers["Content-Type"]) == ("rubbish", "text/plain")


def test_a_fault_before_prevents_the_effect_and_one_after_does_not(
    actor: Actor,
) -> None:
    actor.granted()
    fault(actor, route=SIGN_UP, status=503, when="before", times=1)
    fault(actor, route=SIGN_UP, status=503, when="after", times=1)
    before = (actor.sign_up().status_code, held(actor))
    after = (actor.sign_up().status_code, held(actor))

    assert before == (503, False)
    assert after == (503, True)
    assert actor.sign_up().status_code == 200


@pytest.mark.parametrize(("when", "effect"), [("before", False), ("after", True)])
def test_a_connection_can_be_cut_before_or_after_the_effect(
    actor: Actor, when: str, effect: bool
) -> None:
    actor.granted()
    fault(actor, route=SIGN_UP, reset=True, when=when, times=1)
    with pytest.raises(requests.ConnectionError) as cut:
        actor.sign_up()

    assert "Connection reset by peer" in str(cut.value)
    assert held(actor) == effect
    assert actor.control("requests")["requests"][-1]["status"] == 0
    assert actor.sign_up().status_code == (200 if effect else 201)


def test_a_lost_refresh_answer_leaves_the_client_with_a_rotated_out_token(
    actor: Actor,
) -> None:
    token = actor.connect()["refresh_token"]
    fault(actor, route=TOKEN, reset=True, when="after", times=1)
    with pytest.raises(requests.ConnectionError):
        actor.refresh(token)

    assert actor.refresh(token).json()["error"] == "invalid_grant"


def test_latency_delays_and_may_go_with_a_status(actor: Actor) -> None:
    actor.granted()
    fault(actor, route=SIGN_UP, latency_ms=60, status=503, times=1)
    fault(actor, route=SIGN_UP, latency_ms=60, times=1)
    slow_error, slow = actor.sign_up(), actor.sign_up()

    assert (slow_error.status_code, slow.status_code) == (503, 201)
    assert min(slow_error.elapsed.total_seconds(), slow.elapsed.total_seconds()) >= 0.06


def test_a_fault_strikes_as_often_as_told_and_by_method(actor: Actor) -> None:
    actor.granted()
    fault(actor, route="/v3/*", status=500, times=2, method="GET", skip=1)
    statuses = [actor.get("/contact_lists").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]


def test_without_a_count_a_fault_lasts_until_it_is_taken_back(actor: Actor) -> None:
    actor.granted()
    fault(actor, route="contact_lists", status=500)
    during = {actor.get("/contact_lists").status_code for _ in range(5)}
    listed = actor.control("faults")["faults"]
    actor.http.delete(actor.url("/_control/faults"))

    assert during == {500}
    assert listed[0]["route"] == "contact_lists"
    assert actor.get("/contact_lists").status_code == 200


def test_everything_can_be_down_but_never_the_control(actor: Actor) -> None:
    fault(actor, route="*", status=503)

    assert actor.authorize().status_code == 503
    assert actor.refresh("x", LONG_LIVED).status_code == 503
    assert actor.control("accounts")["accounts"]
    actor.control("reset", {})
    assert actor.authorize().status_code == 302


def test_a_fault_nobody_knows_is_refused(actor: Actor) -> None:
    response = actor.http.post(
        actor.url("/_control/faults"), json={"route": "*", "explode": True}
    )

    assert response.status_code == 400
    assert "explode" in response.json()["problem"]
