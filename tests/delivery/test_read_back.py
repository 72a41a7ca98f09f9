"""A sample of what was delivered is read back."""

from collections import Counter

from sqlalchemy import select

from app.cli.commands import latchkey
from app.database.session import db
from app.delivery import read_back
from app.delivery.models import Arrival
from app.worker import runner
from tests.dashboard.reading import text_of
from tests.world import World


def found() -> Counter[str]:
    db.session.rollback()
    return Counter(db.session.scalars(select(Arrival.found)))


def test_what_arrived_left_or_vanished_is_told_apart(world: World) -> None:
    account = world.account()
    form = world.form(account)
    for name in ("there", "left", "gone"):
        world.signup(form, f"{name}@example.com")
    runner.drain()
    world.clock.advance(minutes=11)
    for name, status in (("left", "unsubscribed"), ("gone", "deleted")):
        world.control(
            "contacts",
            account=account.provider_id,
            email=f"{name}@example.com",
            status=status,
        )

    read_back.check_some(world.clock.now())

    assert found() == {"there": 1, "left": 2}
    assert read_back.lately(world.clock.now()) == dict(found())


def test_who_is_not_there_is_missing(world: World) -> None:
    world.signup(world.form(world.account()))
    runner.drain()
    world.clock.advance(minutes=11)
    world.fault(
        "/v3/contacts", method="GET", times=1, status=200, body={"contacts": []}
    )

    read_back.check_some(world.clock.now())

    assert found() == {"missing": 1}


def test_it_is_once_a_day_and_a_hundredth_of_the_allowance(world: World) -> None:
    form = world.form(world.account())
    world.app.extensions["latchkey"].settings.__dict__["calls_per_day"] = 300
    for n in range(6):
        world.signup(form, f"zoe{n}@example.com")
    runner.drain()
    world.clock.advance(minutes=11)

    read_back.check_some(world.clock.now())
    first = sum(found().values())
    read_back.check_some(world.clock.now())

    assert first == sum(found().values()) == 3
    assert "" not in found()


def test_a_list_that_was_not_joined_is_drift(world: World) -> None:
    account = world.account()
    form = world.form(account)
    row = world.signup(form)
    runner.drain()
    contact = world.contacts(account)["zoe@example.com"]
    world.clock.advance(minutes=11)
    world.fault(
        "/v3/contacts",
        method="GET",
        times=1,
        status=200,
        body={
            "contacts": [
                {
                    "contact_id": contact["contact_id"],
                    "email_address": contact["email_address"],
                    "list_memberships": [],
                }
            ]
        },
    )

    read_back.check_some(world.clock.now())

    page = text_of(world.signed_in().get("/").text)
    said = world.app.test_cli_runner().invoke(latchkey, ["doctor", "--offline"]).output

    assert world.again(row)
    assert found() == {"lists_missing": 1}
    assert (
        "Latchkey checked 1 delivered sign-ups in the last seven days. 1 was missing or"
        " not on its lists." in page
    )
    assert "1 were not as sent" in said
