"""Sign-ups that wait for their person's word, seen from the rest of the house."""

import logging

import pytest

from app.accounts.disconnect import OWNER, disconnect
from app.accounts.models import Account
from app.delivery import admin_actions, transfer
from app.forms.models import Form
from app.signups.models import SignupState
from app.stats import counts
from app.status import worker_health
from tests.confirmation.acting import (
    ZOE,
    form_with,
    link_to,
    sign_up,
    state_of,
    work,
)
from tests.delivery.test_transfer import mapping
from tests.mail.sink import Sink
from tests.world import World

CONFIRMING = (SignupState.CONFIRMING, "form_asks")


def test_they_are_part_of_the_balance_and_not_overdue(world: World, form: Form) -> None:
    sign_up(world, form)
    world.clock.advance(hours=3)

    balance = counts.balance()
    assert balance.by_state[SignupState.CONFIRMING] == 1
    assert balance.accepted == sum(balance.by_state.values())
    assert worker_health.oldest_due(world.clock.now()) is None
    assert worker_health.overdue_seconds(world.clock.now()) == 0


def test_they_move_with_their_form_and_their_link_goes_on_working(
    world: World, sink: Sink, form: Form, account: Account
) -> None:
    other = world.account(1)
    row = sign_up(world, form)
    work()
    transfer.move(account.id, other.id, mapping(account, other))
    work()
    moved = state_of(world, row)
    world.app.test_client().post(link_to(sink))
    work()

    assert moved == CONFIRMING
    assert state_of(world, row)[0] == SignupState.DELIVERED
    assert ZOE in world.contacts(other)


def test_lists_that_went_go_to_the_new_account_too_without_a_second_mail(
    world: World, sink: Sink, account: Account
) -> None:
    other = world.account(1)
    form = form_with(
        world, account, known_contacts="add_only", confirmation="suspicious"
    )
    row = sign_up(world, form, first_name="Zoe")
    work()
    transfer.move(account.id, other.id, mapping(account, other))
    work()

    assert state_of(world, row) == (SignupState.CONFIRMING, "answers_wait")
    assert ZOE in world.contacts(other)
    assert len(sink.taken) == 1


def test_they_are_closed_with_all_that_waits_for_a_disconnected_account(
    world: World, sink: Sink, account: Account, form: Form
) -> None:
    adds = form_with(
        world, account, known_contacts="add_only", confirmation="suspicious"
    )
    on_lists = sign_up(world, adds, "lists@example.com", first_name="Zoe")
    row = sign_up(world, form)
    work()
    disconnect(account.id, OWNER)
    closed = admin_actions.close_waiting(account.id)
    work()

    assert closed == 2
    assert state_of(world, row) == (SignupState.CLOSED, "not_sent")
    assert state_of(world, on_lists) == (SignupState.DELIVERED, "lists_only")


def test_no_token_and_no_address_is_logged(
    world: World, sink: Sink, form: Form, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_up(world, form)
    sink.say[f"RCPT {ZOE}"] = "450 later"
    work()
    sink.say.clear()
    world.clock.advance(minutes=10)
    work()
    path, browser = link_to(sink), world.app.test_client()
    for address in (path, f"{path}/not-me", f"{path}/thanks"):
        browser.get(address)
    browser.post(path)
    work()

    ours = [str(one.msg) for one in caplog.records if one.name == "latchkey"]
    assert len(ours) > 5
    assert not [line for line in ours if path.rpartition("/")[2] in line]
    assert not [line for line in ours if ZOE in line]
