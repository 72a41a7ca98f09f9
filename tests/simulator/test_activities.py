"""Bulk imports move with the clock, end well or badly, and are listed for ten days."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.simulator.settings import ACTIVITIES_KEPT, MAX_QUEUED

from .acting import BAKERY, FOOD_BANK, INTERN, Actor
from .importing import CSV, JSON, activity, finished, import_json
from .test_saving import run

PEOPLE = [{"email": f"person{number}@example.com"} for number in range(100)]
DAY = 86_400


@pytest.fixture
def importer(started: Callable[..., Actor]) -> Actor:
    """Imports wait two seconds and then take ten rows a second; tokens outlive the
    jobs.
    """
    return started(
        import_wait=2, import_rows_per_second=10, expires_in=30 * DAY
    ).granted()


def people(actor: Actor) -> int:
    """How many of PEOPLE are contacts by now."""
    held = actor.control("contacts", account=BAKERY)["contacts"]
    return sum(
        contact["email_address"]["address"].startswith("person") for contact in held
    )


def states(actor: Actor, **params: Any) -> list[str]:
    return [
        item["state"]
        for item in actor.get("/activities", **params).json()["activities"]
    ]


def test_an_import_is_queued_first(importer: Actor) -> None:
    started = import_json(importer, *PEOPLE)
    body = started.json()

    assert started.status_code == 201
    assert body["state"] == "initialized"
    assert body["_links"]["self"]["href"] == f"/v3/activities/{body['activity_id']}"
    assert body["status"]["items_total_count"] == 100
    assert activity(importer, started)["state"] == "initialized"
    assert people(importer) == 0


def test_it_is_worked_off_as_time_goes_by(importer: Actor) -> None:
    started = import_json(importer, *PEOPLE)
    seen = []
    for seconds in (1, 1, 2.5, 7.49, 0.01):
        importer.clock.advance(seconds)
        now = activity(importer, started)
        seen.append(
            (
                now["state"],
                now["percent_done"],
                now["status"]["items_completed_count"],
                people(importer),
            )
        )

    assert seen == [
        ("initialized", 0, 0, 0),
        ("processing", 0, 0, 0),
        ("processing", 25, 25, 25),
        ("processing", 99, 99, 99),
        ("completed", 100, 100, 100),
    ]


def test_its_moments_are_those_it_was_due_at_however_late_one_looks(
    importer: Actor,
) -> None:
    begun = importer.clock.now()
    ended = finished(importer, import_json(importer, *PEOPLE))
    contact = importer.contact("person9@example.com")

    assert (ended["created_at"], ended["started_at"]) == (
        "2027-01-15T08:00:00Z",
        "2027-01-15T08:00:02Z",
    )
    assert ended["completed_at"] == ended["updated_at"] == "2027-01-15T08:00:12Z"
    assert contact["created_at"] == "2027-01-15T08:00:03Z"
    assert importer.clock.now() == begun + 600


def test_contacts_are_there_for_whoever_asks_next(importer: Actor) -> None:
    import_json(importer, *PEOPLE)
    importer.clock.advance(12)
    shown = importer.get("/contacts", email="person99@example.com").json()["contacts"]

    assert len(shown) == 1


@pytest.mark.parametrize("state", ["cancelled", "failed", "timed_out"])
def test_the_next_one_can_be_told_to_end_badly_halfway(
    importer: Actor, state: str
) -> None:
    importer.control("activities", {"account": BAKERY, "state": state})
    ended = finished(importer, import_json(importer, *PEOPLE))
    after = finished(importer, import_json(importer, *PEOPLE))

    assert (ended["state"], ended["percent_done"]) == (state, 50)
    assert ended["status"] | {"correctable_count": 0} == {
        "items_total_count": 100, "items_completed_count": 50, "person_count": 50, "error_count": 0,
        "correctable_count": 0, "cannot_add_to_list_count": 0,
    }  # fmt: skip
    assert after["state"] == "completed"


def test_a_running_one_can_be_ended_at_once(importer: Actor) -> None:
    started = import_json(importer, *PEOPLE)
    importer.clock.advance(4)
    importer.control("activities", {"account": BAKERY, "activity_id": started.json()["activity_id"],
                                    "state": "cancelled"})  # fmt: skip
    ended = finished(importer, started)

    assert (ended["state"], ended["percent_done"], people(importer)) == (
        "cancelled",
        20,
        20,
    )
    assert ended["completed_at"] == "2027-01-15T08:00:04Z"


def test_nonsense_about_endings_is_told(importer: Actor) -> None:
    ended = finished(importer, import_json(importer, *PEOPLE))
    for sent in (
        {"account": "x", "state": "failed"},
        {"account": BAKERY, "state": "completed"},
        {"account": BAKERY, "state": "failed", "activity_id": "x"},
        {"account": BAKERY, "state": "failed", "activity_id": ended["activity_id"]},
    ):
        assert (
            importer.http.post(
                importer.url("/_control/activities"), json=sent
            ).status_code
            == 400
        )


def test_all_are_listed_newest_first_and_by_state(importer: Actor) -> None:
    importer.control("activities", {"account": BAKERY, "state": "failed"})
    finished(importer, import_json(importer, *PEOPLE))
    import_json(importer, *PEOPLE)
    importer.clock.advance(3)
    import_json(importer, *PEOPLE)

    assert states(importer) == ["initialized", "processing", "failed"]
    assert states(importer, state="failed") == ["failed"]
    assert states(importer, state="completed") == []
    assert importer.get("/activities", state="initialized").status_code == 400


def test_they_are_paged_by_cursor(importer: Actor) -> None:
    for _ in range(3):
        import_json(importer, *PEOPLE)
    first = importer.get("/activities", limit=2).json()
    second = importer.get(first["_links"]["next"]["href"].removeprefix("/v3")).json()

    ids = [
        item["activity_id"] for page in (first, second) for item in page["activities"]
    ]
    assert len(set(ids)) == 3
    assert "_links" not in second
    assert importer.get("/activities", limit=501).status_code == 400


def test_they_are_kept_for_ten_days(importer: Actor) -> None:
    started = import_json(importer, *PEOPLE)
    importer.clock.advance(ACTIVITIES_KEPT)
    last = activity(importer, started)["state"]
    importer.clock.advance(1)

    assert last == "completed"
    assert (
        importer.get(f"/activities/{started.json()['activity_id']}").status_code == 404
    )
    assert states(importer) == []


def test_no_more_than_a_thousand_may_wait_in_an_account(importer: Actor) -> None:
    started = import_json(importer, *PEOPLE).json()
    held = importer.running.state.activities
    for number in range(1, MAX_QUEUED):
        held[str(number)] = replace(held[started["activity_id"]], id=str(number))
    refused = import_json(importer, *PEOPLE)
    elsewhere = import_json(importer.granted(FOOD_BANK), *PEOPLE)
    del held["1"]

    assert refused.status_code == 429
    assert isinstance(refused.json(), list)
    assert elsewhere.status_code == 201
    assert import_json(importer.granted(), *PEOPLE).status_code == 201


@pytest.mark.parametrize("activity_id", ["x", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_one_is_not_found(actor: Actor, activity_id: str) -> None:
    assert actor.granted().get(f"/activities/{activity_id}").status_code == 404


def test_those_of_another_account_are_not_found(importer: Actor) -> None:
    mine = import_json(importer, *PEOPLE).json()["activity_id"]
    importer.granted(FOOD_BANK)

    assert importer.get(f"/activities/{mine}").status_code == 404
    assert states(importer) == []


@pytest.mark.parametrize("granted", [{"scopes": "account_read"}, {"login": INTERN}])
@pytest.mark.parametrize(("method", "path"), [("POST", JSON), ("POST", CSV), ("GET", "/activities"),
                                              ("GET", "/activities/00000000-0000-4000-8000-000000000000")])  # fmt: skip
def test_every_route_wants_the_right_to_write_contacts(
    actor: Actor, granted: dict[str, str], method: str, path: str
) -> None:
    assert actor.granted(**granted).call(method, path).status_code == 403


def test_a_restart_goes_on_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with run(file) as first:
        actor = Actor(first).granted()
        actor.control("limits", {"import_rows_per_second": 10})
        started = import_json(actor, *PEOPLE)
        actor.clock.advance(4)
        before = activity(actor, started)
        actor.control("activities", {"account": BAKERY, "state": "failed"})
        actor.close()
    with run(file) as second:
        again = Actor(second, bearer=actor.bearer)
        after, ended = activity(again, started), finished(again, started)

        assert after == before
        assert (ended["state"], ended["status"]["person_count"]) == ("completed", 100)
        assert finished(again, import_json(again, *PEOPLE))["state"] == "failed"
        again.close()


def test_a_state_file_from_before_there_were_any_is_read(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    run(file).stop()
    saved = json.loads(file.read_text())
    del saved["state"]["activities"], saved["state"]["endings"]
    file.write_text(json.dumps(saved))
    with run(file) as second:
        actor = Actor(second).granted()

        assert finished(actor, import_json(actor, *PEOPLE))["state"] == "completed"
        actor.close()
