"""Owners and admins are told once that an account needs its owner, and once that it is
mended.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import event, select, text, update

from app.accounts import alerts
from app.accounts.models import Account
from app.accounts.what_was_done import what_was_done
from app.auth.models import User
from app.database.session import db, write_transaction
from app.mail import sender
from app.mail.models import Notice
from app.worker import periodic
from tests.dashboard.reading import heading_of
from tests.mail.accounts import a_thousand_accounts
from tests.mail.acting import (
    ADA,
    OWNER,
    admins,
    link_in,
    notices,
    refuse,
    round_of,
    subjects,
    told,
)
from tests.mail.sink import Sink
from tests.world import ONE_DATABASE, PATIENCE, PUBLIC_URL, World

# -- once, to everybody whom it concerns


def test_a_refused_grant_is_told_within_one_round(
    world: World, bakery: Account, sink: Sink
) -> None:
    world.signup(world.form(bakery))
    refuse(world, bakery)
    round_of(world)

    assert subjects(sink) == [
        (ADA, f"{bakery.name} needs its owner"),
        ("bob@example.com", f"{bakery.name} needs its owner"),
        (OWNER, f"Please reconnect {bakery.name}"),
    ]
    assert all(one.recipients == [one.message["To"]] for one in sink.taken)
    (mail,) = sink.to(ADA)
    assert "Constant Contact no longer accepts this connection" in mail.text
    assert "1 sign-up is waiting." in mail.text
    assert f"{PUBLIC_URL}/accounts/{bakery.id}" in mail.text
    assert OWNER in mail.text
    assert "/connect/" not in mail.text


def test_the_owners_mail_leads_to_a_page_that_connects(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    round_of(world)
    (mail,) = sink.to(OWNER)
    page = world.app.test_client().get(link_in(mail.text))

    assert page.status_code == 200
    assert "Reconnect" in heading_of(page.text)
    assert ADA in mail.text
    assert "No sign-ups are waiting" in mail.text


def test_the_link_is_nowhere_in_clear(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    periodic.run_due(world.clock.now())
    stored = [everything(), sender.send_one() and everything()]
    while sender.send_one():
        pass
    token = link_in(sink.to(OWNER)[0].text).rpartition("/")[2]

    assert len(token) > 30
    assert [token in str(rows) for rows in [*stored, everything()]] == [False] * 3
    assert [row.body for row in notices()] == [""] * 3


def everything() -> str:
    db.session.rollback()
    return repr(
        [db.session.execute(select(table)).all() for table in db.metadata.sorted_tables]
    )


def test_it_is_told_once_however_many_workers_there_are(
    world: World, app: Flask, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    periodic.run_due(world.clock.now())
    with write_transaction() as session:
        session.execute(text("DELETE FROM notice"))
        session.execute(text("DELETE FROM told"))
    at_once(app, 4, lambda: alerts.tell(world.clock.now(), lambda _ids: 0))
    at_once(app, 4, lambda: [None for _ in range(8) if sender.send_one()])

    assert len(subjects(sink)) == 3
    assert len(set(subjects(sink))) == 3
    assert {row.attempts for row in notices()} == {1}


def at_once(app: Flask, number: int, do: Callable[[], object]) -> None:
    """The same by several threads, at the same moment."""
    ready = Barrier(number)

    def one(_number: int) -> None:
        with app.app_context():
            ready.wait(PATIENCE)
            for _ in range(3):
                do()
            db.session.remove()

    with ThreadPoolExecutor(number) as crowd:
        list(crowd.map(one, range(number)))


def test_after_that_nothing_more_is_said(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    for _ in range(5):
        round_of(world)
        world.clock.advance(hours=7)

    assert len(sink.taken) == 3


def test_when_it_is_mended_that_is_said_once_too(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    round_of(world)
    sink.taken.clear()
    world.connected_again(bakery)
    at_once(world.app, 3, lambda: alerts.tell(world.clock.now(), lambda _ids: 0))
    round_of(world)

    assert subjects(sink) == [
        (ADA, f"{bakery.name} works again"),
        ("bob@example.com", f"{bakery.name} works again"),
        (OWNER, f"{bakery.name} works again"),
    ]
    assert told() == {}


@ONE_DATABASE
def test_the_next_time_is_told_anew(world: World, bakery: Account, sink: Sink) -> None:
    for _ in range(2):
        refuse(world, bakery)
        round_of(world)
        world.connected_again(bakery)
        round_of(world)

    assert len(sink.to(OWNER)) == 4


@ONE_DATABASE
def test_an_owner_who_is_an_admin_gets_one_mail_with_both(
    world: World, sink: Sink
) -> None:
    admins(world, ADA)
    account = world.account(notify_email="Ada@Example.com")
    refuse(world, account)
    round_of(world)

    (mail,) = sink.taken
    assert link_in(mail.text)
    assert f"{PUBLIC_URL}/accounts/{account.id}" in mail.text


@ONE_DATABASE
def test_whoever_may_not_sign_in_any_more_is_not_told(
    world: World, bakery: Account, sink: Sink
) -> None:
    with write_transaction() as session:
        session.execute(
            update(User).where(User.email == "bob@example.com").values(active=False)
        )
    refuse(world, bakery)
    round_of(world)

    assert {one.recipients[0] for one in sink.taken} == {ADA, OWNER}


@ONE_DATABASE
def test_without_an_address_of_the_owner_admins_are_told_so(
    world: World, sink: Sink
) -> None:
    admins(world, ADA)
    refuse(world, world.account())
    round_of(world)

    (mail,) = sink.taken
    assert "doesn’t know the owner’s email address" in mail.text


@ONE_DATABASE
def test_a_login_without_rights_is_told_as_such(
    world: World, bakery: Account, sink: Sink
) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).values(
                privileges_missing="contacts:write", facts_read_at=world.clock.now()
            )
        )
    alerts.tell(world.clock.now(), lambda _ids: 7)
    while sender.send_one():
        pass

    assert "can no longer add contacts" in sink.to(OWNER)[0].text
    assert "7 sign-ups are waiting." in sink.to(OWNER)[0].text


@ONE_DATABASE
def test_without_a_mail_server_nothing_is_even_stored(
    world: World, bakery: Account, make_app: Callable[..., Flask]
) -> None:
    refuse(world, bakery)
    with make_app(smtp_url=SecretStr("")).app_context():
        periodic.run_due(world.clock.now())
        with write_transaction() as session:
            alerts.disconnected(
                session, session.get_one(Account, bakery.id), by_owner=True
            )

        assert (notices(), told()) == ([], {})
        db.session.remove()


# -- disconnected


@ONE_DATABASE
def test_a_disconnected_account_is_no_longer_asked_for(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    round_of(world)
    with write_transaction() as session:
        session.execute(update(Account).values(disconnected_at=world.clock.now()))
    round_of(world)

    assert told() == {}
    assert len(sink.taken) == 3


@ONE_DATABASE
@pytest.mark.parametrize(("by_owner", "mails"), [(True, 2), (False, 0)])
def test_admins_hear_of_owners_who_disconnect_by_themselves(
    world: World, bakery: Account, sink: Sink, by_owner: bool, mails: int
) -> None:
    with write_transaction() as session:
        alerts.disconnected(
            session, session.get_one(Account, bakery.id), by_owner=by_owner
        )
    round_of(world)

    assert [subject for _one, subject in subjects(sink)] == [
        f"{bakery.name} was disconnected by its owner"
    ] * mails
    assert sink.to(OWNER) == []


# -- names, and numbers


@ONE_DATABASE
@pytest.mark.parametrize(
    "name",
    [
        "Bakery\r\nBcc: everybody@example.com",
        "Bakery\n\nA text of its own",
        "Bakery\r\n.\r\nMAIL FROM:<x@example.com>",
        "Bäckerei 🥐🥖",
        "مخبز الحيّ القديم",
        "\u202egnorw",
        "B" * 255,
        "=?utf-8?q?x=0D=0ABcc=3A_y=40example.com?=",
        "",
        "\x00\x07",
        "%(link)s",
    ],
)
def test_no_name_of_an_account_gets_out_of_its_line(
    world: World, bakery: Account, sink: Sink, name: str
) -> None:
    with write_transaction() as session:
        session.execute(update(Account).values(name=name))
    refuse(world, bakery)
    round_of(world)

    assert len(sink.taken) == 3
    for mail in sink.taken:
        assert mail.message.keys() == [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "Content-Type",
            "Content-Transfer-Encoding",
            "MIME-Version",
        ]
        assert mail.recipients == [mail.message["To"]]
        assert len(str(mail.message["Subject"]).splitlines()) == 1
        assert not mail.message.defects
        assert "\nBcc:" not in mail.text
        assert "\u202e" not in mail.text + str(mail.message["Subject"])
    if name.isprintable() and 0 < len(name) < 80 and "=?" not in name:
        assert name in str(sink.to(ADA)[0].message["Subject"])


@ONE_DATABASE
def test_a_thousand_healthy_accounts_cost_a_handful_of_statements(world: World) -> None:
    a_thousand_accounts(world)
    asked: list[str] = []

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(db.engine, "before_cursor_execute", note)
    alerts.tell(world.clock.now(), lambda _ids: 0)
    event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) <= 4, asked


@ONE_DATABASE
def test_what_is_stored_is_told_even_if_nobody_was_there(world: World) -> None:
    """No admin and no owner's address: the event is noted, and there is no mail."""
    account = world.account()
    refuse(world, account)
    round_of(world)

    assert told() == {account.id: "grant_refused"}
    assert db.session.scalars(select(Notice)).all() == []


