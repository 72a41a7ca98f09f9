"""A stored mail reaches the mail server, whoever dies and whatever the server says; or
it says why not.
"""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import update

from app.config.settings import Settings
from app.core.crypto import new_key
from app.database.session import db, write_transaction
from app.mail import outbox, sender
from app.mail.models import MessageState, Notice
from tests.mail.acting import notices
from tests.mail.sink import PASSWORD, USER, Sink, odd_server, says
from tests.serving.processes import environment, running
from tests.states.acting import at_once
from tests.world import HTTP_DEADLINE, ONE_DATABASE, PATIENCE, World, until

NORA, ADA = "nora@example.com", "ada@example.com"
LEASE = HTTP_DEADLINE + 50  # seconds, of a mail
DRIPS = 600  # a minute long: more than anybody listens to


def put(*recipients: str, about: str = "an account", body: str = "Hello.\n") -> None:
    with write_transaction() as session:
        for recipient in recipients:
            outbox.put(
                session, about, "needs_owner", recipient, "About something", body
            )


def post_all() -> int:
    number = 0
    while sender.send_one():
        number += 1
    return number


def only() -> Notice:
    (found,) = notices()
    return found


# -- taken


def test_a_stored_mail_is_sent_once_and_its_text_forgotten(
    world: World, sink: Sink
) -> None:
    put(NORA, body="Grüße 🥐\n.\nA line that begins with a dot\n")
    sent = post_all()

    (mail,) = sink.taken
    assert (sent, mail.sender, mail.recipients) == (1, "latchkey@example.org", [NORA])
    assert mail.text == "Grüße 🥐\n.\nA line that begins with a dot\n"
    assert mail.message["From"] == "Latchkey <latchkey@example.org>"
    assert mail.message["Message-ID"] == f"<{only().id}@example.org>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message.get_content_type() == "text/plain"
    assert mail.message["Date"].datetime == only().created_at.replace(microsecond=0)
    assert (only().state, only().body, only().due_at, only().detail) == (
        "sent",
        "",
        None,
        "250 DATA is fine",
    )


