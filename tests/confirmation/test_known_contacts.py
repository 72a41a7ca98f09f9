"""What is known is not overwritten by a stranger, and nobody who left comes back but by
their own wish.
"""

from typing import Any

import pytest

from app.accounts.models import Account
from app.delivery import admin_actions
from app.forms.models import Form
from app.signups.models import SignupState
from app.worker import runner
from tests.confirmation.acting import (
    ZOE,
    event,
    events,
    form_with,
    link_to,
    sign_up,
    state_of,
    work,
)
from tests.delivery.acting import SIGN_UP, tries
from tests.delivery.exact import called, exact, known
from tests.mail.sink import Sink
from tests.signups.acting import rows
from tests.signups.reading import form_token
from tests.world import World

LEFT = "opted-out@example.com"


def confirm(world: World, sink: Sink, email: str = ZOE) -> None:
    world.app.test_client().post(link_to(sink, email))


def left(world: World, account: Account, email: str = ZOE) -> None:
    """Somebody unsubscribes at the provider now."""
    world.control(
        "contacts", account=account.provider_id, email=email, status="unsubscribed"
    )


# -- forms that update exactly


def test_a_known_contact_is_asked_before_it_is_changed(
    world: World, sink: Sink, account: Account
) -> None:
    contact = known(world, account, first_name="Zoe")
    form = form_with(world, account, known_contacts="ask_first")
    row = exact(world, form, first_name="An advert")
    work()
    asked = (state_of(world, row), called(world), contact["first_name"])

    confirm(world, sink)
    work()

    assert asked == ((SignupState.CONFIRMING, "known_contact"), ["GET"], "Zoe")
    assert "This address is already a contact of" in sink.taken[0].text
    assert state_of(world, row) == (SignupState.DELIVERED, "updated")
    assert called(world) == ["GET", "GET", "PUT"]
    assert [one.outcome for one in tries(row)] == ["known_contact", "updated"]


@pytest.mark.parametrize("is_known", [False, True], ids=["new", "unchanged"])
def test_who_is_new_or_unchanged_is_not_asked(
    world: World, sink: Sink, account: Account, is_known: bool
) -> None:
    form = form_with(world, account, known_contacts="ask_first")
    if is_known:
        known(
            world,
            account,
            "explicit",
            first_name="Zoe",
            list_memberships=[item["list_id"] for item in form.lists],
        )
    row = exact(world, form, first_name="Zoe")
    work()

    assert state_of(world, row)[0] == SignupState.DELIVERED
    assert sink.taken == []


@pytest.mark.usefixtures("without_mail")
def test_a_known_contact_is_held_when_nobody_can_be_asked(
    world: World, account: Account
) -> None:
    contact = known(world, account, first_name="Zoe")
    row = exact(
        world,
        form_with(world, account, known_contacts="ask_first"),
        first_name="Zoë",
    )
    work()
    held = (state_of(world, row), contact["first_name"])
    admin_actions.send_again([row.id])
    work()

    assert held == ((SignupState.HELD, "known_unasked"), "Zoe")
    assert state_of(world, row) == (SignupState.DELIVERED, "updated")


