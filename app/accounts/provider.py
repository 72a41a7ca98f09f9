"""The provider's client, dressed with this installation's settings."""

import requests
from flask import current_app

from app.accounts import api_key
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from app.ground import ground
from app.pace import Pace

NO_LIMIT = 10 ** 9  # the day's allowance does not count it


def client(access_token: str) -> Client:
    """The API as seen with one access token, at the pace all processes share."""
    return Client(_session(), ground().settings.api_url, access_token, pace().wait_turn)


def pace() -> Pace:
    """The governor of the API's calls."""
    settings = ground().settings
    return Pace(ground().clock, api_key.client_id(), settings.call_gap, settings.calls_per_day)


def token_pace() -> Pace:
    """The governor of the token endpoint: one call a second for the installation (contract section 6)."""
    return Pace(ground().clock, f"{api_key.client_id()[:70]} tokens", ground().settings.token_gap, NO_LIMIT)


def _session() -> requests.Session:
    session: requests.Session = current_app.extensions.setdefault(
        "latchkey.session", BoundedSession(ground().settings.http_deadline))
    return session
