"""Mail limits, mail servers that fail, keys that change, and two at once."""

from collections.abc import Callable

from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select

from app.accounts.models import Account
from app.confirmation import asking
from app.core.crypto import new_key
from app.database.session import db
from app.forms import service
from app.forms.models import Form
from app.mail import outbox
from app.mail.models import Notice
from app.signups.models import Signup, SignupState
from app.worker import periodic
from tests.confirmation.acting import (
    ZOE,
    change,
    event,
    events,
    form_with,
    link_to,
    numbers,
    state_of,
    work,
)
from tests.conftest import KEY
from tests.mail.sink import Sink
from tests.states.acting import at_once
from tests.world import ONE_DATABASE, World

CONFIRMING = (SignupState.CONFIRMING, "form_asks")
TOO_MANY = (SignupState.HELD, "too_many_mails")


def confirming(world: World, form: Form, email: str = ZOE, **body: str) -> Signup:
    """A sign-up that waits for its person's word."""
    lists = [item["list_id"] for item in form.lists]
    return world.signup(
        form,
        email,
        body={"list_memberships": lists, **body},
        state=SignupState.CONFIRMING,
        reason="form_asks",
    )


# -- limits


def test_one_mail_a_day_to_an_address_and_form(
    world: World, sink: Sink, form: Form
) -> None:
    first = confirming(world, form, first_name="Zoe")
    second = confirming(world, form, first_name="An advert")
    work()
    tomorrow = confirming(world, form, first_name="Zoë")
    world.clock.advance(days=1, minutes=1)
    work()

    assert len(sink.to(ZOE)) == 2
    assert [state_of(world, row) for row in (first, second, tomorrow)] == [
        CONFIRMING,
        TOO_MANY,
        CONFIRMING,
    ]


@ONE_DATABASE
def test_a_second_press_that_says_the_same_needs_no_second_mail(
    world: World, sink: Sink, form: Form
) -> None:
    first = confirming(world, form, first_name="Zoe")
    second = confirming(world, form, first_name="Zoe")
    work()
    world.app.test_client().post(link_to(sink))
    work()

    assert len(sink.taken) == 1
    assert state_of(world, second) == (SignupState.CLOSED, "merged")
    assert state_of(world, first)[0] == SignupState.DELIVERED


@ONE_DATABASE
def test_three_mails_a_day_to_an_address_over_all_forms(
    world: World, sink: Sink, account: Account
) -> None:
    forms = [form_with(world, account, name=f"Form {number}") for number in range(5)]
    rows = [confirming(world, form) for form in forms]
    work()

    assert len(sink.taken) == 3
    assert [state_of(world, row) for row in rows] == [CONFIRMING] * 3 + [TOO_MANY] * 2


@ONE_DATABASE
def test_only_so_many_mails_an_hour_of_a_form(
    world: World, sink: Sink, form: Form, make_app: Callable[..., Flask]
) -> None:
    rows = [confirming(world, form, f"p{number}@example.com") for number in range(5)]
    with make_app(confirm_mails_per_form="3 per hour").app_context():
        work()
        world.clock.advance(hours=1, minutes=1)
        later = confirming(world, form, "later@example.com")
        work()
        state_of_later = state_of(world, later)

    assert [state_of(world, row) for row in rows].count(TOO_MANY) == 2
    assert len(sink.taken) == 4
    assert state_of_later == CONFIRMING


@ONE_DATABASE
def test_a_reminder_that_is_one_too_many_is_left_out(
    world: World, sink: Sink, account: Account, form: Form
) -> None:
    row = confirming(world, form)
    work()
    world.clock.advance(days=2, hours=23)
    for number in range(3):
        confirming(world, form_with(world, account, name=f"Form {number}"))
    work()
    before = len(sink.taken)
    world.clock.advance(hours=1, minutes=1)
    work()

    assert before == 4
    assert events(row) == ["asked"]
    assert state_of(world, row) == CONFIRMING