def test_a_mail_waits_in_the_transaction_of_what_it_tells_of(
    world: World, sink: Sink
) -> None:
    def fails() -> None:
        with write_transaction() as session:
            outbox.put(
                session, "it", "needs_owner", NORA, "About something", "never true"
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert post_all() == 0


def test_of_several_senders_one_takes_each_mail(world: World, sink: Sink) -> None:
    put(*(f"{number}@example.com" for number in range(12)))

    def send() -> None:
        for _ in range(40):
            sender.send_one()

    at_once(world, *[send] * 4)

    assert sorted(one.recipients[0] for one in sink.taken) == sorted(
        f"{number}@example.com" for number in range(12)
    )
    assert {row.attempts for row in notices()} == {1}


# -- death


@ONE_DATABASE
def test_who_dies_before_sending_leaves_it_to_the_next(
    world: World, sink: Sink
) -> None:
    put(NORA)
    sender._claim(world.clock.now())
    at_once = post_all()
    world.clock.advance(seconds=LEASE + 1)
    later = post_all()

    assert (at_once, later, only().attempts) == (0, 1, 2)
    assert len(sink.taken) == 1


def test_who_oversleeps_changes_nothing(world: World, sink: Sink) -> None:
    put(NORA)
    slow = sender._claim(world.clock.now())
    assert slow
    world.clock.advance(seconds=LEASE + 1)
    post_all()
    settled = sender._settle(
        slow, sender.SmtpFailure("mail_refused", "550", for_good=True), ""
    )

    assert (settled, only().state) == (False, MessageState.SENT)


@pytest.mark.slow
@ONE_DATABASE
def test_a_process_killed_once_the_server_has_the_mail_sends_it_again_under_the_same_id(
    world: World, settings: Settings, sink: Sink, tmp_path: Path
) -> None:
    """The server keeps the mail and holds back its answer; then the process is gone."""
    killed = Event()
    sink.say["DATA"] = lambda: (
        "250 late" if killed.wait(PATIENCE) else "451 nobody was killed"
    )
    put(NORA)
    env = environment(
        settings,
        SMTP_URL=sink.url(),
        LATCHKEY_MAIL_FROM="latchkey@example.org",
        LATCHKEY_WORKER="off",
    )
    with running(
        ["flask", "--app", "wsgi", "latchkey", "worker"], env, tmp_path / "worker.log"
    ) as process:
        until(lambda: sink.taken or not process.alive())
        process.kill()
    killed.set()
    waiting = only().state
    world.clock.advance(seconds=61)
    post_all()

    first, again = sink.taken
    assert (waiting, only().state) == ("waiting", "sent")
    assert first.message["Message-ID"] == again.message["Message-ID"]
    assert first.raw == again.raw


# -- refused


@ONE_DATABASE
@pytest.mark.parametrize(
    ("command", "said", "reason"),
    [
        ("RCPT", "550 5.1.1 no such person", "recipient_refused"),
        ("DATA", "554 5.7.1 spam", "mail_refused"),
    ],
)
def test_a_mail_refused_for_good_is_given_up_with_the_servers_words(
    world: World, sink: Sink, command: str, said: str, reason: str
) -> None:
    sink.say[command] = said
    put(NORA)
    post_all()

    assert (only().state, only().reason, only().detail) == ("given_up", reason, said)
    assert (only().body, only().due_at, sender.send_one()) == ("", None, False)


@ONE_DATABASE
def test_one_refused_recipient_keeps_no_other_mail(world: World, sink: Sink) -> None:
    sink.say[f"RCPT {NORA}"] = "550 no such person"
    put(NORA, ADA)
    post_all()

    assert [one.recipients for one in sink.taken] == [[ADA]]


@ONE_DATABASE
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_not_now_is_tried_again(world: World, sink: Sink, command: str) -> None:
    sink.say[command] = "451 4.7.1 greylisted, come back"
    put(NORA)
    first = post_all()
    waits = only().reason, only().detail
    at_once = post_all()
    sink.say.clear()
    world.clock.advance(seconds=20)
    later = post_all()

    assert waits == ("not_now", "451 4.7.1 greylisted, come back")
    assert (first, at_once, later) == (1, 0, 1)
    assert (only().state, only().reason) == ("sent", None)


@ONE_DATABASE
def test_a_sender_that_the_server_will_not_send_for_waits_for_the_operator(
    world: World, sink: Sink
) -> None:
    sink.say["MAIL"] = "550 5.7.1 not your address"
    put(NORA)
    post_all()

    assert (only().state, only().reason) == ("waiting", "sender_refused")


@ONE_DATABASE
def test_a_refused_login_waits_for_the_operator_too(
    world: World, sink: Sink, make_app: Callable[..., Flask]
) -> None:
    sink.login_wanted = True
    put(NORA)
    with make_app(smtp_url=SecretStr(sink.url(USER, "not its password"))).app_context():
        post_all()
        refused = only().state, only().reason, only().detail.split()[0]
        db.session.remove()
    world.clock.advance(seconds=20)
    with make_app(smtp_url=SecretStr(sink.url(USER, PASSWORD))).app_context():
        post_all()
        db.session.remove()

    assert refused == ("waiting", "login_refused", "535")
    assert [one.user for one in sink.taken] == [USER]


@ONE_DATABASE
def test_after_three_days_it_is_given_up(world: World, sink: Sink) -> None:
    sink.say["RCPT"] = "451 come back"
    put(NORA)
    for _ in range(8):
        post_all()
        world.clock.advance(hours=12)

    assert (only().state, only().reason, only().body) == (
        "given_up",
        "kept_failing",
        "",
    )
    assert only().detail == "451 come back"


@ONE_DATABASE
def test_a_mail_nobody_had_a_chance_to_send_is_sent_however_old(
    world: World, sink: Sink
) -> None:
    put(NORA)
    world.clock.advance(days=5)

    assert (post_all(), len(sink.taken)) == (1, 1)


@ONE_DATABASE
def test_a_text_that_does_not_open_is_given_up(
    world: World, sink: Sink, make_app: Callable[..., Flask]
) -> None:
    put(NORA)
    with make_app(key=(SecretStr(new_key()),)).app_context():
        post_all()
        db.session.remove()

    assert (only().state, only().reason, sink.taken) == ("given_up", "cannot_open", [])


@ONE_DATABASE
def test_what_one_person_is_told_of_one_thing_comes_in_order(
    world: World, sink: Sink
) -> None:
    sink.say["RCPT"] = "451 come back"
    put(NORA, body="It needs you.")
    post_all()
    world.clock.advance(seconds=1)
    put(NORA, body="It works again.")
    put(NORA, about="another account", body="Another one needs you.")
    sink.say.clear()
    post_all()
    world.clock.advance(seconds=20)
    post_all()

    assert [one.text.strip() for one in sink.taken] == [
        "Another one needs you.",
        "It needs you.",
        "It works again.",
    ]


# -- a server that is not well


@ONE_DATABASE
def test_a_server_that_is_not_there_is_tried_again(
    world: World, make_app: Callable[..., Flask]
) -> None:
    put(NORA)
    with make_app(smtp_url=SecretStr("smtp://127.0.0.1:1")).app_context():
        post_all()
        db.session.remove()

    assert (only().state, only().reason) == ("waiting", "unreachable")


@ONE_DATABASE
@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "unanswered"),
        (("220-hello",), "unanswered"),
        (("554 go away",), "server_refused"),
        (("421 too many of you",), "not_now"),
        (("220 hello", "250 ok"), "unanswered"),
        (("220 hello", "250 ok", "250 ok", "250 ok"), "unanswered"),
        (("HTTP/1.1 400 Bad Request",), "server_refused"),
        (("220 hello", "250 ok", "250 ok", "250 ok", "354 go on"), "unanswered"),
        (("220 " + "x" * 20_000,), "server_refused"),
        (("220 hello", "250 ok", "299 ok", "250 ok", "199 what"), "server_refused"),
        (("\x00\xff",), "server_refused"),
    ],
)
def test_a_server_that_hangs_up_or_talks_nonsense_is_tried_again(
    world: World, make_app: Callable[..., Flask], lines: tuple[str, ...], reason: str
) -> None:
    put(NORA)
    with (
        odd_server(says(*lines)) as where,
        make_app(smtp_url=SecretStr(f"smtp://{where}")).app_context(),
    ):
        post_all()
        db.session.remove()

    assert (only().state, only().reason) == ("waiting", reason)


