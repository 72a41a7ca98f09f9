"""The mirror of opt-outs where it could be trusted too far, and attempts whose end
nobody heard.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts import tokens
from app.accounts.api_client import client
from app.accounts.models import Account
from app.constant_contact import errors
from app.constant_contact.client import Client
from app.database.session import write_transaction
from app.delivery import admin_actions, optouts
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.world import ONE_DATABASE, PATIENCE, World

LOOKS, SIGN_UPS = "/v3/contacts", "/contacts/sign_up_form"


def mirrored(world: World) -> Account:
    account = world.account()
    periodic.run_due(world.clock.now())
    return account


def reader(account: Account, *before_each: Callable[[], object]) -> Client:
    """The provider's client; something happens before each page that it asks for."""
    steps = iter(before_each)
    return replace(
        client(tokens.fresh_token(account.id)), turn=lambda: next(steps, int)()
    )


def left(email: str, at: datetime) -> dict[str, Any]:
    return {
        "contact_id": "11111111-1111-4111-8111-111111111111",
        "email_address": {
            "address": email,
            "permission_to_send": "unsubscribed",
            "opt_out_date": at.isoformat(),
        },
    }


def page(
    world: World, *contacts: dict[str, Any], more: bool = False, times: int = 1
) -> None:
    """What the provider answers next when it is asked who left."""
    links = {"_links": {"next": {"href": "/v3/contacts?cursor=more"}}} if more else {}
    world.fault(
        LOOKS,
        method="GET",
        status=200,
        times=times,
        body={"contacts": list(contacts), **links},
    )


def leaves(world: World, account: Account, email: str) -> None:
    world.control(
        "contacts", account=account.provider_id, email=email, status="unsubscribed"
    )


def just_read(world: World, account: Account) -> None:
    with write_transaction() as session:
        session.get_one(Account, account.id).optouts_read_at = world.clock.now()


@ONE_DATABASE
def test_of_two_readers_the_one_overtaken_does_not_call_it_whole(world: World) -> None:
    account, now = world.account(), world.clock.now()

    def another_begins_and_fails() -> None:
        world.clock.advance(minutes=3)
        with pytest.raises(errors.Down):
            optouts.read_whole(account.id, reader(account))

    page(world, left("first@example.com", now - timedelta(days=9)), more=True)
    world.fault(LOOKS, method="GET", status=503, body={}, times=1)
    page(world, left("last@example.com", now - timedelta(days=8)))

    optouts.read_whole(account.id, reader(account, int, another_begins_and_fails))

    assert optouts.unread() == [account.id]


def test_while_one_reads_no_other_begins_and_what_is_whole_is_not_read_again(
    world: World,
) -> None:
    account = world.account()
    others: list[bool] = []

    def another() -> None:
        others.append(optouts.read_whole(account.id, reader(account)))

    page(
        world,
        left("first@example.com", world.clock.now() - timedelta(days=9)),
        more=True,
    )
    page(world, left("last@example.com", world.clock.now() - timedelta(days=8)))
    mine = optouts.read_whole(account.id, reader(account, another, another))
    another()

    assert (mine, others, optouts.unread()) == (True, [False, False, False], [])
    assert len(world.calls(LOOKS)) == 2


@ONE_DATABASE
def test_who_leaves_while_a_long_reading_goes_on_is_seen_by_the_next(
    world: World,
) -> None:
    account, began = world.account(), world.clock.now()

    def half_an_hour() -> None:
        leaves(world, account, "active@example.com")  # on a page that was passed
        world.clock.advance(minutes=30)

    page(world, left("old@example.com", began - timedelta(days=9)), more=True)
    page(world, left("newest@example.com", began + timedelta(minutes=30)))
    optouts.read_whole(account.id, reader(account, int, half_an_hour))
    world.clock.advance(minutes=5)
    row = world.signup(world.form(account), "active@example.com")

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_an_opt_out_dated_in_the_future_hides_nobody(world: World) -> None:
    account = world.account()
    page(world, left("odd@example.com", world.clock.now() + timedelta(days=3650)))
    optouts.read_whole(account.id, reader(account))
    world.clock.advance(minutes=30)
    leaves(world, account, "active@example.com")
    world.clock.advance(minutes=30)
    row = world.signup(world.form(account), "active@example.com")

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_a_page_of_nonsense_costs_a_look_and_no_sign_up(world: World) -> None:
    account = mirrored(world)
    world.clock.advance(minutes=10)
    page(world, {"contact_id": "1", "email_address": None})
    row = world.signup(world.form(account))

    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_more_news_than_a_sign_up_can_wait_for_is_left_to_upkeep(world: World) -> None:
    account = mirrored(world)
    world.clock.advance(minutes=10)
    page(
        world,
        left("away@example.com", world.clock.now()),
        more=True,
        times=optouts.MAX_AT_ONCE + 1,
    )
    row = world.signup(world.form(account))

    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED
    assert optouts.unread() == [account.id]


