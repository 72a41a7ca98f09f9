"""Every bad day of the rehearsal board, on and off again, by what a client of the API
notices.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import requests

from app.simulator.board.bad_days import BY_NAME

from .acting import BAKER, BAKERY, FOOD_BANK, LIBRARY, ROTATING, Actor, SleeplessClock
from .conftest import NOON
from .rehearsing import (
    PERSON,
    board,
    first_choice,
    in_force,
    now,
    permission,
    press,
    take_back,
)


def status(actor: Actor, path: str = "/contact_lists") -> int:
    return actor.get(path).status_code


def delay(actor: Actor) -> float:
    """How late a good answer should have come, in seconds."""
    clock = actor.running.clock
    assert isinstance(clock, SleeplessClock)
    clock.delays.clear()
    assert status(actor) == 200
    return sum(clock.delays)


def sign_up(actor: Actor, **more: Any) -> int:
    """0 when cut, otherwise below 300 when all is well."""
    try:
        return actor.sign_up(f"{uuid4().hex[:8]}@example.org", **more).status_code
    except requests.ConnectionError:
        return 0


def with_a_field(actor: Actor) -> int:
    field = next(iter(actor.running.state.accounts[BAKERY].fields))
    return sign_up(actor, custom_fields=[{"custom_field_id": field, "value": "Zoë"}])


def permission_of_somebody_new(actor: Actor) -> str:
    sign_up(actor)
    newest = list(actor.running.state.accounts[BAKERY].contacts.values())[-1]
    return permission(actor, newest["email_address"]["address"])


NOTICED: dict[str, tuple[Callable[[Actor], Any], Any, Any]] = {
    "down": (status, 200, 503),
    "slow": (delay, 0, 3),
    "hanging": (delay, 0, 20),
    "resets": (sign_up, 201, 0),
    "sign_in_down": (lambda actor: actor.authorize().status_code, 302, 503),
    "throttled": (
        lambda actor: {status(actor) for _ in range(3)} - {200},
        set(),
        {429},
    ),
    "quota": (
        lambda actor: actor.get("/contact_lists").json().get("error_key"),
        None,
        "quota_exceeded",
    ),
    "expired": (status, 200, 401),
    "revoked": (status, 200, 401),
    "key_off": (status, 200, 403),
    "secret": (
        lambda actor: actor.refresh("x").json()["error"],
        "invalid_grant",
        "invalid_client",
    ),
    "role": (lambda actor: status(actor, "/contacts"), 200, 403),
    "list_deleted": (sign_up, 201, 404),
    "field_deleted": (with_a_field, 201, 404),
    "confirmed": (permission_of_somebody_new, "explicit", "pending_confirmation"),
    "unsubscribes": (permission, "none", "unsubscribed"),
    "token_info": (
        lambda actor: (
            actor.call("POST", "/token_info", json={"token": actor.bearer}).status_code
        ),
        200,
        404,
    ),
    "later": (lambda actor: actor.clock.now() - NOON, 0, 21_600),
}


@pytest.mark.parametrize("name", BY_NAME)
def test_a_bad_day_is_noticed_shown_and_taken_back(
    started: Callable[..., Actor], name: str
) -> None:
    actor = started(SleeplessClock(stands_at=NOON)).granted()
    noticed, usual, bad = NOTICED[name]
    before, choice = noticed(actor), first_choice(actor, name)
    typed = PERSON if BY_NAME[name].act.typed else ""
    pressed = press(actor, name, choice, typed)
    on, shown, during = in_force(actor), now(board(actor)), noticed(actor)
    take_back(actor, name=name, choice=choice)

    assert (before, during) == (usual, bad)
    assert "Done: " + BY_NAME[name].title in now(pressed.text)
    assert in_force(actor) == {}
    assert now(board(actor)).startswith("✓ All is well")
    if BY_NAME[name].act.undo:
        assert on == {name: [choice]}
        assert shown.startswith(f"⚠ Going on now {BY_NAME[name].title}")
        assert "Take it back" in shown
        assert noticed(actor) == usual
    else:
        assert on == {}
        assert noticed(actor) == bad


def test_expired_access_tokens_are_renewed_with_what_was_granted(actor: Actor) -> None:
    tokens = actor.connect()
    older = actor.refresh(tokens["refresh_token"]).json()
    press(actor, "expired")
    actor.bearer = older["access_token"]
    refused = status(actor)
    actor.bearer = actor.refresh(older["refresh_token"]).json()["access_token"]

    assert (refused, status(actor)) == (401, 200)
    assert actor.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant", (
        "it was rotated out before"
    )


def test_all_grants_or_those_of_one_account_can_be_revoked(actor: Actor) -> None:
    tokens = {
        account: actor.granted(account).bearer
        for account in (BAKERY, FOOD_BANK, LIBRARY)
    }

    def working() -> list[str]:
        found = []
        for account, bearer in tokens.items():
            actor.bearer = bearer
            found += [account] if status(actor) == 200 else []
        return found

    press(actor, "revoked", BAKERY)
    after_one = working()
    press(actor, "revoked", "all")

    assert after_one == [FOOD_BANK, LIBRARY]
    assert working() == []


def test_pressing_twice_is_pressing_once_but_for_the_clock(actor: Actor) -> None:
    for name, choice in [
        ("down", ""),
        ("role", BAKER),
        ("key_off", ROTATING[0]),
        ("later", ""),
    ] * 2:
        assert press(actor, name, choice).status_code == 200
    faults = actor.control("faults")["faults"]

    assert len(faults) == 1
    assert actor.clock.now() == NOON + 12 * 3_600


def test_one_press_makes_all_well_whoever_made_the_trouble(actor: Actor) -> None:
    actor.granted().sign_up(PERSON)
    bearer = actor.bearer
    for name in (
        "down",
        "quota",
        "key_off",
        "role",
        "list_deleted",
        "field_deleted",
        "confirmed",
        "later",
    ):
        press(actor, name, first_choice(actor, name))
    actor.control("faults", {"route": "/v3/contacts", "status": 418, "times": 9})
    actor.control("limits", {"calls_per_second": 2, "mfa": True})
    actor.control(
        "logins", {"login": "priya@quiettide.example", "role": "campaign_creator"}
    )
    shown = now(board(actor))
    take_back(actor)

    for words in (
        "Provider down",
        "API key switched off: Latchkey (rotating)",
        f"Smaller role: {BAKER}",
        "Newsletter of Maple & Rye Bakery",
        "Nickname of Maple & Rye Bakery",
        "A fault on /v3/contacts",
        "calls_per_second is 2",
        "mfa is True",
        "Smaller role: priya@quiettide.example",
    ):
        assert words in shown
    assert in_force(actor) == {}
    assert now(board(actor)).startswith("✓ All is well")
    assert actor.control("limits")["calls_per_second"] is None
    assert (actor.bearer, status(actor)) == (bearer, 200)
    assert permission(actor) == "explicit"


def test_what_the_seed_deleted_or_switched_on_is_no_bad_day(actor: Actor) -> None:
    assert in_force(actor) == {}
    assert not any(
        "Old Newsletter" in label
        for label in (
            BY_NAME["list_deleted"].act.choices(actor.running.simulator).values()
        )
    )
    assert FOOD_BANK not in BY_NAME["confirmed"].act.choices(actor.running.simulator)


@pytest.mark.parametrize(
    ("name", "choice", "typed"),
    [
        ("earthquake", "", ""),
        ("role", "", ""),
        ("role", "nobody@example.com", ""),
        ("down", "x", ""),
        ("list_deleted", f"{BAKERY} x", ""),
        ("unsubscribes", BAKERY, ""),
        ("unsubscribes", BAKERY, "zoe"),
        ("unsubscribes", "x", PERSON),
    ],
)
def test_nonsense_is_told_and_changes_nothing(
    actor: Actor, name: str, choice: str, typed: str
) -> None:
    refused = press(actor, name, choice, typed)
    by_control = actor.http.post(
        actor.url("/_control/rehearsals"), json={"name": name, "choice": choice + typed}
    )

    assert (refused.status_code, by_control.status_code) == (400, 400)
    assert in_force(actor) == {}


def test_bad_days_can_be_played_over_the_control_api(actor: Actor) -> None:
    begun = actor.control("rehearsals", {"name": "role", "choice": BAKER})["rehearsals"]
    actor.control("rehearsals", {"name": "down"})
    both = in_force(actor)
    actor.control("rehearsals", {"name": "role", "choice": BAKER, "on": False})
    one = in_force(actor)
    actor.control("rehearsals", {"on": False})

    assert [row["name"] for row in begun] == list(BY_NAME)
    assert set(begun[0]) == {"name", "title", "plays", "expect", "choices", "on"}
    assert (both, one, in_force(actor)) == (
        {"down": [""], "role": [BAKER]},
        {"down": [""]},
        {},
    )