def test_workers_that_ask_at_once_send_one_mail(
    world: World, sink: Sink, form: Form
) -> None:
    rows = [confirming(world, form, first_name=f"Zoe {n}") for n in range(4)]

    def ask() -> None:
        for _ in range(4):
            asking.step()

    at_once(world, *[ask] * 4)
    work()

    assert len(sink.taken) == 1
    assert sorted(state_of(world, row) for row in rows) == sorted(
        [CONFIRMING] + [TOO_MANY] * 3
    )


# -- mail servers


def test_an_address_that_takes_no_mail_ends_it(
    world: World, sink: Sink, form: Form
) -> None:
    sink.say[f"RCPT {ZOE}"] = "550 no such user here"
    row = confirming(world, form)
    work()

    assert state_of(world, row) == (SignupState.CLOSED, "bounced")
    assert event(row, "bounced").detail == {"answer": "550 no such user here"}
    assert outbox.trouble(world.clock.now()) == (0, 0)


@ONE_DATABASE
def test_a_server_that_says_later_is_waited_for(
    world: World, sink: Sink, form: Form
) -> None:
    sink.say["MAIL"] = "451 try later"
    row = confirming(world, form)
    browser = world.app.test_client()
    work()
    at_once = browser.get(f"/f/{form.id}/thanks").text
    world.clock.advance(minutes=20)
    work()
    after_a_while = browser.get(f"/f/{form.id}/thanks").text
    sink.say.clear()
    world.clock.advance(minutes=10)
    work()

    assert "One more step" in at_once
    assert ("delayed" in at_once, "delayed" in after_a_while) == (False, True)
    assert state_of(world, row) == CONFIRMING
    assert len(sink.taken) == 1


@ONE_DATABASE
def test_nobody_is_let_go_who_was_never_reached(
    world: World, sink: Sink, form: Form
) -> None:
    sink.say["MAIL"] = "451 try later"
    row = confirming(world, form)
    for _ in range(9):
        work()
        world.clock.advance(days=1)
    sink.say.clear()
    work()
    world.app.test_client().post(link_to(sink))
    work()

    assert state_of(world, row)[0] == SignupState.DELIVERED
    assert set(events(row)) == {"asked", "confirmed"}
    assert numbers(form) == (1, 1)


@ONE_DATABASE
def test_a_mail_server_that_is_taken_away_leaves_who_was_reached(
    world: World,
    sink: Sink,
    form: Form,
    make_app: Callable[..., Flask],
) -> None:
    reached = confirming(world, form)
    work()
    sink.say["MAIL"] = "451 try later"
    waiting = confirming(world, form, "waiting@example.com")
    work()
    new = confirming(world, form, "new@example.com")
    on_lists = world.signup(
        form,
        "lists@example.com",
        state=SignupState.CONFIRMING,
        reason="answers_wait",
        contact_id="a contact",
    )
    with make_app(smtp_url=SecretStr("")).app_context():
        world.clock.advance(days=3, minutes=1)
        periodic.run_due(world.clock.now(), (periodic.ask_people,))
        page = world.app.test_client().get(f"/f/{form.id}/thanks").text

    assert state_of(world, reached) == CONFIRMING
    assert state_of(world, waiting) == (SignupState.HELD, "no_mail")
    assert state_of(world, new) == (SignupState.HELD, "no_mail")
    assert state_of(world, on_lists) == (SignupState.DELIVERED, "lists_only")
    assert "One more step" in page


@ONE_DATABASE
def test_one_that_cannot_be_asked_does_not_keep_others_from_it(
    world: World, sink: Sink, form: Form
) -> None:
    broken = world.signup(
        form, state=SignupState.CONFIRMING, reason="form_asks", language="zz-ZZ-??"
    )
    other = confirming(world, form, "other@example.com")
    for _ in range(3):
        periodic.run_due(world.clock.now(), (periodic.ask_people,))
    work()

    assert len(sink.to("other@example.com")) == 1
    assert state_of(world, other) == CONFIRMING
    assert state_of(world, broken) == CONFIRMING
    assert events(broken) == []


