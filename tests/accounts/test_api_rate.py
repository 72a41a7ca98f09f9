"""The governor: whoever calls, never more than the provider allows."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from threading import Lock

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.api_client import pace
from app.accounts.api_rate import LEAD, ApiRate, Governor, RateLimited, remaining
from app.config.settings import Settings
from app.core.clock import Clock
from app.database.session import db, write_transaction

MORNING = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
WRITTEN = timedelta(seconds=0.27 * LEAD)  # a free slot begins when it is written down


class StandingClock(Clock):
    """Time that passes only by sleeping, for each sleeper apart: what it slept until is
    kept.
    """

    def __init__(self, at: datetime = MORNING) -> None:
        self.at, self.slots, self._lock = at, [], Lock()  # type: ignore[var-annotated]

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slots.append(self.at + timedelta(seconds=seconds))


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def governed(app: Flask, settings: Settings, clock: StandingClock) -> ApiRate:
    return ApiRate(clock, "a-key", 0.27, 20)


def test_four_threads_never_make_five_calls_in_a_second(
    app: Flask, governed: ApiRate, clock: StandingClock
) -> None:
    def call(_: int) -> None:
        with app.app_context():
            governed.acquire()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(16)))
    slots = sorted(clock.slots)

    assert len(slots) == 16
    for first, fifth in zip(slots, slots[4:], strict=False):
        assert fifth - first > timedelta(seconds=1)
    assert slots[-1] - slots[0] == pytest.approx(
        timedelta(seconds=15 * 0.27), abs=timedelta(milliseconds=1)
    )


def test_a_first_call_goes_at_once(governed: ApiRate, clock: StandingClock) -> None:
    governed.acquire()

    assert clock.slots == [MORNING + WRITTEN]


def test_after_a_quiet_while_nobody_waits(
    governed: ApiRate, clock: StandingClock
) -> None:
    for _ in range(3):
        governed.acquire()
        clock.at += timedelta(seconds=5)

    assert clock.slots == [
        MORNING + WRITTEN + timedelta(seconds=5 * n) for n in range(3)
    ]


def test_a_days_allowance_ends_and_comes_back_at_midnight_utc(
    governed: ApiRate, clock: StandingClock
) -> None:
    for _ in range(20):
        clock.at += timedelta(seconds=1)
        governed.acquire()
    with pytest.raises(RateLimited) as spent:
        governed.acquire()
    used = governed.today()
    clock.at = datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)
    with pytest.raises(RateLimited):
        governed.acquire()
    clock.at = datetime(2026, 3, 5, tzinfo=UTC)
    governed.acquire()

    assert (spent.value.reason, spent.value.until) == (
        "quota_exceeded",
        datetime(2026, 3, 5, tzinfo=UTC),
    )
    assert len(clock.slots) == 21
    assert used is not None
    db.session.rollback()
    assert db.session.scalars(select(Governor.used)).one() == 1


def test_a_pause_holds_everybody_until_it_ends(
    governed: ApiRate, clock: StandingClock
) -> None:
    governed.acquire()
    until = MORNING + timedelta(seconds=2)
    governed.pause("throttled", until)
    with pytest.raises(RateLimited) as paused:
        governed.acquire()
    during = governed.paused_until(clock.now())
    clock.at = until
    governed.acquire()

    assert (paused.value.reason, paused.value.until) == ("throttled", until)
    assert during == until
    assert governed.paused_until(clock.now()) is None
    assert len(clock.slots) == 2


def test_a_short_pause_does_not_end_a_long_one(
    governed: ApiRate, clock: StandingClock
) -> None:
    governed.acquire()
    midnight = datetime(2026, 3, 5, tzinfo=UTC)
    governed.pause("quota_exceeded", midnight)
    governed.pause("throttled", MORNING + timedelta(seconds=1))

    assert governed.paused_until(clock.now()) == midnight


def test_a_clock_that_is_set_back_stops_nobody_for_long(
    governed: ApiRate, clock: StandingClock
) -> None:
    clock.at = MORNING + timedelta(hours=1)
    governed.acquire()
    clock.at = MORNING
    governed.acquire()
    governed.acquire()

    assert clock.slots[1:] == [MORNING, MORNING + timedelta(seconds=0.27)]


def test_a_day_counted_by_a_clock_that_was_wrong_is_forgotten(
    governed: ApiRate, clock: StandingClock
) -> None:
    clock.at = MORNING + timedelta(days=60)
    governed.acquire()
    with write_transaction() as session:
        session.execute(update(Governor).values(used=1_000_000))
    clock.at = MORNING

    governed.acquire()

    row = governed.today()
    assert row is not None
    assert (row.day, row.used) == (MORNING.date(), 1)


def test_refused_calls_are_not_counted(governed: ApiRate, clock: StandingClock) -> None:
    governed.acquire()
    governed.pause("throttled", MORNING + timedelta(seconds=2))
    for _ in range(5):
        with pytest.raises(RateLimited):
            governed.acquire()
    row = governed.today()

    assert row is not None
    assert remaining(row, 20, MORNING.date()) == 19


def test_each_api_key_has_a_pace_of_its_own(
    app: Flask, settings: Settings, clock: StandingClock
) -> None:
    for key in ("one", "two"):
        ApiRate(clock, key, 0.27, 10_000).acquire()

    assert clock.slots == [MORNING + WRITTEN] * 2


def test_what_is_left_of_today_forgets_yesterday() -> None:
    row = Governor(api_key="k", next_at=MORNING, day=date(2026, 3, 3), used=70)

    assert remaining(None, 100, MORNING.date()) == 100
    assert remaining(row, 100, MORNING.date()) == 100
    assert remaining(row, 100, date(2026, 3, 3)) == 30


def test_the_house_has_one_pace_for_its_api_key(app: Flask, settings: Settings) -> None:
    pace().acquire()

    assert db.session.scalars(select(Governor.api_key)).all() == [settings.client_id]


def test_somebody_else_on_the_same_key_makes_us_slower_and_quiet_makes_us_faster(
    governed: ApiRate, clock: StandingClock
) -> None:
    governed.acquire()
    for _ in range(2):
        governed.back_off(clock.at + timedelta(seconds=2))
        # of two refused together one counts
        governed.back_off(clock.at + timedelta(seconds=2))
        clock.at += timedelta(seconds=3)
    gaps = []
    for quiet in (0, 13, 13):
        clock.at += timedelta(minutes=quiet)
        governed.acquire()
        row = governed.today()
        assert row is not None
        gaps.append((row.strain, (row.next_at - clock.at).total_seconds()))
        db.session.rollback()

    assert [strain for strain, _ in gaps] == [2, 1, 0]
    assert [gap for _, gap in gaps] == pytest.approx(
        [0.27 * 1.21, 0.27 * 1.1, 0.27], abs=0.021
    )


def test_housekeeping_stands_behind_whoever_is_in_line(
    governed: ApiRate, clock: StandingClock
) -> None:
    for _ in range(3):
        governed.acquire()
    with pytest.raises(RateLimited) as behind:
        governed.acquire_low_priority(0.5)

    clock.at += timedelta(seconds=1)
    governed.acquire_low_priority(0.5)

    assert behind.value.reason == "throttled"
    assert len(clock.slots) == 4


def test_housekeeping_that_comes_late_to_a_slot_takes_another(
    app: Flask, settings: Settings
) -> None:
    class Slow(StandingClock):
        late = iter((0.2,))

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.at += timedelta(seconds=seconds + next(self.late, 0))

    clock = Slow()
    ApiRate(clock, "a-key", 0.27, 20).acquire_low_priority()

    assert clock.at == clock.slots[-1]


class WrongBy(StandingClock):
    """A host's clock that differs from the true one, and knows by how much at most."""

    def __init__(self, ahead: float, error: float) -> None:
        self._ahead = timedelta(seconds=ahead)
        self._error = timedelta(seconds=error)
        super().__init__(MORNING + self._ahead)

    @property
    def error(self) -> timedelta:
        return self._error

    @property
    def called_at(self) -> datetime:
        """When the last call truly began."""
        return self.slots[-1] - self._ahead  # type: ignore[no-any-return]


