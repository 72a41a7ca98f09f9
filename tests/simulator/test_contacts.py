"""Searching and reading contacts."""

from typing import Any

import pytest

from .acting import BAKERY, Actor


def found(actor: Actor, **params: Any) -> set[str]:
    response = actor.get("/contacts", limit=500, **params)
    assert response.status_code == 200, response.text
    return {
        contact["email_address"]["address"] for contact in response.json()["contacts"]
    }


def test_the_deleted_are_hidden_unless_asked_for(actor: Actor) -> None:
    actor.granted()

    assert found(actor, email="deleted@example.com") == set()
    assert found(actor, email="deleted@example.com", status="all") == {
        "deleted@example.com"
    }
    assert found(actor, email="opted-out@example.com") == {"opted-out@example.com"}


@pytest.mark.parametrize(
    ("status", "addresses"),
    [
        ("deleted", {"deleted@example.com"}),
        ("unsubscribed", {"opted-out@example.com", "removed@example.com"}),
        ("pending_confirmation", {"pending@example.com"}),
        ("temp_hold,not_set", {"on-hold@example.com", "not-set@example.com"}),
    ],
)
def test_each_status_finds_its_people(
    actor: Actor, status: str, addresses: set[str]
) -> None:
    assert found(actor.granted(), status=status) == addresses


def test_active_people_are_explicit_or_implicit(actor: Actor) -> None:
    people = found(actor.granted(), status="active")

    assert {
        "active@example.com",
        "implicit@example.com",
        "neighbour1@example.org",
    } <= people
    assert len(people) == 14


def test_an_address_is_found_whatever_its_case(actor: Actor) -> None:
    assert found(actor.granted(), email="ACTIVE@example.com") == {"active@example.com"}


def test_an_unencoded_plus_finds_nobody(actor: Actor) -> None:
    actor.granted().sign_up("ada+news@example.com")
    unencoded = actor.call("GET", "/contacts?email=ada+news@example.com").json()[
        "contacts"
    ]

    assert unencoded == []
    assert found(actor, email="ada+news@example.com") == {"ada+news@example.com"}


def test_parts_are_left_out_unless_included(actor: Actor) -> None:
    actor.granted()
    plain = actor.get("/contacts", email="active@example.com").json()["contacts"][0]
    full = actor.get(
        "/contacts",
        email="active@example.com",
        include="custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes",
    ).json()["contacts"][0]

    assert set(full) - set(plain) == {
        "custom_fields", "list_memberships", "phone_numbers", "street_addresses", "taggings", "notes",
    }  # fmt: skip
    assert full["list_memberships"] == [actor.first_list()]


def test_every_kind_of_part_can_be_read(actor: Actor) -> None:
    parts = (
        "custom_fields",
        "list_memberships",
        "phone_numbers",
        "street_addresses",
        "taggings",
        "notes",
    )
    actor.granted()
    for part in parts:
        contact = actor.get(
            "/contacts", email="neighbour1@example.org", include=part
        ).json()["contacts"][0]

        assert contact[part]
        assert not set(contact) & ({*parts} - {part})


def test_lists_filter_by_membership(actor: Actor) -> None:
    actor.granted()
    other = list(actor.running.state.accounts[BAKERY].lists)[1]
    actor.sign_up("only@example.com", list_memberships=[other])

    assert "only@example.com" in found(actor, lists=other)
    assert "only@example.com" not in found(actor, lists=actor.first_list())
    assert "only@example.com" in found(actor, lists=f"{actor.first_list()},{other}")


def test_times_filter_by_creation_change_and_opt_out(actor: Actor) -> None:
    actor.granted().sign_up("early@example.com")
    actor.clock.advance(100)
    actor.control(
        "contacts",
        {"account": BAKERY, "email": "early@example.com", "status": "unsubscribed"},
    )
    actor.sign_up("late@example.com")

    assert found(actor, created_after="2027-01-15T08:00:01Z") == {"late@example.com"}
    assert found(actor, updated_after="2027-01-15T08:00:01Z") == {
        "early@example.com",
        "late@example.com",
    }
    assert found(actor, optout_after="2027-01-15T03:00:00-05:00") == {
        "early@example.com"
    }
    assert "early@example.com" not in found(actor, optout_before="2027-01-15T08:01:00Z")
    assert "late@example.com" not in found(
        actor, created_before="2027-01-15T08:00:01.000Z"
    )


@pytest.mark.parametrize(
    ("sms_status", "count"),
    [
        ("explicit", 1),
        ("not_set", 18),
        ("unsubscribed,pending_confirmation", 0),
        ("all", 19),
    ],
)
def test_the_status_of_text_messages_filters(
    actor: Actor, sms_status: str, count: int
) -> None:
    assert len(found(actor.granted(), sms_status=sms_status)) == count


