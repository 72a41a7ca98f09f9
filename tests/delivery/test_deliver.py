"""One sign-up, one verdict: delivered, later, held, parked, or the account waits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts import health
from app.accounts.api_rate import Governor
from app.accounts.models import Account, TokenSet
from app.database.session import db, write_transaction
from app.delivery import admin_actions
from app.signups.models import Attempt, Signup, SignupState
from app.worker import periodic, runner
from tests.world import ONE_DATABASE, When, World, until

SIGN_UP = "/contacts/sign_up_form"


def tries(row: Signup) -> list[Attempt]:
    return list(
        db.session.scalars(
            select(Attempt).where(Attempt.signup_id == row.id).order_by(Attempt.number)
        )
    )


def refreshes(world: World) -> int:
    return len(world.calls("/token"))


def governor() -> Governor:
    db.session.rollback()
    return db.session.scalars(select(Governor)).one()


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


# -- the token


@pytest.mark.parametrize("route", ["/v3/contacts", SIGN_UP])
def test_a_401_is_one_refresh_and_then_it_arrives(world: World, route: str) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(route, status=401, times=1)

    runner.drain()

    assert (world.again(row).state, row.attempts) == (SignupState.DELIVERED, 1)
    assert refreshes(world) == 1


@ONE_DATABASE
def test_a_401_twice_lets_the_account_wait_and_nothing_is_parked(world: World) -> None:
    account = world.account()
    rows = [world.signup(world.form(account), f"zoe{n}@example.com") for n in range(3)]
    world.fault("/v3/contacts", status=401)

    runner.drain()
    after_one_probe = refreshes(world)
    states = {(world.again(row).state) for row in rows}
    trouble = world.again(account).trouble
    world.mend()
    world.clock.advance(minutes=10)
    runner.drain()

    assert after_one_probe == 1
    assert states == {SignupState.WAITING}
    assert trouble == "unauthorized"
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert world.again(account).trouble is None


@ONE_DATABASE
def test_a_grant_the_owner_took_back_waits_for_the_owner_and_nothing_is_parked(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.control("revoke", account=account.provider_id)

    for _ in range(6):
        runner.drain()
        world.clock.advance(days=2)

    assert world.again(row).state == SignupState.WAITING
    assert refreshes(world) == 1
    assert health.of(world.again(account), world.clock.now()).state == "needs_owner"
    assert world.again(account).trouble == "grant_refused"


@ONE_DATABASE
def test_an_api_key_that_is_refused_waits_and_goes_on_once_corrected(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.expired(account)
    world.fault("/token", status=401)

    runner.drain()
    reason = world.again(account).trouble
    world.mend()
    world.clock.advance(minutes=10)
    runner.drain()

    assert reason == "client_refused"
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_tokens_sealed_with_a_lost_key_wait_for_the_key(
    world: World, house: Callable[..., Flask]
) -> None:
    from pydantic import SecretStr

    from app.core.crypto import new_key

    account = world.account()
    row = world.signup(world.form(account))

    with house(key=(SecretStr(new_key()),)).app_context():
        runner.drain()
    reason = world.again(account).trouble
    world.clock.advance(minutes=10)
    runner.drain()

    assert reason == "cannot_open"
    assert world.again(row).state == SignupState.DELIVERED


# -- the account


@ONE_DATABASE
def test_a_403_waits_for_a_person(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.fault("/v3/contacts", status=403, times=1)

    runner.drain()

    (attempt,) = tries(row)
    assert world.again(row).state == SignupState.WAITING
    assert attempt.detail == "Request forbidden due to insufficient user privileges."
    assert health.of(world.again(account), world.clock.now()).state == "needs_owner"
    assert account.trouble_detail == attempt.detail


def test_a_disconnected_account_keeps_its_sign_ups_until_it_is_back(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    set_disconnected(account, world.clock.now())
    calls = len(world.calls(""))

    attempts = runner.drain()
    quiet = len(world.calls("")) == calls
    set_disconnected(account, None)
    runner.drain()

    assert (attempts, quiet) == (0, True)
    assert world.again(row).state == SignupState.DELIVERED


def set_disconnected(account: Account, at: Any) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).where(Account.id == account.id).values(disconnected_at=at)
        )


def test_an_account_without_tokens_waits(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    with write_transaction() as session:
        session.delete(
            session.scalars(
                select(TokenSet).where(TokenSet.account_id == account.id)
            ).one()
        )

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "disconnected")


def test_trouble_of_one_account_does_not_stop_another(world: World) -> None:
    ill, well = world.account(), world.account(1)
    waiting = [world.signup(world.form(ill), f"zoe{n}@example.com") for n in range(5)]
    world.control("revoke", account=ill.provider_id)
    fine = [world.signup(world.form(well), f"max{n}@example.com") for n in range(5)]

    runner.drain()

    assert {world.again(row).state for row in waiting} == {SignupState.WAITING}
    assert {world.again(row).state for row in fine} == {SignupState.DELIVERED}
    assert sum(len(tries(row)) for row in waiting) == 1


# -- the provider


SAYS = {
    "500 array": {"status": 500},
    "503 array": {"status": 503},
    "500 object": {"status": 500, "body": {"message": "Internal server error"}},
    "502 page": {"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>"},
    "504 empty": {"status": 504, "body": ""},
    "200 page": {"status": 200, "body": "<html>Sign in</html>"},
    "200 empty": {"status": 200, "body": ""},
    "200 other object": {"status": 200, "body": {"hello": "world"}},
    "200 array": {"status": 200, "body": []},
    "200 null": {"status": 200, "body": "null", "content_type": "application/json"},
    "302 elsewhere": {"status": 302, "body": ""},
}


@ONE_DATABASE
def test_trouble_of_the_provider_waits_whatever_it_says_and_passes_by_itself(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))

    reasons = {}
    for name, answer in SAYS.items():
        world.fault(SIGN_UP, times=1, **answer)
        runner.drain()
        reasons[name] = (
            world.again(row).state,
            row.reason,
            world.again(account).trouble,
        )
        world.clock.advance(minutes=10)
    runner.drain()

    down, nonsense = "provider_down", "nonsense"
    assert reasons == {
        name: (SignupState.WAITING, reason, reason)
        for name, reason in {
            "500 array": down,
            "503 array": down,
            "500 object": down,
            "502 page": down,
            "504 empty": down,
            "200 page": nonsense,
            "200 empty": nonsense,
            "200 other object": nonsense,
            "200 array": nonsense,
            "200 null": nonsense,
            "302 elsewhere": nonsense,
        }.items()
    }
    assert (world.again(row).state, world.again(account).trouble) == (
        SignupState.DELIVERED,
        None,
    )
    assert len(tries(row)) == len(SAYS) + 1


@ONE_DATABASE
def test_a_look_that_fails_sends_nothing(world: World) -> None:
    row = world.signup(world.form(world.account()))

    reasons = []
    for answer in SAYS.values():
        world.fault("/v3/contacts", times=1, method="GET", **answer)
        runner.drain()
        reasons.append((world.again(row).state, row.reason))
        world.clock.advance(minutes=10)

    assert {state for state, _ in reasons} == {SignupState.WAITING}
    assert {reason for _, reason in reasons} == {"provider_down", "nonsense"}
    assert world.calls(SIGN_UP) == []


@ONE_DATABASE
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_answer_in_time_is_looked_up_and_tried_again(
    world: World, house: Callable[..., Flask], when: When
) -> None:
    account = world.account()
    row = world.signup(world.form(account))

    with world.holding(SIGN_UP, when), house(http_deadline=2).app_context():
        runner.drain()
    first = (world.again(row).state, row.reason)
    until(lambda: world.calls(SIGN_UP))  # written down when the slow answer is out
    world.clock.advance(minutes=10)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert world.again(row).state == SignupState.DELIVERED
    assert (
        len([one for one in world.contacts(account) if one == "zoe@example.com"]) == 1
    )


@pytest.mark.parametrize(
    ("when", "action"), [("before", "created"), ("after", "updated")]
)
def test_a_connection_cut_before_or_after_the_effect_ends_in_one_contact(
    world: World, when: str, action: str
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.fault(SIGN_UP, reset=True, when=when, times=1)

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(minutes=10)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, action)
    assert [one.outcome for one in tries(row)] == ["unanswered", action]


@ONE_DATABASE
def test_a_provider_that_cannot_be_reached_waits(
    world: World, house: Callable[..., Flask]
) -> None:
    row = world.signup(world.form(world.account()))

    with house(api_url="http://127.0.0.1:9/v3").app_context():
        runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "unreachable")


# -- the pace


def test_a_429_pauses_everybody_for_a_moment(world: World) -> None:
    row = world.signup(world.form(world.account()))
    other = world.signup(world.form(world.account(1)), "max@example.com")
    world.fault(SIGN_UP, status=429, times=1)
    calls = len(world.calls(SIGN_UP))

    runner.drain()
    paused = governor()
    during = len(world.calls(SIGN_UP)) - calls
    wait = (paused.paused_until or world.clock.now()) - world.clock.now()
    world.clock.advance(seconds=3)
    runner.drain()

    assert during == 1
    assert paused.paused_for == "throttled"
    assert timedelta(seconds=0.5) < wait <= timedelta(seconds=2)
    assert (world.again(row).state, world.again(other).state) == (
        SignupState.DELIVERED,
        SignupState.DELIVERED,
    )
    assert world.again(row.account).trouble is None


def test_a_spent_day_pauses_until_midnight_utc(world: World) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(
        SIGN_UP,
        status=429,
        times=1,
        body={"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
    )

    runner.drain()
    paused, now = governor(), world.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        days=1
    )
    first = (world.again(row).state, row.reason)
    until = paused.paused_until or now
    calls = len(world.calls(""))
    world.clock.advance(seconds=(midnight - now).total_seconds() - 5)
    early = runner.drain()
    quiet = len(world.calls("")) == calls
    world.clock.advance(seconds=40)
    runner.drain()

    assert first == (SignupState.WAITING, "quota_exceeded")
    assert midnight < until <= midnight + timedelta(seconds=30)
    assert (early, quiet) == (0, True)
    assert world.again(row).state == SignupState.DELIVERED


def test_the_days_allowance_is_never_overdrawn(
    world: World, house: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(4)]
    used = governor().used
    calls = len(world.calls(""))
    small = house(calls_per_day=used + 5)

    with small.app_context():
        runner.drain()
    spent = len(world.calls("")) - calls
    waiting = [
        world.again(row)
        for row in rows
        if world.again(row).state == SignupState.WAITING
    ]
    reasons = {row.reason for row in waiting}
    world.clock.advance(days=1)
    runner.drain()

    assert spent == 5
    # the one in whose midst it was spent, and those not begun
    assert reasons <= {"quota_exceeded", None}
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}


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
