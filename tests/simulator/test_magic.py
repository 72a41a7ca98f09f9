"""Magic addresses: every row of the table, played."""

from collections.abc import Callable
from html import escape

import pytest
import requests

from app.simulator.magic import TABLE, Magic

from .acting import BAKERY, FOOD_BANK, PATIENCE, Actor, HeldClock

TROUBLES = [row for row in TABLE if row.fault and not row.fault.latency_ms]
LATE = [row for row in TABLE if row.fault and row.fault.latency_ms]
PERSONS = [row for row in TABLE if row.state]
NAME = {"ids": lambda row: row.name}


def met(
    actor: Actor,
    address: str,
    path: str = "/contacts/sign_up_form",
    patience: float = PATIENCE,
) -> int | None:
    """The status of a sign-up, or of a POST to `path`; 0 when cut, None without an
    answer in `patience` seconds.
    """
    body = {"email_address": address, "list_memberships": [actor.first_list()]}
    if path == "/contacts":
        body |= {"email_address": {"address": address}, "create_source": "Contact"}
    try:
        return actor.call(
            "POST", path, json=body, timeout=patience, allow_redirects=False
        ).status_code
    except requests.ReadTimeout:
        return None
    except requests.ConnectionError:
        return 0


def held(actor: Actor, address: str) -> bool:
    return actor.running.state.accounts[BAKERY].find(address) is not None


@pytest.mark.parametrize("row", TROUBLES, **NAME)
def test_trouble_comes_each_time_or_once(actor: Actor, row: Magic) -> None:
    actor.granted()
    always = [met(actor, f"{row.name}+zoe@example.org") for _ in range(3)]
    first = met(actor, f"{row.name.upper()}-Then-OK@example.org")
    took_effect = held(actor, f"{row.name}-then-ok@example.org")
    second = met(actor, f"{row.name}-then-ok@example.org")

    assert always == [row.row()["status"]] * 3
    assert first == row.row()["status"]
    assert row.fault
    assert took_effect == (row.fault.when == "after")
    assert second == (200 if took_effect else 201)


@pytest.mark.parametrize("row", LATE, **NAME)
def test_a_late_answer_has_taken_effect(
    started: Callable[..., Actor], held_clock: HeldClock, row: Magic
) -> None:
    actor = started(held_clock).granted()
    address = f"{row.name}-then-ok@example.org"
    late = met(actor, address, patience=0.5)
    held_clock.until_holding()
    effect, again = held(actor, address), met(actor, address)

    assert (late, effect) == (None, True)
    assert again == 409, "the first call is still writing the contact"


@pytest.mark.parametrize("row", PERSONS, **NAME)
def test_a_person_was_there_before(actor: Actor, row: Magic) -> None:
    actor.granted()
    address = f"{row.name}+zoe@example.org"
    looked_up = actor.get("/contacts", email=address, status="all").json()["contacts"]
    created = met(actor, address, "/contacts")
    signed_up = met(actor, address)
    at_once = met(actor, address.replace("zoe", "ada"))

    assert len(looked_up) == 1
    assert row.state in (
        "deleted" if "deleted_at" in looked_up[0] else "",
        looked_up[0]["email_address"]["permission_to_send"],
    )
    assert (created, signed_up, at_once) == (409, 200, 200)


def test_who_changed_since_stays_so(actor: Actor) -> None:
    actor.granted()
    met(actor, "unsubscribed@example.org")
    shown = actor.get(
        "/contacts", email="unsubscribed@example.org", status="all"
    ).json()["contacts"][0]

    assert shown["email_address"]["permission_to_send"] == "explicit"


@pytest.mark.parametrize(
    "local",
    [
        "5033",
        "x503",
        "503-",
        "503-then-okay",
        "503-then",
        "then-ok",
        "503-then-ok-then-ok",
        "not-503",
        "a+503",
        "503.then.ok",
        "timeouts",
        "unsubscribed-then-ok",
        "quota.zoe",
        "504",
        "200",
    ],
)
def test_ordinary_people_meet_no_trouble(actor: Actor, local: str) -> None:
    assert met(actor.granted(), f"{local}@example.org") == 201


def test_each_address_counts_for_itself(actor: Actor) -> None:
    actor.granted()
    first = [
        met(actor, f"503-then-ok+{who}@example.{top}")
        for who in ("zoe", "ada")
        for top in ("com", "org")
    ]

    assert first == [503] * 4


def test_creating_a_contact_meets_the_same_and_looking_up_does_not(
    actor: Actor,
) -> None:
    actor.granted()
    looked_up = actor.get("/contacts", email="503-then-ok@example.org", status="all")
    created = [met(actor, "503-then-ok@example.org", "/contacts") for _ in range(2)]

    assert (looked_up.status_code, looked_up.json()["contacts"]) == (200, [])
    assert created == [503, 201]


def test_the_gate_and_the_rules_come_first(actor: Actor) -> None:
    actor.granted()
    actor.bearer, bearer = "x", actor.bearer
    stranger = actor.call(
        "POST",
        "/contacts/sign_up_form",
        json={"email_address": "503-then-ok@example.org"},
    )
    actor.bearer = bearer
    no_list = actor.sign_up("503-then-ok@example.org", list_memberships=[])

    assert (stranger.status_code, no_list.status_code) == (401, 400)
    assert met(actor, "503-then-ok@example.org") == 503


def test_what_strikes_is_written_down_with_its_account(actor: Actor) -> None:
    met(actor.granted(FOOD_BANK), "reset-after@example.org")
    last = actor.control("requests")["requests"][-1]

    assert (last["status"], last["account"]) == (0, FOOD_BANK)


def test_trouble_ordered_for_all_goes_before_it(actor: Actor) -> None:
    actor.granted()
    actor.control("faults", {"route": "/v3", "status": 500, "times": 1})
    actor.control("faults", {"route": "/v3", "latency_ms": 1, "times": 1})

    assert [met(actor, "503-then-ok@example.org") for _ in range(3)] == [500, 503, 201]


def test_a_redirect_leads_to_a_page(actor: Actor) -> None:
    followed = actor.granted().sign_up("redirect@example.org")

    assert [step.status_code for step in followed.history] == [302]
    assert followed.headers["Content-Type"].startswith("text/html")


def test_a_reset_forgets_who_met_trouble(actor: Actor) -> None:
    before = met(actor.granted(), "503-then-ok@example.org")
    actor.control("reset", {})

    assert (before, met(actor.granted(), "503-then-ok@example.org")) == (503, 503)


def test_the_table_is_served_as_a_page_and_as_json(actor: Actor) -> None:
    served = actor.control("magic")["addresses"]
    page = actor.http.get(actor.url("/magic")).text

    assert [row["name"] for row in served] == [row.name for row in TABLE]
    for row in served:
        words = [
            row["name"] + "@…",
            row["happens"],
            row["expect"],
            row["then_ok"] or "",
        ]
        assert [said for said in words if escape(said) not in page] == []
