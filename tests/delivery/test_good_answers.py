"""Any good answer of the provider for an account ends its trouble."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.accounts import health, sync
from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.constant_contact import activities
from app.delivery.lookup import look_up
from app.signups.models import SignupState
from app.worker import runner
from tests.accounts.links import life
from tests.delivery.acting import SIGN_UP
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE


def troubled(world: World, trouble: str = "provider_down") -> Account:
    now = world.clock.now()
    return world.account(
        trouble=trouble,
        trouble_since=now,
        trouble_count=9,
        hold_until=now + timedelta(hours=6),
    )


def an_import(world: World, account: Account) -> None:
    authorized_call(account.id, activities.listed)


def check_now(world: World, account: Account) -> None:
    admin = world.signed_in()
    token = csrf_of(admin.get(f"/accounts/{account.id}").text)
    admin.post(f"/accounts/{account.id}/read", data={"csrf_token": token})


def a_look_up(world: World, account: Account) -> None:
    look_up(world.signup(world.form(account), "active@example.com"))


@pytest.mark.parametrize("ask", [an_import, check_now, a_look_up])
@pytest.mark.parametrize("trouble", ["provider_down", "unanswered", "grant_refused"])
def test_a_good_answer_lets_the_sign_ups_go_at_once(
    world: World, ask: Callable[[World, Account], None], trouble: str
) -> None:
    account = troubled(world, trouble)
    row = world.signup(world.form(account))
    runner.drain()
    on_hold = world.again(row).state

    ask(world, account)
    runner.drain()

    assert on_hold == SignupState.WAITING
    assert world.again(row).state == SignupState.DELIVERED
    assert life(account) == ["mended"]
    assert health.of(world.again(account), world.clock.now()).state == "healthy"


def test_a_read_says_nothing_of_a_login_that_may_not_write(world: World) -> None:
    account = troubled(world, "forbidden")
    an_import(world, account)
    after_a_read = world.again(account).trouble

    sync.look(account.id, patience=0)

    assert after_a_read == "forbidden"
    assert world.again(account).trouble is None


def test_a_look_up_that_goes_well_does_not_end_the_trouble_of_the_call_after_it(
    world: World,
) -> None:
    account = world.account()
    world.fault(SIGN_UP, status=503)
    world.signup(world.form(account), "active@example.com")
    holds = []
    for _ in range(4):
        runner.drain()
        account = world.again(account)
        holds.append(account.trouble_count)
        world.clock.advance(minutes=10)

    assert holds == [1, 2, 3, 4]


def test_an_account_that_was_well_has_not_recovered(world: World) -> None:
    account = world.account()

    sync.look(account.id, patience=0)

    assert life(account) == []