@pytest.mark.parametrize("error", [0.0, 0.03, 0.18])
def test_hosts_whose_clocks_differ_keep_the_gap(
    app: Flask, settings: Settings, error: float
) -> None:
    hosts = [WrongBy(ahead, error) for ahead in (error, -error)]
    called_at = []
    for host in [hosts[0], hosts[1], hosts[1], hosts[0], hosts[0], hosts[1]]:
        ApiRate(host, "a-key", 0.27, 20).acquire()
        called_at.append(host.called_at)

    gaps = [later - earlier for earlier, later in pairwise(called_at)]
    assert min(gaps) >= timedelta(seconds=0.27)


def test_who_asks_again_for_a_call_takes_a_slot_and_counts_no_call(
    governed: ApiRate, clock: StandingClock
) -> None:
    governed.acquire()
    clock.at += timedelta(seconds=5)
    governed.acquire_again()
    governed.acquire()
    row = governed.today()

    assert row is not None
    assert row.used == 2
    assert clock.slots[2] - clock.slots[1] == timedelta(seconds=0.27)


def test_the_last_fifth_of_the_day_is_for_sign_ups(
    governed: ApiRate, clock: StandingClock
) -> None:
    for _ in range(16):
        clock.at += timedelta(seconds=1)
        governed.acquire()
    clock.at += timedelta(seconds=1)
    with pytest.raises(RateLimited) as spent:
        governed.acquire_low_priority()
    governed.acquire()

    assert spent.value.reason == "quota_exceeded"
    assert len(clock.slots) == 17


def test_who_comes_late_to_a_slot_takes_another(app: Flask, settings: Settings) -> None:
    class Slow(StandingClock):
        """Whoever sleeps wakes up so much later than meant; from the third time on in
        time.
        """

        late = iter((0.2, 0.06))

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.at += timedelta(seconds=seconds + next(self.late, 0))

    clock = Slow()
    ApiRate(clock, "a-key", 0.27, 20).acquire()
    row = ApiRate(clock, "a-key", 0.27, 20).today()

    assert len(clock.slots) == 3
    assert row is not None
    assert row.used == 3
    assert clock.at == clock.slots[-1]
