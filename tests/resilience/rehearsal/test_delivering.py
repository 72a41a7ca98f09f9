"""Rows of delivering: what becomes of sign-ups that the provider will not take, and
what an admin reads about them.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from app.accounts import facts, key_check
from app.accounts.models import Account
from app.core.crypto import new_key
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.worker import periodic, runner
from tests.accounts.owner import BAKER, Owner
from tests.resilience.rehearsal.acting import (
    SIGN_UP,
    asked,
    counted,
    listening,
    press,
    read,
)
from tests.signups.reading import error_of, form_token
from tests.world import ONE_DATABASE, ROTATING, World, text_fields

pytestmark = ONE_DATABASE


def newest() -> Signup:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(
        select(Signup).order_by(Signup.created_at.desc()).limit(1)
    ).one()


def story(admin: FlaskClient, row: Signup) -> str:
    return read(admin, f"/signups/{row.id}")


def sends_again(admin: FlaskClient, row: Signup) -> None:
    press(
        admin,
        f"/signups/{row.id}",
        "/signups/send-again",
        id=row.id,
        **{"from": "detail"},
    )


# -- the account


@pytest.mark.parametrize(
    ("control", "broken", "mended"),
    [
        (
            "logins",
            {"login": BAKER, "role": "campaign_creator"},
            {"login": BAKER, "role": "account_owner"},
        ),
        (
            "apps",
            {"client_id": ROTATING.client_id, "active": False},
            {"client_id": ROTATING.client_id, "active": True},
        ),
    ],
)
def test_row_11_403_access_denied_when_the_role_shrank_or_the_application_was_switched_off(
    world: World, admin: FlaskClient, control: str, broken: Any, mended: Any
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.control(control, **broken)
    runner.drain()
    page, waited = read(admin, f"/accounts/{account.id}"), world.again(row).state
    world.control(control, **mended)
    world.clock.advance(hours=2)
    runner.drain()

    assert (
        "The connected login isn’t allowed to add contacts, or the application was"
        " disabled in the developer portal." in page
    )
    assert "Request forbidden due to insufficient user privileges." in page
    assert "1 person is waiting." in page
    assert waited == SignupState.WAITING
    assert world.again(row).state == SignupState.DELIVERED


def test_row_26_sign_ups_while_disconnected_wait_and_are_delivered_after_reconnecting(
    world: World,
    admin: FlaskClient,
    visitor: FlaskClient,
    make_app: Callable[..., Flask],
) -> None:
    account = world.account()
    form = world.form(account)
    with make_app(key=(SecretStr(new_key()),)).app_context():
        key_check.forget_unopened()
    thanked = [
        world.press(visitor, form, email_address=f"zoe{number}@example.com").status_code
        for number in range(2)
    ]
    runner.drain()
    page, overview, calls = (
        read(admin, f"/accounts/{account.id}"),
        read(admin, "/"),
        world.calls(SIGN_UP),
    )
    owner = Owner(world)
    owner.connect(owner.link())
    runner.drain()

    assert thanked == [303, 303]
    assert "The account is disconnected. Reconnect it to continue." in page
    assert "2 people are waiting." in page
    assert f"{account.name} is disconnected" in overview
    assert "2 people are waiting" in overview
    assert "2 accepted, every one accounted for" in overview
    assert calls == []
    assert {"zoe0@example.com", "zoe1@example.com"} <= set(world.contacts(account))
    assert set(db.session.scalars(select(Signup.state))) == {SignupState.DELIVERED}


# -- the person


def test_row_13_409_on_contacts_although_the_search_finds_nothing(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    new = {
        "email_address": {
            "address": "deleted@example.com",
            "permission_to_send": "implicit",
        },
        "create_source": "Account",
    }
    search = asked(
        world, account, "GET", "/contacts", params={"email": "deleted@example.com"}
    )
    refused = asked(world, account, "POST", "/contacts", json=new)
    back, gone = (
        world.signup(form, "Deleted@example.com"),
        world.signup(form, "opted-out@example.com"),
    )
    runner.drain()
    contacts = world.contacts(account)

    assert (search.json()["contacts"], refused.status_code) == ([], 409)
    assert world.again(back).state == SignupState.DELIVERED
    assert "deleted_at" not in contacts["deleted@example.com"]
    assert world.again(gone).state == SignupState.HELD
    assert "This person unsubscribed earlier, and only they can change that." in story(
        admin, gone
    )
    assert (
        contacts["opted-out@example.com"]["email_address"]["permission_to_send"]
        == "unsubscribed"
    )


def test_row_14_409_on_the_sign_up_form_when_somebody_else_changes_the_contact(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    pressed = {
        "form_token": form_token(visitor.get(f"/f/{form.id}").text),
        "consent": "y",
        "email_address": "zoe@example.com",
    }
    twice = [visitor.post(f"/f/{form.id}", data=pressed).status_code for _ in range(2)]
    row, being_changed = newest(), world.simulator.simulator.writing
    being_changed.add((account.provider_id, "zoe@example.com"))
    runner.drain()
    page = story(admin, row)
    being_changed.clear()
    world.clock.advance(seconds=6)
    runner.drain()

    assert (twice, counted(Signup)) == ([303, 303], 1)
    assert (
        "Someone else was changing this contact at the same moment. Latchkey will try"
        " again." in page
    )
    assert [call["status"] for call in world.calls(SIGN_UP)] == [409, 201]
    assert world.again(row).state == SignupState.DELIVERED


def test_row_15_email_address_is_invalid_for_a_good_address_after_too_many_tries(
    world: World, admin: FlaskClient
) -> None:
    world.control("limits", abuse_limit=3)
    form = world.form(world.account())
    seen = []
    for n in range(4):
        answer = world.press(
            world.app.test_client(),
            form,
            email_address="tester@example.com",
            first_name=f"Test {n}",
        )
        seen.append((answer.status_code, answer.headers["Location"]))
        runner.drain()
        world.clock.advance(minutes=1)
    row = newest()
    page, state = story(admin, row), row.state
    world.clock.advance(hours=48)
    runner.drain()

    assert set(seen) == {(303, f"/f/{form.id}/thanks")}
    assert state == SignupState.WAITING
    assert "Email address is invalid" in page
    assert "It does that for 48 hours" in page
    assert "Latchkey will try again after that." in page
    assert world.again(row).state == SignupState.DELIVERED


def test_row_17_names_and_lists_do_not_vanish(world: World) -> None:
    account = world.account()
    before, other = (
        world.contacts(account)[f"neighbour{number}@example.org"] for number in (1, 2)
    )
    partial = {
        "email_address": {
            "address": "neighbour2@example.org",
            "permission_to_send": "explicit",
        },
        "update_source": "Account",
        "list_memberships": [],
    }
    asked(world, account, "PUT", f"/contacts/{other['contact_id']}", json=partial)
    row = world.signup(world.form(account), "neighbour1@example.org")
    with listening(world) as heard:
        runner.drain()
    after, emptied = (
        world.contacts(account)[f"neighbour{number}@example.org"] for number in (1, 2)
    )
    sent = json.loads(next(one.body for one in heard if one.path.endswith(SIGN_UP)))
    changes = {"email_address", "updated_at", "update_source", "list_memberships"}

    # what a careless PUT does
    assert (emptied.get("first_name"), emptied["list_memberships"]) == (None, [])
    assert set(sent) == {"email_address", "list_memberships"}
    assert world.again(row).state == SignupState.DELIVERED
    assert {name: value for name, value in after.items() if name not in changes} == {
        name: value for name, value in before.items() if name not in changes
    }
    assert set(after["list_memberships"]) == {
        *before["list_memberships"],
        *sent["list_memberships"],
    }
    assert {one.method for one in heard} == {"GET", "POST"}


# -- the form


@pytest.fixture
def two_lists(world: World) -> tuple[Account, Form]:
    """A form for two lists that asks for a custom field."""
    account = world.account()
    field = next(item for item in text_fields(account.id) if item.label == "Nickname")
    return account, world.form(
        account,
        lists=[
            {"list_id": item.list_id, "label": item.name}
            for item in facts.lists_of(account.id)[:2]
        ],
        fields=[
            {
                "key": f"cf_{field.custom_field_id}",
                "label": "Nickname",
                "required": False,
                "custom_field_id": field.custom_field_id,
            }
        ],
    )


@pytest.mark.parametrize("what", ["lists", "fields"])
def test_row_19_404_after_months_when_a_list_or_a_custom_field_was_deleted(
    world: World,
    admin: FlaskClient,
    visitor: FlaskClient,
    two_lists: tuple[Account, Form],
    what: str,
) -> None:
    account, form = two_lists
    name, custom_field_id = (
        (form.lists[0]["label"] if what == "lists" else "Nickname"),
        form.fields[0]["custom_field_id"],
    )
    gone = (
        {"list_id": form.lists[0]["list_id"]}
        if what == "lists"
        else {"custom_field_id": custom_field_id}
    )
    world.control(what, account=account.provider_id, **gone)
    world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        **{f"cf_{custom_field_id}": "Zo"},
    )
    runner.drain()
    periodic.run_due(world.clock.now())
    row = newest()
    page, state, body = story(admin, row), row.state, dict(row.body)
    where = [
        read(admin, path)
        for path in (
            f"/accounts/{account.id}",
            f"/forms/{form.id}",
            f"/forms/{form.id}/share",
        )
    ]
    sends_again(admin, row)
    runner.drain()
    contact = world.contacts(account)["zoe@example.com"]

    assert state == SignupState.PARKED
    assert (
        "A list or custom field of this form was deleted at Constant Contact." in page
    )
    assert "Sent again, it goes without the list or field that was deleted" in page
    assert f"{next(iter(gone.values()))} not found." in page
    assert f"{name} (deleted at Constant Contact)" in page or what == "fields"
    assert [f"Deleted at Constant Contact: {name}" in one for one in where] == [
        True
    ] * 3
    assert len(body["list_memberships"]) == 2
    assert world.again(row).state == SignupState.DELIVERED
    assert contact["list_memberships"] == [
        one["list_id"] for one in form.lists if one["list_id"] not in gone.values()
    ]
    assert [one["value"] for one in contact["custom_fields"]] == (
        ["Zo"] if what == "lists" else []
    )


def test_row_28_a_custom_field_value_that_is_too_long_is_refused_at_its_field(
    world: World,
    admin: FlaskClient,
    visitor: FlaskClient,
    two_lists: tuple[Account, Form],
) -> None:
    account, form = two_lists
    field = f"cf_{form.fields[0]['custom_field_id']}"
    fits = "ß" * 255
    cut = asked(
        world,
        account,
        "POST",
        SIGN_UP,
        json={
            "email_address": "zoe@example.com",
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [
                {
                    "custom_field_id": form.fields[0]["custom_field_id"],
                    "value": f"{fits}s",
                }
            ],
        },
    )
    refused = world.press(
        visitor, form, email_address="zoe@example.com", **{field: f"{fits}s"}
    )
    stored = counted(Signup)
    world.press(visitor, form, email_address="zoe@example.com", **{field: fits})
    runner.drain()

    assert cut.status_code == 400
    assert refused.status_code == 422
    assert (
        error_of(refused.text, field) == "Nickname can be at most 255 characters long."
    )
    assert stored == 0
    assert (
        world.contacts(account)["zoe@example.com"]["custom_fields"][0]["value"] == fits
    )


def test_row_28_a_custom_field_of_an_account_that_knows_no_such_field_is_refused_when_the_form_is_made(
    world: World, admin: FlaskClient, two_lists: tuple[Account, Form]
) -> None:
    account, form = two_lists
    field = form.fields[0]["custom_field_id"]
    world.control("fields", account=account.provider_id, custom_field_id=field)
    press(admin, f"/accounts/{account.id}", f"/accounts/{account.id}/read")
    built = admin.get(f"/forms/{form.id}").text

    assert f"cf_{field}" not in built
    assert "Deleted at Constant Contact: Nickname" in read(admin, f"/forms/{form.id}")


# -- what is sent


def test_row_22_415_for_text_and_never_for_what_is_sent_here(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    as_text = asked(
        world,
        account,
        "POST",
        SIGN_UP,
        data='{"email_address": "zoe@example.com"}',
        headers={"Content-Type": "text/plain"},
    )
    rows = [world.signup(form, f"zoe{number}@example.com") for number in range(2)]
    world.fault(SIGN_UP, status=415, times=1)
    with listening(world) as heard:
        runner.drain()
    parked, sent = (
        next(row for row in map(world.again, rows) if row.state == SignupState.PARKED),
        [one for one in heard if one.method == "POST"],
    )
    page = story(admin, parked)
    sends_again(admin, parked)
    runner.drain()

    assert as_text.status_code == 415
    assert [one.content_type for one in sent] == ["application/json"]
    assert "Constant Contact refused the request." in page
    assert "The provided content-type is not supported" in page
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}


ODD = 'Zoë "Zo" O’Brien, \\ </script> 🌱 {"a": 1},'


def test_row_23_400_malformed_json_for_a_comma_too_many_and_never_for_what_is_sent_here(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    by_hand = asked(
        world,
        account,
        "POST",
        SIGN_UP,
        data='{"email_address": "zoe@example.com",}',
        headers={"Content-Type": "application/json"},
    )
    world.press(visitor, form, email_address="zoe@example.com", first_name=ODD)
    world.fault(
        SIGN_UP,
        status=400,
        times=1,
        body=[
            {
                "error_key": "contacts.api.validation.error",
                "error_message": "Problem: message body does not match declared format",
            }
        ],
    )
    runner.drain()
    row = newest()
    page, state = story(admin, row), row.state
    sends_again(admin, row)
    with listening(world) as heard:
        runner.drain()
    sent = json.loads(next(one.body for one in heard if one.method == "POST"))

    assert by_hand.status_code == 400
    assert state == SignupState.PARKED
    assert "Constant Contact refused this sign-up." in page
    assert "message body does not match declared format" in page
    assert sent["first_name"] == ODD
    assert world.contacts(account)["zoe@example.com"]["first_name"] == ODD
    assert world.again(row).attempts == 2
    assert row.settled_at - row.created_at < timedelta(minutes=1)
