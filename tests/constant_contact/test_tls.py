"""TLS that does not come about: nothing was sent, it is noted as a matter of security,
and it is never done without.
"""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from app.constant_contact import errors
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from tests.constant_contact.endpoint import Answer, endpoint, unused_port
from tests.mail.sink import certificate, odd_server
from tests.world import PATIENCE

GOOD = Answer(201, {"contact_id": "c", "action": "created"})


def sent_to(address: str, trusted: Path | None = None) -> Any:
    """What signing somebody up there comes to; `trusted` signs certificates that are to
    be believed.
    """
    session = BoundedSession(PATIENCE)
    session.verify = str(trusted) if trusted else True
    try:
        return Client(
            session, f"{address}/v3", "an-access-token", lambda: None
        ).sign_up({})
    except errors.ProviderError as error:
        return error


@pytest.mark.parametrize(
    ("host", "believed", "why"),
    [
        ("127.0.0.1", False, "self-signed certificate"),
        ("other.example", True, "IP address mismatch"),
    ],
)
def test_a_certificate_that_is_not_right_gets_nothing_and_is_noted(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    host: str,
    believed: bool,
    why: str,
) -> None:
    signed = certificate(tmp_path / "key.pem", host)
    with endpoint(signed.context) as there:
        there.usual = GOOD
        error = sent_to(there.url, signed.path if believed else None)
        asked = there.requests
    noted = [vars(record) for record in caplog.records if record.name == "latchkey"]

    assert type(error) is errors.Unreachable
    assert error.detail.startswith("TLS: ")
    assert why in error.detail
    assert asked == []
    assert [
        (one["msg"], one["levelname"], one["security"], one["host"]) for one in noted
    ] == [("tls_refused", "ERROR", True, "127.0.0.1")]
    assert why in noted[0]["why"]


def test_with_the_right_one_it_is_sent(tmp_path: Path) -> None:
    signed = certificate(tmp_path / "key.pem", "127.0.0.1")
    with endpoint(signed.context) as there:
        there.usual = GOOD
        reply = sent_to(there.url, signed.path)

    assert reply.contact_id == "c"


def test_where_nobody_speaks_tls_nothing_is_sent() -> None:
    with endpoint() as plain:
        error = sent_to(plain.url.replace("http://", "https://"))
        asked = plain.requests

    assert type(error) is errors.Unreachable
    assert "WRONG_VERSION_NUMBER" in error.detail
    assert asked == []


def hangs_up(connection: socket.socket) -> None:
    connection.recv(10)


def test_who_hangs_up_during_the_handshake_was_sent_nothing() -> None:
    with odd_server(hangs_up) as address:
        error = sent_to(f"https://{address}")

    assert type(error) is errors.Unreachable


def test_tls_that_breaks_after_the_request_leaves_the_effect_unknown(
    tmp_path: Path,
) -> None:
    signed, heard = certificate(tmp_path / "key.pem", "127.0.0.1"), []

    def babbles(connection: Any) -> None:
        heard.append(connection.recv(65_536))
        with socket.socket(fileno=os.dup(connection.fileno())) as below:
            below.sendall(b"this is no TLS record at all" * 10)
            below.recv(1000)

    with odd_server(babbles, tls=signed.context) as address:
        error = sent_to(f"https://{address}", signed.path)

    assert [one[:5] for one in heard] == [b"POST "]
    assert type(error) is errors.Unanswered


def test_a_port_where_nobody_listens_is_no_matter_of_security(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = sent_to(f"https://127.0.0.1:{unused_port()}")

    assert type(error) is errors.Unreachable
    assert "tls_refused" not in caplog.messages
