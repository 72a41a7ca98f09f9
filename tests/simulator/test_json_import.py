"""Rows of a JSON import: what becomes of them, and which are refused."""

import json
from typing import Any

import pytest

from .acting import BAKERY, FOOD_BANK, Actor
from .importing import JSON, finished, import_json

COUNTERS = (
    "person_count",
    "error_count",
    "correctable_count",
    "cannot_add_to_list_count",
)
NOWHERE = "00000000-0000-4000-8000-000000000000"


def counters(ended: dict[str, Any]) -> tuple[int, ...]:
    return tuple(ended["status"][name] for name in COUNTERS)


def imported(actor: Actor, **row: Any) -> dict[str, Any]:
    """The contact that a good row made or changed."""
    ended = finished(actor, import_json(actor, {"email": "new@example.com", **row}))
    assert counters(ended)[0] == 1, ended["activity_errors"]
    return actor.contact(row.get("email", "new@example.com"))


def test_somebody_new_gave_implicit_permission_to_the_account(actor: Actor) -> None:
    contact = imported(
        actor.granted(FOOD_BANK), first_name="Ada", birthday_month=2, birthday_day=29
    )

    assert contact["email_address"]["permission_to_send"] == "implicit"
    assert contact["email_address"]["opt_in_source"] == "Account"
    assert contact["create_source"] == "Account"
    assert contact["list_memberships"] == [actor.first_list()]
    assert (
        contact["first_name"],
        contact["birthday_month"],
        contact["birthday_day"],
    ) == ("Ada", 2, 29)


def test_somebody_known_keeps_what_the_row_does_not_name(actor: Actor) -> None:
    actor.granted().sign_up("known@example.com", first_name="Ada", last_name="Byron")
    contact = imported(actor, email="KNOWN@example.com", last_name="King")

    assert (contact["first_name"], contact["last_name"]) == ("Ada", "King")
    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert contact["create_source"] == "Contact"


def test_who_unsubscribed_is_updated_but_put_on_no_list(actor: Actor) -> None:
    ended = finished(
        actor.granted(),
        import_json(actor, {"email": "opted-out@example.com", "first_name": "Ada"}),
    )
    contact = actor.contact("opted-out@example.com")

    assert counters(ended) == (1, 0, 0, 1)
    assert (contact["email_address"]["permission_to_send"], contact["first_name"]) == (
        "unsubscribed",
        "Ada",
    )
    assert contact["list_memberships"] == []


def test_who_was_deleted_comes_back(actor: Actor) -> None:
    contact = imported(actor.granted(), email="deleted@example.com")

    assert "deleted_at" not in contact
    assert contact["list_memberships"] == [actor.first_list()]


def test_several_lists_are_added(actor: Actor) -> None:
    lists = [*actor.granted().running.state.accounts[BAKERY].lists][:3]
    finished(
        actor,
        import_json(
            actor,
            {"email": "active@example.com"},
            list_ids=[lists[1].upper(), lists[2]],
        ),
    )

    assert actor.contact("active@example.com")["list_memberships"] == lists


def test_phones_and_addresses_have_the_kind_of_their_column(actor: Actor) -> None:
    contact = imported(
        actor.granted(), phone="1", work_phone="2", mobile_phone="3" * 50, street="1 High St", street2="Flat 2",
        zip="01234", work_city="Bath", **{"home country": "UK"}, other_country="FR",
    )  # fmt: skip

    phones = {
        phone["kind"]: phone["phone_number"] for phone in contact["phone_numbers"]
    }
    addresses = {address["kind"]: address for address in contact["street_addresses"]}
    assert phones == {"other": "1", "work": "2", "mobile": "3" * 25}
    assert set(addresses) == {"home", "work", "other"}
    assert (addresses["home"]["street"], addresses["home"]["postal_code"]) == (
        "1 High St Flat 2",
        "01234",
    )
    assert (addresses["work"]["city"], addresses["other"]["country"]) == ("Bath", "FR")


@pytest.mark.parametrize("column", ["home country", "home_country"])
def test_the_home_country_is_taken_in_both_spellings(actor: Actor, column: str) -> None:
    contact = imported(actor.granted(), **{column: "UK"})

    assert [
        (each["kind"], each["country"]) for each in contact["street_addresses"]
    ] == [("home", "UK")]


