"""Tags, and a state file from before there were any."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.simulator import Clock, SimulatorSettings
from app.simulator.server import start

from .acting import BAKERY, Actor
from .conftest import GENEROUS, NOON
from .writing import create, put, seeded_id


def tags(actor: Actor, **params: Any) -> dict[str, Any]:
    return {
        tag["name"]: tag for tag in actor.get("/contact_tags", **params).json()["tags"]
    }


def test_every_account_has_tags_of_its_own(actor: Actor) -> None:
    here, there = (tags(actor.granted(account)) for account in (BAKERY, "a07e1qtyoga2"))

    assert set(here) == set(there) == {"Regular", "Helper", "Met at the fair"}
    assert here["Regular"]["tag_id"] != there["Regular"]["tag_id"]
    assert "contacts_count" not in here["Regular"]


def test_tags_count_their_contacts_but_not_the_deleted(actor: Actor) -> None:
    regular = tags(actor.granted())["Regular"]["tag_id"]
    before = tags(actor, include_count="true")
    contact_id = create(actor, taggings=[regular]).json()["contact_id"]
    during = tags(actor, include_count="true")
    actor.call("DELETE", f"/contacts/{contact_id}")

    assert {name: tag["contacts_count"] for name, tag in before.items()} == {
        "Regular": 4, "Helper": 1, "Met at the fair": 0,
    }  # fmt: skip
    assert during["Regular"]["contacts_count"] == 5
    assert tags(actor, include_count="true") == before


def test_a_new_tag_can_be_given_and_searched_for(actor: Actor) -> None:
    response = actor.granted().call(
        "POST", "/contact_tags", json={"name": "VIP ★", "tag_source": "till"}
    )
    tag = response.json()
    put(actor, seeded_id(actor, "active@example.com"), taggings=[tag["tag_id"]])
    found = actor.get("/contacts", tags=tag["tag_id"]).json()["contacts"]

    assert response.status_code == 201
    assert (tag["name"], tag["tag_source"], tag["created_at"]) == (
        "VIP ★",
        "till",
        "2027-01-15T08:00:00Z",
    )
    assert tags(actor)["VIP ★"] == tag
    assert [contact["email_address"]["address"] for contact in found] == [
        "active@example.com"
    ]


def test_tags_are_paged(actor: Actor) -> None:
    first = actor.granted().get("/contact_tags", limit=2).json()
    second = actor.call(
        "GET", first["_links"]["next"]["href"].removeprefix("/v3")
    ).json()

    assert (len(first["tags"]), len(second["tags"])) == (2, 1)
    assert "_links" not in second
    assert actor.get("/contact_tags", limit=501).status_code == 400


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": 7}, 400),
        ({"name": "x" * 256}, 400),
        ({"name": "x", "tag_source": 7}, 400),
        ({"name": "regular"}, 409),
    ],
)
def test_a_tag_needs_a_name_of_its_own(
    actor: Actor, sent: dict[str, Any], status: int
) -> None:
    response = actor.granted().call("POST", "/contact_tags", json=sent)

    assert response.status_code == status
    assert len(tags(actor)) == 3


def test_a_state_file_from_before_there_were_tags_and_addresses_loads(
    tmp_path: Path,
) -> None:
    file = tmp_path / "state.json"
    settings = SimulatorSettings(**GENEROUS, state_file=file)
    start(settings, clock=Clock(stands_at=NOON)).stop()
    saved = json.loads(file.read_text())
    for account in saved["state"]["accounts"].values():
        for name in ("tags", "emails", "asked_back", "segments_ready"):
            del account[name]
    file.write_text(json.dumps(saved))
    with start(settings, clock=Clock(stands_at=NOON)) as running:
        actor = Actor(running).granted()

        assert tags(actor) == {}
        assert actor.get("/account/emails").json() == []
        assert (
            actor.call("POST", "/contact_tags", json={"name": "New"}).status_code == 201
        )
        actor.close()
