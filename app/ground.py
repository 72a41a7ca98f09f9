"""What every room stands on, put together once by the factory and reached through the
current app.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, current_app

from app.bell import Bell
from app.clock import Clock
from app.config import Settings
from app.vault import Vault


@dataclass(frozen=True)
class Ground:
    settings: Settings
    clock: Clock
    vault: Vault
    bell: Bell


def lay(app: Flask, settings: Settings, clock: Clock) -> None:
    vault = Vault([key.get_secret_value() for key in settings.key])
    app.extensions["latchkey"] = Ground(settings, clock, vault, Bell())


def backoff(failures: int) -> timedelta:
    """The pause after so many failures: 15 s doubling to 5 min, give or take a fifth
    (the settings' values).
    """
    settings = ground().settings
    wait = min(settings.retry_most, settings.retry_first * 2.0 ** min(failures - 1, 20))
    return timedelta(seconds=wait * random.uniform(0.8, 1.2))


def ground() -> Ground:
    """The ground of the current app."""
    found: Ground = current_app.extensions["latchkey"]
    return found
