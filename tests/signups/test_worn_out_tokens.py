"""A token is good for three people from the network that first used it; whoever comes
with it then gets a fresh one, and loses nothing.
"""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database.session import db
from app.forms.models import Form, FormDay
from app.signups import view_counts
from tests.signups.acting import BOTH_WAYS, rows
from tests.signups.reading import form_token, ticked, value_of
from tests.signups.screening.test_proof import challenge_of, solved
from tests.world import ONE_DATABASE, World

pytestmark = ONE_DATABASE
HOME, OFFICE, PHONE = "192.0.2.1", "198.51.100.7", "2001:db8:1:1::1"


class Page:
    """A form's page that people sign up from one after the other."""

    def __init__(self, visitor: FlaskClient, form: Form, embed: bool = False) -> None:
        self.visitor = visitor
        self.address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
        self.text = visitor.get(self.address).text

    def press(self, person: str, network: str = HOME, **typed: str) -> Any:
        """Sign up; whatever page comes back is the one of the next press."""
        data = {
            "form_token": form_token(self.text),
            "email_address": f"{person}@example.com",
            "first_name": person,
            "consent": "y",
            **typed,
        }
        answer = self.visitor.post(
            self.address, data=data, environ_overrides={"REMOTE_ADDR": network}
        )
        if answer.status_code != 303:
            self.text = answer.text
        return answer


@pytest.fixture
def form(world: World) -> Form:
    return world.form(world.account())


@BOTH_WAYS
def test_the_fourth_person_gets_a_fresh_page_with_all_that_was_typed(
    visitor: FlaskClient, form: Form, embed: bool
) -> None:
    page = Page(visitor, form, embed)
    answers = [page.press(name).status_code for name in ("ada", "ben", "cyd")]

    fourth = page.press("dan")
    shown = page.text
    pressed_again = page.press("dan")

    assert answers == [303] * 3
    assert fourth.status_code == 409
    assert "Select the button again" in fourth.text
    assert value_of(shown, "email_address") == "dan@example.com"
    assert value_of(shown, "first_name") == "dan"
    assert ticked(shown, "y")
    assert pressed_again.status_code == 303
    assert len(rows()) == 4


def test_an_hour_later_the_page_is_good_for_three_more(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    page = Page(visitor, form)
    for name in ("ada", "ben", "cyd"):
        page.press(name)
    world.clock.advance(hours=1, seconds=1)

    assert page.press("dan").status_code == 303


def test_corrections_of_one_person_are_one_person(
    visitor: FlaskClient, form: Form
) -> None:
    page = Page(visitor, form)

    answers = [
        page.press("ada", first_name=f"Ada {number}").status_code for number in range(5)
    ]

    assert answers == [303] * 5


def test_whoever_goes_from_one_network_to_another_notices_nothing(
    visitor: FlaskClient, form: Form
) -> None:
    """The first press says which network it is, and people take theirs along."""
    page = Page(visitor, form)

    answers = [
        page.press("ada", PHONE).status_code,
        page.press("ada", HOME, first_name="Ada").status_code,
    ]

    assert answers == [303, 303]


@pytest.mark.parametrize("with_proof", [True, False])
def test_somebody_else_elsewhere_gets_a_fresh_page_and_keeps_the_proof(
    visitor: FlaskClient, form: Form, with_proof: bool
) -> None:
    page = Page(visitor, form)
    proof = {"proof": solved(challenge_of(page.text))} if with_proof else {}
    page.press("ada", HOME, **proof)

    refused = page.press("ben", OFFICE, **proof)
    taken = page.press("ben", OFFICE)

    assert (refused.status_code, taken.status_code) == (409, 303)
    assert bool(challenge_of(refused.text)) is not with_proof
    assert [row.proven for row in rows()] == [with_proof] * 2


def test_a_proof_that_is_handed_around_is_done_anew_by_everybody_after_the_first_few(
    visitor: FlaskClient, form: Form
) -> None:
    """A page and its proof, copied to ten networks, are good for two of them."""
    copied = Page(visitor, form)
    first, proof = copied.text, solved(challenge_of(copied.text))

    for number in range(10):
        copied.text = first
        for _until_taken in range(3):
            answer = copied.press(f"bot{number}", f"203.0.113.{number}", proof=proof)
            if answer.status_code == 303:
                break
            if challenge_of(answer.text):
                break  # has to work

    assert [row.email for row in rows()] == ["bot0@example.com", "bot1@example.com"]


def test_too_many_people_solve_again(visitor: FlaskClient, form: Form) -> None:
    page = Page(visitor, form)
    proof = solved(challenge_of(page.text))
    for name in ("ada", "ben", "cyd", "dan"):
        page.press(name, proof=proof)

    assert challenge_of(page.text)
    assert value_of(page.text, "proof") is None


def test_pages_that_came_back_are_counted_and_stored_presses_are_not(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    page = Page(visitor, form)
    for name in ("ada", "ben", "cyd", "dan"):
        page.press(name)
    page.press("bot", website="https://spam.example")
    view_counts.write()
    db.session.rollback()

    day = db.session.scalars(select(FormDay)).one()
    assert (day.turned_away, day.held, day.begun) == (1, 1, 0)