def test_a_form_that_always_asks_first_asks_everybody_where_nothing_is_looked_up(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(world, account, known_contacts="ask_first")
    row = sign_up(world, form)

    assert state_of(world, row) == (SignupState.CONFIRMING, "form_asks")


# -- only lists until somebody confirmed


def add_only(world: World, account: Account) -> Form:
    return form_with(
        world, account, known_contacts="add_only", confirmation="suspicious"
    )


def kept(world: World, account: Account) -> tuple[str | None, list[str]]:
    """First name and lists that the provider holds of Zoe."""
    contact: dict[str, Any] = world.contacts(account)[ZOE]
    return contact.get("first_name"), contact["list_memberships"]


def test_lists_go_at_once_and_answers_after_the_click(
    world: World, sink: Sink, account: Account
) -> None:
    form = add_only(world, account)
    row = sign_up(world, form, first_name="Zoe")
    work()
    first = (state_of(world, row), kept(world, account))
    confirm(world, sink)
    work()

    lists = [item["list_id"] for item in form.lists]
    assert first == ((SignupState.CONFIRMING, "answers_wait"), (None, lists))
    assert kept(world, account) == ("Zoe", lists)
    assert state_of(world, row) == (SignupState.DELIVERED, "updated")


def test_answers_that_nobody_confirms_are_never_sent(
    world: World, sink: Sink, account: Account
) -> None:
    row = sign_up(world, add_only(world, account), first_name="Zoe")
    work()
    world.clock.advance(days=7, minutes=1)
    work()
    work()

    row = world.again(row)
    assert (row.state, row.reason) == (SignupState.DELIVERED, "lists_only")
    assert (row.action, row.contact_id is not None) == ("created", True)
    assert kept(world, account)[0] is None


@pytest.mark.usefixtures("without_mail")
def test_without_mail_lists_are_all_that_goes(world: World, account: Account) -> None:
    row = sign_up(world, add_only(world, account), first_name="Zoe")
    work()

    assert state_of(world, row) == (SignupState.DELIVERED, "lists_only")
    assert kept(world, account)[0] is None


def test_who_says_not_me_is_told_what_remains(
    world: World, sink: Sink, account: Account
) -> None:
    row = sign_up(world, add_only(world, account), first_name="Zoe")
    work()
    browser = world.app.test_client()
    answer = browser.post(f"{link_to(sink)}/not-me")

    assert "unsubscribe link" in browser.get(answer.location).text
    assert state_of(world, row) == (SignupState.CLOSED, "not_me")


def test_an_unconfirmed_one_does_not_stand_for_a_confirmed_one(
    world: World, account: Account
) -> None:
    form = add_only(world, account)
    body = {
        "list_memberships": [item["list_id"] for item in form.lists],
        "first_name": "Zoe",
    }
    first = world.signup(form, body=body)
    second = world.signup(form, body=body, confirmed_at=world.clock.now())
    third = world.signup(form, body=body)
    runner.drain()

    assert [state_of(world, row) for row in (first, second, third)] == [
        (SignupState.CONFIRMING, "answers_wait"),
        (SignupState.DELIVERED, "updated"),
        (SignupState.CLOSED, "merged"),
    ]


# -- people who unsubscribed


def test_who_comes_back_is_asked_and_is_subscribed_by_their_own_word(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(world, account, confirmation="suspicious")
    row = sign_up(world, form, LEFT)
    work()
    asked = (state_of(world, row), world.calls(SIGN_UP))
    confirm(world, sink, LEFT)
    work()

    email = world.contacts(account)[LEFT]["email_address"]
    assert asked == ((SignupState.CONFIRMING, "came_back"), [])
    assert "You unsubscribed" in sink.taken[0].text
    assert state_of(world, row)[0] == SignupState.DELIVERED
    assert email["permission_to_send"] == "explicit"


@pytest.mark.parametrize("is_exact", [False, True], ids=["upsert", "exact"])
def test_who_leaves_after_confirming_is_not_subscribed_again(
    world: World, sink: Sink, account: Account, is_exact: bool
) -> None:
    form = form_with(world, account, confirmation="suspicious")
    left(world, account)
    world.clock.advance(minutes=20)
    row = exact(world, form) if is_exact else world.signup(form)
    work()
    confirm(world, sink)
    world.clock.advance(seconds=1)
    left(world, account)
    world.clock.advance(seconds=1)
    work()

    email = world.contacts(account)[ZOE]["email_address"]
    assert events(row) == ["asked", "confirmed"]
    assert state_of(world, row) == (SignupState.HELD, "opted_out")
    assert email["permission_to_send"] == "unsubscribed"


def test_who_leaves_after_the_press_is_held_and_not_asked(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(world, account, confirmation="suspicious")
    row = sign_up(world, form)
    left(world, account)
    world.clock.advance(minutes=20)
    work()

    assert state_of(world, row) == (SignupState.HELD, "opted_out")
    assert sink.taken == []


def test_an_admin_may_still_decide_and_who_did_it_is_kept(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(world, account, confirmation="suspicious")
    row = sign_up(world, form, LEFT)
    work()
    admin_actions.send_again([row.id], resubscribe=True, who="ada@example.com")
    work()

    assert state_of(world, row)[0] == SignupState.DELIVERED
    assert event(row, "resubscribed").who == "ada@example.com"


def test_forms_that_never_ask_hold_them_as_before(
    world: World, sink: Sink, account: Account
) -> None:
    row = sign_up(world, form_with(world, account), LEFT)
    work()

    assert state_of(world, row) == (SignupState.HELD, "opted_out")
    assert sink.taken == []


def test_a_correction_takes_over_the_mail_that_is_out_already(
    world: World, sink: Sink, account: Account
) -> None:
    fields = [{"key": "first_name", "label": "First name", "required": False}]
    form = form_with(world, account, known_contacts="add_only", fields=fields)
    browser = world.app.test_client()
    token = form_token(browser.get(f"/f/{form.id}").text)
    for name in ("Zoe", "Zoë"):
        typed = {"email_address": ZOE, "first_name": name, "consent": "y"}
        browser.post(f"/f/{form.id}", data={"form_token": token, **typed})
        work()
        world.clock.advance(seconds=30)
    first, second = rows()

    confirm(world, sink)
    work()

    assert len(sink.to(ZOE)) == 1
    assert state_of(world, first) == (SignupState.DELIVERED, "lists_only")
    assert state_of(world, second)[0] == SignupState.DELIVERED
    assert world.contacts(account)[ZOE]["first_name"] == "Zoë"
