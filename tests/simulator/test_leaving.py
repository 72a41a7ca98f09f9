"""Deleting contacts, and asking them back (contract 5.1)."""

from typing import Any

import pytest

from .acting import BAKERY, Actor
from .writing import NOWHERE, put, seeded_id


def test_a_deleted_contact_is_hidden_and_on_no_list(actor: Actor) -> None:
    actor.granted()
    contact_id = seeded_id(actor, "active@example.com")
    first, second = (actor.call("DELETE", f"/contacts/{contact_id}") for _ in range(2))

    assert (first.status_code, first.text) == (204, "")
    assert second.status_code == 204
    assert actor.contact("active@example.com")["deleted_at"] == "2027-01-15"
    assert actor.contact("active@example.com")["list_memberships"] == []
    assert actor.get("/contacts", email="active@example.com").json()["contacts"] == []


@pytest.mark.parametrize("contact_id", ["x", NOWHERE])
def test_an_unknown_contact_is_not_found_whatever_is_wanted_of_it(
    actor: Actor, contact_id: str
) -> None:
    actor.granted()
    asked = actor.call(
        "PUT",
        f"/contacts/resubscribe/{contact_id}",
        json={"list_ids": [actor.first_list()]},
    )
    answers = [
        put(actor, contact_id),
        actor.call("DELETE", f"/contacts/{contact_id}"),
        asked,
    ]

    assert [response.status_code for response in answers] == [404, 404, 404]


def test_an_unsubscribed_contact_is_asked_back_once(actor: Actor) -> None:
    actor.granted()
    before = actor.contact("opted-out@example.com")

    def ask() -> int:
        path, sent = (
            f"/contacts/resubscribe/{before['contact_id']}",
            {"list_ids": [actor.first_list()]},
        )
        return actor.call("PUT", path, json=sent).status_code

    assert [ask(), ask()] == [200, 409]
    assert actor.contact("opted-out@example.com") == before
    actor.sign_up("opted-out@example.com")
    assert ask() == 409
    actor.control(
        "contacts",
        {"account": BAKERY, "email": "opted-out@example.com", "status": "unsubscribed"},
    )
    assert ask() == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"list_ids": []}, 400),
        ({"list_ids": ["x"]}, 400),
        ({"list_ids": [NOWHERE]}, 404),
    ],
)
def test_asking_back_is_for_lists_that_exist(
    actor: Actor, sent: dict[str, Any], status: int
) -> None:
    path = (
        f"/contacts/resubscribe/{seeded_id(actor.granted(), 'opted-out@example.com')}"
    )

    assert actor.call("PUT", path, json=sent).status_code == status
