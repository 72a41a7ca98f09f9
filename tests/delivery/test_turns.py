"""Under one shared pace every account gets its turn, whatever another has waiting."""

from datetime import timedelta

from sqlalchemy import update

from app.accounts.models import Account
from app.db import db, insert, writing
from app.delivery import claims, decisions, turns, worker
from app.delivery.verdicts import Delivered
from app.signups.models import Signup, State
from tests.world import World


def waiting(world: World, account: Account, number: int) -> Signup:
    """So many sign-ups due in turn, the first of them returned."""
    first = world.signup(world.form(account), "zoe0@example.com")
    columns = {column.name: getattr(first, column.name) for column in Signup.__table__.columns}
    now = world.clock.now() - timedelta(hours=1)
    with writing() as session:
        session.execute(insert(Signup), [columns | {
            "id": f"{account.id[:8]}{n}", "person": f"zoe{n}@example.com", "email": f"zoe{n}@example.com",
            "press_id": str(n), "due_at": now + timedelta(seconds=n)} for n in range(1, number)])
    return first


def test_a_busy_account_does_not_starve_the_others(world: World) -> None:
    busy, quiet = world.account(0), [world.account(number) for number in (1, 2)]
    waiting(world, busy, 40)
    for account in quiet:
        waiting(world, account, 3)

    turn = []
    for _ in range(12):
        job = claims.claim(world.clock.now())
        assert job is not None
        claims.settle(job, Delivered("created"))
        turn.append(job.account_id)
        world.clock.advance(seconds=0.27)

    assert [turn[:9].count(account.id) for account in (busy, *quiet)] == [3, 3, 3]
    assert set(turn[9:]) == {busy.id}


def test_accounts_without_anything_due_have_no_turn(world: World) -> None:
    due, later, held, gone = (world.account(number) for number in range(4))
    now = world.clock.now()
    for account in (due, later, held, gone):
        world.signup(world.form(account))
    with writing() as session:
        session.get_one(Account, held.id).hold_until = now + timedelta(minutes=1)
        session.get_one(Account, gone.id).disconnected_at = now
        session.execute(update(Signup).where(Signup.account_id == later.id).values(due_at=now + timedelta(hours=1)))

    assert turns.accounts(db.session(), world.clock.now()) == [due.id]


def test_a_hurried_account_goes_at_once(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    with writing() as session:
        session.get_one(Account, account.id).hold_until = world.clock.now() + timedelta(hours=1)

    held = claims.claim(world.clock.now())
    decisions.hurry(account.id)
    worker.drain()

    assert held is None
    assert world.again(row).state == State.DELIVERED
