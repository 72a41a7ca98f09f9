"""The provider's client, dressed with this installation's settings."""

import requests
from flask import current_app

from app.accounts import api_key
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from app.ground import ground
from app.pace import Pace


def client(access_token: str) -> Client:
    """The API as seen with one access token, at the pace all processes share."""
    return Client(_session(), ground().settings.api_url, access_token, pace().wait_turn)


def pace() -> Pace:
    return Pace(ground().settings, ground().clock, api_key.client_id())


def _session() -> requests.Session:
    session: requests.Session = current_app.extensions.setdefault(
        "latchkey.session", BoundedSession(ground().settings.http_deadline))
    return session
