"""What a sign-up does to a contact (contract 4.3)."""

import threading
from collections.abc import Callable

import pytest

from .acting import BAKERY, FOOD_BANK, Actor, HeldClock

HOUR = 3600


def test_a_new_address_becomes_an_explicit_contact(actor: Actor) -> None:
    response = actor.granted().sign_up(
        "New@Example.com", first_name="Zoë", last_name="O’Brien-Łukasiewicz"
    )
    contact = actor.contact("new@example.com")
    email = contact["email_address"]

    assert response.status_code == 201
    assert response.json() == {"contact_id": contact["contact_id"], "action": "created"}
    assert (contact["first_name"], contact["last_name"]) == (
        "Zoë",
        "O’Brien-Łukasiewicz",
    )
    assert contact["list_memberships"] == [actor.first_list()]
    assert (email["permission_to_send"], email["opt_in_source"]) == (
        "explicit",
        "Contact",
    )
    assert email["opt_in_date"] == contact["created_at"] == "2027-01-15T08:00:00Z"


def test_repeating_a_sign_up_updates_and_changes_nothing(actor: Actor) -> None:
    actor.granted()
    first = actor.sign_up(first_name="Ada")
    before = actor.contact("visitor@example.com")
    second = actor.sign_up(first_name="Ada")

    assert (second.status_code, second.json()["action"]) == (200, "updated")
    assert second.json()["contact_id"] == first.json()["contact_id"]
    assert actor.contact("visitor@example.com") == before


def test_upper_and_lower_case_are_the_same_contact(actor: Actor) -> None:
    actor.granted()

    assert actor.sign_up("Ada@Example.COM").status_code == 201
    assert actor.sign_up("ada@example.com").status_code == 200


def test_a_plus_in_the_address_is_kept(actor: Actor) -> None:
    actor.granted().sign_up("ada+news@example.com")

    assert actor.get("/contacts", email="ada+news@example.com").json()["contacts"]


def test_an_update_changes_only_what_was_sent_and_adds_lists_and_fields(
    actor: Actor,
) -> None:
    actor.granted()
    lists = list(actor.running.state.accounts[BAKERY].lists)
    nickname, message = actor.fields()["Nickname"], actor.fields()["Message"]
    actor.sign_up(
        first_name="Ada",
        company_name="Engines",
        custom_fields=[field(nickname, "A"), field(message, "hi")],
    )
    actor.sign_up(
        first_name="Augusta",
        list_memberships=[lists[1]],
        custom_fields=[field(nickname, "Countess")],
    )
    contact = actor.contact("visitor@example.com")

    assert (contact["first_name"], contact["company_name"]) == ("Augusta", "Engines")
    assert contact["list_memberships"] == lists[:2]
    assert contact["custom_fields"] == [
        field(nickname, "Countess"),
        field(message, "hi"),
    ]


def field(field_id: str, value: str) -> dict[str, str]:
    return {"custom_field_id": field_id, "value": value}


def test_a_choice_is_taken_by_its_label(actor: Actor) -> None:
    actor.granted()
    heard = actor.fields()["How did you hear about us"]
    actor.sign_up(custom_fields=[field(heard, "A friend")])

    stored = actor.contact("visitor@example.com")["custom_fields"]
    assert stored == [{"custom_field_id": heard, "choice_ids": ["1"]}]


def test_phone_address_birthday_and_anniversary_are_stored(actor: Actor) -> None:
    address = {"kind": "home", "street": "1 Mill Street", "city": "Portland"}
    actor.granted().sign_up(
        phone_number="+1 555 0100",
        street_address=address,
        birthday_month=2,
        birthday_day=29,
        anniversary="7/4/2020",
    )
    actor.sign_up(
        phone_number="+1 555 0101",
        street_address={"kind": "home", "street": "2 Mill Street"},
    )
    contact = actor.contact("visitor@example.com")

    assert [phone["phone_number"] for phone in contact["phone_numbers"]] == [
        "+1 555 0101"
    ]
    assert [place["street"] for place in contact["street_addresses"]] == [
        "2 Mill Street"
    ]
    assert (contact["birthday_month"], contact["birthday_day"]) == (2, 29)
    assert contact["anniversary"] == "2020-07-04"


def test_implicit_becomes_explicit(actor: Actor) -> None:
    response = actor.granted().sign_up("implicit@example.com")

    assert response.status_code == 200
    assert (
        actor.contact("implicit@example.com")["email_address"]["permission_to_send"]
        == "explicit"
    )


def test_somebody_who_opted_out_becomes_explicit_again(actor: Actor) -> None:
    actor.granted()
    before = actor.contact("opted-out@example.com")["email_address"]
    response = actor.sign_up("opted-out@example.com")
    after = actor.contact("opted-out@example.com")["email_address"]

    assert (before["permission_to_send"], before["opt_out_source"]) == (
        "unsubscribed",
        "Contact",
    )
    assert response.status_code == 200
    assert after["permission_to_send"] == "explicit"
    assert not [name for name in after if name.startswith("opt_out")]


def test_a_deleted_contact_is_restored(actor: Actor) -> None:
    actor.granted()
    before = actor.contact("deleted@example.com")
    response = actor.sign_up("deleted@example.com")
    after = actor.contact("deleted@example.com")

    assert "deleted_at" in before
    assert "deleted_at" not in after
    assert (response.status_code, response.json()["contact_id"]) == (
        200,
        before["contact_id"],
    )
    assert after["list_memberships"] == [actor.first_list()]


