"""Refresh tokens of both kinds, over years."""

from collections.abc import Callable

import pytest

from .acting import BAKERY, LONG_LIVED, ROTATING, Actor

DAY = 86_400
INVALID = {
    "error": "invalid_grant",
    "error_description": "The refresh token is invalid or expired.",
}


def test_a_rotating_token_is_replaced_at_every_use(actor: Actor) -> None:
    first = actor.connect()["refresh_token"]
    second = actor.refresh(first).json()["refresh_token"]
    third = actor.refresh(second).json()["refresh_token"]

    assert len({first, second, third}) == 3


def test_a_long_lived_token_stays_the_same(actor: Actor) -> None:
    first = actor.connect(LONG_LIVED)["refresh_token"]
    answers = [actor.refresh(first, LONG_LIVED).json() for _ in range(3)]

    assert {answer["refresh_token"] for answer in answers} == {first}
    assert len({answer["access_token"] for answer in answers}) == 3


def test_using_a_rotated_out_token_ends_the_whole_family(actor: Actor) -> None:
    first = actor.connect()["refresh_token"]
    second = actor.refresh(first).json()
    actor.bearer = second["access_token"]
    before = actor.get("/account/user/privileges").status_code
    reused = actor.refresh(first)

    assert before == 200
    assert (reused.status_code, reused.json()) == (400, INVALID)
    assert actor.refresh(second["refresh_token"]).json() == INVALID
    assert actor.get("/account/user/privileges").status_code == 401


def test_within_the_grace_a_rotated_out_token_still_works(
    started: Callable[..., Actor],
) -> None:
    actor = started(grace=30)
    first = actor.connect()["refresh_token"]
    actor.refresh(first)
    actor.clock.advance(29)
    replayed = actor.refresh(first)
    actor.clock.advance(1)

    assert replayed.status_code == 200
    assert actor.refresh(first).json() == INVALID
    assert actor.refresh(replayed.json()["refresh_token"]).json() == INVALID


@pytest.mark.parametrize("app", [ROTATING, LONG_LIVED])
def test_a_token_used_within_180_days_lives_on(
    actor: Actor, app: tuple[str, str]
) -> None:
    token = actor.connect(app)["refresh_token"]
    for _ in range(3):
        actor.clock.advance(180 * DAY - 1)
        token = actor.refresh(token, app).json()["refresh_token"]
    actor.clock.advance(180 * DAY)

    assert actor.refresh(token, app).json() == INVALID


def test_a_second_consent_replaces_the_first_grant(actor: Actor) -> None:
    first = actor.connect()
    second = actor.connect()
    actor.bearer = first["access_token"]

    assert actor.refresh(first["refresh_token"]).json() == INVALID
    assert actor.refresh(second["refresh_token"]).status_code == 200
    assert actor.get("/account/user/privileges").status_code == 200


def test_other_apps_and_other_accounts_keep_their_grants(actor: Actor) -> None:
    first = actor.connect(ROTATING)["refresh_token"]
    actor.connect(LONG_LIVED)
    actor.connect(ROTATING, "priya@quiettide.example")

    assert actor.refresh(first).status_code == 200


def test_by_setting_both_grants_live(started: Callable[..., Actor]) -> None:
    actor = started(second_grant_replaces=False)
    first = actor.connect()["refresh_token"]
    actor.connect()

    assert actor.refresh(first).status_code == 200


def test_a_token_belongs_to_its_app(actor: Actor) -> None:
    token = actor.connect()["refresh_token"]

    assert actor.refresh(token, LONG_LIVED).json() == INVALID
    assert actor.refresh(token).status_code == 200


def test_an_unknown_token_is_invalid(actor: Actor) -> None:
    assert actor.refresh("nobody-has-this").json() == INVALID


def test_scopes_may_shrink_but_not_grow(actor: Actor) -> None:
    token = actor.connect(LONG_LIVED)["refresh_token"]
    smaller = actor.refresh(token, LONG_LIVED, scope="contact_data")
    larger = actor.refresh(token, LONG_LIVED, scope="contact_data campaign_data")

    assert smaller.json()["scope"] == "contact_data"
    assert (larger.status_code, larger.json()["error"]) == (400, "invalid_scope")


def test_a_needless_redirect_uri_is_ignored(actor: Actor) -> None:
    token = actor.connect()["refresh_token"]

    assert (
        actor.refresh(token, redirect_uri="http://elsewhere.example/").status_code
        == 200
    )


def test_a_revoked_grant_ends_everything(actor: Actor) -> None:
    tokens = actor.connect()
    actor.bearer = tokens["access_token"]
    revoked = actor.control("revoke", {"account": BAKERY})

    assert revoked == {"revoked": 1}
    assert actor.refresh(tokens["refresh_token"]).json() == INVALID
    assert actor.get("/account/user/privileges").status_code == 401
