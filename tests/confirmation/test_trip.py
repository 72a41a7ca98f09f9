"""Asked by mail, confirmed by one press, delivered; and every other end."""

import re

from app.database.session import db
from app.forms.models import Form
from app.signups.models import BlockedAddress, SignupState
from tests.confirmation.acting import (
    ZOE,
    change,
    event,
    events,
    link_to,
    links,
    numbers,
    sign_up,
    state_of,
    work,
)
from tests.delivery.acting import SIGN_UP
from tests.mail.sink import Sink
from tests.world import World

CONFIRMING = (SignupState.CONFIRMING, "form_asks")


def test_who_confirms_by_one_press_is_delivered(
    world: World, sink: Sink, form: Form
) -> None:
    row = sign_up(world, form, first_name="Zoe")
    work()
    before = (state_of(world, row), world.calls(SIGN_UP))
    browser = world.app.test_client()
    page = browser.get(link_to(sink))
    world.clock.advance(seconds=90)
    answer = browser.post(
        link_to(sink),
        headers={"User-Agent": "A browser"},
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    thanks = browser.get(answer.location)
    work()

    assert before == (CONFIRMING, [])
    assert "Yes, sign me up" in page.text
    assert (answer.status_code, "is confirmed" in thanks.text) == (303, True)
    assert state_of(world, row) == (SignupState.DELIVERED, "created")
    assert events(row) == ["asked", "confirmed"]
    detail = event(row, "confirmed").detail
    assert (detail["network"], detail["agent"]) == ("203.0.113.0/24", "A browser")
    assert 90 <= detail["seconds"] < 100
    assert numbers(form) == (1, 1)


def test_the_mail_names_who_asks_and_nothing_that_was_typed(
    world: World, sink: Sink, form: Form
) -> None:
    sign_up(world, form, first_name="Free-Bitcoin-dot-example")
    work()

    (mail,) = sink.taken
    organization = form.account.name
    assert mail.message["From"] == f"{organization} <hello@example.org>"
    assert mail.message["Reply-To"] == "answers@example.org"
    assert mail.message["Subject"] == (
        f"Please confirm your sign-up for {organization}"
    )
    assert form.heading in mail.text
    assert form.lists[0]["label"] in mail.text
    assert "Bitcoin" not in mail.raw.decode()
    assert re.search(r"/confirm/[\w-]{43}/not-me\n", mail.text)
    assert not links()[0].token_digest.startswith(link_to(sink)[-10:])


def test_opening_the_link_changes_nothing(world: World, sink: Sink, form: Form) -> None:
    row = sign_up(world, form)
    work()
    path, browser = link_to(sink), world.app.test_client()

    head = browser.head(path)
    after_head = links()[0].opened_at
    pages = [browser.get(path), browser.get(f"{path}/not-me"), browser.get(path)]
    work()

    assert (head.status_code, after_head) == (200, None)
    assert links()[0].opened_at is not None
    assert state_of(world, row) == CONFIRMING
    assert events(row) == ["asked"]
    for page in pages:
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "Set-Cookie" not in page.headers
        assert page.headers["Cache-Control"] == "no-store"


def test_this_was_not_me_ends_it_and_holds_later_ones(
    world: World, sink: Sink, form: Form
) -> None:
    row = sign_up(world, form)
    work()
    path, browser = link_to(sink), world.app.test_client()

    answer = browser.post(f"{path}/not-me")
    page = browser.get(answer.location)
    browser.post(path)  # too late
    work()

    assert "Thanks for letting us know" in page.text
    assert state_of(world, row) == (SignupState.CLOSED, "not_me")
    assert events(row) == ["asked", "not_me"]
    (blocked,) = db.session.query(BlockedAddress).all()
    assert (blocked.form_id, blocked.why) == (form.id, "not_me")
    assert ZOE not in blocked.person
    assert world.calls(SIGN_UP) == []


def test_who_does_not_confirm_is_reminded_once_and_then_let_go(
    world: World, sink: Sink, form: Form
) -> None:
    row = sign_up(world, form)
    work()
    first = link_to(sink)
    world.clock.advance(days=3, minutes=1)
    work()
    second = link_to(sink)
    world.clock.advance(days=3)
    work()
    still = state_of(world, row)
    world.clock.advance(days=1)
    work()
    page = world.app.test_client().get(second)
    world.app.test_client().post(first)

    assert still == CONFIRMING
    assert [str(one.message["Subject"])[:8] for one in sink.taken] == [
        "Please c",
        "Reminder",
    ]
    assert first != second
    assert "has expired" in page.text
    assert state_of(world, row) == (SignupState.CLOSED, "unconfirmed")
    assert events(row) == ["asked", "reminded", "unconfirmed"]
    assert numbers(form) == (1, 0)


def test_both_links_work_until_it_is_over(world: World, sink: Sink, form: Form) -> None:
    row = sign_up(world, form)
    work()
    first = link_to(sink)
    world.clock.advance(days=3, minutes=1)
    work()

    world.app.test_client().post(first)
    page = world.app.test_client().get(link_to(sink))
    work()

    assert "is confirmed" in page.text
    assert state_of(world, row)[0] == SignupState.DELIVERED


def test_a_form_without_reminders_sends_none(
    world: World, sink: Sink, form: Form
) -> None:
    change(form, reminds=False)
    row = sign_up(world, form)
    work()
    world.clock.advance(days=7, minutes=1)
    work()

    assert len(sink.taken) == 1
    assert state_of(world, row) == (SignupState.CLOSED, "unconfirmed")


def test_an_unknown_link_is_a_calm_page(world: World, form: Form) -> None:
    browser = world.app.test_client()
    unknown = f"/confirm/{'x' * 43}"
    answers = [
        browser.get(unknown),
        browser.post(unknown),
        browser.get(f"{unknown}/not-me"),
        browser.post(f"{unknown}/not-me"),
        browser.get(f"{unknown}/thanks"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert all("This link doesn’t work" in answer.text for answer in answers)
