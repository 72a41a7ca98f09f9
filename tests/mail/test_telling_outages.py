"""An outage is nobody's business, and what is of the installation goes to its admins alone."""

from typing import Any

import pytest

from app.accounts.models import Account
from app.worker import runner
from tests.mail.accounts import API, TOKEN
from tests.mail.acting import ADA, OWNER, admins, notices, round_of, subjects, told
from tests.mail.sink import Sink
from tests.world import ONE_DATABASE, PUBLIC_URL, World

LONG = pytest.mark.long

# -- an outage is nobody's business


@ONE_DATABASE
@pytest.mark.parametrize(
    ("route", "fault"),
    [
        (TOKEN, {"status": 500}),
        pytest.param(TOKEN, {"status": 503, "body": "<h1>Down"}, marks=LONG),
        pytest.param(TOKEN, {"status": 429}, marks=LONG),
        (TOKEN, {"reset": True}),
        (TOKEN, {"status": 200, "body": "<p>"}),
        pytest.param(API, {"status": 500}, marks=LONG),
        (API, {"status": 503, "body": "<h1>Down"}),
        (API, {"status": 429}),
        pytest.param(API, {"reset": True}, marks=LONG),
        (API, {"status": 401, "body": "<p>who?"}),
        (API, {"status": 200, "body": "<p>"}),
    ],
)
def test_six_hours_of_outage_are_told_to_nobody(
    world: World, bakery: Account, sink: Sink, route: str, fault: dict[str, Any]
) -> None:
    world.signup(world.form(bakery))
    world.expired(bakery)
    world.fault(route, **fault)
    for _ in range(12):
        runner.drain()
        round_of(world)
        world.clock.advance(minutes=30)
    world.mend()
    world.clock.advance(minutes=15)
    runner.drain()
    round_of(world)

    assert (notices(), told(), sink.taken) == ([], {}, [])
    assert world.contacts(bakery)["zoe@example.com"]


@ONE_DATABASE
def test_an_outage_takes_nothing_back_either(
    world: World, bakery: Account, sink: Sink
) -> None:
    """Told of a login that may not; then the provider is down for a while; then it
    works.
    """
    row = world.signup(world.form(bakery))
    world.fault(API, status=403)
    until_told(world, bakery)
    taken = len(sink.taken)
    world.mend()
    world.fault(API, status=503)
    for _ in range(8):
        runner.drain()
        round_of(world)
        world.clock.advance(minutes=15)
    during = (len(sink.taken), list(told()))
    world.mend()
    runner.drain()
    round_of(world)

    assert world.again(row).state == "delivered"
    assert during == (taken, [bakery.id])
    assert len(sink.taken) == taken + 3
    assert told() == {}


def until_told(world: World, account: Account) -> None:
    for _ in range(4):
        runner.drain()
        round_of(world)
        world.clock.advance(seconds=45)
    assert told() == {account.id: "forbidden"}


@ONE_DATABASE
def test_one_odd_403_is_no_event(world: World, bakery: Account, sink: Sink) -> None:
    world.signup(world.form(bakery))
    world.fault(API, status=403, times=1)
    runner.drain()
    round_of(world)
    again = world.again(bakery).trouble
    world.clock.advance(minutes=1)
    runner.drain()
    round_of(world)

    assert again == "forbidden"
    assert (notices(), world.again(bakery).trouble) == ([], None)


@ONE_DATABASE
def test_a_403_amid_an_outage_is_no_event_unless_it_lasts(
    world: World, bakery: Account, sink: Sink
) -> None:
    world.signup(world.form(bakery))
    world.fault(API, status=503, times=4)
    for _ in range(4):
        runner.drain()
        world.clock.advance(minutes=7)
    world.fault(API, status=403)
    runner.drain()
    round_of(world)
    at_first = (
        world.again(bakery).trouble,
        world.again(bakery).trouble_count,
        notices(),
    )
    for _ in range(3):
        world.clock.advance(minutes=7)
        runner.drain()
    round_of(world)

    assert at_first == ("forbidden", 5, [])
    assert len(sink.to(OWNER)) == 1


@ONE_DATABASE
def test_a_403_from_the_token_endpoint_says_nothing_about_the_owners_login(
    world: World, bakery: Account
) -> None:
    world.expired(bakery)
    world.fault(TOKEN, status=403)
    for _ in range(6):
        round_of(world)
        world.clock.advance(minutes=15)

    assert notices() == []


# -- what is of the installation


@ONE_DATABASE
def test_a_refused_api_key_is_one_mail_per_admin_and_none_to_owners(
    world: World, sink: Sink
) -> None:
    admins(world, ADA, "bob@example.com")
    for number in range(5):
        world.expired(world.account(number, notify_email=f"owner{number}@example.com"))
    world.fault(TOKEN, status=401)
    for _ in range(3):
        round_of(world)
        world.clock.advance(minutes=10)

    assert [one for one, _subject in subjects(sink)] == [ADA, "bob@example.com"]
    assert "5 accounts are affected." in sink.taken[0].text
    assert f"{PUBLIC_URL}/setup" in sink.taken[0].text
    assert told() == {"installation": "client_refused"}


@ONE_DATABASE
def test_an_api_key_put_right_is_one_mail_per_admin_once_a_token_is_renewed(
    world: World, sink: Sink
) -> None:
    admins(world, ADA)
    for number in range(2):
        world.expired(world.account(number, notify_email=OWNER))
    world.fault(TOKEN, status=401)
    round_of(world)
    world.mend()
    world.fault(TOKEN, status=503)
    world.clock.advance(minutes=10)
    round_of(world)
    during = subjects(sink)
    world.mend()
    world.clock.advance(minutes=10)
    round_of(world)

    assert during == [(ADA, "Latchkey at 127.0.0.1:8111 needs you")]
    assert subjects(sink) == [*during, (ADA, "Latchkey at 127.0.0.1:8111 works again")]
    assert told() == {}


@ONE_DATABASE
def test_another_accounts_renewal_proves_nothing_while_one_is_only_retried(
    world: World, sink: Sink
) -> None:
    admins(world, ADA)
    stopped, other = world.account(0), world.account(1)
    world.expired(stopped)
    world.fault(TOKEN, status=401)
    round_of(world)
    world.mend()
    world.fault(TOKEN, status=503)
    world.clock.advance(minutes=10)
    world.connected_again(other)
    round_of(world)

    assert told() == {"installation": "client_refused"}
    assert len(sink.taken) == 1
