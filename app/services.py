"""What every room stands on, put together once by the factory and reached through the
current app.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app

from app.config.settings import Settings
from app.core.clock import Clock
from app.core.crypto import Cipher
from app.core.wakeup import Wakeup


@dataclass(frozen=True)
class Services:
    settings: Settings
    clock: Clock
    cipher: Cipher
    wakeup: Wakeup


def init_app(app: Flask, settings: Settings, clock: Clock) -> None:
    cipher = Cipher([key.get_secret_value() for key in settings.key])
    app.extensions["latchkey"] = Services(settings, clock, cipher, Wakeup())


def backoff(failures: int) -> timedelta:
    """The pause after so many failures: 15 s doubling to 5 min, give or take a fifth
    (the settings' values).
    """
    settings = services().settings
    wait = min(settings.retry_most, settings.retry_first * 2.0 ** min(failures - 1, 20))
    return timedelta(seconds=wait * random.uniform(0.8, 1.2))


def services() -> Services:
    """The ground of the current app."""
    found: Services = current_app.extensions["latchkey"]
    return found
