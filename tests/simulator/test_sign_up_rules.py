"""What a sign-up may contain (contract 4.1)."""

from typing import Any

import pytest

from .acting import Actor

ID = "00000000-0000-4000-8000-000000000000"
TOO_LONG = [
    {"first_name": "x" * 51},
    {"last_name": "x" * 51},
    {"job_title": "x" * 51},
    {"company_name": "x" * 51},
    {"phone_number": "1" * 26},
    {"street_address": {"kind": "home", "street": "x" * 256}},
    {"street_address": {"kind": "home", "city": "x" * 51}},
    {"street_address": {"kind": "home", "state": "x" * 51}},
    {"street_address": {"kind": "home", "postal_code": "x" * 51}},
    {"street_address": {"kind": "home", "country": "x" * 51}},
    {"custom_fields": [{"custom_field_id": ID, "value": "x" * 256}]},
    {"custom_fields": [{"custom_field_id": ID, "value": "x"}] * 51},
    {"list_memberships": [ID] * 51},
]
WRONG = [
    {"list_memberships": []},
    {"list_memberships": None},
    {"list_memberships": ID},
    {"list_memberships": ["not-an-id"]},
    {"list_memberships": [7]},
    {"first_name": 7},
    {"first_name": ["x"]},
    {"birthday_month": 3},
    {"birthday_day": 3},
    {"birthday_month": 13, "birthday_day": 3},
    {"birthday_month": 3, "birthday_day": 32},
    {"birthday_month": 0, "birthday_day": 1},
    {"birthday_month": "3", "birthday_day": 3},
    {"birthday_month": True, "birthday_day": 3},
    {"anniversary": "4 July 2020"},
    {"anniversary": "2020-13-01"},
    {"anniversary": "30/01/2020"},
    {"anniversary": "2020-1/2"},
    {"anniversary": ""},
    {"street_address": {"street": "no kind"}},
    {"street_address": {"kind": "garage"}},
    {"street_address": "1 Mill Street"},
    {"custom_fields": {}},
    {"custom_fields": ["x"]},
    {"custom_fields": [{"value": "x"}]},
    {"custom_fields": [{"custom_field_id": "x", "value": "x"}]},
    {"custom_fields": [{"custom_field_id": ID, "value": 7}]},
    {"sms_channel": {"sms_address": "7815551212"}},
    {"sms_channel": "7815551212"},
]


@pytest.mark.parametrize("sent", TOO_LONG + WRONG)
def test_what_breaks_a_rule_is_a_400_array(actor: Actor, sent: dict[str, Any]) -> None:
    response = actor.granted().sign_up(**sent)

    assert response.status_code == 400, response.text
    assert [item["error_key"] for item in response.json()] == [
        "contacts.api.validation.error"
    ]
    assert (
        actor.get("/contacts", email="visitor@example.com", status="all").json()[
            "contacts"
        ]
        == []
    )


def test_the_longest_allowed_values_pass(actor: Actor) -> None:
    names = dict.fromkeys(
        ("first_name", "last_name", "job_title", "company_name"), "ß" * 50
    )
    address = {"kind": "other", "street": "x" * 255} | dict.fromkeys(
        ("city", "state", "postal_code", "country"), "x" * 50
    )
    actor.granted()
    custom = [{"custom_field_id": actor.fields()["Message"], "value": "x" * 255}]
    email = "e" * 38 + "@example.com"
    response = actor.sign_up(
        email,
        **names,
        street_address=address,
        custom_fields=custom,
        phone_number="1" * 25,
    )

    assert len(email) == 50
    assert response.status_code == 201


def test_several_complaints_come_joined_in_one_message(actor: Actor) -> None:
    response = actor.granted().sign_up(list_memberships=None, first_name="x" * 51)

    assert (
        response.json()[0]["error_message"]
        == "list_memberships is missing, first_name is invalid"
    )


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@example.com", "a@b", "a b@example.com", "a,b@example.com", "a(b)@example.com", "a@b@example.com",
     "a@example..com", "a@.example.com", "a@example.c", "<a@example.com>"],
)  # fmt: skip
def test_an_address_the_provider_dislikes_is_invalid(
    actor: Actor, address: str
) -> None:
    response = actor.granted().sign_up(address)

    assert response.status_code == 400
    assert response.json()[0]["error_message"] == "Email address is invalid"


def test_an_address_of_51_characters_is_too_long_here(actor: Actor) -> None:
    assert actor.granted().sign_up("e" * 39 + "@example.com").status_code == 400


def test_an_address_or_a_number_is_needed(actor: Actor) -> None:
    response = actor.granted().sign_up(None)

    assert response.status_code == 400
    assert (
        "at least one parameter must be provided" in response.json()[0]["error_message"]
    )


def test_unknown_names_nulls_and_an_empty_address_are_ignored(actor: Actor) -> None:
    response = actor.granted().sign_up(
        first_name=None,
        birthday_month=None,
        custom_fields=None,
        street_address={},
        create_source="Contact",
        permission_to_send="implicit",
        notes="",
        taggings=None,
        sms_channel=None,
    )
    contact = actor.contact("visitor@example.com")

    assert response.status_code == 201
    assert contact["street_addresses"] == []
    assert contact["notes"] == []
    assert contact["email_address"]["permission_to_send"] == "explicit"


def test_nulls_inside_an_address_count_as_an_empty_address(actor: Actor) -> None:
    assert (
        actor.granted()
        .sign_up(street_address={"kind": None, "street": None})
        .status_code
        == 201
    )


@pytest.mark.parametrize(
    "written",
    [
        "07/04/2020",
        "7/4/2020",
        "2020/07/04",
        "2020/7/4",
        "2020-07-04",
        "2020-7-4",
        "7-4-2020",
        "7-04-2020",
        "07-04-2020",
    ],
)
def test_every_way_to_write_an_anniversary_reads_back_the_same(
    actor: Actor, written: str
) -> None:
    actor.granted().sign_up(anniversary=written)

    assert actor.contact("visitor@example.com")["anniversary"] == "2020-07-04"


def test_a_contact_is_on_fifty_lists_at_most(actor: Actor) -> None:
    actor.granted("a07e1frnlib5")
    lists = list(actor.running.state.accounts["a07e1frnlib5"].lists)
    statuses = [
        actor.sign_up(list_memberships=some).status_code
        for some in (lists[:50], lists[:50], lists[50:51])
    ]

    assert statuses == [201, 200, 400]
    assert actor.contact("visitor@example.com")["list_memberships"] == lists[:50]
