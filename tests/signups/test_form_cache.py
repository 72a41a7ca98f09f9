"""The page that a browser kept: when it may show it again, what its ticket is then, and
that every change is seen.
"""

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


def again(visitor: FlaskClient, address: str, tag: str, **how: Any) -> Any:
    """Look once more as a browser does that kept the page under this tag."""
    return visitor.open(
        address, headers={"If-None-Match": tag, **how.pop("headers", {})}, **how
    )


@ONE_DATABASE
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("end", ["", "/embed"])
def test_a_page_that_would_say_the_same_is_not_sent_again(
    world: World, visitor: FlaskClient, end: str, method: str
) -> None:
    address = f"/f/{world.form(world.account()).id}{end}"
    first = visitor.open(address, method=method)

    second = again(visitor, address, first.headers["ETag"], method=method)

    assert (first.status_code, second.status_code, second.data) == (200, 304, b"")
    assert first.headers["ETag"].startswith('W/"')
    assert second.headers["ETag"] == first.headers["ETag"]
    assert {answer.headers["Cache-Control"] for answer in (first, second)} == {
        "private, no-cache"
    }
    assert (
        second.headers["Content-Security-Policy"]
        == first.headers["Content-Security-Policy"]
    )


@ONE_DATABASE
def test_a_kept_page_is_good_for_the_first_half_of_its_tickets_life(
    world: World, visitor: FlaskClient
) -> None:
    address = f"/f/{world.form(world.account()).id}"
    tag = visitor.get(address).headers["ETag"]

    world.clock.advance(hours=11, minutes=59)
    young = again(visitor, address, tag)
    world.clock.advance(minutes=2)
    old = again(visitor, address, tag)

    assert (young.status_code, old.status_code) == (304, 200)
    assert form_token(old.text)
    assert old.headers["ETag"] != tag


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


@ONE_DATABASE
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_by_the_next_look(
    world: World,
    visitor: FlaskClient,
    make_app: Callable[..., Flask],
    change: Callable[[Form], None],
) -> None:
    form = world.form(world.account())
    address, other = f"/f/{form.id}", make_app().test_client()
    tags = [browser.get(address).headers["ETag"] for browser in (visitor, other)]

    with write_transaction() as session:
        change(session.get_one(Form, form.id))  # by hand: no stamp is renewed

    assert [
        again(browser, address, tag).status_code
        for browser, tag in zip((visitor, other), tags, strict=True)
    ] == [200, 200]


def test_words_that_came_back_are_another_page_since_tickets_name_the_wording(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account(), consent="Old words.")
    kept = visitor.get(f"/f/{form.id}")

    for words in ("New words.", "Old words."):
        world.reworded(form, words)
    looked = again(visitor, f"/f/{form.id}", kept.headers["ETag"])
    pressed = visitor.post(
        f"/f/{form.id}",
        data={
            "form_token": form_token(kept.text),
            "consent": "y",
            "email_address": "zoe@example.com",
        },
    )

    assert (looked.status_code, pressed.status_code) == (200, 409)
    assert rows() == []


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
def test_a_page_framed_elsewhere_is_another_page_since_its_ticket_says_where(
    world: World, visitor: FlaskClient
) -> None:
    address = f"/f/{world.form(world.account()).id}/embed"
    here, there = (
        {"Referer": f"https://{site}.example/news"} for site in ("bakery", "florist")
    )
    tag = visitor.get(address, headers=here).headers["ETag"]

    assert again(visitor, address, tag, headers=here).status_code == 304
    assert again(visitor, address, tag, headers=there).status_code == 200


@ONE_DATABASE
def test_tags_that_are_none_of_ours_get_the_page(
    world: World, visitor: FlaskClient
) -> None:
    address = f"/f/{world.form(world.account()).id}"
    said = visitor.get(address).headers["ETag"].partition("-")[2]
    strange = [
        "*",
        "",
        "nonsense",
        '"x-y"',
        f'W/"-{said}',
        f'W/"zz-{said}',
        f'W/"{"f" * 400}-{said}',
        f'W/"ffffffffffff-{said}',
        f'W/"-5-{said}',
        f'"0-{said}',
        'W/"' + "-" * 3000,
    ]

    answers = [again(visitor, address, tag).status_code for tag in strange]

    assert set(answers) == {200}


@ONE_DATABASE
def test_a_closed_form_is_not_kept(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    tag = visitor.get(f"/f/{form.id}").headers["ETag"]
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False

    answer = again(visitor, f"/f/{form.id}", tag)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")
    assert "ETag" not in answer.headers


def test_from_one_kept_page_other_answers_are_another_sign_up_and_the_same_are_one(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    first = visitor.get(f"/f/{form.id}")
    typed = {
        "form_token": form_token(first.text),
        "consent": "y",
        "email_address": "zoe@example.com",
    }

    codes = []
    for name in ("Zoe", "Zoë", "Zoë"):
        assert again(visitor, f"/f/{form.id}", first.headers["ETag"]).status_code == 304
        codes.append(
            visitor.post(
                f"/f/{form.id}", data={**typed, "first_name": name}
            ).status_code
        )

    assert codes == [303] * 3
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
