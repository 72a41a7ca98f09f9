"""The proof of work: who has done it, and what stands for it that is none."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import altcha
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app.config.settings import Settings
from app.core.crypto import new_key
from app.database.session import write_transaction
from app.forms.models import Form
from app.signups import form_token
from app.signups.screening import proof
from app.signups.screening.press import Proof
from tests.signups.acting import rows
from tests.signups.reading import form_token as token_of
from tests.signups.reading import value_of
from tests.world import ONE_DATABASE, World

TYPED = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}


@pytest.fixture
def form(world: World) -> Form:
    return world.form(world.account())


def challenge_of(page: str) -> str:
    """What the page tells its solver; "" when it asks for nothing."""
    attribute = re.search(r'data-challenge="([^"]*)"', page)
    return unescape(attribute[1]) if attribute else ""


def solved(challenge: str) -> str:
    """Solve it as the library's own solver does."""
    press_id, prefix, _most = challenge.split(".")
    parameters = altcha.ChallengeParameters(
        "SHA-256", nonce=press_id.encode().hex(), salt="", cost=1, key_prefix=prefix
    )
    solution = altcha.solve_challenge(altcha.Challenge(parameters))
    assert solution
    return str(solution.counter)


def typed_on(page: str) -> dict[str, str]:
    """What a browser that has solved the page's challenge sends."""
    proof = solved(challenge_of(page))
    return {**TYPED, "form_token": token_of(page), "proof": proof}


def a_token(work: int = 100, **more: Any) -> tuple[form_token.FormToken, str]:
    """A token, and its challenge."""
    press_id = form_token.new_press_id()
    token = form_token.FormToken(press_id, 60.0, "", "", work, **more)
    return token, proof.challenge(press_id, work)


@ONE_DATABASE
def test_the_number_lies_in_the_upper_half_and_is_another_for_each_token(
    app: Flask,
) -> None:
    numbers = [int(solved(a_token()[1])) for _unused in range(60)]

    assert min(numbers) >= 50
    assert max(numbers) < 100
    assert len(set(numbers)) > 20


@ONE_DATABASE
@pytest.mark.parametrize(
    ("forge", "verdict"),
    [
        (lambda own, other: own, Proof.SOLVED),
        (lambda own, other: "", Proof.MISSING),
        (lambda own, other: other, Proof.WRONG),
        (lambda own, other: str(int(own) + 1), Proof.WRONG),
        (lambda own, other: f" {own}", Proof.WRONG),
        (lambda own, other: f"+{own}", Proof.WRONG),
        (lambda own, other: f"{own}.0", Proof.WRONG),
        (lambda own, other: own + "\0", Proof.WRONG),
        (lambda own, other: own + "0" * 60_000, Proof.WRONG),
        (lambda own, other: "9" * 60_000, Proof.WRONG),
        (lambda own, other: "[" * 60_000, Proof.WRONG),
        (lambda own, other: "٣٤", Proof.WRONG),
        (lambda own, other: "\ud800", Proof.WRONG),
    ],
)
def test_only_the_number_of_its_own_token_is_a_proof(
    app: Flask, forge: Callable[[str, str], str], verdict: Proof
) -> None:
    token, own = a_token(100)
    other = solved(own)
    while other == solved(own):
        other = solved(a_token(100)[1])

    assert proof.judge(forge(solved(own), other), token, 100) == verdict


@ONE_DATABASE
def test_what_was_done_for_an_easier_challenge_is_no_proof_of_a_harder_one(
    app: Flask,
) -> None:
    token, _hard = a_token(2_000)
    easy = solved(proof.challenge(token.press_id, 100))

    assert proof.judge(easy, token, 100) == Proof.WRONG


@ONE_DATABASE
def test_work_done_before_an_attack_says_nothing_during_it_and_is_not_held_against_anybody(
    app: Flask,
) -> None:
    token, challenge = a_token(100)

    assert proof.judge(solved(challenge), token, 5_000) == Proof.MISSING


@ONE_DATABASE
def test_a_token_of_an_earlier_version_asks_for_no_work(app: Flask) -> None:
    token, challenge = a_token(0)

    assert challenge == ""
    assert proof.judge("", token, proof.QUIET) == Proof.MISSING
    assert proof.judge("123", token, proof.QUIET) == Proof.MISSING


