"""Devices without a browser: their codes, and what comes of each poll.

Contract 1.6; RFC 8628.
"""

import secrets

from app.simulator.errors import oauth_error
from app.simulator.models import App, Device, Session
from app.simulator.oauth.grants import TokenSet, open_grant
from app.simulator.settings import DEVICE_CODE_LIFE, POLL_INTERVAL
from app.simulator.simulator import Simulator

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
PENDING = "The device authorization is pending. Please try again later."


def begin(here: Simulator, app: App, scopes: list[str]) -> tuple[str, Device]:
    """A device that now waits, and its code."""
    code = secrets.token_urlsafe(32)
    user_code = "".join(secrets.choice(LETTERS) for _ in range(8))
    device = Device(app.client_id, user_code, scopes, here.clock.now(), POLL_INTERVAL)
    here.state.devices[code] = device
    return code, device


def waiting(here: Simulator, typed: str) -> str | None:
    """Return the code of the device that shows what was typed, however it is grouped.

    Capital and small letters are the same. It must still wait for a decision.
    """
    user_code = "".join(letter for letter in typed.upper() if letter.isalpha())
    found = (
        code
        for code, device in here.state.devices.items()
        if device.user_code == user_code
    )
    return next(
        (code for code in found if _undecided(here, here.state.devices[code])), None
    )


def _undecided(here: Simulator, device: Device) -> bool:
    return not (device.login or device.denied or _expired(here, device))


def _expired(here: Simulator, device: Device) -> bool:
    return here.clock.now() >= device.at + DEVICE_CODE_LIFE


def decide(here: Simulator, code: str, allowed_by: Session | None) -> bool:
    """Let the device in as who is signed in, or turn it away.

    False when it no longer waits.
    """
    device = here.state.devices.get(code)
    if not device or not _undecided(here, device):
        return False
    device.denied = allowed_by is None
    if allowed_by:
        device.login, device.auth_time = allowed_by.login, allowed_by.at
    return True


def redeem(here: Simulator, app: App, code: str) -> TokenSet:
    """Return what a poll gives: tokens once, when somebody allowed it.

    Otherwise it raises the reason why not.
    """
    device = here.state.devices.get(code)
    if not device or device.client_id != app.client_id:
        raise oauth_error("invalid_grant", "The device code is invalid or has expired.")
    if _expired(here, device):
        raise oauth_error("expired_token", "The device code is invalid or has expired.")
    if device.denied:
        raise oauth_error("access_denied", "The resource owner denied the request.")
    if not device.login:
        raise _not_yet(here, device)
    del here.state.devices[code]
    return open_grant(
        here, app, here.state.logins[device.login], device.scopes, device.auth_time
    )


def _not_yet(here: Simulator, device: Device) -> Exception:
    """Return the error for a device that waits; only then can it be `slow_down`.

    To RFC 8628 `slow_down` is a variant of pending.
    """
    now, before = here.clock.now(), device.polled_at
    device.polled_at = now
    if before is None or now >= before + device.interval:
        return oauth_error("authorization_pending", PENDING)
    device.interval += POLL_INTERVAL
    return oauth_error(
        "slow_down", "The device polls too often. Please wait longer between requests."
    )
