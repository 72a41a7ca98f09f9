"""Views and sign-ups by day and host page: numbers alone, gathered and written by
turns, on the page for admins.
"""

import re
from datetime import timedelta

import pytest
from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database.session import db, write_transaction
from app.forms.models import Form, FormView
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
def test_a_kept_page_that_is_looked_at_again_counts_and_a_closed_form_or_a_head_does_not(
    visitor: FlaskClient, form: Form
) -> None:
    tag = visitor.get(f"/f/{form.id}").headers["ETag"]
    assert (
        visitor.get(f"/f/{form.id}", headers={"If-None-Match": tag}).status_code == 304
    )
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
