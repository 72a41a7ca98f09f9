"""Making lists and custom fields (contract 5.2)."""

from typing import Any

import pytest
import requests

from .acting import BAKERY, FOOD_BANK, LIBRARY, Actor


def make_list(actor: Actor, **sent: Any) -> requests.Response:
    return actor.call("POST", "/contact_lists", json=sent)


def make_field(actor: Actor, **sent: Any) -> requests.Response:
    return actor.call("POST", "/contact_custom_fields", json=sent)


# -- lists


def test_a_new_list_is_there_to_sign_up_for(actor: Actor) -> None:
    response = make_list(
        actor.granted(), name="Sourdough Club", description="Fridays", favorite=True
    )
    made = response.json()
    read = actor.get(f"/contact_lists/{made['list_id']}").json()

    assert response.status_code == 201
    assert (made["description"], made["favorite"]) == ("Fridays", True)
    assert made["created_at"] == made["updated_at"] == "2027-01-15T08:00:00Z"
    assert read == made
    assert actor.sign_up(list_memberships=[made["list_id"]]).status_code == 201


def test_a_name_alone_is_enough(actor: Actor) -> None:
    made = make_list(actor.granted(), name="x" * 255).json()

    assert (made["description"], made["favorite"]) == ("", False)


@pytest.mark.parametrize(
    "sent",
    [{}, {"name": ""}, {"name": None}, {"name": "x" * 256}, {"name": 7}, {"name": "x", "favorite": "yes"},
     {"name": "x", "description": 7}],
)  # fmt: skip
def test_a_list_that_breaks_a_rule_is_a_400_array(
    actor: Actor, sent: dict[str, Any]
) -> None:
    response = make_list(actor.granted(), **sent)

    assert response.status_code == 400
    assert response.json()[0]["error_key"] == "contacts.api.validation.error"


def test_a_name_is_taken_in_any_case_until_its_list_is_deleted(actor: Actor) -> None:
    refused = make_list(actor.granted(), name="newsletter")

    assert (refused.status_code, refused.json()[0]["error_key"]) == (
        409,
        "contacts.api.conflict",
    )
    assert make_list(actor, name="Old Newsletter").status_code == 201


def test_a_thousand_lists_fill_an_account(actor: Actor) -> None:
    lists = actor.granted(LIBRARY).running.state.accounts[LIBRARY].lists
    pattern = next(iter(lists.values()))
    lists |= {
        str(number): pattern | {"name": f"{number}"} for number in range(1000 - 121)
    }

    assert [
        make_list(actor, name=name).status_code
        for name in ("The thousandth", "One more")
    ] == [201, 400]


# -- custom fields


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"type": "string"}, {"version": 1}),
        ({"type": "text_area"}, {}),
        ({"type": "boolean"}, {}),
        ({"type": "number", "metadata": {"integer": False, "decimal_places": 4}}, {}),
        (
            {
                "type": "currency",
                "metadata": {"currency_code": "CAD", "allow_negative": True},
            },
            {},
        ),
        ({"type": "date"}, {"version": 2}),
        ({"type": "date", "version": 1}, {}),
        (
            {"type": "datetime", "metadata": {"display_format": "MM/DD/YYYY"}},
            {"version": 2},
        ),
        (
            {"type": "single_select", "choices": [{"choice_label": "x"}]},
            {"metadata": {"display_type": "dropdown"}},
        ),
        (
            {"type": "multi_select", "choices": [{"choice_label": "x"}]},
            {"metadata": {"display_type": "checkbox"}},
        ),
    ],
)
def test_a_field_of_every_type_can_be_made(
    actor: Actor, sent: dict[str, Any], kept: dict[str, Any]
) -> None:
    response = make_field(actor.granted(), label="Favorite Fruit", **sent)
    field = response.json()
    listed = actor.get("/contact_custom_fields").json()["custom_fields"]

    assert response.status_code == 201
    assert (field["label"], field["name"]) == ("Favorite Fruit", "favorite_fruit")
    assert {
        name: sent[name] for name in sent if name != "choices"
    }.items() <= field.items()
    assert kept.items() <= field.items()
    assert field in listed


