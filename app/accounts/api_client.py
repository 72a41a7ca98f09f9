"""The provider's client, dressed with this installation's settings."""

import random
from datetime import datetime, timedelta

import requests
from flask import current_app

from app.accounts import api_key
from app.accounts.api_rate import TOKENS, ApiRate, RateLimited, midnight_after
from app.constant_contact import errors
from app.constant_contact.client import Client
from app.constant_contact.http import BoundedSession
from app.services import services

ASKED_AGAIN = timedelta(minutes=5)


def client(access_token: str, can_wait: bool = False) -> Client:
    """The API with one access token, at the pace that all processes share.

    A call that can wait stands behind all others.
    """
    turn = pace().acquire
    if can_wait:
        turn = pace().acquire_low_priority
    return Client(
        _session(),
        services().settings.api_url,
        access_token,
        turn,
        _refused,
        late=pace().acquire_again,
    )


def pace() -> ApiRate:
    """The governor of the API's calls."""
    settings = services().settings
    return ApiRate(
        services().clock, api_key.client_id(), settings.call_gap, settings.calls_per_day
    )


def token_pace() -> ApiRate:
    """The governor of the token endpoint: one call a second (contract section 6)."""
    return ApiRate(
        services().clock,
        api_key.client_id(),
        services().settings.token_gap,
        per_day=None,  # the day's allowance does not count these calls
        bucket=TOKENS,
    )


def _refused(error: errors.Paused) -> None:
    """Stop everybody who shares the API key after a 429, and raise `NoAllowance`.

    The pace rests for a second and a bit, or for as long as the provider says; the
    day's allowance until midnight UTC and a bit, since nothing says when it is given
    back (contract section 6).
    """
    now = services().clock.now()
    if isinstance(error, errors.QuotaSpent):
        until = _next_day(now) + timedelta(seconds=random.uniform(1, 30))
        pace().pause(error.reason, until)
    else:
        seconds = max(error.retry_after or 0, random.uniform(1, 2))
        until = now + timedelta(seconds=seconds)
        pace().back_off(until)
    raise RateLimited(error.reason, until, error.detail, error.request_id) from error


def _next_day(now: datetime) -> datetime:
    """When a spent day may be over: at midnight UTC, or in a moment, just after it.

    The provider's day may end a little after ours.
    """
    midnight = midnight_after(now)
    if midnight - now > timedelta(hours=23):
        return now + ASKED_AGAIN
    return midnight


def _session() -> requests.Session:
    session: requests.Session = current_app.extensions.setdefault(
        "latchkey.session", BoundedSession(services().settings.http_deadline)
    )
    return session
