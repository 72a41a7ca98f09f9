"""Calls to an endpoint that says what a test wants, and the error that they end in."""

from typing import Any

import pytest

from app.constant_contact import errors
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from app.constant_contact.oauth import Credentials
from tests.constant_contact.endpoint import Endpoint
from tests.world import PATIENCE

SECRET, ACCESS, REFRESH = (
    "a-client-secret-nobody-may-see",
    "an-access-token",
    "a-refresh-token",
)
NAME_OF_ERROR = {kind.reason: kind for kind in errors.ALL}


def api(here: Endpoint, deadline: float = PATIENCE) -> Client:
    return Client(BoundedSession(deadline), f"{here.url}/v3", ACCESS, lambda: None)


def key(here: Endpoint, deadline: float = PATIENCE) -> Credentials:
    return Credentials("an-id", SECRET, here.url, deadline)


def raised(call: Any, *arguments: Any) -> errors.ProviderError:
    with pytest.raises(errors.ProviderError) as caught:
        call(*arguments)
    return caught.value


ITEM = {"error_key": "contacts.api.validation.error", "error_message": "Email is wrong"}