@ONE_DATABASE
def test_a_proof_stays_good_when_the_key_is_changed(
    settings: Settings, app: Flask, make_app: Callable[..., Flask]
) -> None:
    new = SecretStr(new_key())
    token, challenge = a_token()
    number = solved(challenge)

    with make_app(key=(new, *settings.key)).app_context():
        kept = proof.judge(number, token, 100)
    with make_app(key=(new,)).app_context():
        lost = proof.judge(number, token, 100)

    assert (kept, lost) == (Proof.SOLVED, Proof.WRONG)


# -- with the page


@ONE_DATABASE
@pytest.mark.parametrize("end", ["", "/embed"])
def test_a_press_with_its_proof_is_stored_as_proven(
    visitor: FlaskClient, form: Form, end: str
) -> None:
    address = f"/f/{form.id}{end}"
    page = visitor.get(address).text

    visitor.post(
        address,
        data={
            **TYPED,
            "form_token": token_of(page),
            "proof": solved(challenge_of(page)),
        },
    )

    (row,) = rows()
    assert (row.proven, row.signals) == (True, "")


@ONE_DATABASE
def test_without_a_proof_a_press_is_taken_and_with_a_made_up_one_it_is_held(
    visitor: FlaskClient, form: Form
) -> None:
    for made_up in ("", "123456789"):
        token = token_of(visitor.get(f"/f/{form.id}").text)
        email = f"zoe{made_up}@example.com"
        typed = {**TYPED, "email_address": email, "proof": made_up}
        visitor.post(f"/f/{form.id}", data={**typed, "form_token": token})

    assert [(row.proven, row.state, row.signals) for row in rows()] == [
        (False, "waiting", ",no_proof,"),
        (False, "held", ",wrong_proof,"),
    ]


@ONE_DATABASE
def test_under_attack_a_page_asks_for_more_work_and_afterwards_for_less(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    def work() -> str:
        return challenge_of(visitor.get(f"/f/{form.id}").text).split(".")[2]

    quiet = work()
    with write_transaction() as session:
        under_attack = session.get_one(Form, form.id)
        under_attack.attack_until = world.clock.now() + timedelta(minutes=30)
    attacked = work()
    world.clock.advance(minutes=31)

    assert (quiet, attacked, work()) == (
        str(proof.QUIET),
        str(proof.ATTACK),
        str(proof.QUIET),
    )


@ONE_DATABASE
def test_a_page_that_comes_back_keeps_the_proof_that_was_done_and_asks_again_for_none(
    visitor: FlaskClient, form: Form
) -> None:
    page = visitor.get(f"/f/{form.id}").text
    typed = {**TYPED, "form_token": token_of(page), "email_address": "zoe@"}
    number = solved(challenge_of(page))

    done = visitor.post(f"/f/{form.id}", data={**typed, "proof": number}).text
    missing = visitor.post(f"/f/{form.id}", data=typed).text
    wrong = visitor.post(f"/f/{form.id}", data={**typed, "proof": "1"}).text

    assert (value_of(done, "proof"), challenge_of(done)) == (number, "")
    for without in (missing, wrong):
        assert value_of(without, "proof") is None
        assert challenge_of(without) == challenge_of(page)


@ONE_DATABASE
def test_a_page_that_was_open_too_long_comes_back_with_its_work_done(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    page = visitor.get(f"/f/{form.id}").text
    typed = typed_on(page)
    world.clock.advance(hours=25)

    back = visitor.post(f"/f/{form.id}", data=typed)
    again = {**TYPED, "form_token": token_of(back.text)}
    taken = visitor.post(f"/f/{form.id}", data=again)

    assert (back.status_code, challenge_of(back.text)) == (409, "")
    assert taken.status_code == 303
    assert [row.proven for row in rows()] == [True]


@ONE_DATABASE
def test_work_is_handed_on_once_to_one_token_however_often_it_is_shown(
    world: World, visitor: FlaskClient, form: Form
) -> None:
    page = visitor.get(f"/f/{form.id}").text
    typed = typed_on(page)
    world.clock.advance(hours=25)

    following = [
        token_of(visitor.post(f"/f/{form.id}", data=typed).text) for _unused in range(2)
    ]
    world.clock.advance(hours=25)
    last = visitor.post(f"/f/{form.id}", data={**TYPED, "form_token": following[0]})

    opened = [form_token.opened(token, form.id) for token in following]
    assert [each and each.proven for each in opened] == [True, True]
    assert len({each.press_id for each in opened if each}) == 1
    assert challenge_of(last.text)