@ONE_DATABASE
def test_while_somebody_reads_the_news_nobody_waits_for_that(
    world: World, app: Flask
) -> None:
    account = mirrored(world)
    world.clock.advance(minutes=10)
    row = world.signup(world.form(account))
    reads, ends, in_time = threading.Event(), threading.Event(), []

    def wait() -> None:
        reads.set()
        in_time.append(ends.wait(PATIENCE))

    def read_on() -> None:
        with app.app_context():
            optouts.may_have_left(account_id, "ada@example.com", slow)

    account_id, slow = account.id, reader(account, wait)
    other = threading.Thread(target=read_on)
    other.start()
    assert reads.wait(PATIENCE)

    runner.drain()
    ends.set()
    other.join()

    assert in_time == [True]
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_who_leaves_after_a_lost_answer_is_held_though_a_decision_was_taken_before(
    world: World,
) -> None:
    account = mirrored(world)
    row = world.signup(
        world.form(account), "opted-out@example.com", may_resubscribe=True
    )
    world.fault(SIGN_UPS, when="after", reset=True, times=1)
    runner.drain()
    first = world.again(row).reason
    leaves(world, account, "opted-out@example.com")
    world.clock.advance(hours=1)

    runner.drain()

    assert first == "unanswered"
    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_a_decision_taken_after_that_look_is_carried_out(world: World) -> None:
    account = mirrored(world)
    row = world.signup(world.form(account), "active@example.com")
    world.fault(SIGN_UPS, when="after", reset=True, times=1)
    runner.drain()
    leaves(world, account, "active@example.com")
    world.clock.advance(hours=1)
    runner.drain()
    looked = world.again(row).state
    admin_actions.send_again([row.id], resubscribe=True)

    runner.drain()

    assert looked == SignupState.HELD
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_a_lost_answer_is_not_forgotten_over_a_look_that_was_throttled(
    world: World,
) -> None:
    account = mirrored(world)
    row = world.signup(world.form(account), "active@example.com")
    world.fault(SIGN_UPS, when="after", reset=True, times=1)
    runner.drain()
    world.clock.advance(seconds=30)
    world.fault(
        LOOKS,
        method="GET",
        status=429,
        times=1,
        body={"error_key": "throttled", "error_message": "x"},
    )
    runner.drain()
    second = world.again(row).reason
    leaves(world, account, "active@example.com")
    world.clock.advance(seconds=62)
    just_read(world, account)  # the mirror is young, and does not know it yet

    runner.drain()

    assert second == "throttled"
    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_a_consent_renewed_after_an_opt_out_is_held_by_itself(world: World) -> None:
    form = world.form(mirrored(world))
    world.signup(form, "opted-out@example.com")
    world.clock.advance(days=2)
    renewed = world.signup(form, "opted-out@example.com")

    runner.drain()

    assert (world.again(renewed).state, renewed.reason) == (
        SignupState.HELD,
        "opted_out",
    )


@ONE_DATABASE
@pytest.mark.parametrize(
    ("trouble", "rest"),
    [
        ({"status": 429}, timedelta(seconds=5)),
        ({"status": 503, "body": {}}, timedelta(minutes=15)),
    ],
)
def test_a_read_that_met_a_pause_is_made_once_that_is_over_and_one_that_failed_later(
    world: World, trouble: dict[str, Any], rest: timedelta
) -> None:
    account, key = world.account(), optouts._key_name()
    world.fault(LOOKS, times=1, **trouble)

    found = []
    for step in (timedelta(0), rest - timedelta(seconds=4), timedelta(seconds=8)):
        world.clock.advance(seconds=step.total_seconds())
        periodic.run_due(world.clock.now(), (periodic._read_optouts,))
        found.append(world.again(account).optouts_key == key)

    assert found == [False, False, True]


def test_others_need_no_look_up_while_one_reads_on_ahead_of_time(world: World) -> None:
    account = mirrored(world)

    answers = []
    # seconds: 44, 46, 59 and 61 of the minute that it may be old
    for step in (44, 2, 13, 2):
        world.clock.advance(seconds=step)
        now = world.clock.now()
        # somebody reads it on
        with optouts.LEASE.hold(account.id, now=now, most=optouts.SILENT):
            answers.append(
                optouts.may_have_left(
                    account.id,
                    "zoe@example.com",
                    client(tokens.fresh_token(account.id)),
                )
            )

    assert answers == [False, False, False, True]
