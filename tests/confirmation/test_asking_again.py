"""An admin has somebody asked once more, sees what people did, and decides instead."""

import pytest
from flask.testing import FlaskClient

from app.accounts.models import Account
from app.delivery import admin_actions
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from tests.confirmation.acting import (
    event,
    events,
    form_with,
    link_to,
    sign_up,
    state_of,
    work,
)
from tests.mail.sink import Sink
from tests.world import World, csrf_of

ADA = "ada@example.com"


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in("admin", ADA)


def ask_again(browser: FlaskClient, row: Signup) -> str:
    """Press the button on the sign-up's page; return what the page says then."""
    page = f"/signups/{row.id}"
    token = csrf_of(browser.get(page).text)
    browser.post(f"{page}/ask-again", data={"csrf_token": token})
    return browser.get(page).text


def test_an_admin_sends_the_mail_again_but_not_on_the_same_day(
    world: World, sink: Sink, form: Form, admin: FlaskClient
) -> None:
    row = sign_up(world, form)
    work()
    too_soon = ask_again(admin, row)
    world.clock.advance(days=2)
    sent = ask_again(admin, row)
    work()
    world.clock.advance(days=6)  # the first link alone would have expired
    world.app.test_client().post(link_to(sink))
    work()

    assert "Not sent" in too_soon
    assert "on its way" in sent
    assert len(sink.to(row.email)) == 2
    assert event(row, "resent").who == ADA
    assert state_of(world, row)[0] == SignupState.DELIVERED
    page = admin.get(f"/signups/{row.id}").text
    for line in ("Asked by email to confirm", "Asked by email again", "Confirmed"):
        assert line in page


def test_somebody_who_is_held_can_be_asked(
    world: World, sink: Sink, account: Account, admin: FlaskClient
) -> None:
    row = sign_up(world, form_with(world, account), "opted-out@example.com")
    work()
    held = state_of(world, row)
    ask_again(admin, row)
    work()
    asked = state_of(world, row)
    world.app.test_client().post(link_to(sink, row.email))
    work()

    assert held == (SignupState.HELD, "opted_out")
    assert asked == (SignupState.CONFIRMING, "came_back")
    assert state_of(world, row)[0] == SignupState.DELIVERED


@pytest.mark.usefixtures("without_mail")
def test_without_a_mail_server_there_is_no_button(
    world: World, form: Form, admin: FlaskClient
) -> None:
    row = sign_up(world, form)

    assert "ask-again" not in admin.get(f"/signups/{row.id}").text
    assert "No mail server is set up" in ask_again(admin, row)


def test_what_an_admin_calls_fine_goes_whole_and_nobody_is_asked(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(world, account, known_contacts="add_only", confirmation="on")
    row = sign_up(world, form, first_name="Zoe")
    admin_actions.release([row.id], ADA)
    work()

    assert state_of(world, row) == (SignupState.DELIVERED, "created")
    assert world.contacts(account)[row.email]["first_name"] == "Zoe"
    assert sink.taken == []
    assert events(row) == ["released"]
