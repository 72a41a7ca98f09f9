"""Update exactly: what a form sends and clears is so afterwards, and nothing else of
the contact has changed.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select, update

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, AccountField
from app.constant_contact import contacts
from app.database.session import db, write_transaction
from app.delivery import admin_actions, claims, deliver, merging, read_back
from app.delivery import exact_update as exact_delivery
from app.forms.models import Form
from app.signups.models import Attempt, Signup, SignupState
from app.worker import periodic, runner
from tests.constant_contact.endpoint import Answer, endpoint
from tests.delivery import whole
from tests.delivery.whole import Provider
from tests.world import ONE_DATABASE, World, text_fields

EMAIL, ID = "zoe@example.com", "5a1c1f6e-0000-4000-8000-00000000beef"


def exact(
    world: World,
    form: Form,
    email: str = EMAIL,
    clear: list[str] | None = None,
    **body: Any,
) -> Signup:
    """A sign-up of a form that updates exactly."""
    return world.signup(
        form,
        email,
        body={
            "list_memberships": [item["list_id"] for item in form.lists],
            **body,
            "exactly": {"clear": clear or []},
        },
    )


def called(world: World) -> list[str]:
    """The methods of all calls to contact routes."""
    return [
        one["method"]
        for one in world.calls("")
        if one["path"].startswith("/v3/contacts")
    ]


def tries(row: Signup) -> list[Attempt]:
    return list(
        db.session.scalars(
            select(Attempt).where(Attempt.signup_id == row.id).order_by(Attempt.number)
        )
    )


def known(
    world: World, account: Account, status: str = "implicit", **holds: Any
) -> dict[str, Any]:
    """A contact that the account has, as the provider keeps it: what is changed in it
    is so from then on.
    """
    world.control("contacts", account=account.provider_id, email=EMAIL, status=status)
    contact = world.simulator.state.accounts[account.provider_id].find(EMAIL)
    assert contact
    contact.update(holds)
    return contact


# -- nothing else is touched


@ONE_DATABASE
@pytest.mark.parametrize("many", [15, pytest.param(40, marks=pytest.mark.long)])
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
        {"custom_field_id": choice.custom_field_id, "choice_ids": ["000001", "000002"]}
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


# -- two at once, and answers that were lost


@ONE_DATABASE
def test_who_is_made_in_between_and_has_left_is_held_too(world: World) -> None:
    account = world.account()
    form = world.form(account)
    row = exact(world, form)
    known(world, account, "unsubscribed")
    periodic.run_due(world.clock.now())  # the mirror of who left
    before = len(called(world))
    world.fault(
        "/v3/contacts", method="GET", times=1, status=200, body={"contacts": []}
    )

    runner.drain()
    calls = called(world)[before:]
    usual = world.signup(form, EMAIL)
    runner.drain()

    assert (world.again(row).state, row.reason, calls) == (
        SignupState.HELD,
        "opted_out",
        ["GET", "POST", "GET"],
    )
    # the mirror has not forgotten
    assert (world.again(usual).state, usual.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_who_is_made_in_between_is_the_one_that_the_conflict_names(
    world: World,
) -> None:
    account = world.account()
    form = world.form(account)
    row = exact(world, form, first_name="Zoë")
    # not yet in the look-up
    world.fault(
        "/v3/contacts", method="GET", times=1, status=200, body={"contacts": []}
    )
    contact = known(world, account, last_name="Meier")

    runner.drain()

    now = world.contacts(account)[EMAIL]
    assert (world.again(row).state, row.action, row.contact_id) == (
        SignupState.DELIVERED,
        "updated",
        contact["contact_id"],
    )
    assert called(world) == ["GET", "POST", "GET", "PUT"]
    assert (now["first_name"], now["last_name"]) == ("Zoë", "Meier")


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("POST", "Validation failed: EmailAddress is not unique"),
        ("PUT", "The contact is being changed."),
        (
            "PUT",
            f"Email already exists for contact {'0' * 8}-0000-4000-8000-{'0' * 12}",
        ),
    ],
)
def test_another_conflict_is_looked_up_again_a_moment_later(
    world: World, method: str, words: str
) -> None:
    account = world.account()
    if method == "PUT":
        known(world, account)
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault(
        "/v3/contacts*",
        method=method,
        times=1,
        status=409,
        body=[{"error_key": "contacts.api.conflict", "error_message": words}],
    )

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(seconds=60)
    runner.drain()

    assert first == (SignupState.WAITING, "conflict")
    assert world.again(row).state == SignupState.DELIVERED
    assert world.contacts(account)[EMAIL]["first_name"] == "Zoë"


@ONE_DATABASE
@pytest.mark.parametrize("is_known", [False, True])
def test_an_answer_that_was_lost_is_looked_up_and_nobody_is_there_twice(
    world: World, is_known: bool
) -> None:
    account = world.account()
    if is_known:
        known(world, account, last_name="Meier")
    before = len(world.contacts(account))
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault(
        "/v3/contacts*",
        method="PUT" if is_known else "POST",
        times=1,
        reset=True,
        when="after",
    )

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(minutes=2)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "unchanged")
    assert len(world.contacts(account)) == before + (not is_known)


def test_a_worker_that_died_between_the_call_and_its_note_costs_one_look(
    world: World,
) -> None:
    account = world.account()
    row = exact(world, world.form(account), first_name="Zoë")
    job = claims.claim(world.clock.now())
    assert job
    assert deliver.deliver(job).reason == "created"  # and nobody writes it down

    world.clock.advance(seconds=61)
    runner.drain()

    assert (world.again(row).state, row.action, called(world)) == (
        SignupState.DELIVERED,
        "unchanged",
        ["GET", "POST", "GET"],
    )


@ONE_DATABASE
def test_who_left_after_an_answer_was_lost_is_not_brought_back(world: World) -> None:
    account = world.account()
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault("/v3/contacts", method="POST", times=1, reset=True, when="after")
    runner.drain()
    known(world, account, "unsubscribed")

    world.clock.advance(minutes=2)
    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_no_call_is_made_that_could_end_after_the_lease(world: World) -> None:
    account = world.account()
    there = Provider(world, account)
    row = exact(world, world.form(account))
    job = claims.claim(world.clock.now())
    assert job
    before = len(world.calls("/contacts"))

    def slow() -> None:
        world.clock.advance(seconds=30)

    with pytest.raises(deliver.LeaseExpired):
        deliver._hand_over(job, replace(there.client, turn=slow))

    assert [one["method"] for one in world.calls("/contacts")[before:]] == ["GET"]
    assert world.again(row).state == SignupState.WAITING


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
    world: World, house: Callable[..., Flask], look: str
) -> None:
    answer, state, reason = ODD[look]
    row = exact(world, world.form(world.account()), first_name="Zoë")
    with endpoint() as there, house(api_url=f"{there.url}/v3").app_context():
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
    world: World, house: Callable[..., Flask]
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
    with endpoint() as there, house(api_url=f"{there.url}/v3").app_context():
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
