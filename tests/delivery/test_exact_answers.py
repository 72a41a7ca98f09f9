"""Exact updates that the provider does not take, or answers oddly."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import AccountField
from app.constant_contact import contacts
from app.database.session import write_transaction
from app.delivery import admin_actions, merging, read_back
from app.signups.models import SignupState
from app.worker import runner
from tests.constant_contact.endpoint import Answer, endpoint
from tests.delivery.acting import tries
from tests.delivery.exact import EMAIL, ID, called, exact, known
from tests.delivery.whole import Provider
from tests.world import ONE_DATABASE, World

# -- what the provider does not take


@ONE_DATABASE
def test_a_full_contact_is_left_as_it_is_until_there_is_room(world: World) -> None:
    account = world.account()
    there, form = Provider(world, account), world.form(account)
    before = known(world, account, list_memberships=there.lists[5:55])
    row = exact(world, form)

    runner.drain()
    parked = (world.again(row).state, row.reason, tries(row)[-1].detail, called(world))
    before["list_memberships"].pop()
    admin_actions.send_again([row.id])
    runner.drain()

    assert parked == (
        SignupState.PARKED,
        "contact_full",
        "list_memberships: 51 of 50",
        ["GET"],
    )
    assert world.again(row).state == SignupState.DELIVERED
    assert len(there.holds(EMAIL)["list_memberships"]) == 50


@ONE_DATABASE
def test_a_list_that_is_gone_from_the_account_is_no_reason_not_to_join_another(
    world: World,
) -> None:
    account = world.account()
    first, second, *_others = facts.lists_of(account.id)
    known(world, account, list_memberships=[second.list_id])
    row = exact(world, world.form(account))
    world.control("lists", account=account.provider_id, list_id=second.list_id)

    runner.drain()
    parked = (world.again(row).state, row.reason)
    facts.read_all(account.id, client(tokens.fresh_token(account.id)))
    admin_actions.send_again([row.id])
    runner.drain()

    assert parked == (SignupState.PARKED, "list_missing")
    assert world.again(row).state == SignupState.DELIVERED
    assert world.contacts(account)[EMAIL]["list_memberships"] == [first.list_id]


@ONE_DATABASE
def test_an_answer_to_a_field_that_is_gone_is_not_left_out_in_silence(
    world: World,
) -> None:
    account = world.account()
    first, second, third, *_others = [one.custom_field_id for one in account.fields]
    known(
        world,
        account,
        custom_fields=[
            {"custom_field_id": id, "value": "old"} for id in (second, third)
        ],
    )
    row = exact(
        world,
        world.form(account),
        custom_fields=[
            {"custom_field_id": id, "value": "new"} for id in (first, second)
        ],
    )
    for id in (second, third):
        world.control("fields", account=account.provider_id, custom_field_id=id)
    facts.read_all(account.id, client(tokens.fresh_token(account.id)))

    runner.drain()
    parked = (world.again(row).state, row.reason)
    admin_actions.send_again([row.id])
    runner.drain()

    assert parked == (SignupState.PARKED, "list_missing")
    assert world.again(row).state == SignupState.DELIVERED
    assert world.contacts(account)[EMAIL]["custom_fields"] == [
        {"custom_field_id": first, "value": "new"}
    ]


@ONE_DATABASE
def test_somebody_new_goes_without_a_list_that_is_gone_when_an_admin_says_so(
    world: World,
) -> None:
    account = world.account()
    first, second, *_others = facts.lists_of(account.id)
    form = world.form(
        account,
        lists=[{"list_id": one.list_id, "label": one.name} for one in (first, second)],
    )
    row = exact(world, form, clear=["custom_fields/gone"])
    world.control("lists", account=account.provider_id, list_id=second.list_id)
    facts.read_all(account.id, client(tokens.fresh_token(account.id)))

    runner.drain()
    parked = (world.again(row).state, row.reason)
    admin_actions.send_again([row.id])
    runner.drain()

    assert parked == (SignupState.PARKED, "list_missing")
    assert world.again(row).state == SignupState.DELIVERED
    assert world.contacts(account)[EMAIL]["list_memberships"] == [first.list_id]


# -- odd answers


ODD: dict[str, tuple[Answer, SignupState, str]] = {
    "nulls": (
        Answer(
            200,
            {
                "contacts": [
                    {
                        "contact_id": ID,
                        "email_address": {"address": EMAIL},
                        "first_name": None,
                        **dict.fromkeys(contacts.PARTS),
                    }
                ]
            },
        ),
        SignupState.DELIVERED,
        "updated",
    ),
    "nothing but an id": (
        Answer(
            200,
            {
                "contacts": [
                    {"contact_id": ID, "email_address": {"address": EMAIL.upper()}}
                ]
            },
        ),
        SignupState.DELIVERED,
        "updated",
    ),
    "somebody else": (
        Answer(
            200,
            {
                "contacts": [
                    {"contact_id": ID, "email_address": {"address": "a@b.example"}}
                ]
            },
        ),
        SignupState.PARKED,
        "unsupported",
    ),
    "no list": (Answer(200, {"contacts": {}}), SignupState.WAITING, "nonsense"),
    "no parts": (
        Answer(200, {"contacts": [{"contact_id": ID, "custom_fields": "x"}]}),
        SignupState.WAITING,
        "nonsense",
    ),
}


@ONE_DATABASE
@pytest.mark.parametrize("look", ODD)
def test_only_the_contact_that_was_asked_for_is_written(
    world: World, make_app: Callable[..., Flask], look: str
) -> None:
    answer, state, reason = ODD[look]
    row = exact(world, world.form(world.account()), first_name="Zoë")
    with endpoint() as there, make_app(api_url=f"{there.url}/v3").app_context():
        there.at = {
            "/v3/contacts": answer,
            f"/contacts/{ID}": Answer(200, {"contact_id": ID}),
        }
        runner.drain()
        sent = [json.loads(one.body) for one in there.requests if one.method == "PUT"]

    assert (world.again(row).state, row.reason) == (state, reason)
    assert [(one["first_name"], one["update_source"]) for one in sent] == [
        ("Zoë", "Contact")
    ] * (state == SignupState.DELIVERED)


@pytest.mark.parametrize(
    "gone", [{"deleted_at": "2026-01-02"}, {"permission_to_send": "unsubscribed"}]
)
def test_who_comes_back_joins_the_lists_of_the_form_alone(gone: dict[str, str]) -> None:
    """Whatever lists are still shown of who was deleted or had left, they are on none
    of them.
    """
    email = {"address": EMAIL, "permission_to_send": "explicit"} | gone
    contact = contacts.WholeContact.model_validate(
        {
            "contact_id": ID,
            "email_address": email,
            "list_memberships": ["asked", "earlier"],
            "deleted_at": gone.get("deleted_at"),
        }
    )
    body = merging.changed(
        merging.wish_of({"list_memberships": ["asked"], "exactly": {}}, {}), contact
    )

    assert body
    assert body.get("list_memberships") == ["asked"]


@ONE_DATABASE
def test_choices_whose_ids_come_as_numbers_are_the_same_choices(
    world: World, make_app: Callable[..., Flask]
) -> None:
    account = world.account()
    field = next(one for one in account.fields if one.type == "multi_select")
    with write_transaction() as session:
        session.execute(
            update(AccountField)
            .where(AccountField.id == field.id)
            .values(
                details=field.details | {"choice_ids": {"Events": "1", "Offers": "2"}}
            )
        )
    held = {
        "contact_id": ID,
        "email_address": {"address": EMAIL, "permission_to_send": "explicit"},
        "list_memberships": [account.lists[0].list_id],
        "custom_fields": [
            {"custom_field_id": field.custom_field_id, "choice_ids": [2, 1]}
        ],
    }
    form = world.form(
        account, lists=[{"list_id": account.lists[0].list_id, "label": "News"}]
    )
    row = exact(
        world,
        form,
        custom_fields=[
            {"custom_field_id": field.custom_field_id, "value": "Events, Offers"}
        ],
    )
    with endpoint() as there, make_app(api_url=f"{there.url}/v3").app_context():
        there.at = {
            "/v3/contacts": Answer(200, {"contacts": [held]}),
            f"/contacts/{ID}": Answer(200, {"contact_id": ID}),
        }
        runner.drain()

    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "unchanged")


@ONE_DATABASE
def test_two_of_one_person_that_say_the_same_are_sent_once_and_are_found_on_their_lists(
    world: World,
) -> None:
    form = world.form(world.account())
    first, same, clears = (
        exact(world, form, clear=clear) for clear in ([], [], ["job_title"])
    )

    runner.drain()
    world.clock.advance(minutes=11)
    read_back.check_some(world.clock.now())

    assert [(world.again(row).state, row.reason) for row in (first, same, clears)] == [
        (SignupState.DELIVERED, "created"),
        (SignupState.CLOSED, "merged"),
        (SignupState.DELIVERED, "unchanged"),
    ]
    assert read_back.lately(world.clock.now()) == {"there": 2}