@ONE_DATABASE
@pytest.mark.parametrize("drip", ["2", "220-a line\r\n", "\r"])
def test_a_server_that_drips_or_hangs_is_left_at_the_deadline(
    world: World, make_app: Callable[..., Flask], drip: str
) -> None:
    drips: list[str] = []

    def talk(connection: socket.socket) -> None:
        connection.settimeout(0.1)
        while len(drips) < DRIPS:
            connection.sendall(drip.encode())
            drips.append(drip)
            with suppress(TimeoutError):
                if not connection.recv(1000):
                    return

    put(NORA)
    with (
        odd_server(talk) as where,
        make_app(
            smtp_url=SecretStr(f"smtp://{where}"), http_deadline=0.5
        ).app_context(),
    ):
        began = time.monotonic()
        post_all()
        waited = time.monotonic() - began
        db.session.remove()

    assert waited > 0.4
    assert len(drips) < DRIPS  # it was left while it still talked
    assert only().state == "waiting"
    assert only().reason in ("unanswered", "unreachable")  # by how far it came


# -- what the pages ask


@ONE_DATABASE
def test_what_waits_long_or_was_given_up_lately_is_counted(
    world: World, sink: Sink
) -> None:
    put(NORA, ADA)
    sink.say = {f"RCPT {NORA}": "550 no", f"RCPT {ADA}": "451 later"}
    post_all()
    now = world.clock.now()

    assert outbox.trouble(now) == (0, 1)
    assert outbox.trouble(now + timedelta(minutes=11)) == (1, 1)
    assert outbox.trouble(now + timedelta(days=8)) == (1, 0)
    assert {row.recipient for row in outbox.newest()} == {NORA, ADA}
    with write_transaction() as session:
        session.execute(update(Notice).values(state=MessageState.SENT))
    assert outbox.trouble(now + timedelta(days=1)) == (0, 0)
