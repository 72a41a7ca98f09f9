"""What the owner sees between the app's link and the way back."""

import re
from collections.abc import Callable

from .acting import BAKER, INTERN, LONELY, Actor, answer_in


def test_two_clicks_lead_back_with_a_code_and_the_state(actor: Actor) -> None:
    sign_in = actor.follow(actor.authorize())
    consent = actor.follow(actor.sign_in(sign_in))
    answer = answer_in(actor.decide(consent))

    assert answer["state"] == "s-1"
    assert set(answer) == {"code", "state"}


def test_consent_names_app_organisation_login_and_scopes_in_plain_words(
    actor: Actor,
) -> None:
    consent = actor.follow(actor.sign_in(actor.follow(actor.authorize())))

    for words in (
        "Latchkey (rotating)",
        "Maple &amp; Rye Bakery",
        BAKER,
        "Stay connected",
        "See and change your contacts",
    ):
        assert words in consent.text


def test_denying_goes_back_with_access_denied(actor: Actor) -> None:
    answer = actor.consented(decision="deny")

    assert answer["error"] == "access_denied"
    assert answer["state"] == "s-1"


def test_the_session_has_its_own_cookie_and_is_used_again(actor: Actor) -> None:
    actor.consented()
    again = actor.follow(actor.authorize())

    assert list(actor.owner.cookies.keys()) == ["simulator_session"]
    assert "asks for access" in again.text


def test_prompt_login_asks_again(actor: Actor) -> None:
    actor.consented()
    again = actor.follow(actor.authorize(prompt="login"))

    assert "Choose a login" in again.text


def test_prompt_none_with_a_session_wants_consent(actor: Actor) -> None:
    actor.consented()

    assert answer_in(actor.authorize(prompt="none"))["error"] == "consent_required"


def test_an_unknown_login_is_told_at_the_field(actor: Actor) -> None:
    page = actor.sign_in(actor.follow(actor.authorize()), "nobody@example.com")

    assert page.status_code == 422
    assert "There is no such login here." in page.text
    assert 'value="nobody@example.com"' in page.text


def test_a_password_is_needed_but_any_will_do(actor: Actor) -> None:
    page = actor.follow(actor.authorize())

    assert actor.sign_in(page, password="").status_code == 422
    assert actor.sign_in(page, password="whatever").status_code == 303


def test_consent_needs_the_browser_that_signed_in(actor: Actor) -> None:
    consent = actor.follow(actor.sign_in(actor.follow(actor.authorize())))
    stranger = Actor(actor.running)

    assert stranger.decide(consent).status_code == 400


def test_a_decided_request_cannot_be_decided_again(actor: Actor) -> None:
    consent = actor.follow(actor.sign_in(actor.follow(actor.authorize())))
    actor.decide(consent)

    assert actor.decide(consent).status_code == 400


def test_a_second_factor_can_be_demanded(started: Callable[..., Actor]) -> None:
    actor = started(mfa=True)
    factor = actor.follow(actor.sign_in(actor.follow(actor.authorize())))
    too_early = actor.owner.get(factor.url.replace("/mfa", "/consent"))
    consent = actor.follow(
        actor.owner.post(factor.url, data={"code": "123456"}, allow_redirects=False)
    )

    assert "Enter your code" in factor.text
    assert too_early.status_code == 400
    assert "asks for access" in consent.text


def test_a_password_alone_is_no_session_where_a_second_factor_is_demanded(
    started: Callable[..., Actor],
) -> None:
    actor = started(mfa=True)
    actor.sign_in(actor.follow(actor.authorize()))

    assert "Choose a login" in actor.follow(actor.authorize()).text
    assert answer_in(actor.authorize(prompt="none"))["error"] == "login_required"


def test_prompt_login_cannot_be_skipped(actor: Actor) -> None:
    actor.consented()
    again = actor.follow(actor.authorize(prompt="login"))

    assert actor.owner.get(again.url.replace("/signin", "/consent")).status_code == 400


def test_every_seeded_login_is_offered(actor: Actor) -> None:
    page = actor.follow(actor.authorize()).text

    assert {BAKER, INTERN, LONELY} <= set(
        re.findall(r'name="login" value="([^"]+)"', page)
    )


def test_pages_run_no_script_and_may_redirect_anywhere(actor: Actor) -> None:
    page = actor.follow(actor.authorize())

    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "form-action" not in page.headers["Content-Security-Policy"]
    assert actor.http.get(actor.url("/static/simulator.css")).status_code == 200


def test_the_front_page_says_what_this_is(actor: Actor) -> None:
    actor.granted().get("/account/summary")
    page = actor.http.get(actor.url("/")).text

    assert "Constant Contact simulator" in page
    assert "Fernhill Public Library" in page
    assert "GET /v3/account/summary" in page
