"""Who unsubscribed is known without a call for each sign-up, and nobody is subscribed
again behind their back.
"""

from sqlalchemy import func, select

from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.delivery import optouts
from app.delivery.models import OptOut
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.world import ONE_DATABASE, World

LOOKS, SIGN_UPS = "/contacts", "/contacts/sign_up_form"


def looks(world: World) -> list[str]:
    return [
        call["query"] for call in world.calls(LOOKS) if call["path"].endswith(LOOKS)
    ]


def mirrored(world: World) -> Account:
    account = world.account()
    periodic.run_due(world.clock.now())
    return account


def held(account: Account) -> int:
    db.session.rollback()
    return (
        db.session.scalar(
            select(func.count())
            .select_from(OptOut)
            .where(OptOut.account_id == account.id)
        )
        or 0
    )


def leaves(world: World, account: Account, email: str) -> None:
    world.control(
        "contacts", account=account.provider_id, email=email, status="unsubscribed"
    )


def test_with_a_fresh_mirror_a_sign_up_is_one_call(world: World) -> None:
    form = world.form(mirrored(world))
    before = len(looks(world))
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(5)]

    runner.drain()

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert len(looks(world)) == before
    assert len(world.calls(SIGN_UPS)) == 5


def test_who_left_is_looked_up_once_and_held(world: World) -> None:
    account = mirrored(world)
    before = len(looks(world))
    row = world.signup(world.form(account), "OPTED-OUT@example.com")

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")
    assert len(looks(world)) == before + 1
    assert world.calls(SIGN_UPS) == []
    assert held(account) > 0


def test_who_leaves_after_the_mirror_was_read_is_seen_by_its_next_look(
    world: World,
) -> None:
    account = mirrored(world)
    form = world.form(account)
    row = world.signup(form, "active@example.com")
    leaves(world, account, "active@example.com")
    world.clock.advance(seconds=61)
    before = len(looks(world))

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")
    assert len(looks(world)) == before + 2  # what is new, and the one it concerns
    assert "optout_after" in looks(world)[before]


def test_a_stale_mirror_is_read_on_once_for_many(world: World) -> None:
    form = world.form(mirrored(world))
    world.clock.advance(minutes=10)
    before = len(looks(world))
    for n in range(6):
        world.signup(form, f"zoe{n}@example.com")

    runner.drain()

    assert len(looks(world)) == before + 1
    assert len(world.calls(SIGN_UPS)) == 6


def test_who_came_back_by_another_door_is_delivered_and_forgotten(world: World) -> None:
    account = mirrored(world)
    world.control(
        "contacts",
        account=account.provider_id,
        email="opted-out@example.com",
        status="explicit",
    )
    known = held(account)
    row = world.signup(world.form(account), "opted-out@example.com")

    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED
    assert held(account) == known - 1


def test_until_it_was_read_whole_everybody_is_looked_up(world: World) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(3)]

    runner.drain()

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert len(looks(world)) == 3


@ONE_DATABASE
def test_a_filter_it_refuses_costs_calls_and_no_sign_up(world: World) -> None:
    account = mirrored(world)
    world.clock.advance(minutes=10)
    world.fault(
        "/v3/contacts",
        method="GET",
        times=1,
        status=400,
        body=[
            {
                "error_key": "contacts.api.validation.error",
                "error_message": "status does not have a valid value",
            }
        ],
    )
    row = world.signup(world.form(account))

    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_an_outage_while_it_is_read_on_sends_nothing(world: World) -> None:
    account = mirrored(world)
    world.clock.advance(minutes=10)
    world.fault("/v3/contacts", method="GET", times=1, status=503, body={})
    row = world.signup(world.form(account))

    runner.drain()

    assert (world.again(row).state, row.reason) == (
        SignupState.WAITING,
        "provider_down",
    )
    assert world.calls(SIGN_UPS) == []


@ONE_DATABASE
def test_with_another_key_the_mirror_is_read_anew(world: World) -> None:
    account = mirrored(world)
    with write_transaction() as session:
        session.get_one(Account, account.id).optouts_key = "another key"
    unread = optouts.unread()
    periodic.run_due(world.clock.now())

    assert unread == [account.id]
    assert optouts.unread() == []


@ONE_DATABASE
def test_the_mirror_names_nobody(world: World) -> None:
    account = mirrored(world)

    rows = db.session.scalars(
        select(OptOut.person).where(OptOut.account_id == account.id)
    ).all()

    assert rows
    assert not [row for row in rows if "@" in row or len(row) != 64]


def test_after_an_attempt_with_an_unknown_end_the_person_is_looked_up(
    world: World,
) -> None:
    account = mirrored(world)
    row = world.signup(world.form(account), "active@example.com")
    world.fault(SIGN_UPS, when="after", reset=True, times=1)
    runner.drain()
    first = world.again(row).reason
    leaves(world, account, "active@example.com")
    world.clock.advance(seconds=30)
    with (
        write_transaction() as session
    ):  # the mirror is young, and does not know it yet
        session.get_one(Account, account.id).optouts_read_at = world.clock.now()

    runner.drain()

    assert first == "unanswered"
    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")
    assert len(world.calls(SIGN_UPS)) == 1


@ONE_DATABASE
def test_who_leaves_within_a_minute_of_being_delivered_is_not_signed_up_again(
    world: World,
) -> None:
    """The mirror was read before they left, and is young enough to be believed."""
    account = world.account()
    form = world.form(account)
    periodic.run_due(world.clock.now(), periodic.READS)  # the mirror is whole
    world.signup(form, "quick@example.com")
    runner.drain()
    world.control(
        "contacts",
        account=account.provider_id,
        email="quick@example.com",
        status="unsubscribed",
    )
    world.clock.advance(seconds=5)
    again = world.signup(form, "quick@example.com", body={"first_name": "Q"})
    runner.drain()

    contact = world.contacts(account)["quick@example.com"]
    assert (world.again(again).state, again.reason) == (SignupState.HELD, "opted_out")
    assert contact["email_address"]["permission_to_send"] == "unsubscribed"


@ONE_DATABASE
def test_who_was_not_delivered_lately_costs_no_look_up(world: World) -> None:
    account = world.account()
    form = world.form(account)
    periodic.run_due(world.clock.now(), periodic.READS)
    world.signup(form, "known@example.com")
    runner.drain()
    world.clock.advance(minutes=12)
    world.signup(form, "known@example.com", body={"first_name": "K"})
    runner.drain()

    looks = [call for call in world.calls("/v3/contacts") if "email=" in call["query"]]
    assert looks == []