def test_custom_fields_go_by_name(actor: Actor) -> None:
    ids = actor.granted().fields()
    contact = imported(
        actor, **{"cf:nickname": "Countess", "cf:how_did_you_hear_about_us": "A friend"}
    )

    assert {each["custom_field_id"]: each for each in contact["custom_fields"]} == {
        ids["Nickname"]: {"custom_field_id": ids["Nickname"], "value": "Countess"},
        ids["How did you hear about us"]: {
            "custom_field_id": ids["How did you hear about us"], "choice_ids": ["1"],
        },
    }  # fmt: skip


def test_a_number_for_text_messages_is_enough(actor: Actor) -> None:
    row = {"sms_number": "123-123-1234", "sms_consent_date": "2026-01-02"}
    ended = finished(
        actor.granted(), import_json(actor, row, sms_permission_to_send="explicit")
    )
    contact = actor.running.state.accounts[BAKERY].find("+11231231234")

    assert counters(ended) == (1, 0, 0, 0)
    assert contact
    assert (
        contact["sms_channel"]["sms_channel_consents"][0]["sms_consent_permission"]
        == "explicit"
    )


@pytest.mark.parametrize(("row", "message"), [
    ({"first_name": "Ada"}, "email, sms_number are missing"),
    ({"email": None}, "email, sms_number are missing"),
    ({"email": "a.example.com"}, "email is invalid"),
    ({"email": "a" * 39 + "@example.com"}, "email is invalid"),
    ({"email": "a@example.com", "anniversary": "2.1.2020"}, "anniversary is invalid"),
    ({"email": "a@example.com", "birthday_month": 2}, "birthday_day is missing"),
    ({"email": "a@example.com", "birthday_month": 13, "birthday_day": 1},
     "birthday_month does not have a valid value"),
])  # fmt: skip
def test_what_people_can_mend_is_counted_as_correctable(
    actor: Actor, row: dict[str, Any], message: str
) -> None:
    ended = finished(actor.granted(), import_json(actor, row))

    assert counters(ended) == (0, 0, 1, 0)
    assert ended["activity_errors"] == [f"Row 1: {message}"]


@pytest.mark.parametrize(("row", "message"), [
    ({"first_name": "x" * 51}, "first_name is invalid"),
    ({"first_name": 7}, "first_name is invalid"),
    ({"phone": "1" * 51}, "phone is invalid"),
    ({"home_street": "x" * 256}, "home_street is invalid"),
    ({"phone": "1", "home_phone": "2", "work_phone": "3", "mobile_phone": "4"}, "phone numbers are more than 3"),
    ({"cf:nothing": "x"}, "cf:nothing does not exist"),
    ({"cf:nickname": "x" * 256}, "cf:nickname is invalid"),
    ({"sms_number": "+44 20 7946 0958"}, "sms_number is invalid"),
    ({"sms_number": 1231231234}, "sms_number is invalid"),
])  # fmt: skip
def test_what_nobody_can_mend_is_an_error(
    actor: Actor, row: dict[str, Any], message: str
) -> None:
    ended = finished(
        actor.granted(), import_json(actor, {"email": "a@example.com", **row})
    )

    assert counters(ended) == (0, 1, 0, 0)
    assert ended["activity_errors"] == [f"Row 1: {message}"]


def test_a_faulty_row_changes_nothing_and_stops_nobody(actor: Actor) -> None:
    rows = [{"email": "one@example.com"}, {"email": "active@example.com", "first_name": "x" * 51},
            {"email": "nobody"}, {"email": "two@example.com"}]  # fmt: skip
    before = actor.granted().contact("active@example.com")
    ended = finished(actor, import_json(actor, *rows))

    assert counters(ended) == (2, 1, 1, 0)
    assert [error.split(":")[0] for error in ended["activity_errors"]] == [
        "Row 2",
        "Row 3",
    ]
    assert ended["state"] == "completed"
    assert actor.contact("active@example.com") == before
    assert actor.contact("two@example.com")


