"""A form that updates exactly touches nothing else, makes who is new, and brings back who
may come back.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.delivery import admin_actions, claims
from app.delivery import exact_update as exact_delivery
from app.signups.models import SignupState
from app.worker import runner
from tests.delivery import whole
from tests.delivery.exact import EMAIL, called, exact, known
from tests.delivery.whole import Provider
from tests.world import ONE_DATABASE, World, text_fields

# -- nothing else is touched


@ONE_DATABASE
@pytest.mark.parametrize("many", [25, pytest.param(60, marks=pytest.mark.long)])
def test_whatever_is_known_and_whatever_is_sent_all_else_stays_as_it_was(
    world: World, many: int
) -> None:
    account = world.account()
    there, form = Provider(world, account), world.form(account)
    seen: list[str] = []

    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(whole.known(there), whole.wishes(there))
    def check(holds: dict[str, Any], wish: dict[str, Any]) -> None:
        email = f"zoe{len(seen)}@example.com"
        before = whole.plant(there, email, holds)
        body = whole.body_of(there, wish)
        row = world.signup(form, email, body=body)
        runner.drain()
        row, now = world.again(row), there.holds(email)
        wanted = whole.expected(before, wish)
        seen.append(row.reason)

        if whole.is_full(wanted):
            assert (row.state, row.reason, now) == (
                SignupState.PARKED,
                "contact_full",
                before,
            )
            return
        assert row.state == SignupState.DELIVERED
        assert whole.said(now) == wanted
        for part in (
            "custom_fields",
            "phone_numbers",
            "street_addresses",
            "notes",
            "taggings",
        ):
            if not changes(part, body):
                assert now[part] == before[part]  # with every id and time

    check()
    assert {"updated", "contact_full"} <= set(seen)


def changes(part: str, body: dict[str, Any]) -> bool:
    """Whether a sign-up's body has to do with a part."""
    sent = {"phone_numbers": "phone_number", "street_addresses": "street_address"}.get(
        part, part
    )
    return bool(body.get(sent)) or any(
        name.startswith(part) for name in body["exactly"]["clear"]
    )


@ONE_DATABASE
def test_what_somebody_else_changes_in_between_stays_but_for_what_is_sent(
    world: World,
) -> None:
    account = world.account()
    there, form = Provider(world, account), world.form(account)
    mine, theirs, *_others = text_fields(account.id)
    contact = known(world, account, first_name="Zoë", last_name="Old")
    exact(
        world,
        form,
        first_name="Zoe",
        custom_fields=[{"custom_field_id": mine.custom_field_id, "value": "mine"}],
    )
    between = {
        "list_memberships": there.lists[3:5],
        "taggings": there.tags[:1],
        "notes": [{"content": "Called."}],
        "phone_numbers": [{"phone_number": "555", "kind": "work"}],
        "custom_fields": [
            {"custom_field_id": theirs.custom_field_id, "value": "theirs"}
        ],
        "last_name": "New",
        "update_source": "Account",
    }

    job = claims.claim(world.clock.now())
    assert job
    turns: list[int] = []

    def turn() -> None:
        turns.append(1)
        if len(turns) == 2:  # the look-up is over, and the PUT comes
            there.call("PUT", f"contacts/{contact['contact_id']}", between)

    verdict = exact_delivery.hand_over(job, replace(there.client, turn=turn))

    now = there.holds(EMAIL)
    assert (verdict.reason, len(turns)) == ("updated", 2)
    assert now["phone_numbers"][0]["phone_number"] == "555"
    assert (now["taggings"], now["notes"][0]["content"]) == (there.tags[:1], "Called.")
    assert now["first_name"] == "Zoe"
    # what remains: a core property goes back as it was read,
    assert now["last_name"] == "Old"
    # and so does a part
    assert now["custom_fields"] == [
        {"custom_field_id": mine.custom_field_id, "value": "mine"}
    ]


@ONE_DATABASE
def test_who_leaves_or_moves_in_between_is_not_brought_back(world: World) -> None:
    account = world.account()
    there = Provider(world, account)
    contact = known(world, account, "explicit")
    exact(world, world.form(account), first_name="Zoe")
    job = claims.claim(world.clock.now())
    assert job
    left = {
        "email_address": {
            "address": "zoe.new@example.com",
            "permission_to_send": "unsubscribed",
        },
        "update_source": "Contact",
    }
    turns: list[int] = []

    def turn() -> None:
        turns.append(1)
        if len(turns) == 2:
            there.call("PUT", f"contacts/{contact['contact_id']}", left)

    exact_delivery.hand_over(job, replace(there.client, turn=turn))

    email = there.holds("zoe.new@example.com")["email_address"]
    assert email["permission_to_send"] == "unsubscribed"


