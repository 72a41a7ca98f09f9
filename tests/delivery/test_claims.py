"""Many may try, one may act, and a dead actor does not block: claims, leases, fences."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Flask
from sqlalchemy import select

from app.database.session import db, insert, retry_write, write_transaction
from app.delivery import admin_actions, claims
from app.delivery.outcomes import AccountBlocked, Delivered, Rejected, RetryLater
from app.services import backoff
from app.signups.models import Attempt, Signup, SignupState
from app.worker import runner
from tests.plans import statements_of, steps_of
from tests.world import ONE_DATABASE, World

WAITING = 2000  # sign-ups
T = TypeVar("T")


def at_once(app: Flask, count: int, act: Callable[[], T]) -> list[T]:
    """Run in `count` threads that start together, each with a context of its own."""
    barrier = threading.Barrier(count)

    def one(_number: int) -> T:
        with app.app_context():
            barrier.wait()
            return act()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def claimed_all(now: datetime) -> list[claims.ClaimedSignup]:
    jobs = []
    # a crowd on a busy machine may keep one from writing for longer than its patience
    while job := retry_write(lambda: claims.claim(now), time.sleep):
        jobs.append(job)
    return jobs


# -- exclusive


def test_eight_threads_never_claim_the_same_sign_up(world: World, app: Flask) -> None:
    form = world.form(world.account())
    rows = {world.signup(form, f"zoe{n}@example.com").id for n in range(24)}
    now = world.clock.now()

    jobs = [
        job.id for jobs in at_once(app, 8, lambda: claimed_all(now)) for job in jobs
    ]

    db.session.rollback()
    left = {job.id for job in claimed_all(now)}
    assert len(jobs) == len(set(jobs))
    assert set(jobs) | left == rows


def test_eight_threads_of_workers_deliver_everybody_once(
    world: World, app: Flask
) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(24)]

    at_once(app, 8, runner.drain)
    # whose thread did not get the turn to write in time is due again after its lease
    world.clock.advance(seconds=61)
    runner.drain()

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert len(world.calls("/contacts/sign_up_form")) == 24


def test_what_is_claimed_is_nobody_elses_until_its_lease_is_over(world: World) -> None:
    row = world.signup(world.form(world.account()))

    first = claims.claim(world.clock.now())
    second = claims.claim(world.clock.now())
    world.clock.advance(seconds=61)
    third = claims.claim(world.clock.now())

    assert first is not None
    assert second is None
    assert third is not None
    assert (first.attempt, third.attempt, world.again(row).attempts) == (1, 2, 2)


def test_among_thousands_that_wait_a_claim_is_still_quick(world: World) -> None:
    form = world.form(world.account())
    first, now = world.signup(form), world.clock.now()
    columns = {
        column.name: getattr(first, column.name) for column in Signup.__table__.columns
    }
    rows = [
        columns
        | {
            "id": f"id{n}",
            "person": f"zoe{n}@example.com",
            "press_id": str(n),
            "due_at": now,
        }
        for n in range(WAITING)
    ]
    with write_transaction() as session:
        session.execute(insert(Signup), rows)
    with db.engine.connect() as connection:
        # as PostgreSQL does by itself within a minute
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    jobs: list[claims.ClaimedSignup | None] = []

    claiming = statements_of(
        lambda: jobs.extend(claims.claim(world.clock.now()) for _ in range(10))
    )

    assert all(jobs)
    # a join of all with all took some thousand times as many
    assert 0 < steps_of(claiming) / len(jobs) < 100 * WAITING


def test_nothing_is_claimed_before_it_is_due(world: World) -> None:
    row = world.signup(
        world.form(world.account()), due_at=world.clock.now() + timedelta(minutes=1)
    )

    early = claims.claim(world.clock.now())
    world.clock.advance(minutes=1, seconds=1)
    due = claims.claim(world.clock.now())

    assert early is None
    assert due is not None
    assert due.id == row.id


def test_only_waiting_sign_ups_are_claimed(world: World) -> None:
    form = world.form(world.account())
    for state in SignupState:
        if state != SignupState.WAITING:
            world.signup(form, f"{state}@example.com", state=state)

    assert claims.claim(world.clock.now()) is None


# -- the fence


def test_a_worker_that_overslept_changes_nothing(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    late = claims.claim(world.clock.now())
    world.clock.advance(seconds=61)
    newer = claims.claim(world.clock.now())
    assert late is not None
    assert newer is not None

    counted = [
        claims.settle(late, verdict)
        for verdict in (
            Delivered("created", contact_id="c1"),
            Rejected("invalid"),
            AccountBlocked("forbidden"),
            RetryLater("conflict"),
        )
    ]
    before = (
        world.again(row).state,
        row.reason,
        row.attempts,
        world.again(account).trouble,
    )
    won = claims.settle(newer, Delivered("updated", contact_id="c2"))
    after_the_end = claims.settle(newer, Rejected("invalid"))

    assert counted == [False] * 4
    assert before == (SignupState.WAITING, None, 2, None)
    assert (won, after_the_end) == (True, False)
    assert (world.again(row).state, row.contact_id) == (SignupState.DELIVERED, "c2")


def test_every_attempt_is_written_down_before_it_is_made(world: World) -> None:
    row = world.signup(world.form(world.account()))

    claims.claim(world.clock.now())
    world.clock.advance(seconds=61)
    runner.drain()

    attempts = world.again(row).tries
    assert [(one.number, one.outcome, one.ended_at is None) for one in attempts] == [
        (1, None, True),
        (2, "created", False),
    ]


def test_five_deaths_set_a_sign_up_aside(world: World) -> None:
    form = world.form(world.account())
    row = world.signup(form)

    for _ in range(5):
        claims.claim(world.clock.now())
        world.clock.advance(seconds=61)
    claims.claim(world.clock.now())

    assert (world.again(row).state, row.reason, row.due_at) == (
        SignupState.PARKED,
        "kills_worker",
        None,
    )


def test_sent_again_after_five_deaths_it_gets_a_new_chance(world: World) -> None:
    row = world.signup(world.form(world.account()))
    for _ in range(6):
        claims.claim(world.clock.now())
        world.clock.advance(seconds=61)

    admin_actions.send_again([row.id])
    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED


# -- one person, one at a time


def test_two_sign_ups_of_one_person_go_one_after_the_other(world: World) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account)
    first = world.signup(form, "zoe@example.com", body=named(form.lists, "First"))
    second = world.signup(other, "ZOE@example.com", body=named(form.lists, "Second"))

    job = claims.claim(world.clock.now())
    meanwhile = claims.claim(world.clock.now())
    assert job is not None
    claims.settle(
        job, RetryLater("conflict", until=world.clock.now() + timedelta(seconds=5))
    )
    still = claims.claim(world.clock.now())
    world.clock.advance(seconds=6)
    runner.drain()

    assert job.id == first.id
    assert (meanwhile, still) == (None, None)
    assert {world.again(row).state for row in (first, second)} == {
        SignupState.DELIVERED
    }
    assert world.contacts(account)["zoe@example.com"]["first_name"] == "Second"


def named(lists: list[dict[str, str]], name: str) -> dict[str, object]:
    return {"first_name": name, "list_memberships": [item["list_id"] for item in lists]}


def test_the_same_address_in_two_accounts_is_two_people(world: World) -> None:
    for number in (0, 1):
        world.signup(world.form(world.account(number)), "zoe@example.com")

    jobs = claimed_all(world.clock.now())

    assert len(jobs) == 2


def test_under_eight_threads_one_persons_sign_ups_keep_their_order_and_never_overlap(
    world: World, app: Flask
) -> None:
    account = world.account()
    form = world.form(account)
    rows = [
        world.signup(form, "zoe@example.com", body=named(form.lists, f"Zoe {n}"))
        for n in range(5)
    ]
    world.control("limits", write_time=0.03)

    while any(world.again(row).state == SignupState.WAITING for row in rows):
        at_once(app, 8, runner.drain)

    statuses = [call["status"] for call in world.calls("/contacts/sign_up_form")]
    settled = [world.again(row).settled_at for row in rows]
    assert statuses == [201, 200, 200, 200, 200]
    assert settled == sorted(settled)  # type: ignore[type-var]
    assert world.contacts(account)["zoe@example.com"]["first_name"] == "Zoe 4"


def test_an_older_sign_up_that_comes_back_does_not_overtake_the_one_under_way(
    world: World,
) -> None:
    form = world.form(world.account())
    older = world.signup(
        form, state=SignupState.HELD, reason="looks_automatic", due_at=None
    )
    newer = world.signup(form)

    under_way = claims.claim(world.clock.now())
    admin_actions.send_again([older.id])
    meanwhile = claims.claim(world.clock.now())
    assert under_way is not None
    claims.settle(under_way, Delivered("created"))
    afterwards = claims.claim(world.clock.now())

    assert under_way.id == newer.id
    assert meanwhile is None
    assert afterwards is not None
    assert afterwards.id == older.id


# -- waiting


@ONE_DATABASE
def test_waits_grow_are_bounded_and_differ(app: Flask) -> None:
    waits = {
        failures: [backoff(failures).total_seconds() for _ in range(40)]
        for failures in (1, 2, 3, 4, 5, 6, 30, 5000)
    }

    assert all(12 <= wait <= 18 for wait in waits[1])
    assert all(24 <= wait <= 36 for wait in waits[2])
    assert all(240 <= wait <= 360 for wait in waits[6] + waits[30] + waits[5000])
    assert all(len(set(some)) > 30 for some in waits.values())


# -- what an admin decides


def test_sending_again_moves_only_what_is_not_over_and_not_on_its_way(
    world: World,
) -> None:
    form = world.form(world.account())
    rows = {
        state: world.signup(form, f"{state}@example.com", state=state, due_at=None)
        for state in SignupState
    }

    moved = admin_actions.send_again([row.id for row in rows.values()])

    states = {state: world.again(row).state for state, row in rows.items()}
    assert moved == 3
    assert states == {
        **{state: state for state in SignupState},
        SignupState.CONFIRMING: SignupState.WAITING,
        SignupState.HELD: SignupState.WAITING,
        SignupState.PARKED: SignupState.WAITING,
    }
    assert rows[SignupState.HELD].reason == "sent_again"
    assert rows[SignupState.HELD].settled_at is None
    assert rows[SignupState.DELIVERED].may_resubscribe is False


def test_refusing_closes_only_what_is_not_over_and_not_on_its_way(world: World) -> None:
    form = world.form(world.account())
    rows = {
        state: world.signup(form, f"{state}@example.com", state=state, due_at=None)
        for state in SignupState
    }

    moved = admin_actions.refuse([row.id for row in rows.values()])
    back = admin_actions.send_again([rows[SignupState.HELD].id])

    assert (moved, back) == (3, 0)
    assert [
        (world.again(rows[state]).state, rows[state].reason)
        for state in (SignupState.HELD, SignupState.PARKED)
    ] == [(SignupState.CLOSED, "refused")] * 2
    assert world.again(rows[SignupState.WAITING]).state == SignupState.WAITING


def test_attempts_stay_when_a_sign_up_is_sent_again(world: World) -> None:
    row = world.signup(world.form(world.account()))
    world.fault("/contacts/sign_up_form", status=400, times=1)
    runner.drain()

    admin_actions.send_again([row.id])
    runner.drain()

    outcomes = db.session.scalars(
        select(Attempt.outcome)
        .where(Attempt.signup_id == row.id)
        .order_by(Attempt.number)
    )
    assert list(outcomes) == ["invalid", "created"]
    assert db.session.scalar(select(Signup.attempts).where(Signup.id == row.id)) == 2
