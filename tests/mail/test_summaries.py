"""A summary goes to each admin who asked for one: at eight in the morning, once, numbers
only.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, update

from app.accounts.models import Account
from app.auth import alert_choices, users
from app.auth.models import User
from app.database.session import db, write_transaction
from app.forms.models import FormView
from app.mail import sender
from app.mail.models import Notice
from app.messages import ALERTS
from app.signups.models import Signup
from app.worker import periodic, summaries
from tests.mail.acting import ADA, notices
from tests.mail.sink import Sink
from tests.world import ONE_DATABASE, PUBLIC_URL, World

BOB = "bob@example.com"


def wants(email: str, summary: str) -> None:
    user = users.with_email(email)
    assert user
    alert_choices.choose(user.id, list(ALERTS), summary)


def at_eight(world: World, weekday: int | None = None) -> None:
    """Move on to just after eight of the next day, or of the next such weekday."""
    now = world.clock.now()
    then = (now + timedelta(days=1)).replace(hour=8, minute=1, second=0, microsecond=0)
    while weekday is not None and then.weekday() != weekday:
        then += timedelta(days=1)
    world.clock.advance(seconds=(then - now).total_seconds())


def round_of(world: World) -> None:
    summaries.send_due(world.clock.now())
    while sender.send_one():
        pass


@ONE_DATABASE
def test_nobody_gets_a_summary_unasked(
    world: World, bakery: Account, sink: Sink
) -> None:
    for _ in range(8):
        at_eight(world)
        periodic.send_summaries(world.clock.now())

    assert notices() == []


def test_a_summary_is_put_once_and_again_the_next_day(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "daily")
    round_of(world)
    assert sink.taken == []

    for days in (1, 2):
        at_eight(world)
        for _ in range(3):
            round_of(world)

        assert len(sink.to(ADA)) == days
    assert sink.to(BOB) == []

    world.clock.advance(days=5)  # no worker ran
    round_of(world)
    round_of(world)
    assert len(sink.to(ADA)) == 3


@ONE_DATABASE
def test_a_weekly_one_comes_on_mondays_with_the_week_before(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "weekly")
    world.signup(world.form(bakery))
    at_eight(world, weekday=0)
    for _ in range(7):
        round_of(world)
        at_eight(world)

    (mail,) = sink.to(ADA)
    assert str(mail.message["Subject"]).startswith("1 sign-up, ")
    assert " – " in str(mail.message["Subject"])


@ONE_DATABASE
def test_it_says_what_came_in_what_waits_and_which_forms_do_best(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "daily")
    form = world.form(bakery, name="Till")
    for state in ("delivered", "held", "parked", "confirming", "waiting"):
        world.signup(form, f"{state}@example.com", state=state)
    today = alert_choices.begin_of_day(world.clock.now()) + timedelta(days=1)
    day = world.clock.now().date()
    other = world.form(bakery, name="Door")
    rare = world.form(bakery, name="Rare")
    rows = [(form, 200, 24), (other, 100, 30), (rare, 19, 19)]
    with write_transaction() as session:
        session.execute(
            insert(FormView),
            [
                {"form_id": row.id, "day": day, "host_page": "", "views": seen}
                | {"signups": pressed}
                for row, seen, pressed in rows
            ],
        )
        session.execute(
            update(Account).values(trouble="forbidden", trouble_since=world.clock.now())
        )
    assert today > world.clock.now()
    at_eight(world)
    round_of(world)

    (mail,) = sink.to(ADA)
    assert mail.text.split("\n", 1)[1].rstrip() == (
        "\n"
        "Right now:\n"
        "- 1 is waiting: Account needs its owner\n"
        "- 1 has not confirmed yet\n"
        "- 1 is on hold\n"
        "- 1 needs a fix\n"
        "\n"
        "Accounts that need their owner:\n"
        f"- {bakery.name}\n"
        "\n"
        "Best conversion rates:\n"
        "- Door: 30% (30 sign-ups of 100 views)\n"
        "- Till: 12% (24 sign-ups of 200 views)\n"
        "\n"
        "Open Latchkey:\n"
        f"{PUBLIC_URL}"
    )
    assert "5 people signed up. 1 of them is at Constant Contact." in mail.text
    assert "@" not in mail.text


@ONE_DATABASE
def test_a_quiet_day_is_said_in_two_sentences_and_a_missing_sign_up_comes_first(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "daily")
    at_eight(world)
    round_of(world)
    signup = world.signup(world.form(bakery))
    with write_transaction() as session:
        session.delete(session.get_one(Signup, signup.id))
    at_eight(world)
    round_of(world)
    quiet, missing = (mail.text for mail in sink.to(ADA))

    assert "nobody signed up." in quiet
    assert "Right now nobody is waiting and nothing needs you." in quiet
    assert missing.startswith(
        "Some sign-ups are missing: 1 were accepted and 0 are stored."
    )


@ONE_DATABASE
@pytest.mark.parametrize("lost", ["role", "access"])
def test_whoever_is_no_admin_any_more_gets_none(
    world: World, bakery: Account, sink: Sink, lost: str
) -> None:
    wants(ADA, "daily")
    if lost == "role":
        users.set_role(ADA, "viewer")
    else:
        users.disable(ADA)
    at_eight(world)
    round_of(world)

    assert db.session.query(Notice).count() == 0


@ONE_DATABASE
def test_saving_again_does_not_put_a_due_summary_off(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "daily")
    at_eight(world)
    wants(ADA, "daily")
    round_of(world)
    wants(ADA, "off")
    at_eight(world)
    round_of(world)

    assert len(sink.to(ADA)) == 1


@ONE_DATABASE
def test_a_clock_that_was_years_ahead_stops_no_summary(
    world: World, bakery: Account, sink: Sink
) -> None:
    wants(ADA, "daily")
    with write_transaction() as session:
        far = world.clock.now() + timedelta(days=900)
        session.execute(update(User).values(summary_due_at=far))
    round_of(world)

    assert len(sink.to(ADA)) == 1


@ONE_DATABASE
@pytest.mark.parametrize(
    ("summary", "due"),
    [
        ("off", None),
        ("daily", (2026, 11, 1, 13)),  # an hour later: clocks went back in the night
        ("weekly", (2026, 11, 2, 13)),  # a Monday
    ],
)
def test_the_next_one_is_at_eight_where_the_operator_is(
    make_app: Callable[..., Flask], summary: str, due: tuple[int, ...] | None
) -> None:
    saturday = datetime(2026, 10, 31, 20, tzinfo=UTC)
    with make_app(timezone="America/New_York").app_context():
        moment = alert_choices.next_due(summary, saturday)

    assert moment == (due and datetime(*due, tzinfo=UTC))  # type: ignore[misc]  # numbers