def test_a_row_for_more_than_fifty_lists_is_an_error(actor: Actor) -> None:
    known = actor.granted().running.state.accounts[BAKERY].find("active@example.com")
    assert known
    known["list_memberships"] = [
        f"{number:08}-0000-4000-8000-000000000000" for number in range(50)
    ]
    ended = finished(actor, import_json(actor, {"email": "active@example.com"}))

    assert counters(ended) == (0, 1, 0, 0)


def test_more_than_25_custom_fields_in_a_row_are_an_error(actor: Actor) -> None:
    row = {f"cf:{number}": "x" for number in range(26)}
    ended = finished(
        actor.granted(), import_json(actor, {"email": "a@example.com", **row})
    )

    assert "custom fields are more than 25" in ended["activity_errors"][0]


def test_permission_for_text_messages_needs_its_date(actor: Actor) -> None:
    row = {"sms_number": "1231231234"}
    ended = finished(
        actor.granted(), import_json(actor, row, sms_permission_to_send="explicit")
    )

    assert ended["activity_errors"] == ["Row 1: sms_consent_date is missing"]


def test_unknown_columns_are_ignored(actor: Actor) -> None:
    assert "shoe_size" not in imported(actor.granted(), shoe_size=43)


def test_a_list_deleted_meanwhile_is_left_out(actor: Actor) -> None:
    started = import_json(actor.granted(), {"email": "new@example.com"})
    actor.control("lists", {"account": BAKERY, "list_id": actor.first_list()})
    finished(actor, started)

    assert actor.contact("new@example.com")["list_memberships"] == []


@pytest.mark.parametrize("changes", [
    {"import_data": []}, {"import_data": ["x"]}, {"import_data": {}}, {"import_data": None},
    {"list_ids": []}, {"list_ids": ["x"]}, {"list_ids": [NOWHERE]}, {"list_ids": [NOWHERE] * 51}, {"list_ids": "x"},
    {"sms_permission_to_send": "implicit"},
])  # fmt: skip
def test_a_body_that_makes_no_sense_is_a_400(
    actor: Actor, changes: dict[str, Any]
) -> None:
    refused = import_json(actor.granted(), {"email": "a@example.com"}, **changes)

    assert refused.status_code == 400
    assert refused.json()[0]["error_key"] == "contacts.api.validation.error"


@pytest.mark.parametrize(("name", "body"), [
    ("import_data", {"list_ids": [NOWHERE]}), ("list_ids", {"import_data": [{}]}),
])  # fmt: skip
def test_both_parts_are_needed(actor: Actor, name: str, body: dict[str, Any]) -> None:
    refused = actor.granted().call("POST", JSON, json=body)

    assert (refused.status_code, refused.json()[0]["error_message"]) == (
        400,
        f"{name} is missing",
    )


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_a_body_that_cannot_be_read_is_a_400(actor: Actor, content_type: str) -> None:
    refused = actor.granted().call(
        "POST", JSON, data=b'{"import_data": [', headers={"Content-Type": content_type}
    )

    assert refused.status_code == 400


def test_rows_beyond_40_000_are_dropped(actor: Actor) -> None:
    body = {"import_data": [{}] * 40_001, "list_ids": [actor.granted().first_list()]}
    started = actor.call("POST", JSON, json=body)

    assert started.status_code == 201
    assert started.json()["status"]["items_total_count"] == 40_000


@pytest.mark.parametrize(
    "order", [("list_ids", "import_data"), ("import_data", "list_ids")]
)
def test_rows_that_end_beyond_4_megabytes_are_dropped(
    actor: Actor, order: tuple[str, str]
) -> None:
    rows = [{"email": "a@example.com", "street": "x" * 9_962}] * 401
    sent = {"list_ids": [actor.granted().first_list()], "import_data": rows}
    text = json.dumps({name: sent[name] for name in order}, separators=(",", ":"))
    started = actor.call(
        "POST", JSON, data=text, headers={"Content-Type": "application/json"}
    )

    assert len(json.dumps(rows[0], separators=(",", ":")) + ",") == 10_000
    assert started.json()["status"]["items_total_count"] == 399
