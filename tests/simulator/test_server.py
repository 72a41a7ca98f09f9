"""The server itself: connections, oversized bodies, stopping."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest
import requests

from app.simulator import make_app
from app.simulator.server import Handler, start

from .acting import PATIENCE, Actor


def connection(actor: Actor) -> http.client.HTTPConnection:
    parts = urlsplit(actor.running.url)
    return http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=PATIENCE
    )


def test_a_connection_serves_many_requests(actor: Actor) -> None:
    line = connection(actor)
    kept = []
    for body in (b"unread" * 1000, None, b"unread"):
        line.request("POST" if body else "GET", "/v3/contacts", body)
        line.getresponse().read()
        kept.append(line.sock)
    line.close()

    assert kept[0] is not None
    assert len({id(each) for each in kept}) == 1


def test_a_chunked_body_is_read(actor: Actor) -> None:
    actor.granted()
    sent = iter(
        [
            b'{"email_address": "c@example.com", ',
            b'"list_memberships": ["%s"]}' % actor.first_list().encode(),
        ]
    )
    response = actor.call(
        "POST",
        "/contacts/sign_up_form",
        data=sent,
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code == 201


def test_who_hangs_up_within_a_body_leaves_an_answer_of_the_usual_shape(
    actor: Actor,
) -> None:
    """Nobody reads it, but what the OpenAPI file declares holds of it too: `actor`
    looks at the end.
    """
    actor.granted()
    line = connection(actor)
    line.putrequest("POST", "/v3/contacts/sign_up_form")
    for name, value in (
        ("Authorization", f"Bearer {actor.bearer}"),
        ("Content-Type", "application/json"),
        ("Content-Length", "100"),
    ):
        line.putheader(name, value)
    line.endheaders(b'{"email_address": ')
    line.sock.shutdown(socket.SHUT_WR)
    response = line.getresponse()
    said = response.read()
    line.close()

    assert (response.status, said) == (
        400,
        (
            b'[{"error_key":"contacts.api.validation.error",'
            b'"error_message":"The request ended early."}]'
        ),
    )


def test_a_huge_body_is_refused(actor: Actor) -> None:
    line = connection(actor)
    line.putrequest("POST", "/v3/contacts/sign_up_form")
    line.putheader("Content-Length", "30000000")
    line.endheaders()
    response = line.getresponse()
    line.close()

    assert response.status == 413


def test_stopping_cuts_kept_connections_and_frees_the_port() -> None:
    running = start()
    session = requests.Session()
    session.get(running.url + "/_control/accounts")
    running.stop()

    with pytest.raises(requests.ConnectionError):
        session.get(running.url + "/_control/accounts")
    session.close()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind((urlsplit(running.url).hostname, urlsplit(running.url).port))


def test_the_application_also_runs_without_the_server() -> None:
    client = make_app().test_client()

    assert client.get("/_control/accounts").status_code == 200
    assert client.get("/v3/contacts").status_code == 401


def test_an_answer_leaves_at_once_and_in_one_piece(actor: Actor) -> None:
    """In two, the second would wait for the caller's system to confirm the first."""
    line = connection(actor)
    line.connect()
    line.sock.sendall(b"GET /v3/contacts HTTP/1.1\r\nHost: simulator\r\n\r\n")
    piece = line.sock.recv(65_536)
    line.close()
    head, _, body = piece.partition(b"\r\n\r\n")

    assert b"Content-Length: %d" % len(body) in head
    assert len(body) > 0
    assert Handler.disable_nagle_algorithm
