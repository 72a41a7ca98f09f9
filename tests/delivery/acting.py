"""What tests of delivery look at: attempts, calls, and the pace they were made at."""

from sqlalchemy import select

from app.accounts.api_rate import Governor
from app.database.session import db
from app.signups.models import Attempt, Signup
from tests.world import World

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
