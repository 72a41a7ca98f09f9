"""Claiming walks indexes of what waits: what was delivered costs nothing, however much
that is.
"""

from datetime import timedelta

from sqlalchemy import select

from app.database.session import db, insert, write_transaction
from app.delivery import claims
from app.delivery.outcomes import Delivered
from app.signups.models import Attempt, Signup, SignupState
from tests.plans import statements_of, whole_walks
from tests.world import World

DELIVERED = 3000


def history(world: World) -> Signup:
    """One that waits beside thousands that were delivered to the same account."""
    row = world.signup(world.form(world.account()))
    columns = {
        column.name: getattr(row, column.name) for column in Signup.__table__.columns
    }
    now = world.clock.now()
    with write_transaction() as session:
        session.execute(
            insert(Signup),
            [
                columns
                | {
                    "id": f"old{n}",
                    "person": f"old{n}@example.com",
                    "press_id": f"old{n}",
                    "state": SignupState.DELIVERED,
                    "due_at": None,
                    "settled_at": now - timedelta(minutes=n),
                }
                for n in range(DELIVERED)
            ],
        )
        session.execute(
            insert(Attempt),
            [
                {
                    "signup_id": f"old{n}",
                    "number": 1,
                    "started_at": now,
                    "ended_at": now,
                }
                for n in range(DELIVERED)
            ],
        )
    with db.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    return row


def test_a_claim_never_reads_what_is_delivered(world: World) -> None:
    history(world)
    now = world.clock.now()

    claiming = statements_of(lambda: claims.claim(now))

    assert len(claiming) > 5
    assert whole_walks(claiming, "signup") == []
    assert whole_walks(claiming, "attempt") == []


def test_neither_does_settling_nor_a_look_when_nothing_is_due(world: World) -> None:
    history(world)
    job = claims.claim(world.clock.now())
    assert job is not None

    settling = statements_of(lambda: claims.settle(job, Delivered("created")))
    looking = statements_of(lambda: claims.claim(world.clock.now()))

    assert len(settling) > 3
    assert len(looking) == 1
    assert whole_walks(settling + looking, "signup") == []
    assert whole_walks(settling + looking, "attempt") == []


def test_the_one_who_looks_can_see_a_whole_walk(world: World) -> None:
    history(world)

    seen = statements_of(
        lambda: db.session.execute(
            select(Signup.id).where(Signup.host_page == "nowhere")
        ).all()
    )

    assert len(whole_walks(seen, "signup")) == 1
