"""Presses by HTTP, and what became of them: the attacks that went through before, and
honest people beside them.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select, update

from app.core.crypto import new_key
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.services import services
from app.signups import blocked, people
from app.signups.intake import day_of
from app.signups.models import Signup, SignupState, Tally
from app.signups.screening import attack
from tests.signups.acting import rows
from tests.signups.reading import form_token
from tests.world import ONE_DATABASE, World

SITE = "https://bakery.example"
# As an installation has it, but that an attack takes fewer presses.
LIMITS = {
    "network_people": 30,
    "address_presses": 3,
    "attack_presses": 20,
    "unproven_presses": 8,
    "proxy_hops": 1,
}


@pytest.fixture
def screened(make_app: Callable[..., Flask]) -> Flask:
    return make_app(**LIMITS)


@pytest.fixture
def visitor(screened: Flask) -> FlaskClient:
    return screened.test_client()


def network(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"}


def press(visitor: FlaskClient, form: Form, token: str, email: str, **more: Any) -> int:
    from_network = network(more.pop("network", 0))
    data = {
        "form_token": token,
        "email_address": email,
        "consent": "y",
        **more.pop("answers", {}),
    }
    return visitor.post(f"/f/{form.id}", data=data, headers=from_network).status_code


def opened(visitor: FlaskClient, form: Form) -> str:
    return form_token(visitor.get(f"/f/{form.id}").text)


def states() -> list[tuple[str, str | None]]:
    return [(row.state, row.reason) for row in rows()]


def test_one_token_from_forty_networks_admits_one_person(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = opened(visitor, form)

    codes = [
        press(visitor, form, token, f"p{number}@example.com", network=number)
        for number in range(40)
    ]

    assert codes == [303] + [409] * 39
    assert len(rows()) == 1


def test_one_token_admits_three_people_of_one_network_and_their_corrections(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = opened(visitor, form)

    first = [press(visitor, form, token, f"p{n}@example.com") for n in (1, 2, 3)]
    fourth = press(visitor, form, token, "p4@example.com")
    corrected = press(
        visitor, form, token, "p1@example.com", answers={"first_name": "Zoë"}
    )
    on_the_train = press(visitor, form, token, "p1@example.com", network=7)

    assert (first, fourth) == ([303, 303, 303], 409)
    assert (corrected, on_the_train) == (303, 303)
    assert {row.person for row in rows()} == {f"p{n}@example.com" for n in (1, 2, 3)}


def test_the_page_that_comes_back_has_a_fresh_token_and_what_was_typed(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = opened(visitor, form)
    for number in (1, 2, 3):
        press(visitor, form, token, f"p{number}@example.com")
    data = {"form_token": token, "email_address": "p4@example.com", "consent": "y"}

    page = visitor.post(f"/f/{form.id}", data=data, headers=network(0))
    code = press(visitor, form, form_token(page.text), "p4@example.com")

    assert page.status_code == 409
    assert "p4@example.com" in page.text
    assert form_token(page.text) != token
    assert code == 303


def test_an_hour_later_the_token_of_a_kiosk_admits_three_more(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = opened(visitor, form)
    for number in range(3):
        press(visitor, form, token, f"p{number}@example.com")

    world.clock.advance(seconds=3601)

    assert press(visitor, form, token, "later@example.com") == 303


def test_made_up_origins_from_changing_networks_soon_make_html_presses_suspicious(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account(), sites=[SITE])
    for number in range(15):
        data = {
            "email_address": f"p{number}@example.com",
            "consent": "y",
            "consent_id": form.consent_id,
        }
        headers = {"Origin": SITE, **network(number)}
        assert visitor.post(f"/f/{form.id}", data=data, headers=headers)

    waiting = [row for row in rows() if row.state == SignupState.WAITING]

    assert len(rows()) == 15  # nothing is lost
    assert len(waiting) == LIMITS["unproven_presses"]
    assert {row.reason for row in rows() if row not in waiting} == {"suspicious"}
    assert ",unproven_burst,no_proof,pasted," in {row.signals for row in rows()}


def test_one_address_from_many_networks_is_held_after_three(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    for number in range(6):
        token = opened(visitor, form)
        press(visitor, form, token, "known@example.com", network=number)

    assert states() == [("waiting", None)] * 3 + [("held", "address_often")] * 3


def test_one_token_does_not_let_one_address_be_rewritten_for_ever(
    world: World, visitor: FlaskClient
) -> None:
    fields = [{"key": "first_name", "label": "First name", "required": False}]
    form = world.form(world.account(), fields=fields)
    token = opened(visitor, form)
    for number in range(9):
        press(
            visitor,
            form,
            token,
            "known@example.com",
            network=number,
            answers={"first_name": f"Buy {number}"},
        )

    assert states().count(("waiting", None)) == 5
    assert states().count(("held", "address_often")) == 4


def test_a_crowd_behind_one_network_is_suspicious_unless_it_is_expected(
    world: World, make_app: Callable[..., Flask]
) -> None:
    visitor = make_app(
        **LIMITS | {"network_people": 2, "unproven_presses": 500}
    ).test_client()
    form = world.form(world.account())

    for number in range(8):
        press(visitor, form, opened(visitor, form), f"p{number}@example.com")
    with write_transaction() as session:
        session.execute(
            update(Form).values(event_until=services().clock.now() + timedelta(hours=1))
        )
    world.clock.advance(seconds=2)
    press(visitor, form, opened(visitor, form), "event@example.com")

    reasons = [reason for _state, reason in states()]
    assert reasons[:6] == [None] * 6
    assert reasons[6:] == ["suspicious", "suspicious", None]


def test_more_presses_than_usual_begin_attack_mode_which_ends_by_itself(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    most = LIMITS["attack_presses"]
    for number in range(most + 5):
        row_of_browser(world, form, number)
    press(visitor, form, opened(visitor, form), "in-it@example.com", network=1)

    during = world.again(form)
    since, until = during.attack_since, during.attack_until
    world.clock.advance(minutes=31)
    press(visitor, form, opened(visitor, form), "after@example.com", network=2)

    by_email = {row.email: row for row in rows()}
    assert until - since == timedelta(minutes=30)
    assert by_email["in-it@example.com"].reason == "suspicious"
    assert ",attack," in by_email["in-it@example.com"].signals
    assert by_email["after@example.com"].state == SignupState.WAITING
    assert world.again(form).updated_at == form.updated_at  # pages stay good


def row_of_browser(world: World, form: Form, number: int) -> Signup:
    """A sign-up that came with its proof."""
    return world.signup(form, f"b{number}@example.com", proven=True)


def test_a_form_with_busy_days_may_have_as_many_presses(world: World) -> None:
    form = world.form(world.account())
    today, million = day_of(services().clock.now()), 1_000_000
    with write_transaction() as session:
        for ago, accepted in enumerate((90, 80, 14.4, 1), start=1):
            day = today - timedelta(days=ago)
            number = int(accepted * million)
            session.add(Tally(form_id=form.id, day=day, accepted=number))

    usual = attack.usual(form.id, services().clock.now())

    # ten times the pace of the third busiest: the two before may have been attacks
    assert usual == million


@pytest.mark.parametrize(
    ("why", "reason"), [("spam", "blocked_spam"), ("not_me", "blocked_not_me")]
)
def test_who_is_on_the_list_is_held(
    world: World, visitor: FlaskClient, why: str, reason: str
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account)
    form_id = form.id if why == "not_me" else ""
    with write_transaction() as session:
        blocked.add(session, "spam@example.com", why, form_id)

    for shown in (form, other):
        press(visitor, shown, opened(visitor, shown), "SPAM@example.com")
    press(visitor, form, opened(visitor, form), "ham@example.com")

    on_other = ("held", reason) if why == "spam" else ("waiting", None)
    assert states() == [("held", reason), on_other, ("waiting", None)]


@ONE_DATABASE
@pytest.mark.parametrize("age", [0, 1, 2])
def test_who_is_on_the_list_under_any_key_of_the_ring_is_held(
    world: World, make_app: Callable[..., Flask], age: int
) -> None:
    keys = tuple(SecretStr(new_key()) for _ in range(3))
    form = world.form(world.account())
    old, now = make_app(key=keys[age:]), make_app(key=keys, **LIMITS)
    with old.app_context(), write_transaction() as session:
        blocked.add(session, "spam@example.com", blocked.SPAM)
    visitor = now.test_client()

    press(visitor, form, opened(visitor, form), "spam@example.com")

    assert states() == [("held", "blocked_spam")]


@ONE_DATABASE
def test_a_server_that_names_no_network_counts_nobody_as_from_elsewhere(
    world: World, screened: Flask
) -> None:
    form = world.form(world.account())
    nowhere = screened.test_client()
    nowhere.environ_base = {"REMOTE_ADDR": ""}
    token = opened(nowhere, form)
    data = {"form_token": token, "consent": "y"}

    codes = [
        nowhere.post(f"/f/{form.id}", data={**data, "email_address": email}).status_code
        for email in ("a@example.com", "b@example.com")
    ]

    assert codes == [303, 303]


@ONE_DATABASE
def test_throw_away_addresses_are_known_by_the_list_or_by_a_file(
    world: World, make_app: Callable[..., Flask], tmp_path: Any
) -> None:
    form = world.form(world.account())
    path = tmp_path / "domains.txt"
    path.write_text("Throwaway.example\n")
    for settings in ({}, {"disposable_domains": path}):
        visitor = make_app(**LIMITS, **settings).test_client()
        for email in ("a@mailinator.com", "b@sub.throwaway.example"):
            press(visitor, form, opened(visitor, form), email)

    assert [reason for _state, reason in states()] == [
        "suspicious",
        None,
        None,
        "suspicious",
    ]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("keep", "kept"),
    [("full", "203.0.113.77"), ("shortened", "203.0.113.0/24"), ("none", "")],
)
def test_a_network_is_kept_as_configured_and_counted_by_its_hash(
    world: World, make_app: Callable[..., Flask], keep: str, kept: str
) -> None:
    visitor = make_app(keep_networks=keep, proxy_hops=1).test_client()
    form = world.form(world.account())
    data = {
        "form_token": opened(visitor, form),
        "email_address": "zoe@example.com",
        "consent": "y",
    }

    visitor.post(
        f"/f/{form.id}", data=data, headers={"X-Forwarded-For": "203.0.113.77"}
    )

    row = db.session.scalars(select(Signup)).one()
    assert row.network == kept
    assert row.network_hash == people.network_hash("203.0.113.77")
    assert (row.door, row.proven, row.language) == ("hosted", False, "en")
    assert row.form_version == form.updated_at
