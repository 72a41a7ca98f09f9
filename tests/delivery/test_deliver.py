"""One sign-up on its way: it arrives, or is held for who left, or is laid aside for a
reason of its own.
"""

from datetime import timedelta

from app.delivery import admin_actions
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.delivery.acting import SIGN_UP, tries
from tests.world import ONE_DATABASE, World

# -- it arrives


def test_a_sign_up_reaches_the_provider(world: World) -> None:
    account = world.account()
    form = world.form(account)
    row = world.signup(
        form,
        "Zoë.New@example.com".replace("ë", "e"),
        body={"first_name": "Zoë", "list_memberships": [form.lists[0]["list_id"]]},
    )

    runner.drain()

    row = world.again(row)
    contact = world.contacts(account)["zoe.new@example.com"]
    assert (row.state, row.action) == (SignupState.DELIVERED, "created")
    assert contact["first_name"] == "Zoë"
    assert contact["list_memberships"] == [form.lists[0]["list_id"]]
    assert contact["email_address"]["permission_to_send"] == "explicit"


@ONE_DATABASE
def test_every_answer_of_a_visitor_arrives(world: World) -> None:
    account = world.account()
    form = world.form(account)
    field = account.fields[0].custom_field_id
    row = world.signup(
        form,
        body={
            "first_name": "Zoë",
            "last_name": "O’Brien-Łukasiewicz",
            "phone_number": "+1 555 010 0100",
            "company_name": "Maple & Rye",
            "job_title": "Baker",
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [{"custom_field_id": field, "value": "🌱"}],
        },
    )

    runner.drain()

    contact = world.contacts(account)["zoe@example.com"]
    assert world.again(row).contact_id == contact["contact_id"]
    assert [contact[name] for name in ("last_name", "company_name", "job_title")] == [
        "O’Brien-Łukasiewicz",
        "Maple & Rye",
        "Baker",
    ]
    assert contact["phone_numbers"][0]["phone_number"] == "+1 555 010 0100"
    assert contact["custom_fields"] == [{"custom_field_id": field, "value": "🌱"}]


def test_known_and_deleted_people_are_updated_and_keep_their_lists(
    world: World,
) -> None:
    account = world.account()
    before = world.contacts(account)["active@example.com"]["list_memberships"]
    other = next(item for item in account.lists if item.list_id not in before)
    form = world.form(account, lists=[{"list_id": other.list_id, "label": other.name}])
    rows = [
        world.signup(form, address)
        for address in ("ACTIVE@example.com", "deleted@example.com")
    ]

    runner.drain()

    contacts = world.contacts(account)
    assert [(world.again(row).state, row.action) for row in rows] == [
        (SignupState.DELIVERED, "updated")
    ] * 2
    assert contacts["active@example.com"]["list_memberships"] == [
        *before,
        form.lists[0]["list_id"],
    ]
    assert "deleted_at" not in contacts["deleted@example.com"]
    assert (
        contacts["deleted@example.com"]["email_address"]["permission_to_send"]
        == "explicit"
    )


# -- people who left


def test_who_opted_out_is_held_and_nothing_is_sent(world: World) -> None:
    account = world.account()
    form = world.form(account)
    rows = [
        world.signup(form, address)
        for address in ("opted-out@example.com", "removed@example.com")
    ]

    runner.drain()

    contacts = world.contacts(account)
    assert [(world.again(row).state, row.reason, row.due_at) for row in rows] == [
        (SignupState.HELD, "opted_out", None)
    ] * 2
    assert (
        contacts["opted-out@example.com"]["email_address"]["permission_to_send"]
        == "unsubscribed"
    )
    assert world.calls(SIGN_UP) == []


def test_sent_again_without_a_decision_it_is_held_again(world: World) -> None:
    row = world.signup(world.form(world.account()), "opted-out@example.com")
    runner.drain()

    moved = admin_actions.send_again([row.id])
    runner.drain()

    assert moved == 1
    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")
    assert world.calls(SIGN_UP) == []


def test_sent_again_with_the_decision_that_the_person_asked_for_it_it_goes(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account), "opted-out@example.com")
    runner.drain()

    admin_actions.send_again([row.id], resubscribe=True)
    runner.drain()

    email = world.contacts(account)["opted-out@example.com"]["email_address"]
    assert (world.again(row).state, email["permission_to_send"]) == (
        SignupState.DELIVERED,
        "explicit",
    )


