"""Every magic address of the simulator, signed up with: Latchkey does what the
simulator's own table promises.
"""

import pytest

from app.signups.models import Signup, SignupState
from app.simulator.magic import BY_NAME
from app.worker import runner
from tests.world import ONE_DATABASE, World

# name: (state and reason after the first try, the same once the trouble is over)
AGAIN = ("waiting", "delivered")
TROUBLES = {
    "500": ("provider_down", AGAIN),
    "502": ("provider_down", AGAIN),
    "503": ("provider_down", AGAIN),
    "reset-before": ("unanswered", AGAIN),
    "reset-after": ("unanswered", AGAIN),
    "429": ("throttled", AGAIN),
    "quota": ("quota_exceeded", AGAIN),
    "409": ("conflict", AGAIN),
    "401": ("created", ("delivered", "delivered")),
    "403": ("forbidden", AGAIN),
    "404": ("list_missing", ("parked", "parked")),
    "415": ("unsupported", ("parked", "parked")),
    "invalid": ("invalid", ("parked", "parked")),
    "html": ("nonsense", AGAIN),
    "empty": ("nonsense", AGAIN),
    "redirect": ("nonsense", AGAIN),
}
PEOPLE = {
    "unsubscribed": "held",
    "pending": "delivered",
    "on-hold": "delivered",
    "deleted": "delivered",
}
# late answers are played with shorter ones in tests/delivery
TAKE_REAL_SECONDS = {"slow-5s", "timeout"}


def test_every_magic_address_is_played_here() -> None:
    assert {*TROUBLES, *PEOPLE, *TAKE_REAL_SECONDS} == set(BY_NAME)


@ONE_DATABASE
@pytest.mark.parametrize("name", TROUBLES)
def test_a_trouble_that_comes_once_is_told_and_then_over(
    world: World, name: str
) -> None:
    reason, (at_first, at_last) = TROUBLES[name]
    account, address = world.account(), f"{name}-then-ok+zoe@example.com"
    row = world.signup(world.form(account), address)
    runner.drain()
    first: Signup = world.again(row)
    told = (first.state, first.reason)
    world.clock.advance(hours=24 if name == "quota" else 1)
    runner.drain()

    assert told == (at_first, reason)
    assert world.again(row).state == at_last
    assert (address in world.contacts(account)) == (at_last == "delivered")


@ONE_DATABASE
@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_who_is_known_already(world: World, name: str) -> None:
    account = world.account()
    row = world.signup(world.form(account), f"{name}+zoe@example.com")
    runner.drain()

    assert world.again(row).state == PEOPLE[name]
    permission = world.contacts(account)[f"{name}+zoe@example.com"]["email_address"][
        "permission_to_send"
    ]
    assert permission == ("unsubscribed" if name == "unsubscribed" else "explicit")


@ONE_DATABASE
def test_a_trouble_that_stays_holds_nobody_else_up(world: World) -> None:
    account = world.account()
    form = world.form(account)
    world.signup(form, "healthy@example.com")
    runner.drain()
    stuck = world.signup(form, "500+zoe@example.com")
    others = [world.signup(form, f"after{number}@example.com") for number in range(3)]
    for _ in range(4):
        runner.drain()
        world.clock.advance(minutes=10)

    assert world.again(stuck).state == SignupState.WAITING
    assert {world.again(other).state for other in others} == {SignupState.DELIVERED}
