"""The page that is made once for everybody: each visitor gets a ticket of their own, and
every change is seen.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update

from app.accounts.models import Account
from app.database.session import db, insert, new_id, write_transaction
from app.forms.models import ConsentWording, Form
from app.signups import form_cache
from app.signups.models import Signup
from app.stats.counts import balance
from tests.signups.reading import form_token, value_of
from tests.world import ONE_DATABASE, World, until


def rows() -> list[Signup]:
    db.session.rollback()
    return list(db.session.scalars(select(Signup).order_by(Signup.created_at)))


@ONE_DATABASE
@pytest.mark.parametrize("end", ["", "/embed"])
def test_each_look_gets_a_page_of_its_own_whatever_the_browser_kept(
    world: World, visitor: FlaskClient, end: str
) -> None:
    address = f"/f/{world.form(world.account()).id}{end}"
    first = visitor.get(address)

    second = visitor.get(address, headers={"If-None-Match": "*"})

    assert (first.status_code, second.status_code) == (200, 200)
    assert form_token(first.text) != form_token(second.text)
    # no validator, so it is not asked for; not no-store, so Back shows it as it was
    assert {"ETag", "Last-Modified"} & set(first.headers.keys()) == set()
    assert first.headers["Cache-Control"] == "private, no-cache"


CHANGES: dict[str, Callable[[Form], None]] = {
    "heading": lambda form: setattr(form, "heading", "Another heading"),
    "fields": lambda form: setattr(form, "fields", form.fields[:1]),
    "button": lambda form: setattr(form, "button", "Another button"),
    "sites": lambda form: setattr(form, "sites", ["https://bakery.example"]),
    "goal": lambda form: setattr(
        form, "redirect_url", "https://bakery.example/welcome"
    ),
    "lists": lambda form: (
        setattr(form, "visitor_chooses", True),
        setattr(form, "lists", [*form.lists, {"list_id": "x", "label": "Another"}]),
    )[0],
}


def anonymous(page: str) -> str:
    """A page without what is each visitor's own."""
    for own in ("form_token", "data-challenge"):
        page = re.sub(rf'{own}"?[^>]*?="[^"]+"', own, page, count=1)
    return page


@ONE_DATABASE
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_by_the_next_look(
    world: World,
    visitor: FlaskClient,
    make_app: Callable[..., Flask],
    change: Callable[[Form], None],
) -> None:
    form = world.form(world.account())
    address, browsers = f"/f/{form.id}", (visitor, make_app().test_client())

    def shown() -> list[tuple[str, str, str]]:
        answers = [browser.get(address) for browser in browsers]
        policy = "Content-Security-Policy"
        framed = [
            browser.get(f"{address}/embed").headers[policy] for browser in browsers
        ]
        thanks = [browser.get(f"{address}/thanks").text for browser in browsers]
        return list(
            zip(map(anonymous, (a.text for a in answers)), framed, thanks, strict=True)
        )

    before = shown()
    with write_transaction() as session:
        change(session.get_one(Form, form.id))  # by hand: no stamp is renewed
    after = shown()

    assert [old == new for old, new in zip(before, after, strict=True)] == [False] * 2


def test_words_that_came_back_are_others_since_tickets_name_the_wording(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account(), consent="Old words.")
    kept = visitor.get(f"/f/{form.id}")

    for words in ("New words.", "Old words."):
        world.reworded(form, words)
    pressed = visitor.post(
        f"/f/{form.id}",
        data={
            "form_token": form_token(kept.text),
            "consent": "y",
            "email_address": "zoe@example.com",
        },
    )

    assert (pressed.status_code, rows()) == (409, [])


def test_a_form_that_was_moved_takes_for_its_new_account_at_once(
    world: World, visitor: FlaskClient
) -> None:
    form, other = world.form(world.account()), world.account(1)
    token = form_token(visitor.get(f"/f/{form.id}").text)

    with write_transaction() as session:
        session.get_one(Form, form.id).account_id = other.id
    visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "consent": "y", "email_address": "zoe@example.com"},
    )

    assert [row.account_id for row in rows()] == [
        db.session.get_one(Account, other.id).id
    ]


