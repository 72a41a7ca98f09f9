"""Under one shared pace every account gets its turn, whatever another has waiting."""

from datetime import timedelta

from sqlalchemy import update

from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.delivery import queue_order
from app.signups.models import Signup
from tests.world import World


def test_accounts_without_anything_due_have_no_turn(world: World) -> None:
    due, later, held, gone = (world.account(number) for number in range(4))
    now = world.clock.now()
    for account in (due, later, held, gone):
        world.signup(world.form(account))
    with write_transaction() as session:
        session.get_one(Account, held.id).hold_until = now + timedelta(minutes=1)
        session.get_one(Account, gone.id).disconnected_at = now
        session.execute(
            update(Signup)
            .where(Signup.account_id == later.id)
            .values(due_at=now + timedelta(hours=1))
        )

    assert queue_order.accounts(db.session(), world.clock.now()) == [due.id]