def test_who_leaves_while_an_answer_is_lost_is_not_signed_up_again(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.fault(SIGN_UP, reset=True, when="after", times=1)

    runner.drain()
    world.control(
        "contacts",
        account=account.provider_id,
        email="zoe@example.com",
        status="unsubscribed",
    )
    world.clock.advance(minutes=10)
    runner.drain()

    email = world.contacts(account)["zoe@example.com"]["email_address"]
    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")
    assert email["permission_to_send"] == "unsubscribed"
    assert len(world.calls(SIGN_UP)) == 1


# -- this one sign-up


def test_what_the_provider_calls_invalid_is_parked_with_its_words_and_its_number(
    world: World,
) -> None:
    form = world.form(world.account())
    bad, good = (
        world.signup(form, "bad@example.com"),
        world.signup(form, "good@example.com"),
    )
    world.fault(SIGN_UP, status=400, times=1)

    runner.drain()

    (attempt,) = tries(bad)
    assert (world.again(bad).state, bad.reason, bad.due_at) == (
        SignupState.PARKED,
        "invalid",
        None,
    )
    assert (attempt.outcome, attempt.detail) == ("invalid", "Email address is invalid")
    assert attempt.request_id
    assert world.again(good).state == SignupState.DELIVERED
    assert world.again(form.account).trouble is None


def test_a_list_that_is_gone_parks_and_sending_again_after_the_repair_delivers(
    world: World,
) -> None:
    account = world.account()
    form = world.form(account)
    row = world.signup(form)
    gone = {"account": account.provider_id, "list_id": form.lists[0]["list_id"]}

    world.control("lists", **gone)
    runner.drain()
    parked = (world.again(row).state, row.reason)
    world.control("lists", **gone, deleted=False)
    admin_actions.send_again([row.id])
    runner.drain()

    assert parked == (SignupState.PARKED, "list_missing")
    assert world.again(row).state == SignupState.DELIVERED
    assert [one.outcome for one in tries(row)] == ["list_missing", "created"]


@ONE_DATABASE
def test_other_refusals_park(world: World) -> None:
    form = world.form(world.account())
    statuses = (402, 405, 410, 413, 415, 422, 451)
    rows = [world.signup(form, f"zoe{status}@example.com") for status in statuses]
    for status in statuses:
        world.fault(
            SIGN_UP,
            status=status,
            times=1,
            body=[{"error_key": "contacts.api.no", "error_message": "No."}],
        )

    runner.drain()

    assert {(world.again(row).state, row.reason) for row in rows} == {
        (SignupState.PARKED, "unsupported")
    }


def test_a_conflict_is_tried_again_in_a_few_seconds_and_nobody_else_waits(
    world: World,
) -> None:
    form = world.form(world.account())
    row, other = world.signup(form), world.signup(form, "max@example.com")
    world.fault(SIGN_UP, status=409, times=1)

    runner.drain()
    waits = (world.again(row).due_at or world.clock.now()) - world.clock.now()
    first = (row.state, row.reason, world.again(other).state)
    world.clock.advance(seconds=6)
    runner.drain()

    assert first == (SignupState.WAITING, "conflict", SignupState.DELIVERED)
    assert timedelta(0) < waits <= timedelta(seconds=5)
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_a_conflict_that_does_not_end_does_not_eat_up_the_day(world: World) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(SIGN_UP, status=409)
    waits = []
    for _ in range(5):
        runner.drain()
        waits.append((world.again(row).due_at or world.clock.now()) - world.clock.now())
        world.clock.advance(seconds=400)

    assert waits[1] <= timedelta(seconds=5)
    assert waits[4] > timedelta(minutes=3)


@ONE_DATABASE
def test_what_fails_on_its_own_for_three_days_is_parked(world: World) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(SIGN_UP, status=409)
    began = world.clock.now()

    while world.again(
        row
    ).state == SignupState.WAITING and world.clock.now() - began < timedelta(days=5):
        runner.drain()
        world.clock.advance(hours=14)

    lasted = (row.settled_at or began) - began
    assert (row.state, row.reason) == (SignupState.PARKED, "kept_failing")
    assert timedelta(days=3) < lasted < timedelta(days=3, hours=15)
    assert tries(row)[-1].outcome == "conflict"


@ONE_DATABASE
def test_sent_again_it_has_three_days_once_more(world: World) -> None:
    row = world.signup(
        world.form(world.account()),
        state=SignupState.PARKED,
        reason="kept_failing",
        due_at=None,
        failing_since=world.clock.now() - timedelta(days=4),
    )
    world.fault(SIGN_UP, status=409, times=1)

    admin_actions.send_again([row.id])
    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "conflict")


# -- our own mistakes


@ONE_DATABASE
def test_a_sign_up_that_trips_us_waits_and_does_not_stop_the_others(
    world: World,
) -> None:
    form = world.form(world.account())
    odd = world.signup(form, "odd@example.com", body=["no object at all"])
    fine = world.signup(form, "fine@example.com")

    runner.drain()

    assert (world.again(odd).state, odd.reason) == (SignupState.WAITING, "unexpected")
    assert world.again(fine).state == SignupState.DELIVERED
    assert world.again(form.account).trouble is None


def test_a_refused_grant_whose_access_token_is_dead_too_is_not_asked_for_ever(
    world: World,
) -> None:
    account = world.account()
    world.signup(world.form(account))
    world.token_set(account, refresh_due_at=world.clock.now())
    world.control("revoke", account=account.provider_id)
    for _minute in range(90):
        periodic.run_due(world.clock.now())
        runner.drain()
        world.clock.advance(minutes=1)

    refused = [
        call for call in world.control("requests")["requests"] if call["status"] == 401
    ]
    assert 1 <= len(refused) <= 3
    assert world.again(account).trouble == "grant_refused"
