"""Creating and replacing contacts (contract 5.1)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.simulator.api.upsert import upsert

from .acting import BAKERY, FOOD_BANK, Actor, HeldClock
from .writing import create, email, message, put, seeded_id

PARTS = "custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes"


def everything(actor: Actor) -> dict[str, Any]:
    """One of every sub-resource, as it may be sent."""
    account = actor.running.state.accounts[BAKERY]
    return {
        "custom_fields": [
            {"custom_field_id": actor.fields()["Nickname"], "value": "Ada"}
        ],
        "phone_numbers": [{"phone_number": "+1 555 0100", "kind": "work"}],
        "street_addresses": [{"kind": "home", "street": "1 Mill Street"}],
        "list_memberships": [next(iter(account.lists))],
        "taggings": [next(iter(account.tags))],
        "notes": [{"content": "Likes rye."}],
    }


# -- POST


def test_a_new_contact_comes_back_whole(actor: Actor) -> None:
    sent = everything(actor.granted())
    response = create(
        actor,
        first_name="Ada",
        birthday_month=2,
        birthday_day=29,
        anniversary="7/4/2020",
        **sent,
    )
    contact = response.json()

    assert response.status_code == 201
    assert (contact["first_name"], contact["anniversary"]) == ("Ada", "2020-07-04")
    assert (contact["create_source"], contact["created_at"]) == (
        "Contact",
        "2027-01-15T08:00:00Z",
    )
    assert contact["list_memberships"] == sent["list_memberships"]
    assert contact["notes"][0]["content"] == "Likes rye."
    assert contact["phone_numbers"][0]["kind"] == "work"
    assert (
        actor.get(f"/contacts/{contact['contact_id']}", include=PARTS).json() == contact
    )


def test_a_missing_create_source_is_told_in_the_captured_words(actor: Actor) -> None:
    response = actor.granted().call("POST", "/contacts", json={"first_name": "Ada"})

    assert response.status_code == 400
    assert (
        message(response)
        == "create_source is missing, create_source does not have a valid value"
    )


def test_a_contact_needs_a_name_an_address_or_a_number(actor: Actor) -> None:
    actor.granted()

    assert "at least one parameter must be provided" in message(
        create(actor, None, job_title="Baker")
    )
    assert create(actor, None, last_name="Byron").status_code == 201


@pytest.mark.parametrize(
    ("permission", "facts"),
    [
        (
            "explicit",
            {
                "opt_in_source": "Contact",
                "opt_in_date": "2027-01-15T08:00:00Z",
                "confirm_status": "off",
            },
        ),
        (None, {"permission_to_send": "implicit", "opt_in_source": "Contact"}),
        (
            "pending_confirmation",
            {"opt_in_source": "Contact", "confirm_status": "pending"},
        ),
        (
            "unsubscribed",
            {"opt_out_source": "Account", "opt_out_date": "2027-01-15T08:00:00Z"},
        ),
        ("temp_hold", {"confirm_status": "off"}),
        ("not_set", {"confirm_status": "off"}),
    ],
)
def test_a_permission_brings_its_facts(
    actor: Actor, permission: str | None, facts: dict[str, str]
) -> None:
    created = create(
        actor.granted(), email_address=email(permission=permission)
    ).json()["email_address"]

    assert {"permission_to_send": permission, **facts}.items() <= created.items()
    assert ("opt_in_date" in created) == (permission in ("explicit", None))


def test_with_confirmed_opt_in_the_explicit_are_pending_and_the_implicit_are_not(
    actor: Actor,
) -> None:
    actor.granted(FOOD_BANK)
    explicit = create(actor, "a@example.com").json()["email_address"]
    implicit = create(actor, email_address=email(permission="implicit")).json()[
        "email_address"
    ]

    assert (explicit["permission_to_send"], explicit["confirm_status"]) == (
        "pending_confirmation",
        "pending",
    )
    assert implicit["permission_to_send"] == "implicit"


@pytest.mark.parametrize(
    "address", ["Active@Example.com", "deleted@example.com", "opted-out@example.com"]
)
def test_an_address_somebody_has_is_a_conflict_that_names_them(
    actor: Actor, address: str
) -> None:
    response = create(actor.granted(), address)

    assert response.status_code == 409
    assert response.json() == [
        {
            "error_key": "contacts.api.conflict",
            "error_message": (
                f"Email already exists for contact {seeded_id(actor, address)}"
            ),
        }
    ]


def test_a_number_for_text_messages_is_read_back_in_parts_and_is_somebodys_alone(
    actor: Actor,
) -> None:
    consents = [
        {"sms_consent_permission": "explicit", "consent_type": "promotional_sms"}
    ]
    sent = {
        "sms_channel": {
            "full_sms_address": "17815551212",
            "sms_channel_consents": consents,
        }
    }
    first = create(actor.granted(), None, **sent)
    second = create(actor, None, **sent)

    channel = first.json()["sms_channel"]
    assert (channel["dial_code"], channel["sms_address"]) == ("1", "7815551212")
    assert (
        message(second)
        == f"SMS address already exists for contact {first.json()['contact_id']}"
    )


# -- PUT


def test_left_out_core_properties_are_gone_and_left_out_parts_stay(
    actor: Actor,
) -> None:
    sent = everything(actor.granted())
    before = create(
        actor,
        first_name="Ada",
        job_title="Baker",
        birthday_month=2,
        birthday_day=29,
        **sent,
    ).json()
    after = put(
        actor, before["contact_id"], first_name="Augusta", last_name=None
    ).json()

    core = {"job_title", "birthday_month", "birthday_day"}
    assert set(before) - set(after) == core
    assert after["first_name"] == "Augusta"
    assert {name: after[name] for name in (*sent, "email_address")} == {
        name: before[name] for name in (*sent, "email_address")
    }


def test_sent_arrays_replace_those_that_were(actor: Actor) -> None:
    contact_id = create(actor.granted(), **everything(actor)).json()["contact_id"]
    other = list(actor.running.state.accounts[BAKERY].lists)[1]
    after = put(
        actor,
        contact_id,
        list_memberships=[other],
        notes=[],
        phone_numbers=[{"phone_number": "2"}],
    ).json()

    assert (after["list_memberships"], after["notes"]) == ([other], [])
    assert [phone["phone_number"] for phone in after["phone_numbers"]] == ["2"]
    assert after["taggings"]


def test_a_contact_may_be_read_changed_and_put_back(actor: Actor) -> None:
    actor.granted()
    before = actor.get(
        f"/contacts/{seeded_id(actor, 'neighbour1@example.org')}", include=PARTS
    ).json()
    actor.clock.advance(60)
    after = put(actor, **before | {"first_name": "Augusta"}).json()

    made_anew = (
        "phone_numbers",
        "street_addresses",
        "updated_at",
        "update_source",
        "email_address",
    )
    assert after["first_name"] == "Augusta"
    assert after["notes"] == before["notes"]
    assert {name for name in before if before[name] != after[name]} <= {
        *made_anew,
        "first_name",
    }
    assert (
        after["email_address"] | {"updated_at": before["updated_at"]}
        == before["email_address"]
    )


def test_an_update_names_its_source(actor: Actor) -> None:
    actor.granted()
    response = actor.call(
        "PUT",
        f"/contacts/{seeded_id(actor, 'active@example.com')}",
        json={"first_name": "Ada"},
    )

    assert response.status_code == 400
    assert "update_source is missing" in message(response)


def test_a_deleted_contact_is_revived_by_the_account_alone(actor: Actor) -> None:
    actor.granted()
    contact_id = seeded_id(actor, "deleted@example.com")
    refused = put(actor, contact_id, update_source="Contact", first_name="Ada")
    revived = put(actor, contact_id, first_name="Ada")

    assert (refused.status_code, message(refused)) == (
        400,
        "update_source does not have a valid value",
    )
    assert revived.status_code == 200
    assert "deleted_at" not in revived.json()


def test_an_address_may_change_to_one_that_is_free(actor: Actor) -> None:
    actor.granted()
    contact_id = create(actor).json()["contact_id"]
    taken = put(actor, contact_id, email_address=email("ACTIVE@example.com"))
    same = put(actor, contact_id, email_address=email("Visitor@example.com"))
    moved = put(actor, contact_id, email_address=email("moved@example.com"))

    assert (taken.status_code, same.status_code, moved.status_code) == (409, 200, 200)
    assert (
        message(taken)
        == f"Email already exists for contact {seeded_id(actor, 'active@example.com')}"
    )
    assert actor.get("/contacts", email="visitor@example.com").json()["contacts"] == []
    assert (
        actor.get("/contacts", email="moved@example.com").json()["contacts"][0][
            "contact_id"
        ]
        == contact_id
    )
    assert create(actor, "visitor@example.com").status_code == 201


def test_the_account_unsubscribes_and_may_take_that_back(actor: Actor) -> None:
    actor.granted()
    contact_id = seeded_id(actor, "active@example.com")
    left = put(
        actor, contact_id, email_address=email("active@example.com", "unsubscribed")
    ).json()
    back = put(
        actor, contact_id, email_address=email("active@example.com", "implicit")
    ).json()

    assert left["email_address"]["opt_out_source"] == "Account"
    assert left["list_memberships"] == []
    assert back["email_address"]["permission_to_send"] == "implicit"
    assert "opt_out_source" not in back["email_address"]


def test_who_left_by_their_own_wish_comes_back_only_by_it(actor: Actor) -> None:
    actor.granted()
    contact_id, again = (
        seeded_id(actor, "opted-out@example.com"),
        email("opted-out@example.com", "explicit"),
    )
    by_account = put(actor, contact_id, email_address=again)
    renamed = put(
        actor, contact_id, first_name="Ada", list_memberships=[actor.first_list()]
    ).json()
    by_contact = put(actor, contact_id, email_address=again, update_source="Contact")

    assert by_account.status_code == 400
    assert (
        renamed["email_address"]["opt_out_source"],
        renamed["list_memberships"],
    ) == ("Contact", [])
    assert by_contact.json()["email_address"]["permission_to_send"] == "explicit"


def test_with_confirmed_opt_in_who_was_not_mailable_is_pending_first(
    actor: Actor,
) -> None:
    actor.granted(FOOD_BANK)

    def permission(address: str) -> str:
        response = put(
            actor, seeded_id(actor, address), email_address=email(address, "explicit")
        )
        return str(response.json()["email_address"]["permission_to_send"])

    assert permission("not-set@example.com") == "pending_confirmation"
    assert permission("implicit@example.com") == "explicit"


def test_two_writes_at_once_to_one_contact_conflict(
    started: Callable[..., Actor], held_clock: HeldClock
) -> None:
    actor = started(held_clock, write_time=0.2).granted()
    contact_id = seeded_id(actor, "active@example.com")
    first: list[int] = []
    other = Actor(actor.running, bearer=actor.bearer)
    moved = {"email_address": email("moved@example.com")}
    slow = threading.Thread(
        target=lambda: first.append(put(other, contact_id, **moved).status_code)
    )
    slow.start()
    held_clock.until_holding()
    second, sign_up = (
        put(actor, contact_id, first_name="Ada"),
        actor.sign_up("moved@example.com"),
    )
    held_clock.release()
    slow.join()
    other.close()

    assert first == [200]
    assert (second.status_code, sign_up.status_code) == (409, 409)
    assert second.json()[0]["error_key"] == "contacts.api.conflict"


# -- the verb that imports use


def test_an_import_makes_people_implicit_and_leaves_decisions_alone(
    actor: Actor,
) -> None:
    account = actor.running.state.accounts[BAKERY]
    listed = [next(iter(account.lists))]
    for address in ("new", "active", "pending", "opted-out", "deleted"):
        row = {
            "email_address": f"{address}@example.com",
            "job_title": "Baker",
            "list_memberships": listed,
        }
        upsert(account, row, actor.clock.now(), by="Account")

    def state(address: str) -> tuple[str, bool]:
        contact = actor.granted().contact(f"{address}@example.com")
        assert (contact["job_title"], contact["update_source"]) == ("Baker", "Account")
        return (
            contact["email_address"]["permission_to_send"],
            contact["list_memberships"] == listed,
        )

    assert state("new") == state("pending") == ("implicit", True)
    assert state("active") == state("deleted") == ("explicit", True)
    assert state("opted-out") == ("unsubscribed", False)
