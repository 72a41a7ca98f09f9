"""Times: stored as UTC, shown in the operator's zone, and days that are as long as they
are there.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.dates import get_timezone
from flask import Flask

from app.accounts.api_rate import midnight_after
from app.simulator.server import Running
from app.stats import counts
from app.web import times
from tests.world import ONE_DATABASE, SharedClock, World

DAY = timedelta(days=1)


@pytest.fixture
def berlin(make_app: Callable[..., Flask], simulator: Running) -> Iterator[World]:
    app = make_app(timezone="Europe/Berlin")
    with app.app_context():
        yield World(app, simulator)
    SharedClock.reset()


def it_is(moment: str) -> datetime:
    """Set the shared clock; a moment of UTC."""
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    SharedClock.simulators.advance(now.timestamp() - SharedClock.simulators.now())
    return now


@pytest.mark.parametrize(
    ("night", "moments"),
    [
        (
            "autumn, 25 hours",
            {
                "2027-10-30T21:59": "30",
                "2027-10-30T22:00": "31",
                "2027-10-31T00:30": "31",
                "2027-10-31T01:30": "31",
                "2027-10-31T22:59": "31",
                "2027-10-31T23:00": "1",
            },
        ),
        (
            "spring, 23 hours",
            {
                "2027-03-27T22:59": "27",
                "2027-03-27T23:00": "28",
                "2027-03-28T00:59": "28",
                "2027-03-28T01:00": "28",
                "2027-03-28T21:59": "28",
                "2027-03-28T22:00": "29",
            },
        ),
    ],
)
def test_days_begin_at_midnight_of_the_operators_zone_also_when_clocks_change(
    berlin: World, night: str, moments: dict[str, str]
) -> None:
    it_is(min(moments))
    form = berlin.form(berlin.account())
    for number, moment in enumerate(moments):
        it_is(moment)
        berlin.signup(form, f"zoe{number}@example.com")
    it_is(max(moments))
    counted = {str(day.day): count for day, count in counts.per_day(3) if count}

    assert counted == {
        day: list(moments.values()).count(day)
        for day in dict.fromkeys(moments.values())
    }
    assert sum(counted.values()) == len(moments)


@ONE_DATABASE
def test_the_last_days_are_days_of_the_operators_zone(berlin: World) -> None:
    it_is("2027-07-01T22:30")  # in Berlin it is the second already

    assert [day.isoformat() for day, _count in counts.per_day(2)] == [
        "2027-07-01",
        "2027-07-02",
    ]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2027-07-01T12:00", "Jul 1, 2:00 PM CEST"),
        ("2027-12-01T12:00", "Dec 1, 1:00 PM CET"),
    ],
)
def test_a_time_is_an_element_with_utc_shown_in_the_operators_zone(
    berlin: World, moment: str, shown: str
) -> None:
    it_is(moment)
    account: Any = berlin.account()
    page = berlin.signed_in().get(f"/accounts/{account.id}").text
    times = re.findall(
        r'<time datetime="([^"]+)" title="([^"]+)" data-time="(?:datetime|clock)">([^<]+)</time>',
        page,
    )
    connected = [
        (exact, words) for utc, exact, words in times if utc.startswith(f"{moment}:")
    ]

    assert connected
    for exact, words in connected:
        assert exact.endswith(" UTC")
        assert words == shown


@ONE_DATABASE
@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Kathmandu", "Dec 2, 2027, 12:05 AM UTC+0545"),
        ("America/Sao_Paulo", "Dec 1, 2027, 3:20 PM UTC-03"),
        ("Australia/Lord_Howe", "Dec 2, 2027, 5:20 AM UTC+11"),
        ("America/St_Johns", "Dec 1, 2027, 2:50 PM NST"),
    ],
)
def test_a_zone_without_a_name_is_told_by_its_distance(
    make_app: Callable[..., Flask], world: World, zone: str, shown: str
) -> None:
    signup = world.signup(
        world.form(world.account()),
        created_at=datetime(2027, 12, 1, 18, 20, tzinfo=UTC),
    )
    app = make_app(timezone=zone)
    page = World(app, world.simulator).signed_in().get(f"/signups/{signup.id}").text

    assert f">{shown}</time>" in page


def test_days_are_counted_and_times_are_shown_by_the_same_clocks() -> None:
    """The machine's list of zones may be older than Babel's, and then a time and its
    zone's name would differ.
    """
    summer, winter = datetime(2027, 7, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC)
    for name in (
        "America/Vancouver",
        "America/Winnipeg",
        "Africa/Casablanca",
        "Europe/Berlin",
        "Asia/Kathmandu",
    ):
        for moment in (summer, winter):
            assert (
                moment.astimezone(ZoneInfo(name)).utcoffset()
                == moment.astimezone(get_timezone(name)).utcoffset()
            ), name


@ONE_DATABASE
@pytest.mark.parametrize(
    ("zone", "moment", "midnight", "shown"),
    [
        ("UTC", "2027-07-01T14:06", "midnight UTC", "Jul 1, 2:06 PM"),
        (
            "Europe/Berlin",
            "2027-07-01T14:06",
            "2:00 AM CEST (midnight UTC)",
            "Jul 1, 4:06 PM",
        ),
        (
            "America/New_York",
            "2027-01-01T02:00",
            "7:00 PM EST (midnight UTC)",
            "Dec 31, 2026, 9:00 PM",
        ),
    ],
)
def test_sentences_write_moments_as_elements_do_and_name_midnight_utc_once(
    make_app: Callable[..., Flask], zone: str, moment: str, midnight: str, shown: str
) -> None:
    now = it_is("2027-07-01T15:00")
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    with make_app(timezone=zone).test_request_context():
        assert times.midnight_words(midnight_after(at)) == midnight
        assert times.words(at) == shown
        assert times.words(now).startswith("Jul 1, ")
    SharedClock.reset()
