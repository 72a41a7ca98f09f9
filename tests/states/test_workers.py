"""Rows of delivery that hang on who delivers: killed, asleep, many, too fast, too much,
for too long.
"""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor, remaining
from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.delivery import claims
from app.delivery.outcomes import Delivered
from app.services import services
from app.signups.models import Attempt, Signup, SignupState
from app.worker import periodic, runner
from app.worker.runner import Worker
from tests.delivery.outage import endure, wait
from tests.others import delivers, others
from tests.states.acting import SIGN_UP, Scene, while_answering
from tests.world import ONE_DATABASE, When, World, until


def attempts(row: Signup) -> list[Attempt]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(Attempt).where(Attempt.signup_id == row.id).order_by(Attempt.number)
        )
    )


def governor() -> Governor:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Governor)).one()


@pytest.mark.parametrize("moment", ["before it acted", "after it acted"])
def test_row_62_killed_in_mid_call_it_is_unknown_and_looked_up_before_any_repeat(
    scene: Scene, tmp_path: Path, moment: str
) -> None:
    world, row = scene.world, scene.somebody_signs_up()
    with others(1, delivers, "", world, tmp_path) as (one,):
        when: When = "after"
        if moment == "before it acted":
            world.fault(SIGN_UP, status=503, times=1)
            when = "before"
        with world.holding(SIGN_UP, when) as call:
            one.go()
            call.until_arrived()
            one.kill()
    left = [try_.ended_at for try_ in attempts(row)]
    world.control(
        "contacts",
        account=scene.account.provider_id,
        email=row.email,
        status="unsubscribed",
    )
    scene.work(seconds=61)

    assert left == [None]
    assert (scene.state_of(row), world.again(row).reason) == (
        SignupState.HELD,
        "opted_out",
    )
    assert (
        len([call for call in world.calls(SIGN_UP) if call["status"] in (200, 201)])
        <= 1
    )


def test_row_63_who_oversleeps_its_lease_changes_nothing(
    scene: Scene, tmp_path: Path
) -> None:
    world, row = scene.world, scene.somebody_signs_up()
    with others(1, delivers, "", world, tmp_path) as (one,):
        with while_answering(world, SIGN_UP, lambda: os.kill(one.pid, signal.SIGSTOP)):
            one.go()
            until(lambda: world.calls(SIGN_UP))
        scene.work(seconds=61)
        before = (scene.state_of(row), row.attempts, row.settled_at)
        os.kill(one.pid, signal.SIGCONT)
        one.hear()

    assert before[:2] == (SignupState.DELIVERED, 2)
    assert (scene.state_of(row), row.attempts, row.settled_at) == before
    assert [try_.outcome for try_ in attempts(row)] == [None, "updated"]


def test_row_64_who_left_after_a_lost_answer_is_not_subscribed_again(
    scene: Scene,
) -> None:
    world, row = scene.world, scene.somebody_signs_up()
    world.fault(SIGN_UP, reset=True, when="after", times=1)
    runner.drain()
    world.control(
        "contacts",
        account=scene.account.provider_id,
        email=row.email,
        status="unsubscribed",
    )
    scene.work(minutes=1)

    assert (scene.state_of(row), world.again(row).reason) == (
        SignupState.HELD,
        "opted_out",
    )
    assert len(world.calls(SIGN_UP)) == 1


def test_row_65_too_fast_is_a_pause_for_everybody_and_a_slower_pace_for_ten_minutes(
    scene: Scene,
) -> None:
    world, rows = scene.world, [scene.somebody_signs_up() for _ in range(3)]
    world.fault(SIGN_UP, status=429, times=1)
    runner.drain()
    row = governor()
    paused, strain = row.paused_until, row.strain
    scene.work(seconds=3)
    states = {scene.state_of(one) for one in rows}
    world.clock.advance(minutes=10)
    pace().acquire()

    assert paused is not None
    assert timedelta(seconds=0.5) < paused - rows[0].created_at
    assert (strain, states) == (1, {SignupState.DELIVERED})
    assert governor().strain == 0


