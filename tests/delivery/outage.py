"""A provider that is down for six hours while many wait, on the shared clock: for a
test, and for the benchmark.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.accounts.api_rate import Governor
from app.accounts.models import Account
from app.database.session import db, insert, write_transaction
from app.forms.models import Form
from app.signups.models import Signup, SignupState, Tally
from app.worker import periodic, runner
from tests.world import World

OUTAGE = timedelta(hours=6)


@dataclass(frozen=True)
class Seen:
    """Calls that were wasted, and how long after recovery the last one arrived."""

    wasted: int
    took: timedelta


def wait(form: Form, like: Signup, number: int) -> None:
    """So many more sign-ups like one that waits."""
    columns = {
        column.name: getattr(like, column.name) for column in Signup.__table__.columns
    }
    rows = [
        columns
        | {
            "id": f"{form.id}{n}",
            "form_id": form.id,
            "account_id": form.account_id,
            "person": f"zoe{n}@example.com",
            "email": f"zoe{n}@example.com",
            "press_id": f"{form.id}{n}",
        }
        for n in range(1, number)
    ]
    with write_transaction() as session:
        session.execute(insert(Signup), rows)
        tally = session.get_one(Tally, (form.id, like.created_at.date()))
        tally.accepted += len(rows)


def endure(world: World) -> Seen:
    """Six hours of 503 for a house that was well before, then everybody through."""
    periodic.run_due(world.clock.now(), periodic.READS)
    before = len(world.calls("/contacts"))
    world.fault("/v3/*", status=503, body={})
    ends = world.clock.now() + OUTAGE
    while world.clock.now() < ends:
        runner.drain()
        world.clock.advance(
            seconds=max(0.5, (_next_try() - world.clock.now()).total_seconds())
        )
    wasted = (
        len(world.calls("/contacts"))
        - before
        + len(world.calls("/contacts/sign_up_form"))
    )
    world.mend()
    recovered = world.clock.now()
    while waiting():
        runner.drain()
        world.clock.advance(seconds=0.5)
    return Seen(wasted, world.clock.now() - recovered)


def waiting() -> int:
    db.session.rollback()
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Signup)
            .where(Signup.state == SignupState.WAITING)
        )
        or 0
    )


def _next_try() -> datetime:
    """When anything may be tried next: later of the provider's probe and the first
    account's.
    """
    db.session.rollback()
    probe = db.session.scalar(select(Governor.probe_at))
    first = db.session.scalar(select(func.min(Account.hold_until)))
    return max(at for at in (probe, first) if at)
