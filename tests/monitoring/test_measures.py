"""/metrics, /readyz, and what the first screen says of today's calls."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import update

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor
from app.accounts.models import Account
from app.cli.doctor import inside
from app.database.session import write_transaction
from app.delivery import claims
from app.delivery.models import Heartbeat
from app.delivery.outcomes import NotAttempted, RetryLater
from app.monitoring import api_usage
from app.services import services
from app.signups.models import Attempt, SignupState
from app.status import worker_health
from app.worker import periodic, runner
from tests.dashboard.reading import text_of
from tests.dashboard.test_times import it_is
from tests.imports.acting import Importing, people
from tests.world import ONE_DATABASE, SharedClock, World

TOKEN = "a-token-of-the-metrics-page"


@pytest.fixture
def measured(make_app: Callable[..., Flask], world: World) -> Iterator[World]:
    app = make_app(
        metrics_token=SecretStr(TOKEN),
        call_gap=0.27,
        calls_per_day=10_000,
        timezone="Europe/Berlin",
    )
    with app.app_context():
        yield World(app, world.simulator)
    SharedClock.reset()


def ask(world: World, token: str = TOKEN) -> Any:
    return world.app.test_client().get(
        "/metrics", headers={"Authorization": f"Bearer {token}"}
    )


def figures(world: World) -> dict[str, str]:
    lines = re.findall(r"^(latchkey\S+) (\S+)$", ask(world).text, re.MULTILINE)
    return {name: value.removesuffix(".0") for name, value in lines}


def governor(world: World, **values: Any) -> None:
    now = world.clock.now()
    pace().acquire()
    with write_transaction() as session:
        session.execute(
            update(Governor).values(**{"day": now.date(), "used": 100, **values})
        )


# -- /metrics


@ONE_DATABASE
def test_without_the_setting_there_is_no_such_page(world: World) -> None:
    assert ask(world).status_code == 404
    assert ask(world, "").status_code == 404


@ONE_DATABASE
def test_only_who_brings_the_token_is_told(measured: World) -> None:
    stranger, wrong = (
        measured.app.test_client().get("/metrics"),
        ask(measured, TOKEN[:-1]),
    )
    signed_in = measured.signed_in().get("/metrics")

    assert [answer.status_code for answer in (stranger, wrong, signed_in)] == [401] * 3
    assert stranger.headers["WWW-Authenticate"].startswith("Bearer")
    assert "latchkey_signups" not in stranger.text + wrong.text


@ONE_DATABASE
def test_who_guesses_the_token_is_paused_and_who_knows_it_is_not(
    make_app: Callable[..., Flask], world: World
) -> None:
    app = make_app(metrics_token=SecretStr(TOKEN), sign_in_limits="3 per minute")
    there = World(app, world.simulator)
    guesses = [ask(there, f"guess {n}").status_code for n in range(5)]
    scrapes = [ask(there).status_code for _ in range(5)]

    assert guesses == [401, 401, 401, 429, 429]
    assert scrapes == [200] * 5


def test_figures_are_those_of_the_house(measured: World) -> None:
    account = measured.account()
    form = measured.form(account)
    measured.signup(form, "a@example.com")
    runner.drain()
    Importing(measured, account).checked(people(1))
    measured.signup(form, "b@example.com", state=SignupState.PARKED, due_at=None)
    measured.signup(
        form, "c@example.com", due_at=measured.clock.now() - timedelta(seconds=90)
    )
    periodic.beat(measured.clock.now())
    used = pace().today()
    said = figures(measured)

    assert used
    assert said['latchkey_signups{state="delivered"}'] == "1"
    assert said['latchkey_signups{state="parked"}'] == "1"
    assert said["latchkey_signups_accepted_total"] == "3"
    assert said["latchkey_balance_difference"] == "0"
    assert 85 < float(said["latchkey_oldest_due_seconds"]) < 100
    assert said["latchkey_overdue_seconds"] == "0"  # one was taken a moment ago
    assert said['latchkey_attempts_today{outcome="created"}'] == "1"
    assert said["latchkey_calls_used_today"] == str(used.used)
    assert said["latchkey_calls_allowed_per_day"] == "10000"
    assert said['latchkey_accounts{health="healthy"}'] == "1"
    assert said["latchkey_workers_alive"] == "1"
    assert said["latchkey_provider_down_seconds"] == "0"
    assert (
        said['latchkey_imports{state="checked"}'],
        said['latchkey_imports{state="failed"}'],
    ) == ("1", "0")
    assert "@" not in ask(measured).text
    assert account.name not in ask(measured).text


@ONE_DATABASE
def test_pauses_strain_and_an_outage_are_figures_too(measured: World) -> None:
    now = measured.clock.now()
    governor(
        measured,
        paused_until=now + timedelta(seconds=30),
        paused_for="throttled",
        strain=3,
        strained_until=now + timedelta(minutes=5),
        down_since=now - timedelta(minutes=2),
    )
    said = figures(measured)

    assert 25 < float(said["latchkey_calls_paused_seconds"]) <= 30
    assert said["latchkey_calls_strain_steps"] == "3"
    assert 115 < float(said["latchkey_provider_down_seconds"]) < 130
    assert said["latchkey_worker_silent_seconds"] == "+Inf"


@ONE_DATABASE
def test_prometheus_reads_the_text_and_knows_each_figure_by_its_name(
    measured: World,
) -> None:
    account = measured.account()
    measured.signup(measured.form(account))
    runner.drain()
    families = list(text_string_to_metric_families(ask(measured).text))

    assert {family.name: family.type for family in families} == {
        "latchkey_build_info": "gauge",
        "latchkey_signups": "gauge",
        "latchkey_signups_waiting": "gauge",
        "latchkey_signups_accepted": "counter",  # its sample ends in _total
        "latchkey_balance_difference": "gauge",
        "latchkey_oldest_due_seconds": "gauge",
        "latchkey_overdue_seconds": "gauge",
        "latchkey_attempts_today": "gauge",
        "latchkey_calls_used_today": "gauge",
        "latchkey_calls_allowed_per_day": "gauge",
        "latchkey_calls_paused_seconds": "gauge",
        "latchkey_calls_strain_steps": "gauge",
        "latchkey_provider_down_seconds": "gauge",
        "latchkey_workers_alive": "gauge",
        "latchkey_worker_silent_seconds": "gauge",
        "latchkey_accounts": "gauge",
        "latchkey_mails_waiting": "gauge",
        "latchkey_mails_late": "gauge",
        "latchkey_mails_given_up": "gauge",
        "latchkey_imports": "gauge",
    }


# -- /readyz


def ready(world: World) -> bool:
    periodic.beat(world.clock.now())
    return bool(world.app.test_client().get("/readyz").json["checks"]["worker"])


def test_a_worker_that_lives_and_takes_nothing_is_red(world: World) -> None:
    world.signup(world.form(world.account()))
    at_first = ready(world)
    world.clock.advance(seconds=59)
    soon = ready(world)
    world.clock.advance(seconds=2)
    late = ready(world)
    said = text_of(world.signed_in().get("/").text)
    runner.drain()

    assert (at_first, soon, late, ready(world)) == (True, True, False, True)
    assert (
        "A worker is running, but it isn’t delivering anything. 1 person is waiting."
        in said
    )


@ONE_DATABASE
@pytest.mark.parametrize(
    "why",
    [
        "paused",
        "spent",
        "down",
        "account on hold",
        "disconnected",
        "the queue moves",
        "an older one of the same person waits",
    ],
)
def test_what_explains_a_wait_leaves_it_green(world: World, why: str) -> None:
    account, now = world.account(), world.clock.now()
    row = world.signup(world.form(account))
    later = now + timedelta(hours=1)
    match why:
        case "paused":
            governor(world, paused_until=later)
        case "spent":
            governor(
                world,
                used=services().settings.calls_per_day,
                day=(now + timedelta(seconds=90)).date(),
            )
        case "down":
            governor(world, down_since=now)
        case "the queue moves":
            answered = Attempt(
                signup_id=row.id,
                number=1,
                started_at=now + timedelta(seconds=79),
                ended_at=now + timedelta(seconds=80),
                outcome="created",
            )
            with write_transaction() as session:
                session.add(answered)
        case "an older one of the same person waits":
            with write_transaction() as session:
                session.execute(update(type(row)).values(due_at=later))
            world.signup(world.form(account), "zoe@example.com")
        case _:
            values: dict[str, dict[str, Any]] = {
                "account on hold": {"hold_until": later, "trouble": "provider_down"},
                "disconnected": {"disconnected_at": now},
            }
            with write_transaction() as session:
                session.execute(update(Account).values(**values[why]))
    world.clock.advance(seconds=90)

    assert ready(world)
    assert worker_health.overdue_seconds(world.clock.now()) == 0


@ONE_DATABASE
def test_a_queue_in_which_all_is_taken_in_vain_is_red(measured: World) -> None:
    row = measured.signup(measured.form(measured.account()))
    seen = []
    for _ in range(8):
        job = claims.claim(measured.clock.now())
        assert job
        until = measured.clock.now() + timedelta(seconds=9)
        claims.settle(job, NotAttempted("database_unusable", until=until))
        measured.clock.advance(seconds=10)
        seen.append(ready(measured))
    said = text_of(measured.signed_in().get("/").text)
    figure = float(figures(measured)["latchkey_overdue_seconds"])
    doctor = inside.check_worker()
    runner.drain()

    assert seen == [True] * 5 + [False] * 3
    assert "Sign-ups have been due for more than a minute" in said
    assert 75 < figure < 90
    assert [finding.well for finding in doctor] == [False]
    assert ready(measured)
    assert measured.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_a_queue_whose_workers_die_is_red(world: World) -> None:
    world.signup(world.form(world.account()))
    lease, seen = services().settings.delivery_lease, []
    for _ in range(2):
        assert claims.claim(world.clock.now())  # by a worker that dies
        seen.append(ready(world))
        world.clock.advance(seconds=lease + 1)
    seen.append(ready(world))

    assert seen == [True, True, False]


@ONE_DATABASE
def test_one_that_was_taken_in_vain_and_then_answered_leaves_it_green(
    world: World,
) -> None:
    world.signup(world.form(world.account()))
    now = world.clock.now()
    for verdict in (
        NotAttempted("throttled", until=now),
        RetryLater("conflict", until=now + timedelta(seconds=90)),
    ):
        job = claims.claim(now)
        assert job
        claims.settle(job, verdict)
    world.clock.advance(seconds=80)

    assert ready(world)


# -- the forecast


@ONE_DATABASE
@pytest.mark.parametrize(
    ("row", "waiting", "sentence"),
    [
        (
            {"used": 1_556},
            0,
            "At today’s pace, about 3,100 of 10,000 calls will be used by midnight UTC.",
        ),
        (
            {"used": 9_900},
            0,
            "At today’s pace, about 10,000 of 10,000 calls will be used by midnight UTC.",
        ),
        ({"used": 0}, 0, "No API calls yet today."),
        (
            {"used": 10_000},
            1_200,
            (
                "The daily API limit is used up. 1,200 sign-ups wait until 2:00 AM CEST"
                " (midnight UTC)."
            ),
        ),
        (
            {"used": 10_000},
            0,
            (
                "The daily API limit is used up until 2:00 AM CEST (midnight UTC). No"
                " sign-ups are waiting for it."
            ),
        ),
        (
            {
                "used": 5,
                "paused_for": "quota_exceeded",
                "paused_until": datetime(2027, 7, 2, tzinfo=UTC),
            },
            1,
            (
                "The daily API limit is used up. 1 sign-up waits until 2:00 AM CEST"
                " (midnight UTC)."
            ),
        ),
        (
            {
                "used": 100,
                "strain": 2,
                "strained_until": datetime(2027, 7, 1, 12, 10, tzinfo=UTC),
            },
            0,
            (
                "Another program seems to be using the same API key, so Latchkey makes"
                " fewer calls a second until 2:20 PM."
            ),
        ),
        (
            {"used": 100, "day": datetime(2027, 6, 30).date()},
            0,
            "No API calls yet today.",
        ),
    ],
)
def test_the_day_is_told_in_a_sentence(
    measured: World, row: dict[str, Any], waiting: int, sentence: str
) -> None:
    now = it_is("2027-07-01T12:03")
    governor(measured, **row)
    with measured.app.test_request_context():
        said = api_usage.today(now, waiting).forecast

    assert sentence in [one.replace("\u202f", " ") for one in said]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("used", "calls", "sentence"),
    [
        (
            100,
            5_000,
            (
                "5,000 sign-ups are waiting. At 3.7 a second, Latchkey will send them"
                " all in about 22 minutes."
            ),
        ),
        (
            100,
            9_500,
            (
                "5,000 sign-ups are waiting. At 1.9 a second, Latchkey will send them"
                " all in about 43 minutes."
            ),
        ),
        (
            7_000,
            5_000,
            (
                "5,000 sign-ups are waiting. Today’s remaining API calls are enough for"
                " 3,000 of them. Latchkey will send the others after 2:00 AM CEST"
                " (midnight UTC)."
            ),
        ),
        (
            7_000,
            10_000,
            (
                "5,000 sign-ups are waiting. Today’s remaining API calls are enough for"
                " 1,500 of them. Latchkey will send the others after 2:00 AM CEST"
                " (midnight UTC)."
            ),
        ),
    ],
)
def test_a_queue_is_told_how_long_it_takes(
    measured: World, used: int, calls: int, sentence: str
) -> None:
    now = it_is("2027-07-01T12:03")
    governor(measured, used=used)
    with measured.app.test_request_context():
        assert api_usage.today(
            now, 5_500, ready=lambda: api_usage.Ready(5_000, calls)
        ).forecast == [sentence]
        assert api_usage.today(now, 5_500).forecast != [sentence]  # nobody is ready


@ONE_DATABASE
def test_who_is_updated_exactly_takes_two_calls(measured: World) -> None:
    account = measured.account()
    exactly, usual = (
        measured.form(account, exactly=exactly) for exactly in (True, False)
    )
    for form, email in (
        (exactly, "a@example.com"),
        (exactly, "b@example.com"),
        (usual, "c@example.com"),
    ):
        measured.signup(form, email)

    assert api_usage.count_ready() == api_usage.Ready(people=3, calls=5)


@ONE_DATABASE
def test_while_the_provider_is_down_one_sentence_says_who_waits_and_when_it_is_tried(
    measured: World,
) -> None:
    now = it_is("2027-07-01T12:03")
    measured.signup(measured.form(measured.account()))
    governor(
        measured,
        down_since=now - timedelta(minutes=20),
        down_count=4,
        probe_at=now + timedelta(minutes=4),
    )
    admin: FlaskClient = measured.signed_in()

    with write_transaction() as session:
        session.add(Heartbeat(worker="one", seen_at=now))
    words = text_of(admin.get("/").text)

    assert (
        "Constant Contact hasn’t answered since 1:43 PM. 1 person is waiting, and"
        " nothing is lost." in words
    )
    assert "Latchkey will try again at 2:07 PM." in words
