"""Views and sign-ups by day and host page: numbers alone, gathered and written by
turns, on the page for admins.
"""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database.session import db, write_transaction
from app.forms.models import Form, FormDay, FormView
from app.signups import view_counts
from tests.signups.reading import form_token
from tests.world import ONE_DATABASE, World, locked

HOST = "https://bakery.example/news"


@pytest.fixture
def form(world: World) -> Form:
    return world.form(world.account())


def counted() -> dict[str, tuple[int, int]]:
    """(views, sign-ups) by host page, once all is written."""
    view_counts.write()
    db.session.rollback()
    return {
        row.host_page: (row.views, row.signups)
        for row in db.session.scalars(select(FormView))
    }


def framed(visitor: FlaskClient, form: Form, **how: object) -> str:
    return visitor.get(
        f"/f/{form.id}/embed", headers={"Referer": f"{HOST}?utm_source=mail#top"}, **how
    ).text


def test_looks_and_presses_are_counted_by_the_page_that_the_form_stands_on(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    for _unused in range(3):
        token = form_token(framed(visitor, form))
    visitor.get(f"/f/{form.id}")
    world.clock.advance(minutes=1)
    press = {"form_token": token, "email_address": "zoe@example.com", "consent": "y"}
    for _unused in range(2):  # the second is the same press
        visitor.post(f"/f/{form.id}/embed", data=press)
    visitor.post(f"/f/{form.id}", data={"form_token": token})

    assert counted() == {HOST: (3, 1), "": (1, 0)}


@ONE_DATABASE
def test_each_look_counts_and_a_closed_form_or_a_head_does_not(
    visitor: FlaskClient, form: Form
) -> None:
    for _unused in range(2):
        visitor.get(f"/f/{form.id}")
    visitor.head(f"/f/{form.id}")
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False
    visitor.get(f"/f/{form.id}")

    assert counted() == {"": (2, 0)}


def test_numbers_add_up_over_days_and_writes(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    for _unused in range(2):
        visitor.get(f"/f/{form.id}")
        counted()
    world.clock.advance(days=1)
    visitor.get(f"/f/{form.id}")
    counted()

    rows = db.session.execute(
        select(FormView.day, FormView.views).order_by(FormView.day)
    ).all()
    assert [number for _day, number in rows] == [2, 1]
    assert rows[1].day - rows[0].day == timedelta(days=1)


@ONE_DATABASE
def test_host_pages_beyond_fifty_a_day_are_counted_together(
    app: object, form: Form
) -> None:
    for number in range(view_counts.MAX_PAGES + 5):
        view_counts.pressed(form.id, f"https://bakery.example/{number}")

    found = counted()

    assert len(found) == view_counts.MAX_PAGES + 1
    assert found[view_counts.OTHER] == (0, 5)


@ONE_DATABASE
def test_what_cannot_be_written_now_is_written_later(form: Form) -> None:
    view_counts.pressed(form.id, HOST)
    with locked("form_view"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.database.sqlite_lock.BUSY_SECONDS", 0.05)
        view_counts.write()

    assert counted() == {HOST: (0, 1)}


@ONE_DATABASE
def test_looks_at_a_form_that_is_gone_for_good_hold_up_nothing(form: Form) -> None:
    view_counts.looked("no-such-form", "", Response())
    view_counts.write()
    view_counts.pressed(form.id, HOST)

    assert counted() == {HOST: (0, 1)}


def by_day() -> list[tuple[int, int, int]]:
    """(begun, turned away, held) of each day, once all is written."""
    view_counts.write()
    db.session.rollback()
    days = db.session.scalars(select(FormDay).order_by(FormDay.day))
    return [(day.begun, day.turned_away, day.held) for day in days]


def test_who_began_who_was_turned_away_and_who_is_held_are_numbers_of_each_day(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    answers = [visitor.post(f"/f/{form.id}/begun") for _unused in range(2)]
    first = by_day()
    visitor.post(f"/f/{form.id}/begun")
    world.press(
        visitor, form, email_address="bot@example.com", website="https://spam.example"
    )
    same_day = by_day()
    world.clock.advance(days=1)
    visitor.post(f"/f/{form.id}/begun")

    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b"")] * 2
    assert (first, same_day) == ([(2, 0, 0)], [(3, 0, 1)])
    assert by_day() == [(3, 0, 1), (1, 0, 0)]


@ONE_DATABASE
def test_nobody_can_make_up_more_beginnings_than_presses_and_these_have_a_limit_of_their_own(
    world: World, make_app: Callable[..., Flask], form: Form
) -> None:
    visitor = make_app(signup_limits="2 per minute").test_client()

    codes = [visitor.post(f"/f/{form.id}/begun").status_code for _unused in range(4)]
    presses = [
        world.press(visitor, form, email_address=f"{name}@example.com").status_code
        for name in ("ada", "ben", "cyd")
    ]

    assert (codes, presses) == ([204] * 4, [303, 303, 429])
    with visitor.application.app_context():
        assert by_day() == [(2, 1, 0)]


@ONE_DATABASE
def test_a_form_that_is_not_there_has_no_beginning(visitor: FlaskClient) -> None:
    assert visitor.post("/f/nosuchform/begun").status_code == 404
    assert visitor.get("/f/nosuchform/begun").status_code == 405


@ONE_DATABASE
def test_they_are_written_once_the_visitor_was_answered(
    visitor: FlaskClient, form: Form
) -> None:
    visitor.get(f"/f/{form.id}").close()

    db.session.rollback()
    assert db.session.scalar(select(FormView.views)) == 1


@ONE_DATABASE
def test_a_press_is_written_without_waiting_for_the_next_look(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account(), sites=["https://bakery.example"])
    pressed = {
        "consent_id": form.consent_id,
        "email_address": "zoe@example.com",
        "consent": "y",
    }
    visitor.post(
        f"/f/{form.id}", data=pressed, headers={"Origin": "https://bakery.example"}
    ).close()

    db.session.rollback()
    assert db.session.scalar(select(FormView.signups)) == 1


@ONE_DATABASE
def test_the_results_page_shows_views_conversion_and_host_pages(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    for _unused in range(3):
        framed(visitor, form)
    view_counts.pressed(form.id, HOST)
    view_counts.pressed(form.id, "https://static.example")  # a form in plain HTML
    counted()

    results = world.signed_in().get(f"/forms/{form.id}/results").text

    rows = [
        re.sub(r"<[^>]+>|\s+", " ", row).split()
        for row in re.findall("<tr>(.*?)</tr>", results, re.DOTALL)
    ]
    assert [HOST, "3", "1", "33%"] in rows
    assert ["https://static.example", "0", "1", "–"] in rows
