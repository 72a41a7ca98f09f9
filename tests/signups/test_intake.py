"""Accepting: the row and the tally are of one transaction; the ticket that makes a
press itself.
"""

import threading
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app.config.settings import Settings
from app.database.session import db
from app.services import services
from app.signups import form_token, intake
from app.signups.models import Signup, SignupState, Tally
from app.signups.screening.verdict import Action, Verdict
from app.stats.counts import balance
from tests.world import ONE_DATABASE, PATIENCE, World


def answers(**values: object) -> intake.Answers:
    return intake.Answers(
        **{
            "email": "zoe@example.com",
            "body": {"list_memberships": []},
            "press_id": uuid4().hex,
            "host_page": "",
            **values,
        }
    )


def rows() -> int:
    return db.session.scalar(select(func.count()).select_from(Signup)) or 0


def test_a_sign_up_and_its_tally_are_stored_together(world: World) -> None:
    form = world.form(world.account())

    fresh = intake.accept(form, answers())

    assert fresh
    assert (rows(), world.tally(form)) == (1, 1)
    assert balance().holds


def test_the_same_press_is_not_stored_again(world: World) -> None:
    form = world.form(world.account())
    press = answers()

    fresh = [intake.accept(form, press) for _ in range(3)]

    assert fresh == [True, False, False]
    assert (rows(), world.tally(form)) == (1, 1)


def test_a_transaction_that_fails_leaves_neither_row_nor_tally(world: World) -> None:
    form = world.form(world.account())
    intake.accept(form, answers())

    with failing_on("tally"), pytest.raises(ConnectionError):
        intake.accept(form, answers())

    assert (rows(), world.tally(form)) == (1, 1)
    assert balance().holds


class failing_on:
    """The connection breaks at the first statement that names this table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def __enter__(self) -> None:
        event.listen(db.engine, "before_cursor_execute", self._strike)

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._strike)

    def _strike(
        self, _connection: object, _cursor: object, statement: str, *_: object
    ) -> None:
        if f"INTO {self._table}" in statement:
            raise ConnectionError("cut")


def test_a_form_that_is_gone_takes_nothing(world: World) -> None:
    form = world.form(world.account())
    db.session.expunge(form)
    form.consent_id = "no such wording"

    with pytest.raises(intake.FormChanged):
        intake.accept(form, answers())

    assert balance().accepted == balance().rows == 0


def test_the_tally_counts_by_utc_day(world: World) -> None:
    form = world.form(world.account())

    intake.accept(form, answers())
    world.clock.advance(days=1)
    intake.accept(form, answers())

    days = db.session.execute(
        select(Tally.day, Tally.accepted).order_by(Tally.day)
    ).all()
    assert [accepted for _day, accepted in days] == [1, 1]
    assert (days[1].day - days[0].day).days == 1


def test_a_robots_sign_up_is_held_and_counted(world: World) -> None:
    form = world.form(world.account())

    intake.accept(
        form, answers(verdict=Verdict(Action.HOLD, ("trap",), "looks_automatic"))
    )

    assert balance().by_state[SignupState.HELD] == balance().accepted == 1


@ONE_DATABASE
def test_the_bell_rings_so_that_nobody_waits_for_the_poll(world: World) -> None:
    form, wakeup, woken = (
        world.form(world.account()),
        services().wakeup,
        threading.Event(),
    )

    def listen() -> None:
        wakeup.wait(10 * PATIENCE)
        woken.set()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    intake.accept(form, answers())

    assert woken.wait(PATIENCE)
    listener.join()


# -- the ticket


@ONE_DATABASE
def test_a_ticket_reads_back(app: Flask) -> None:
    held = form_token.read(
        form_token.issue("form1", "https://bakery.example/news"), "form1"
    )

    assert held is not None
    assert held.host_page == "https://bakery.example/news"
    assert held.age < 5


@ONE_DATABASE
def test_a_tickets_age_is_told_by_the_clock_that_it_was_stamped_by(
    world: World,
) -> None:
    world.clock.advance(days=2)
    issued = form_token.issue("form1", "")
    world.clock.advance(minutes=10)
    held = form_token.read(issued, "form1")

    assert held is not None
    assert held.age == pytest.approx(600, abs=2)


@ONE_DATABASE
def test_each_shown_form_is_a_press_of_its_own(app: Flask) -> None:
    presses = {
        form_token.read(form_token.issue("form1", ""), "form1").press_id
        for _ in range(50)
    }  # type: ignore[union-attr]

    assert len(presses) == 50
    assert max(map(len, presses)) <= 40


@ONE_DATABASE
def test_a_ticket_outlives_a_change_of_key_as_long_as_the_old_one_is_in_the_ring(
    settings: Settings, app: Flask, make_app: Callable[..., Flask]
) -> None:
    from pydantic import SecretStr

    from app.core.crypto import new_key

    issued = form_token.issue("form1", "")
    renewed = make_app(key=(SecretStr(new_key()), *settings.key))
    replaced = make_app(key=(SecretStr(new_key()),))

    with renewed.app_context():
        kept = form_token.read(issued, "form1")
        fresh = form_token.issue("form1", "")
    with replaced.app_context():
        lost = form_token.read(issued, "form1")

    assert kept is not None
    assert form_token.read(fresh, "form1") is None
    assert lost is None


def test_going_back_to_correct_a_name_is_another_sign_up_and_not_lost(
    world: World,
) -> None:
    form = world.form(world.account())
    typo = answers(press_id="p", body={"first_name": "Zoe", "list_memberships": []})
    right = answers(press_id="p", body={"first_name": "Zoë", "list_memberships": []})

    stored = [intake.accept(form, one) for one in (typo, right, right)]

    assert stored == [True, True, False]
    assert world.tally(form) == 2
