"""Talking with a mail server: TLS where there is any, certificates checked, and no
password to be overheard.
"""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr

from app.config.settings import Settings
from app.database.session import db, new_id
from app.mail import smtp
from app.mail.message import Message
from app.services import services
from tests.mail.sink import (
    PASSWORD,
    USER,
    Certificate,
    Sink,
    certificate,
    odd_server,
    says,
)
from tests.world import ONE_DATABASE, World

pytestmark = ONE_DATABASE
NORA = "nora@example.com"


@pytest.fixture
def at(make_app: Callable[..., Flask], sink: Sink) -> Iterator[Callable[..., None]]:
    """Moves into a house with another SMTP_URL."""
    contexts = []

    def move(smtp_url: str, **more: object) -> None:
        contexts.append(make_app(smtp_url=SecretStr(smtp_url), **more).app_context())
        contexts[-1].push()

    yield move
    for context in reversed(contexts):
        db.session.remove()
        context.pop()


def send(recipient: str = NORA) -> str:
    return smtp.send(
        Message(
            new_id(),
            "latchkey@example.org",
            recipient,
            "About",
            "Hello.\n",
            services().clock.now(),
        )
    )


def failure(recipient: str = NORA) -> smtp.SmtpFailure:
    with pytest.raises(smtp.SmtpFailure) as found:
        send(recipient)
    return found.value


def test_it_speaks_tls_wherever_that_is_offered(
    world: World, sink: Sink, trusted: Certificate
) -> None:
    sink.tls = trusted.context
    send()

    assert sink.taken[0].encrypted


