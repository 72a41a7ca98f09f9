"""Rows of time: a clock that is off, one that jumps, summer time, and two hosts that
disagree.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.accounts import tokens
from app.config.settings import Settings
from app.core.clock import Clock
from app.database.session import db
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.apps import Browser, CompiledTemplates
from tests.states.acting import TOKEN, Host, Scene, at_once
from tests.world import ONE_DATABASE, SharedClock, World

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def on_host(settings: Settings, world: World) -> Any:
    """The house on another machine, with a clock of its own."""
    made: list[Flask] = []

    def start(clock: Clock, **more: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=more), clock))
        made[-1].test_client_class = Browser
        made[-1].jinja_env.bytecode_cache = CompiledTemplates()
        return made[-1]

    yield start
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def scene_on(app: Flask, world: World) -> Scene:
    there = World(app, world.simulator)
    # what a test writes is written by this machine's time
    there.clock = app.extensions["latchkey"].clock
    return Scene(there)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("off", "jump"),
    [
        (-10, 0),
        (0, 60),
        (10, -60),
        pytest.param(10, 0, marks=pytest.mark.long),
        pytest.param(0, -60, marks=pytest.mark.long),
    ],
)
def test_row_24_with_a_clock_that_is_off_or_jumps_it_is_renewed_once_a_day_and_always_in_time(
    world: World, on_host: Callable[..., Flask], off: int, jump: int
) -> None:
    clock = Host(SharedClock(), off)
    with on_host(clock).app_context() as context:
        scene = scene_on(context.app, world)
        clock.jump(jump)
        rows = []
        for _ in range(10):
            SharedClock.advance(hours=5)
            rows.append(world.signup(scene.form, f"visitor{len(rows)}@example.com"))
            work(scene)

        assert {call["status"] for call in world.calls("")} <= {200, 201}
        assert 2 <= len(scene.token_calls()) <= 3
        assert {scene.state_of(row) for row in rows} == {SignupState.DELIVERED}


def work(scene: Scene) -> None:
    """A worker's round, by its own machine's time."""
    periodic.run_due(scene.world.clock.now())
    runner.drain()


@ONE_DATABASE
def test_row_24_a_clock_set_back_for_longer_than_a_token_lives_costs_one_401_and_one_renewal(
    world: World, on_host: Callable[..., Flask]
) -> None:
    world.control("limits", expires_in=3600)
    clock = Host(SharedClock())
    with on_host(clock).app_context() as context:
        scene = scene_on(context.app, world)
        SharedClock.advance(hours=2)
        clock.jump(-120)
        row, before = world.signup(scene.form), len(world.calls("/v3/contacts"))
        work(scene)
        looks = [call["status"] for call in world.calls("/v3/contacts")[before:]]

        assert looks == [401, 200]
        assert scene.token_calls() == [200]
        assert scene.state_of(row) == SignupState.DELIVERED


@ONE_DATABASE
def test_row_24_the_night_of_summer_time_is_as_long_for_tokens_as_any(
    world: World, on_host: Callable[..., Flask]
) -> None:
    SharedClock.advance(
        seconds=(
            datetime(2027, 3, 27, 12, tzinfo=UTC) - world.clock.now()
        ).total_seconds()
    )
    with on_host(SharedClock(), timezone="Europe/Berlin").app_context() as context:
        scene = scene_on(context.app, world)
        began = world.clock.now()
        while not scene.token_calls():
            SharedClock.advance(minutes=30)
            work(scene)
        after = (world.clock.now() - began).total_seconds() / 3600

        # of 24 hours, though the clocks on the wall moved by 25
        assert 18 <= after <= 21
        assert "Healthy" in scene.page()


@POSTGRESQL
def test_row_25_a_host_whose_clock_is_ahead_takes_no_running_lease_for_an_ended_one(
    world: World, on_host: Callable[..., Flask]
) -> None:
    SharedClock.follow_machine()  # the hosts' clocks are the machine's, give or take
    scene = Scene(world)
    slow, fast = on_host(Host(Clock(), -10)), on_host(Host(Clock(), 10))
    scene.ended()
    world.fault(TOKEN, latency_ms=500)
    got = at_once(
        world,
        *[lambda app=app: asked_on(app, scene) for app in (slow, fast, slow, fast)],
    )
    both_again = [asked_on(app, scene) for app in (slow, fast)]

    assert scene.token_calls() == [200]
    assert {*got, *both_again} == {scene.pair()[0]}


def asked_on(app: Flask, scene: Scene) -> str:
    with app.app_context():
        try:
            return tokens.fresh_token(scene.account.id)
        finally:
            db.session.remove()
