"""A call that could not be sent in its turn asks for another one."""

import socket
from typing import Any

import pytest
import urllib3.util.connection as connections

from app.constant_contact import deadline, errors, oauth
from app.constant_contact.client import Client
from app.constant_contact.deadline import taking_turns
from app.constant_contact.http import BoundedSession
from tests.constant_contact.calling import ACCESS, REFRESH, key, raised
from tests.constant_contact.endpoint import Answer, Endpoint
from tests.world import PATIENCE

SUMMARY = Answer(200, {"encoded_account_id": "a1", "organization_name": "Bakery"})


class Turns:
    """What asks for turns, and how many requests had been sent by each time."""

    def __init__(self, here: Endpoint) -> None:
        self._here = here
        self.taken: list[int] = []

    def __call__(self) -> None:
        self.taken.append(len(self._here.requests))


def api(here: Endpoint, late: Any) -> Client:
    session = BoundedSession(PATIENCE)
    return Client(session, f"{here.url}/v3", ACCESS, lambda: None, late=late)


@pytest.fixture
def refused_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two tries to connect are refused, then somebody listens."""
    connect, refusals = connections.create_connection, iter((True, True))

    def refuse_first(*arguments: Any, **options: Any) -> socket.socket:
        if next(refusals, False):
            raise ConnectionRefusedError
        return connect(*arguments, **options)

    monkeypatch.setattr(connections, "create_connection", refuse_first)


@pytest.fixture
def slow_to_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long connecting takes, it is too long."""
    monkeypatch.setattr(deadline, "LATE_SECONDS", 0)


def test_a_connection_that_was_tried_again_asks_for_its_turn_again(
    provider: Endpoint, refused_twice: None
) -> None:
    provider.usual, turns = SUMMARY, Turns(provider)

    api(provider, turns).summary()

    assert turns.taken == [0]  # before anything was sent
    assert len(provider.requests) == 1


def test_one_that_took_long_does_too(provider: Endpoint, slow_to_connect: None) -> None:
    provider.usual, turns = SUMMARY, Turns(provider)

    api(provider, turns).summary()

    assert turns.taken == [0]


def test_a_quick_one_does_not(
    provider: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "LATE_SECONDS", PATIENCE)
    provider.usual, turns = SUMMARY, Turns(provider)

    api(provider, turns).summary()

    assert turns.taken == []


def test_without_another_turn_nothing_is_sent(
    provider: Endpoint, slow_to_connect: None
) -> None:
    class NoTurn(Exception):
        pass

    def none() -> None:
        raise NoTurn

    with pytest.raises(NoTurn):
        api(provider, none).summary()

    assert provider.requests == []


def test_the_token_endpoint_has_turns_too(
    provider: Endpoint, slow_to_connect: None
) -> None:
    turns = Turns(provider)

    with taking_turns(turns):
        error = raised(oauth.refresh, key(provider), REFRESH)

    assert isinstance(error, errors.ProviderError)
    assert turns.taken == [0]