def test_choices_get_ids_and_an_order_and_can_be_chosen(actor: Actor) -> None:
    choices = [{"choice_label": "Apple", "display_order": 7}, {"choice_label": "Pear"}]
    made = make_field(
        actor.granted(), label="Fruit", type="single_select", choices=choices
    ).json()
    actor.sign_up(
        custom_fields=[{"custom_field_id": made["custom_field_id"], "value": "Pear"}]
    )

    assert [(each["choice_id"], each["display_order"]) for each in made["choices"]] == [
        (1, 7),
        (2, 2),
    ]
    assert actor.contact("visitor@example.com")["custom_fields"][0]["choice_ids"] == [
        "2"
    ]


def choices(count: int) -> list[dict[str, str]]:
    return [{"choice_label": f"choice {number}"} for number in range(count)]


@pytest.mark.parametrize(
    "sent",
    [
        {"label": None},
        {"label": " "},
        {"label": "x" * 51},
        {"type": None},
        {"type": "colour"},
        {"type": ["string"]},
        {"version": 3},
        {"choices": choices(1)},
        {"metadata": "radio"},
        {"metadata": {"display_type": []}},
        {"type": "number", "metadata": {"integer": False, "decimal_places": 0}},
        {"type": "number", "metadata": {"decimal_places": 5}},
        {"type": "number", "metadata": {"allow_negative": "no"}},
        {"type": "currency", "metadata": {"currency_code": "euro"}},
        {"type": "date", "version": 1, "metadata": {"display_format": "YYYY"}},
        {"type": "single_select"},
        {"type": "single_select", "choices": []},
        {"type": "single_select", "choices": [{}]},
        {"type": "single_select", "choices": [{"choice_label": "x" * 256}]},
        {"type": "single_select", "choices": choices(101)},
        {
            "type": "single_select",
            "choices": choices(21),
            "metadata": {"display_type": "radio"},
        },
        {"type": "multi_select", "choices": choices(21)},
    ],
)
def test_a_field_that_breaks_a_rule_is_a_400_array(
    actor: Actor, sent: dict[str, Any]
) -> None:
    response = make_field(
        actor.granted(), **{"label": "Fruit", "type": "string"} | sent
    )

    assert response.status_code == 400, response.text
    assert response.json()[0]["error_key"] == "contacts.api.validation.error"


def test_a_dropdown_has_up_to_a_hundred_choices_and_radio_twenty(actor: Actor) -> None:
    actor.granted()
    dropdown = make_field(
        actor, label="One", type="single_select", choices=choices(100)
    )
    radio = make_field(
        actor,
        label="Two",
        type="single_select",
        choices=choices(20),
        metadata={"display_type": "radio"},
    )

    assert (dropdown.status_code, radio.status_code) == (201, 201)


@pytest.mark.parametrize("label", ["Nickname", "NICKNAME", "Group size", "group_size"])
def test_labels_that_make_a_name_that_is_taken_are_a_conflict(
    actor: Actor, label: str
) -> None:
    response = make_field(actor.granted(), label=label, type="string")

    assert (response.status_code, response.json()[0]["error_key"]) == (
        409,
        "contacts.api.conflict",
    )


def test_a_hundred_fields_fill_an_account_and_a_contact_shows_25_of_up_to_50(
    actor: Actor,
) -> None:
    actor.granted()
    made = [
        make_field(actor, label=f"Field {number}", type="string")
        for number in range(92)
    ]
    ids = [response.json()["custom_field_id"] for response in made[:91]]
    values = [{"custom_field_id": field_id, "value": "x"} for field_id in ids]
    signed_up = actor.sign_up(custom_fields=values[:50])
    path = f"/contacts/{signed_up.json()['contact_id']}"
    updated = actor.call("PUT", path, json={"update_source": "Account"})

    assert [response.status_code for response in made[90:]] == [201, 400]
    assert signed_up.status_code == 201
    for shown in (actor.get(path, include="custom_fields"), updated):
        assert shown.json()["custom_fields"] == values[:25]
    assert len(actor.contact("visitor@example.com")["custom_fields"]) == 50
    assert (
        actor.sign_up(custom_fields=values[50:51], first_name="Ada").status_code == 400
    )
    assert "first_name" not in actor.contact("visitor@example.com")


def test_accounts_have_lists_and_fields_of_their_own(actor: Actor) -> None:
    made = make_list(actor.granted(BAKERY), name="Sourdough Club").json()

    assert (
        actor.granted(FOOD_BANK).get(f"/contact_lists/{made['list_id']}").status_code
        == 404
    )
    assert make_list(actor, name="Sourdough Club").status_code == 201