# -- what ends with it, and what comes and goes


def test_the_link_of_a_mail_ends_once_the_account_works_again(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    round_of(world)
    link = link_in(sink.to(OWNER)[0].text)
    world.connected_again(bakery)
    round_of(world)

    assert "withdrawn" in heading_of(world.app.test_client().get(link).text)


def test_what_was_over_before_the_mail_server_came_back_is_not_told_at_all(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    periodic.run_due(world.clock.now())
    world.connected_again(bakery)
    round_of(world)

    assert subjects(sink) == []
    assert notices() == []


def test_an_account_that_comes_and_goes_is_told_twice_an_hour(
    world: World, bakery: Account, sink: Sink
) -> None:
    for _time in range(6):
        refuse(world, bakery)
        round_of(world)
        world.connected_again(bakery)
        round_of(world)
        world.clock.advance(minutes=2)
    within_the_hour = len(sink.to(OWNER))
    world.clock.advance(hours=1)
    refuse(world, bakery)
    round_of(world)

    assert within_the_hour == 4  # needed, mended, needed, mended
    assert len(sink.to(OWNER)) == 5


@ONE_DATABASE
def test_the_account_says_whether_the_mailed_link_was_opened(
    world: World, bakery: Account, sink: Sink
) -> None:
    refuse(world, bakery)
    round_of(world)
    sent = what_was_done(bakery.id)
    world.app.test_client().get(link_in(sink.to(OWNER)[0].text))
    db.session.expire_all()

    assert sent.startswith("The owner was sent a reconnect link at ")
    assert sent.endswith(" and hasn’t opened it yet.")
    assert "but the account isn’t connected yet" in what_was_done(bakery.id)
