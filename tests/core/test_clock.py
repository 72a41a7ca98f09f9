"""Hosts whose clocks differ go by the database's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import create_app
from app.accounts.api_client import pace
from app.config.settings import Settings
from app.core.clock import Clock, DatabaseClock
from app.database.session import db
from app.delivery import claims
from app.services import services
from tests.world import World

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


class WrongClock(Clock):
    """A host's clock that is ten minutes ahead, or behind."""

    def __init__(self, minutes: int) -> None:
        self._wrong = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._wrong


@pytest.fixture(params=[10, -10])
def host(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Flask]:
    app = create_app(settings, WrongClock(request.param))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@POSTGRESQL
def test_a_wrong_clock_is_put_right(host: Flask) -> None:
    with host.app_context():
        before, now = datetime.now(UTC), services().clock.now()

    apart = timedelta(seconds=5)
    assert before - apart < now < datetime.now(UTC) + apart


@POSTGRESQL
def test_leases_and_the_pace_hold_across_hosts(world: World, host: Flask) -> None:
    world.signup(world.form(world.account()))
    here = claims.claim(world.clock.now())
    pace().pause("throttled", world.clock.now() + timedelta(minutes=5))
    with host.app_context():
        there = claims.claim(services().clock.now())
        paused = pace().paused_until(services().clock.now())

    assert here is not None
    assert there is None
    assert paused is not None


def test_while_the_database_is_silent_the_hosts_own_clock_goes_on() -> None:
    clock = DatabaseClock(Clock(), lambda: None)

    before, now = datetime.now(UTC), clock.now()

    assert before <= now <= datetime.now(UTC)


class Apart(Clock):
    """A host's clock that is so far from the database's, and how long each answer of
    that takes to come.
    """

    def __init__(self, ahead: float, trips: tuple[float, ...]) -> None:
        self._ahead, self._trips = timedelta(seconds=ahead), iter(trips)
        self.true = datetime(2026, 5, 3, tzinfo=UTC)

    def now(self) -> datetime:
        return self.true + self._ahead

    def ask(self) -> datetime:
        """All of the trip is the way back: as wrong as an answer can be."""
        answer = self.true
        self.true += timedelta(seconds=next(self._trips))
        return answer


@pytest.mark.parametrize("ahead", [0.18, -0.18, 0.02, 600])
def test_a_clock_that_is_a_little_wrong_is_put_right_too(ahead: float) -> None:
    host = Apart(ahead, trips=(0.004,))
    clock = DatabaseClock(host, host.ask)

    assert abs(clock.now() - host.true) <= clock.error
    assert clock.error == timedelta(seconds=0.002)


def test_an_answer_that_took_long_is_asked_for_again_and_the_quickest_counts() -> None:
    host = Apart(0.18, trips=(0.4, 0.06, 0.2, 0.09))
    clock = DatabaseClock(host, host.ask)

    assert abs(clock.now() - host.true) <= clock.error
    assert clock.error == timedelta(seconds=0.03)


def test_a_host_that_goes_by_its_own_clock_has_no_error() -> None:
    assert Clock().error == timedelta(0)


class SlowTrip(Clock):
    """A host's clock, and a database that agrees with it but whose answer takes seconds
    to come.
    """

    def __init__(self, before: int, after: int) -> None:
        self.at, self._trip = (
            datetime(2026, 5, 3, tzinfo=UTC),
            (
                timedelta(seconds=before),
                timedelta(seconds=after),
            ),
        )

    def now(self) -> datetime:
        return self.at

    def ask(self) -> datetime:
        self.at += self._trip[0]
        told = self.at
        self.at += self._trip[1]
        return told


@pytest.mark.parametrize("trip", [(3, 0), (0, 3), (2, 2)])
def test_an_answer_that_took_long_shifts_no_clock(trip: tuple[int, int]) -> None:
    own = SlowTrip(*trip)
    clock = DatabaseClock(own, own.ask)

    assert clock.now() == own.now()