@ONE_DATABASE
def test_who_is_gone_for_good_before_the_put_is_made_anew(world: World) -> None:
    account = world.account()
    form = world.form(account)
    known(world, account)
    row = exact(world, form, first_name="Zoe")
    world.fault(
        "/v3/contacts/*",
        method="PUT",
        times=1,
        status=404,
        body=[
            {
                "error_key": "contacts.api.not_found",
                "error_message": "Contact not found.",
            }
        ],
    )
    world.fault(
        "/v3/contacts/*",
        method="GET",
        times=1,
        status=404,
        body=[
            {
                "error_key": "contacts.api.not_found",
                "error_message": "Contact not found.",
            }
        ],
    )

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(seconds=6)
    runner.drain()

    assert first == (SignupState.WAITING, "conflict")
    assert world.again(row).state == SignupState.DELIVERED


# -- who is new, and who comes back


def test_somebody_new_is_made_with_all_that_was_said(world: World) -> None:
    account = world.account()
    form = world.form(account)
    choice = next(one for one in account.fields if one.type == "multi_select")
    row = exact(
        world,
        form,
        first_name="Zoë",
        phone_number="555",
        birthday_month=2,
        birthday_day=29,
        street_address={"kind": "work", "city": "Bern"},
        clear=["job_title"],
        custom_fields=[
            {"custom_field_id": choice.custom_field_id, "value": "Events, Offers"}
        ],
    )

    runner.drain()

    contact, row = world.contacts(account)[EMAIL], world.again(row)
    assert (row.state, row.action, row.contact_id) == (
        SignupState.DELIVERED,
        "created",
        contact["contact_id"],
    )
    assert called(world) == ["GET", "POST"]
    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert (contact["email_address"]["opt_in_source"], contact["create_source"]) == (
        "Contact",
        "Contact",
    )
    assert contact["list_memberships"] == [form.lists[0]["list_id"]]
    assert (
        contact["first_name"],
        contact["birthday_month"],
        contact["birthday_day"],
    ) == ("Zoë", 2, 29)
    assert [
        one["kind"] for one in (*contact["phone_numbers"], *contact["street_addresses"])
    ] == ["other", "work"]
    assert contact["custom_fields"] == [
        {"custom_field_id": choice.custom_field_id, "choice_ids": ["1", "2"]}
    ]


@ONE_DATABASE
def test_what_is_so_already_is_not_written(world: World) -> None:
    account = world.account()
    form = world.form(account)
    for _ in range(2):
        row = exact(
            world, form, first_name="Zoë", phone_number="555", clear=["job_title"]
        )
        runner.drain()

    assert called(world) == ["GET", "POST", "GET"]
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "unchanged")


@ONE_DATABASE
@pytest.mark.parametrize(("permission", "puts"), [("explicit", 1), ("implicit", 2)])
def test_who_was_deleted_comes_back_with_what_the_contact_held(
    world: World, permission: str, puts: int
) -> None:
    account = world.account()
    contact = known(
        world, account, permission, last_name="Meier", deleted_at="2026-01-02"
    )
    row = exact(world, world.form(account), first_name="Zoë")

    runner.drain()

    now = world.contacts(account)[EMAIL]
    assert (world.again(row).state, row.contact_id) == (
        SignupState.DELIVERED,
        contact["contact_id"],
    )
    assert "deleted_at" not in now
    assert (now["first_name"], now["last_name"]) == ("Zoë", "Meier")
    assert now["email_address"]["permission_to_send"] == "explicit"
    assert now["email_address"]["opt_in_source"] == "Contact"
    assert called(world) == ["GET"] + ["PUT"] * puts


@ONE_DATABASE
@pytest.mark.parametrize("deleted", [{}, {"deleted_at": "2026-01-02"}])
def test_who_left_is_held_and_comes_back_only_when_a_person_says_so(
    world: World, deleted: dict[str, str]
) -> None:
    account = world.account()
    known(world, account, "unsubscribed", **deleted)
    row = exact(world, world.form(account), first_name="Zoë")

    runner.drain()
    held = (world.again(row).state, row.reason, called(world))
    admin_actions.send_again([row.id], resubscribe=True)
    runner.drain()

    now = world.contacts(account)[EMAIL]
    assert held == (SignupState.HELD, "opted_out", ["GET"])
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "updated")
    assert (
        now["email_address"]["permission_to_send"],
        now["email_address"]["opt_in_source"],
    ) == ("explicit", "Contact")
    assert now["list_memberships"] == [row.form.lists[0]["list_id"]]


@ONE_DATABASE
def test_where_contacts_confirm_the_provider_asks_them(world: World) -> None:
    account = world.account()
    world.control("accounts", account=account.provider_id, confirmed_opt_in=True)
    row = exact(world, world.form(account))

    runner.drain()

    email = world.contacts(account)[EMAIL]["email_address"]
    assert world.again(row).state == SignupState.DELIVERED
    assert (email["permission_to_send"], email["confirm_status"]) == (
        "pending_confirmation",
        "pending",
    )
