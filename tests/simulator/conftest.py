"""A simulator in its first state for every test, with time standing still."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.simulator import Clock, SimulatorSettings
from app.simulator.server import Running, start

from .acting import Actor, HeldClock

NOON = 1_800_000_000.0
GENEROUS: dict[str, Any] = {
    "calls_per_second": None,
    "calls_per_day": None,
    "token_calls_per_second": None,
}


def begun(clock: Clock | None = None, **settings: Any) -> Running:
    """A simulator without limits on calls, unless they are given."""
    return start(
        SimulatorSettings(**{**GENEROUS, **settings}),
        clock=clock or Clock(stands_at=NOON),
    )


@pytest.fixture
def started() -> Iterator[Callable[..., Actor]]:
    """Start a simulator with a clock and settings of one's own."""
    actors = []

    def begin(clock: Clock | None = None, **settings: Any) -> Actor:
        actors.append(Actor(begun(clock, **settings)))
        return actors[-1]

    yield begin
    for actor in actors:
        actor.running.stop()
        actor.close()


@pytest.fixture
def held_clock() -> Iterator[HeldClock]:
    """A clock for `started` that holds every late answer back until it is released."""
    clock = HeldClock(stands_at=NOON)
    yield clock
    clock.release()


@pytest.fixture(scope="session")
def usual() -> Iterator[Running]:
    """One simulator for all tests that want nothing special of it."""
    with begun() as running:
        yield running


@pytest.fixture
def actor(usual: Running) -> Iterator[Actor]:
    """The usual simulator, reset."""
    usual.simulator.reset()
    actor = Actor(usual)
    yield actor
    actor.close()