@ONE_DATABASE
def test_a_closed_form_is_not_kept(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    visitor.get(f"/f/{form.id}")
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False

    answer = visitor.get(f"/f/{form.id}")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")


def test_from_one_page_other_answers_are_another_sign_up_and_the_same_are_one(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed = {
        "form_token": form_token(visitor.get(f"/f/{form.id}").text),
        "consent": "y",
        "email_address": "zoe@example.com",
    }

    answers = [
        visitor.post(f"/f/{form.id}", data={**typed, "first_name": name})
        for name in ("Zoe", "Zoë", "Zoë")
    ]

    assert [answer.status_code for answer in answers] == [303] * 3
    assert [row.body["first_name"] for row in rows()] == ["Zoe", "Zoë"]
    assert world.tally(form) == 2


@ONE_DATABASE
def test_what_was_typed_is_never_kept_and_never_in_another_visitors_page(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    wrong = world.press(visitor, form, email_address="nonsense@", first_name="Zoë")
    fresh = visitor.get(f"/f/{form.id}")

    assert (wrong.status_code, wrong.headers["Cache-Control"]) == (422, "no-store")
    assert "nonsense@" not in fresh.text
    assert "Zoë" not in fresh.text
    assert form_token(fresh.text) != form_token(wrong.text)


def by_another_process(change: Any) -> None:
    """A write that this process does not know of."""
    with (
        db.engine.connect().execution_options(latchkey_write=True) as connection,
        connection.begin(),
    ):
        connection.execute(change)


def a_press(world: World, visitor: FlaskClient, form: Form) -> dict[str, str]:
    """A page was looked at, its form is kept by this process, and somebody filled it
    in.
    """
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.clock.advance(minutes=1)
    return {"form_token": token, "email_address": "zoe@example.com", "consent": "y"}


ELSEWHERE: dict[str, tuple[Callable[[Form], Any], int]] = {
    "paused": (lambda form: update(Form).values(open=False), 410),
    "another sentence": (
        lambda form: update(Form).values(consent_id=next_wording(form)),
        409,
    ),
    "another heading": (
        lambda form: update(Form).values(
            updated_at=form.updated_at + timedelta(seconds=1)
        ),
        303,
    ),
}


def next_wording(form: Form) -> str:
    wording = new_id()
    by_another_process(
        insert(ConsentWording).values(
            id=wording,
            form_id=form.id,
            version=2,
            text="Otherwise",
            created_at=form.created_at,
        )
    )
    return wording


@pytest.mark.parametrize(("change", "status"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_form_changed_by_another_process_a_moment_ago_takes_nothing_it_should_not(
    world: World, visitor: FlaskClient, change: Callable[[Form], Any], status: int
) -> None:
    form = world.form(world.account())
    press = a_press(world, visitor, form)

    by_another_process(change(form))
    answer = visitor.post(f"/f/{form.id}", data=press)

    assert (answer.status_code, len(rows())) == (status, status == 303)
    assert balance().holds


@ONE_DATABASE
def test_a_form_whose_stamp_was_written_by_hand_keeps_no_visitor_waiting(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    press = a_press(world, visitor, form)

    by_another_process(text("UPDATE form SET updated_at = '2026-05-31 12:00:00'"))
    answer = visitor.post(f"/f/{form.id}", data=press)

    assert (answer.status_code, rows()) == (503, [])
    assert value_of(answer.text, "email_address") == press["email_address"]


def test_a_form_deleted_by_another_process_a_moment_ago_is_not_there(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    address, press = f"/f/{form.id}", a_press(world, visitor, form)

    by_another_process(delete(Form).where(Form.id == form.id))

    assert visitor.post(address, data=press).status_code == 404
    assert (visitor.get(address).status_code, rows()) == (404, [])


@ONE_DATABASE
def test_a_change_by_another_process_is_seen_within_a_second(
    world: World, visitor: FlaskClient
) -> None:
    address = f"/f/{world.form(world.account()).id}"
    visitor.get(address)

    by_another_process(update(Form).values(heading="Said elsewhere"))

    until(
        lambda: "Said elsewhere" in visitor.get(address).text,
        seconds=form_cache.KEPT_SECONDS + 5,
    )
