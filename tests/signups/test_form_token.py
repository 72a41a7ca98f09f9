"""The form token, and robots that are thanked and held."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.signups.models import SignupState
from tests.signups.acting import rows
from tests.signups.reading import form_token, ticked, value_of
from tests.world import ONE_DATABASE, World

# -- the form token


def test_without_a_true_token_typed_values_are_kept_and_the_next_press_works(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}

    refused = [
        visitor.post(f"/f/{form.id}", data={**typed, "form_token": token})
        for token in ("", "forged", "WyJmIl0.x.y", "\x00", "ж" * 20)
    ]
    stored = visitor.post(
        f"/f/{form.id}", data={**typed, "form_token": form_token(refused[-1].text)}
    )

    assert {answer.status_code for answer in refused} == {409}
    assert all("button again" in answer.text for answer in refused)
    assert {value_of(answer.text, "first_name") for answer in refused} == {"Zoë"}
    assert stored.status_code == 303
    assert len(rows()) == 1


@ONE_DATABASE
def test_a_token_of_another_form_is_not_taken(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account)
    token = form_token(visitor.get(f"/f/{other.id}").text)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 409
    assert rows() == []


@ONE_DATABASE
def test_a_page_open_for_more_than_a_day_asks_to_press_again(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.clock.advance(hours=24, seconds=5)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 409
    assert value_of(answer.text, "email_address") == "zoe@example.com"
    assert form_token(answer.text) != token
    assert rows() == []


@pytest.mark.parametrize("hours", [1, 30])
def test_nobody_agrees_to_words_that_were_not_shown(
    world: World, visitor: FlaskClient, hours: int
) -> None:
    form = world.form(world.account(), consent="Old words.")
    typed = {"email_address": "zoe@example.com", "consent": "y"}
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.reworded(form, "New words.")
    world.clock.advance(hours=hours)

    refused = visitor.post(f"/f/{form.id}", data={**typed, "form_token": token})
    world.clock.advance(hours=-hours)
    stored = visitor.post(
        f"/f/{form.id}", data={**typed, "form_token": form_token(refused.text)}
    )

    assert refused.status_code == 409
    assert "New words." in refused.text
    assert not ticked(refused.text, "y")
    assert value_of(refused.text, "email_address") == "zoe@example.com"
    assert stored.status_code == 303
    assert [row.consent.text for row in rows()] == ["New words."]


@pytest.mark.parametrize("label", ["Your 20% discount code", "100%", "%(min)s%s"])
def test_a_label_with_a_percent_sign_is_only_a_label(
    world: World, visitor: FlaskClient, label: str
) -> None:
    form = world.form(
        world.account(),
        fields=[{"key": "first_name", "label": label, "required": False}],
    )

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name="x" * 51
    )

    assert answer.status_code == 422
    assert f"{label} can be at most 50 characters long." in answer.text


@ONE_DATABASE
@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"email_address": 5}},
        {"json": [1, 2]},
        {"data": {"first_name": (BytesIO(b"x"), "name.txt")}},
    ],
)
def test_what_no_form_sends_is_refused(
    world: World, visitor: FlaskClient, sent: dict[str, Any]
) -> None:
    form = world.form(world.account())

    assert visitor.post(f"/f/{form.id}", **sent).status_code == 415
    assert rows() == []


@ONE_DATABASE
def test_text_that_is_slow_to_normalise_costs_no_time(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    slow = "\u0301\u0316" * 5000  # normalised, each pair is the other way round

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name=slow
    )

    assert answer.status_code == 422
    assert slow in answer.text


@ONE_DATABASE
def test_a_page_open_for_an_hour_is_taken(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.clock.advance(hours=1)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 303


@ONE_DATABASE
def test_a_correction_keeps_its_token_so_that_it_stays_one_press(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answer = world.press(visitor, form, email_address="nonsense")
    token = form_token(answer.text)
    for _ in range(2):
        visitor.post(
            f"/f/{form.id}",
            data={
                "form_token": token,
                "email_address": "zoe@example.com",
                "consent": "y",
            },
        )

    assert len(rows()) == 1


# -- robots


def test_who_fills_in_the_trap_is_thanked_and_held(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answer = world.press(
        visitor, form, email_address="bot@example.com", website="https://spam.example"
    )

    (row,) = rows()
    assert answer.status_code == 303
    assert (row.state, row.reason, row.due_at) == (
        SignupState.HELD,
        "looks_automatic",
        None,
    )
    assert world.tally(form) == 1


@ONE_DATABASE
def test_who_is_faster_than_anyone_types_is_thanked_and_held(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    visitor = make_app(form_min_seconds=2).test_client()
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answers = []
    for address in ("fast@example.com", "slow@example.com"):
        answers.append(
            visitor.post(
                f"/f/{form.id}",
                data={"form_token": token, "email_address": address, "consent": "y"},
            ).status_code
        )
        world.clock.advance(seconds=4)

    assert answers == [303, 303]
    assert [(row.email, row.state, row.reason) for row in rows()] == [
        ("fast@example.com", SignupState.HELD, "suspicious"),
        ("slow@example.com", SignupState.WAITING, None),
    ]