def test_a_talk_in_clear_loads_no_certificates(
    world: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take longer than all the rest, and a mail server on this machine needs none."""
    loaded = []
    monkeypatch.setattr(ssl, "create_default_context", lambda: loaded.append("all"))
    send()

    assert len(sink.taken) == 1
    assert loaded == []


def test_it_logs_in_under_tls(
    at: Callable[..., None], sink: Sink, trusted: Certificate
) -> None:
    sink.tls, sink.login_wanted = trusted.context, True
    at(sink.url(USER, PASSWORD))
    smtp.check()
    send()

    (mail_taken,) = sink.taken
    assert (mail_taken.encrypted, mail_taken.user) == (True, USER)


def test_tls_from_the_start(at: Callable[..., None], trusted: Certificate) -> None:
    lines = ("220 hello", "250 ok", "250 ok", "221 bye")
    with odd_server(says(*lines), tls=trusted.context) as where:
        at(f"smtps://{where}")
        smtp.check()


@pytest.mark.parametrize("wrong", ["untrusted", "another name"])
def test_a_certificate_that_is_not_the_servers_is_refused(
    at: Callable[..., None],
    sink: Sink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wrong: str,
) -> None:
    made = certificate(
        tmp_path / "another.pem",
        "mail.example.org" if wrong == "another name" else "127.0.0.1",
    )
    if wrong == "another name":
        monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    sink.tls, sink.login_wanted = made.context, True
    at(sink.url(USER, PASSWORD))
    found = failure()

    assert (found.reason, found.for_good, sink.taken) == ("tls", False, [])
    assert "self-signed" in found.detail or "IP address mismatch" in found.detail


def test_tls_from_the_start_at_a_port_without_it_is_no_secret(
    at: Callable[..., None], sink: Sink
) -> None:
    at(sink.url(scheme="smtps"))

    assert failure().reason == "tls"


def test_a_password_is_not_sent_in_clear_to_elsewhere(at: Callable[..., None]) -> None:
    heard: list[bytes] = []

    def talk(connection: ssl.SSLSocket) -> None:
        connection.sendall(b"220 hello\r\n")
        while line := connection.recv(1000):
            heard.append(line)
            connection.sendall(b"250-sink\r\n250 AUTH PLAIN LOGIN\r\n")

    # not one of the names for this machine itself
    with odd_server(talk, host="127.0.0.2") as where:
        at(f"smtp://user:overheard@{where}")
        found = failure()

    assert (found.reason, found.for_good) == ("no_tls", False)
    assert [line.split()[0] for line in heard] == [b"ehlo", b"quit"]


@pytest.mark.parametrize("login", [(), (USER, PASSWORD)])
def test_nothing_is_sent_in_clear_where_tls_is_required(
    at: Callable[..., None], sink: Sink, login: tuple[str, ...]
) -> None:
    """Who is on the way can take STARTTLS out of the server's answer."""
    at(sink.url(*login), smtp_require_tls=True)
    stripped = failure()

    assert (stripped.reason, stripped.for_good, sink.taken) == ("no_tls", False, [])


def test_a_server_that_takes_starttls_back_gets_no_password(
    at: Callable[..., None],
) -> None:
    lines = (
        "220 hello",
        "250-a\r\n250-AUTH PLAIN\r\n250 STARTTLS",
        "454 not just now",
        "235 gotcha",
    )
    with odd_server(says(*lines)) as where:
        at(f"smtp://user:overheard@{where}")

        assert failure().reason == "not_now"


def test_a_server_without_logins_is_said_to_have_none(
    at: Callable[..., None], sink: Sink
) -> None:
    at(sink.url(USER, PASSWORD))

    assert (failure().reason, sink.taken) == ("login_refused", [])


def test_a_server_that_wants_a_login_nobody_set_waits_for_the_operator(
    at: Callable[..., None], sink: Sink
) -> None:
    sink.login_wanted = True
    found = failure_at(at, sink.url())

    assert (found.reason, found.for_good) == ("login_refused", False)
    assert found.detail.startswith("530")


def failure_at(at: Callable[..., None], smtp_url: str) -> smtp.SmtpFailure:
    at(smtp_url)
    return failure()


def test_looking_whether_it_works_sends_nothing(world: World, sink: Sink) -> None:
    smtp.check()

    assert (sink.taken, sink.commands) == ([], [])


def test_a_domain_with_accents_is_written_as_servers_know_it(
    world: World, sink: Sink
) -> None:
    send("nora@bäckerei.example")

    assert sink.commands[-1] == "RCPT nora@xn--bckerei-5wa.example"


@pytest.mark.parametrize(
    "recipient",
    [
        "bäcker@example.com",
        "no address",
        "a@b\r\nRCPT TO:<c@d>",
        "",
        "@",
        "a@" + "ä" * 80,
        "a@b, c@d",
        '"a b"@example.com',
    ],
)
def test_what_is_no_address_of_theirs_is_given_up_at_once(
    world: World, sink: Sink, recipient: str
) -> None:
    found = failure(recipient)

    assert (found.reason, found.for_good, sink.taken) == ("recipient_refused", True, [])


def test_the_servers_own_words_are_kept_short_and_plain(
    at: Callable[..., None],
) -> None:
    refusal = "550-no\r\n550-\x01nöt \x00that\r\n550 " + "x" * 600
    with odd_server(says("220 hello", "250 ok", "250 ok", refusal)) as where:
        at(f"smtp://{where}")
        found = failure()

    assert found.detail.startswith("550 no nöt that xxx")
    assert len(found.detail) == 500


def test_the_sender_is_ours_unless_said_otherwise(settings: Settings) -> None:
    home = settings.model_copy(
        update={"mail_from": "", "public_url": "https://signup.example.org"}
    )
    accents = home.model_copy(update={"public_url": "https://bäckerei.example:8443"})
    trial = home.model_copy(update={"public_url": "http://127.0.0.1:8000"})

    assert settings.mail_sender == "latchkey@example.org"
    assert home.mail_sender == "latchkey@signup.example.org"
    assert accents.mail_sender == "latchkey@xn--bckerei-5wa.example"
    assert trial.mail_sender == "latchkey@localhost"