# -- clocks, keys and forms


@ONE_DATABASE
def test_a_clock_that_is_set_back_loses_nobody(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    work()
    world.clock.advance(hours=-5)
    world.app.test_client().post(link_to(sink))
    work()
    world.clock.advance(hours=5)
    work()

    assert event(row, "confirmed").detail["seconds"] == 0
    assert state_of(world, row)[0] == SignupState.DELIVERED


@ONE_DATABASE
def test_links_work_after_the_key_was_rotated(
    world: World, sink: Sink, form: Form, make_app: Callable[..., Flask]
) -> None:
    row = confirming(world, form)
    work()
    path = link_to(sink)
    app = make_app(key=(SecretStr(new_key()), SecretStr(KEY)))
    with app.app_context():
        answer = app.test_client().post(path)

    assert answer.location.endswith("/thanks")
    assert state_of(world, row)[0] == SignupState.WAITING


@ONE_DATABASE
def test_a_form_that_is_changed_or_paused_in_between_changes_nothing(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    change(form, open=False)
    work()
    change(form, confirmation="off", heading="Another heading")
    page = world.app.test_client().get(link_to(sink))
    world.app.test_client().post(link_to(sink))
    work()

    assert "Another heading" in page.text
    assert state_of(world, row)[0] == SignupState.DELIVERED


@ONE_DATABASE
def test_a_form_that_is_deleted_before_the_mail_asks_nobody(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    service.delete(form.id)
    work()

    assert sink.taken == []
    assert state_of(world, row) == (SignupState.CLOSED, "not_asked")


@ONE_DATABASE
def test_a_form_that_is_deleted_after_the_mail_says_so_until_it_is_back(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    work()
    service.delete(form.id)
    browser, path = world.app.test_client(), link_to(sink)
    browser.post(path)
    gone = browser.get(path)
    between = state_of(world, row)
    service.restore(form.id)
    browser.post(path)

    assert (gone.status_code, "no longer in use" in gone.text) == (200, True)
    assert between == CONFIRMING
    assert state_of(world, row)[0] == SignupState.WAITING


def test_two_devices_that_confirm_at_once_are_one(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    work()
    path = link_to(sink)

    def press() -> str:
        browser = world.app.test_client()
        return browser.get(browser.post(path).location).text

    pages = at_once(world, press, press)

    assert events(row) == ["asked", "confirmed"]
    assert ["is confirmed" in page for page in pages] == [True, True]
    assert numbers(form) == (1, 1)


@ONE_DATABASE
def test_not_me_after_a_scanner_confirmed_stops_what_is_not_sent_yet(
    world: World, sink: Sink, form: Form
) -> None:
    row = confirming(world, form)
    work()
    browser, path = world.app.test_client(), link_to(sink)
    browser.post(path)
    browser.post(f"{path}/not-me")
    work()

    assert state_of(world, row) == (SignupState.CLOSED, "not_me")


@ONE_DATABASE
def test_the_mail_s_headers_stay_one_line_each(
    world: World, sink: Sink, account: Account
) -> None:
    form = form_with(
        world,
        account,
        confirm_subject="Hello\r\nBcc: everybody@example.com",
        confirm_text="Hi,\n.\nplease confirm.",
        confirmation="on",
    )
    confirming(world, form)
    work()

    (mail,) = sink.taken
    assert mail.message["Subject"] == "Hello Bcc: everybody@example.com"
    assert mail.message["Bcc"] is None
    assert mail.text.startswith("Hi,\n.\nplease confirm.\n")


@ONE_DATABASE
def test_mails_of_visitors_are_not_among_those_to_admins(
    world: World, sink: Sink, form: Form
) -> None:
    confirming(world, form)
    work()

    assert db.session.scalar(select(func.count()).select_from(Notice)) == 1
    assert outbox.newest() == []