def test_several_filters_narrow_each_other(actor: Actor) -> None:
    account = actor.granted().running.state.accounts[BAKERY]
    tag = next(iter(account.tags))
    tagged = found(actor, tags=tag)
    both = found(
        actor,
        tags=tag,
        sms_status="not_set",
        status="active",
        created_before="2026-12-20T00:00:00Z",
    )
    counted = actor.get(
        "/contacts", tags=tag, lists=list(account.lists)[1], include_count="true"
    ).json()

    assert tagged == {f"neighbour{number}@example.org" for number in (1, 3, 4, 5)}
    assert both == {f"neighbour{number}@example.org" for number in (3, 4, 5)}
    assert (counted["contacts_count"], len(counted["contacts"])) == (2, 2)


def test_a_segment_is_computed_at_the_first_question_and_told_at_the_second(
    actor: Actor,
) -> None:
    actor.granted()
    first, second = (actor.get("/contacts", segment_id="1", limit=10) for _ in range(2))
    rest = actor.call(
        "GET", second.json()["_links"]["next"]["href"].removeprefix("/v3")
    ).json()

    assert (first.status_code, first.json()) == (
        202,
        {"contacts": [], "status": "processing"},
    )
    assert second.status_code == 200
    assert len(second.json()["contacts"]) + len(rest["contacts"]) == 14
    assert "_links" not in rest
    assert actor.get("/contacts", segment_id="99").status_code == 404


def test_new_subscribers_are_a_segment(actor: Actor) -> None:
    actor.granted().sign_up("newest@example.com")
    actor.get("/contacts", segment_id="2")

    assert found(actor, segment_id="2") == {
        "newest@example.com",
        *(f"neighbour{n}@example.org" for n in (1, 2, 3)),
    }


def test_contacts_are_counted_by_consent(actor: Actor) -> None:
    counts = actor.granted().get("/contacts/counts").json()
    actor.sign_up("newest@example.com")
    later = actor.get("/contacts/counts", include="new_subscriber").json()

    assert counts == {
        "total": 19,
        "explicit": 13,
        "implicit": 1,
        "pending": 1,
        "unsubscribed": 2,
    }
    assert later == counts | {"total": 20, "explicit": 14, "new_subscriber": 4}
    assert actor.get("/contacts/counts", include="new_subscribers").status_code == 400


def test_pages_follow_each_other_to_the_end_and_keep_the_question(actor: Actor) -> None:
    actor.granted()
    path, pages = (
        "/v3/contacts?limit=4&status=active&include=list_memberships&include_count=true",
        [],
    )
    while path:
        pages.append(actor.call("GET", path.removeprefix("/v3")).json())
        path = pages[-1].get("_links", {}).get("next", {}).get("href", "")

    addresses = [
        contact["email_address"]["address"]
        for page in pages
        for contact in page["contacts"]
    ]
    assert [len(page["contacts"]) for page in pages] == [4, 4, 4, 2]
    assert {page["contacts_count"] for page in pages} == {14}
    assert len(set(addresses)) == 14
    assert "list_memberships" in pages[-1]["contacts"][-1]
    assert "_links" not in pages[-1]


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 501},
        {"limit": "many"},
        {"status": "happy"},
        {"include": "everything"},
        {"lists": "x"},
        {"created_after": "yesterday"},
        {"include_count": "maybe"},
        {"cursor": "x"},
        {"cursor": "eD0x"},
        {"segment_id": "1", "status": "all"},
        {"segment_id": "1", "include_count": "true"},
        {"sms_status": "active"},
    ],
)
def test_nonsense_in_the_question_is_a_400_array(
    actor: Actor, params: dict[str, Any]
) -> None:
    response = actor.granted().get("/contacts", **params)

    assert response.status_code == 400
    assert response.json()[0]["error_key"] == "contacts.api.validation.error"


def test_one_contact_is_read_by_id(actor: Actor) -> None:
    contact_id = actor.granted().sign_up().json()["contact_id"]
    response = actor.get(f"/contacts/{contact_id}", include="list_memberships")

    assert response.json()["email_address"]["address"] == "visitor@example.com"
    assert response.json()["list_memberships"] == [actor.first_list()]


@pytest.mark.parametrize("contact_id", ["x", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_contact_is_not_found(actor: Actor, contact_id: str) -> None:
    response = actor.granted().get(f"/contacts/{contact_id}")

    assert response.status_code == 404
    assert response.json()[0]["error_key"] == "contacts.api.not_found"


def test_accounts_do_not_see_each_others_contacts(actor: Actor) -> None:
    contact_id = actor.granted().sign_up().json()["contact_id"]

    assert (
        actor.granted("a07e1qtyoga2").get(f"/contacts/{contact_id}").status_code == 404
    )
