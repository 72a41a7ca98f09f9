"""Devices without a browser: a code on their screen, entered elsewhere (contract 1.6)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from .acting import BAKER, DEVICE, PUBLIC, ROTATING, SCOPES, Actor
from .test_saving import run

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
PATH = "/oauth2/default/v1/device/authorize"


def ask(actor: Actor, **changes: str) -> requests.Response:
    """Start the flow; an empty value leaves a parameter out."""
    sent = {"client_id": DEVICE, "scope": SCOPES, **changes}
    return actor.http.post(
        actor.url(PATH), data={name: value for name, value in sent.items() if value}
    )


def poll(actor: Actor, codes: dict[str, Any], **changes: str) -> requests.Response:
    sent = {
        "grant_type": DEVICE_CODE,
        "device_code": codes["device_code"],
        "client_id": DEVICE,
        **changes,
    }
    return actor.token(None, **sent)


def error_of(response: requests.Response) -> str:
    assert response.status_code == 400, response.text
    return str(response.json()["error"])


def enter(actor: Actor, user_code: str) -> requests.Response:
    return actor.owner.post(
        actor.url("/activate"), data={"user_code": user_code}, allow_redirects=False
    )


def consent_page(actor: Actor, codes: dict[str, Any]) -> requests.Response:
    """Where a fresh browser comes to after code and sign-in."""
    actor.owner.cookies.clear()
    return actor.follow(actor.sign_in(actor.follow(enter(actor, codes["user_code"]))))


def decided(actor: Actor, decision: str = "allow", **changes: str) -> dict[str, Any]:
    """The codes of a device somebody has decided about."""
    codes: dict[str, Any] = ask(actor, **changes).json()
    actor.decide(consent_page(actor, codes), decision)
    return codes


def test_a_device_gets_its_codes_and_where_to_enter_them(actor: Actor) -> None:
    response = ask(actor, state="s-1", response_type="code")
    codes = response.json()

    assert response.status_code == 200
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert codes["verification_uri"] == actor.url("/activate")
    assert codes["verification_uri_complete"] == actor.url(
        f"/activate?user_code={codes['user_code']}"
    )
    assert len(codes["user_code"]) == 8


def test_parameters_may_come_in_the_query(actor: Actor) -> None:
    sent = {"client_id": DEVICE, "scope": SCOPES}

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = actor.http.post(actor.url(PATH), params=sent, headers=form)

    assert answer.status_code == 200


def test_a_device_that_was_let_in_gets_a_token_set_once(actor: Actor) -> None:
    codes = decided(actor)
    first, second = poll(actor, codes), poll(actor, codes)
    actor.bearer = first.json()["access_token"]

    assert first.json()["scope"] == SCOPES
    assert actor.get("/contact_lists").status_code == 200
    assert actor.running.state.grants[actor.grant_id()].login == BAKER
    assert error_of(second) == "invalid_grant"


def test_with_offline_access_there_is_a_refresh_token_that_works(actor: Actor) -> None:
    without, tokens = (
        poll(actor, decided(actor, scope="contact_data")).json(),
        poll(actor, decided(actor)).json(),
    )
    renewed = actor.token(
        None,
        client_id=DEVICE,
        grant_type="refresh_token",
        refresh_token=tokens["refresh_token"],
    )

    assert "refresh_token" not in without
    assert renewed.status_code == 200
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]


def test_until_somebody_decides_it_is_pending(actor: Actor) -> None:
    codes = ask(actor).json()
    consent_page(actor, codes)

    assert poll(actor, codes).json() == {
        "error": "authorization_pending",
        "error_description": (
            "The device authorization is pending. Please try again later."
        ),
    }


def test_each_poll_too_soon_adds_five_seconds_to_the_interval(actor: Actor) -> None:
    codes, errors = ask(actor).json(), []
    for wait in (0, 5, 4, 9, 15, 14):
        actor.clock.advance(wait)
        errors.append(error_of(poll(actor, codes)))

    pending, slower = "authorization_pending", "slow_down"
    assert errors == [pending, pending, slower, slower, pending, slower]


def test_who_was_let_in_is_not_slowed_down(actor: Actor) -> None:
    codes = ask(actor).json()
    poll(actor, codes)
    actor.decide(consent_page(actor, codes))

    assert poll(actor, codes).status_code == 200


def test_polls_count_at_the_token_endpoint(started: Callable[..., Actor]) -> None:
    actor = started(token_calls_per_second=1)
    codes = ask(actor).json()

    assert [poll(actor, codes).status_code for _ in range(2)] == [400, 429]


def test_after_ten_minutes_the_codes_are_worth_nothing(actor: Actor) -> None:
    codes, allowed_too_late = ask(actor).json(), ask(actor).json()
    page = consent_page(actor, allowed_too_late)
    actor.clock.advance(599)
    in_time = error_of(poll(actor, codes))
    actor.clock.advance(1)

    assert in_time == "authorization_pending"
    assert enter(actor, codes["user_code"]).status_code == 422
    assert actor.decide(page).status_code == 400
    assert {error_of(poll(actor, each)) for each in (codes, allowed_too_late)} == {
        "expired_token"
    }


def test_a_device_that_was_turned_away_is_denied(actor: Actor) -> None:
    codes = decided(actor, "deny")

    assert [error_of(poll(actor, codes)) for _ in range(2)] == [
        "access_denied",
        "access_denied",
    ]


def test_the_person_is_told_how_it_ended(actor: Actor) -> None:
    pages = {
        choice: actor.decide(consent_page(actor, ask(actor).json()), choice)
        for choice in ("allow", "deny")
    }

    assert "Your device is connected" in pages["allow"].text
    assert "Your device was turned away" in pages["deny"].text


def test_consent_names_the_app_and_leads_back_to_the_device(actor: Actor) -> None:
    page = consent_page(actor, ask(actor).json()).text

    assert "Latchkey (device) asks for access" in page
    assert "go back to your device" in page


def test_a_code_may_be_typed_in_groups_and_small_letters(actor: Actor) -> None:
    code = ask(actor).json()["user_code"].lower()

    assert enter(actor, f" {code[:4]}-{code[4:]} ").status_code == 302


def test_an_unknown_code_is_told_at_the_field(actor: Actor) -> None:
    page = enter(actor, "<WRONG>")

    assert page.status_code == 422
    assert "No device is waiting with this code." in page.text
    assert 'value="&lt;WRONG&gt;"' in page.text


def test_the_complete_address_fills_the_code_in_and_leaves_the_rest_to_the_person(
    actor: Actor,
) -> None:
    codes = ask(actor).json()
    page = actor.owner.get(codes["verification_uri_complete"])

    assert f'value="{codes["user_code"]}"' in page.text
    assert actor.running.state.requests == {}


def test_a_signed_in_browser_goes_on_to_consent(actor: Actor) -> None:
    actor.consented()

    assert (
        "asks for access"
        in actor.follow(enter(actor, ask(actor).json()["user_code"])).text
    )


def test_a_second_factor_is_demanded_here_too(started: Callable[..., Actor]) -> None:
    actor = started(mfa=True)

    assert "Enter your code" in consent_page(actor, ask(actor).json()).text


def test_a_device_is_decided_about_once(actor: Actor) -> None:
    codes = ask(actor).json()
    first, second = (
        consent_page(actor, codes),
        actor.follow(enter(actor, codes["user_code"])),
    )
    actor.decide(first)

    assert actor.decide(second, "deny").status_code == 400
    assert enter(actor, codes["user_code"]).status_code == 422
    assert poll(actor, codes).status_code == 200


def test_a_device_code_belongs_to_its_app(actor: Actor) -> None:
    codes, other = decided(actor), "55555555-5555-4555-8555-555555555555"
    apps = actor.running.state.apps
    apps[other] = replace(apps[DEVICE], client_id=other)

    assert error_of(poll(actor, codes, client_id=other)) == "invalid_grant"
    assert poll(actor, codes).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"scope": ""}, 400, "invalid_request"),
        ({"scope": "everything"}, 400, "invalid_scope"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": ROTATING[0]}, 401, "invalid_client"),
        ({"client_id": PUBLIC}, 400, "unauthorized_client"),
        ({"client_secret": "x"}, 401, "invalid_client"),
    ],
)
def test_a_wrong_start_is_refused(
    actor: Actor, changes: dict[str, str], status: int, error: str
) -> None:
    response = ask(actor, **changes)

    assert (response.status_code, response.json()["error"]) == (status, error)


def test_an_unknown_app_is_told_in_oktas_shape(actor: Actor) -> None:
    response = ask(actor, client_id="99999999-9999-4999-8999-999999999999")

    assert (response.status_code, response.json()["errorCode"]) == (
        401,
        "invalid_client",
    )


def test_no_app_may_use_a_grant_type_it_was_not_set_up_for(actor: Actor) -> None:
    confidential = actor.token(grant_type=DEVICE_CODE, device_code="x")
    device = actor.token(
        None, client_id=DEVICE, grant_type="authorization_code", code="x"
    )

    assert error_of(device) == error_of(confidential) == "unauthorized_client"
    assert (
        confidential.json()["error_description"]
        == "The client is not authorized to use the provided grant type. "
        "Configured grant types: [authorization_code, refresh_token]."
    )
    assert actor.authorize(client_id=DEVICE).status_code == 400


def test_a_poll_without_a_device_code_is_an_invalid_request(actor: Actor) -> None:
    assert (
        error_of(actor.token(None, client_id=DEVICE, grant_type=DEVICE_CODE))
        == "invalid_request"
    )


def test_a_device_waits_on_through_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with run(file) as first:
        actor = Actor(first)
        codes = ask(actor).json()
        actor.close()
    with run(file) as second:
        again = Actor(second)
        again.decide(consent_page(again, codes))

        assert poll(again, codes).status_code == 200
        again.close()


def test_no_code_is_written_down(actor: Actor) -> None:
    codes = ask(actor).json()
    actor.owner.get(codes["verification_uri_complete"])

    assert codes["user_code"] not in str(actor.control("requests"))