@pytest.mark.parametrize(
    "address", ["new@example.com", "opted-out@example.com", "deleted@example.com"]
)
def test_with_confirmed_opt_in_people_are_pending_first(
    actor: Actor, address: str
) -> None:
    actor.granted(FOOD_BANK)
    for _ in range(2):
        actor.sign_up(address)

        email = actor.contact(address)["email_address"]
        assert (email["permission_to_send"], email["confirm_status"]) == (
            "pending_confirmation",
            "pending",
        )


def test_with_confirmed_opt_in_mailable_people_become_explicit(actor: Actor) -> None:
    actor.granted(FOOD_BANK).sign_up("implicit@example.com")

    assert (
        actor.contact("implicit@example.com")["email_address"]["permission_to_send"]
        == "explicit"
    )


def test_more_than_five_sign_ups_of_one_address_in_a_day_flag_it_for_two(
    actor: Actor,
) -> None:
    actor.running.simulator.change(expires_in=10 * 86_400)
    actor.granted()
    statuses = [
        actor.sign_up(address).status_code
        for address in ("a@example.com", "A@example.com") * 3
    ]
    refused = actor.sign_up("a@example.com")
    others = actor.sign_up("b@example.com")
    actor.clock.advance(48 * HOUR - 1)
    still = actor.sign_up("a@example.com").status_code
    actor.clock.advance(1)

    assert statuses == [201, 200, 200, 200, 200, 400]
    assert refused.json() == [
        {
            "error_key": "contacts.api.validation.error",
            "error_message": "Email address is invalid",
        }
    ]
    assert others.status_code == 201
    assert (still, actor.sign_up("a@example.com").status_code) == (400, 200)


def test_five_sign_ups_a_day_are_fine_for_ever(actor: Actor) -> None:
    actor.running.simulator.change(expires_in=10 * 86_400)
    actor.granted()
    for _ in range(3):
        statuses = [actor.sign_up().status_code for _ in range(5)]
        actor.clock.advance(24 * HOUR)

        assert set(statuses) <= {200, 201}


def test_the_abuse_rule_can_be_switched_off(started: Callable[..., Actor]) -> None:
    actor = started(abuse_limit=None).granted()

    assert {actor.sign_up().status_code for _ in range(10)} == {200, 201}


def test_two_writes_at_once_to_one_contact_conflict(
    started: Callable[..., Actor], held_clock: HeldClock
) -> None:
    actor = started(held_clock, write_time=0.3).granted()
    first: list[int] = []
    other = Actor(actor.running, bearer=actor.bearer)
    slow = threading.Thread(
        target=lambda: first.append(other.sign_up("busy@example.com").status_code)
    )
    slow.start()
    held_clock.until_holding()
    second = actor.sign_up("Busy@example.com")
    held_clock.release()
    slow.join()
    other.close()

    assert first == [201]
    assert second.status_code == 409
    assert second.json()[0]["error_key"] == "contacts.api.conflict"
    assert actor.sign_up("busy@example.com").status_code == 200


def test_unknown_and_deleted_lists_are_not_found(actor: Actor) -> None:
    actor.granted()
    lists = actor.running.state.accounts[BAKERY].lists
    deleted = next(list_id for list_id, item in lists.items() if "deleted_at" in item)
    elsewhere = next(iter(actor.running.state.accounts[FOOD_BANK].lists))

    for list_id in (deleted, elsewhere):
        response = actor.sign_up(list_memberships=[actor.first_list(), list_id])

        assert response.status_code == 404
        assert response.json()[0]["error_key"] == "contacts.api.not_found"
    assert actor.get("/contacts", email="visitor@example.com").json()["contacts"] == []


def test_a_list_deleted_meanwhile_is_not_found(actor: Actor) -> None:
    actor.granted().sign_up()
    actor.control(
        "lists", {"account": BAKERY, "list_id": actor.first_list(), "deleted": True}
    )

    assert actor.sign_up().status_code == 404
    assert actor.get(f"/contact_lists/{actor.first_list()}").status_code == 404


def test_unknown_and_deleted_custom_fields_are_not_found(actor: Actor) -> None:
    actor.granted()
    nickname = actor.fields()["Nickname"]
    actor.control(
        "fields", {"account": BAKERY, "custom_field_id": nickname, "deleted": True}
    )

    assert actor.sign_up(custom_fields=[field(nickname, "x")]).status_code == 404
    assert (
        actor.sign_up(
            custom_fields=[field("00000000-0000-4000-8000-000000000000", "x")]
        ).status_code
        == 404
    )


def test_somebody_with_a_number_alone_can_sign_up(actor: Actor) -> None:
    consent = {
        "sms_consent_permission": "explicit",
        "consent_type": "promotional_sms",
        "consent_medium_type": "LF",
        "consent_medium_url": "https://example.com/form",
        "consent_medium_details": "form",
        "advertised_frequency": 2,
        "advertised_interval": "weekly",
    }
    channel = {
        "sms_address": "7815551212",
        "dial_code": "1",
        "country_code": "US",
        "sms_channel_consents": [consent],
    }
    actor.granted()
    first = actor.sign_up(None, sms_channel=channel)
    second = actor.sign_up(None, sms_channel=channel)
    read = actor.get(f"/contacts/{first.json()['contact_id']}")

    assert (first.status_code, second.status_code) == (201, 200)
    assert read.json()["sms_channel"]["sms_address"] == "7815551212"
