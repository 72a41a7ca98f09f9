"""What every room stands on, put together once by the factory and reached through the current app."""

from dataclasses import dataclass

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


def ground() -> Ground:
    """The ground of the current app."""
    found: Ground = current_app.extensions["latchkey"]
    return found
