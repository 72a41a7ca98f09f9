"""The callback answers within two seconds, with a page that finishes by itself; the token
pair is stored before anything else, whatever the browser does.
"""

import pytest
from sqlalchemy import select, update

from app.accounts import kept_grant, tokens
from app.accounts.models import AuthorizationTransaction
from app.database.session import db, write_transaction
from app.owner import connect
from app.worker import periodic
from tests.accounts.connecting import (
    TOKEN,
    accounts,
    heading,
    outcome,
    title,
    tokens_stored,
)
from tests.accounts.owner import Owner, consent, one_database
from tests.world import ROTATING, World, locked, until

pytestmark = one_database
SUMMARY = "/v3/account/summary"
AT_WORK = "Connecting your account"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that holds a call back need not wait for the whole of it."""
    monkeypatch.setattr(connect, "PATIENCE", 0.1)


@pytest.mark.parametrize("held", [TOKEN, SUMMARY, "/v3/contact_lists"])
def test_a_slow_provider_is_waited_for_on_a_page_that_finishes_by_itself(
    owner: Owner, world: World, held: str
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    with world.holding(held) as call:
        response = owner.open(callback)
        call.until_arrived()
        page = owner.open(response.headers["Location"])
        again = owner.open(callback)
        call.release()
        until(lambda: outcome() == "connected")
    done = owner.open(response.headers["Location"])

    assert (response.status_code, again.status_code) == (303, 303)
    assert (page.status_code, heading(page.text)) == (200, AT_WORK)
    assert page.headers["Refresh"] == "2"
    assert "<script" not in page.text.partition("<body")[2]
    assert heading(done.text) == "Maple & Rye Bakery is connected"
    assert "Refresh" not in done.headers
    assert len(world.calls(TOKEN)) == 1


def test_the_pair_is_stored_before_the_account_is_looked_at(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    with world.holding(SUMMARY) as call:
        owner.open(callback)
        call.until_arrived()
        db.session.rollback()
        trip = db.session.scalars(select(AuthorizationTransaction)).one()
        kept = kept_grant.kept(trip.id)
        sealed = trip.granted
        call.release()
        until(lambda: outcome() == "connected")

    assert sealed
    assert kept.access_token not in sealed
    assert kept.refresh_token
    assert world.again(trip).granted is None


def test_a_worker_finishes_what_a_process_left_that_died(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    owner.open(callback)
    until(lambda: outcome() == "connected")
    granted = kept_as_if_it_had_died(world)

    at_work = owner.open(f"/connect/done/{granted}")
    periodic.run_due(world.clock.now(), periodic.READS)
    too_early = outcome()
    world.clock.advance(minutes=3)
    periodic.run_due(world.clock.now(), periodic.READS)

    assert heading(at_work.text) == AT_WORK
    assert (too_early, outcome()) == (None, "connected")
    assert tokens.fresh_token(accounts()[0].id)


def test_what_was_left_does_not_replace_a_later_connection(
    owner: Owner, world: World
) -> None:
    owner.open(consent(owner.theirs, owner.leave(owner.link())))
    until(lambda: outcome() == "connected")
    earlier = kept_as_if_it_had_died(world)
    world.clock.advance(seconds=30)
    owner.open(consent(owner.theirs, owner.leave(owner.link())))
    later = select(AuthorizationTransaction.outcome).where(
        AuthorizationTransaction.id != earlier
    )
    until(lambda: db.session.rollback() or db.session.scalar(later) == "connected")
    connected = tokens.fresh_token(accounts()[0].id)
    world.clock.advance(minutes=3)
    periodic.run_due(world.clock.now(), periodic.READS)

    left = db.session.get_one(AuthorizationTransaction, earlier)
    assert left.outcome == "interrupted"
    assert tokens.fresh_token(accounts()[0].id) == connected


def kept_as_if_it_had_died(world: World) -> str:
    """Put the account's pair back into its trip, as it was before the look."""
    account = accounts()[0]
    pair = world.granted(account.provider_id, ROTATING)
    trip = db.session.scalars(select(AuthorizationTransaction)).one()
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction).values(outcome=None, account_id=None)
        )
    kept_grant.keep(trip.id, pair)
    return trip.id


def test_a_trip_whose_process_died_before_the_code_was_spent_starts_again(
    owner: Owner, world: World
) -> None:
    owner.open(consent(owner.theirs, owner.leave(owner.link())))
    until(lambda: outcome() == "connected")
    trip = db.session.scalars(select(AuthorizationTransaction)).one()
    with write_transaction() as session:
        session.execute(
            update(AuthorizationTransaction).values(outcome=None, granted_at=None)
        )
    soon = owner.open(f"/connect/done/{trip.id}")
    world.clock.advance(minutes=2)
    later = owner.open(f"/connect/done/{trip.id}")

    assert heading(soon.text) == AT_WORK
    assert (later.status_code, heading(later.text)) == (400, title("interrupted"))
    assert "Start again" in later.text


def test_a_database_that_is_busy_holds_up_no_callback(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    with locked("authorization_transaction"):
        response = owner.open(callback)
        page = owner.open(response.headers["Location"])
        stored_meanwhile = tokens_stored()
    until(lambda: outcome() == "connected")

    assert (response.status_code, heading(page.text)) == (303, AT_WORK)
    assert stored_meanwhile == 0
    assert len(world.calls(TOKEN)) == 1