@ONE_DATABASE
def test_row_66_a_spent_day_is_waited_out_without_a_call(scene: Scene) -> None:
    world, rows = scene.world, [scene.somebody_signs_up() for _ in range(3)]
    world.fault(
        SIGN_UP,
        status=429,
        times=1,
        body={"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
    )
    runner.drain()
    calls, until_ = (
        len(world.calls("/contacts")) + len(world.calls(SIGN_UP)),
        governor().paused_until,
    )
    for _ in range(4):
        runner.drain()
        world.clock.advance(minutes=1)
    later = len(world.calls("/contacts")) + len(world.calls(SIGN_UP))
    assert until_ is not None
    world.clock.advance(seconds=(until_ - world.clock.now()).total_seconds() + 1)
    scene.work()

    assert (until_.hour, until_.minute, later) == (0, 0, calls)
    assert {scene.state_of(one) for one in rows} == {SignupState.DELIVERED}


@pytest.mark.parametrize(
    ("database", "accounts"),
    [("sqlite", 1), pytest.param("postgresql", 3, marks=pytest.mark.long)],
    indirect=["database"],
)
def test_row_68_six_hours_of_outage_cost_few_calls_and_everybody_is_through_soon_after(
    world: World, accounts: int
) -> None:
    services().settings.__dict__["call_gap"] = 0.27
    for number in range(accounts):
        form = world.form(world.account(number))
        wait(form, world.signup(form, "zoe0@example.com"), 30 // accounts)

    seen = endure(world)

    assert seen.wasted <= 80
    # five until the last probe, and two calls each at the allowed pace
    assert seen.took < timedelta(minutes=7)


@ONE_DATABASE
def test_row_74_a_row_that_kills_workers_is_set_aside_after_five(
    scene: Scene, tmp_path: Path
) -> None:
    world, row = scene.world, scene.somebody_signs_up()
    for _ in range(5):
        with (
            others(1, delivers, "", world, tmp_path) as (one,),
            while_answering(world, SIGN_UP, one.kill),
        ):
            one.go()
            until(lambda one=one: not one.alive())
        with write_transaction() as session:  # the lease is over
            session.execute(
                update(Signup)
                .where(Signup.id == row.id)
                .values(due_at=world.clock.now())
            )
    other = scene.somebody_signs_up()
    runner.drain()

    assert (scene.state_of(row), world.again(row).reason, row.attempts) == (
        SignupState.PARKED,
        "kills_worker",
        5,
    )
    assert scene.state_of(other) == SignupState.DELIVERED


def test_row_75_one_busy_account_delays_no_other(world: World) -> None:
    busy, small = (
        world.form(world.account(0)),
        [world.form(world.account(number)) for number in (1, 2)],
    )
    wait(busy, world.signup(busy, "zoe0@example.com"), 300)
    for form in small:
        wait(form, world.signup(form, "zoe0@example.com"), 5)

    turns = []
    for _ in range(16):
        job = claims.claim(world.clock.now())
        assert job is not None
        claims.settle(job, Delivered("created"))
        turns.append(job.account_id)
        world.clock.advance(seconds=0.27)

    assert [turns[:15].count(form.account_id) for form in (busy, *small)] == [5, 5, 5]
    assert turns[15] == busy.account_id


@ONE_DATABASE
def test_row_76_housekeeping_and_watching_leave_the_last_fifth_of_the_day_to_sign_ups(
    scene: Scene,
) -> None:
    world, row, per_day = (
        scene.world,
        scene.somebody_signs_up(),
        services().settings.calls_per_day,
    )
    periodic.run_due(world.clock.now())
    with write_transaction() as session:  # the facts want to be read again
        session.execute(update(Governor).values(used=int(per_day * 0.8)))
        session.execute(
            update(Account).values(facts_read_at=world.clock.now() - timedelta(days=2))
        )
    before = len(world.calls(""))
    for path in (
        "/",
        "/accounts",
        "/signups",
        f"/accounts/{scene.account.id}",
        "/readyz",
    ):
        scene.admin.get(path)
    periodic.run_due(world.clock.now())
    watched = len(world.calls("")) - before
    runner.drain()

    assert watched == 0
    assert scene.state_of(row) == SignupState.DELIVERED
    assert remaining(governor(), per_day, world.clock.now().date()) < per_day * 0.2


@ONE_DATABASE
def test_row_77_somebody_else_on_the_key_makes_the_pace_slower_and_the_overview_says_so(
    scene: Scene,
) -> None:
    world, rows = scene.world, [scene.somebody_signs_up() for _ in range(4)]
    world.fault("/v3/*", status=429, times=3)
    for _ in range(5):
        scene.work(seconds=3)
    strain, page = governor().strain, scene.admin.get("/").text
    world.clock.advance(minutes=40)
    pace().acquire()

    assert strain == 3
    assert "same API key" in page
    assert governor().strain == 0
    assert {scene.state_of(one) for one in rows} == {SignupState.DELIVERED}


@ONE_DATABASE
def test_row_80_nothing_that_goes_wrong_ends_a_thread(world: World) -> None:
    failures, rests = (
        iter([MemoryError(), OSError("no file descriptor left"), ValueError()]),
        list[bool](),
    )

    def work() -> bool:
        if failure := next(failures, None):
            raise failure
        there._stopping.set()
        return rests.append(True) or False

    there = Worker(world.app)
    there._stopping.wait = lambda _seconds: False  # type: ignore[method-assign,assignment]  # nobody sleeps in a test
    thread = there._thread("work", work, (), lambda _seconds: None)
    thread.start()
    thread.join(10)

    assert rests == [True]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_row_81_four_schedulers_deliver_everybody_once(
    scene: Scene, tmp_path: Path
) -> None:
    rows = [scene.somebody_signs_up() for _ in range(12)]
    with others(4, delivers, "all", scene.world, tmp_path) as four:
        for one in four:
            one.go()
        shares = [int(one.hear()) for one in four]

    assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}
    assert sum(shares) >= 12
    assert len(scene.world.calls(SIGN_UP)) == 12


@ONE_DATABASE
def test_row_84_descriptors_do_not_grow_with_the_work(scene: Scene) -> None:
    def held() -> int:
        return len(os.listdir("/proc/self/fd"))

    def work(number: int) -> None:
        for _ in range(number):
            scene.somebody_signs_up()
            runner.drain()

    work(5)
    before = held()
    work(25)

    assert held() <= before
