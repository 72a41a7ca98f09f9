"""The simulator as one object: its state, clock, keys, limits, faults and requests."""

import threading
from dataclasses import replace
from typing import Any, cast

from flask import current_app

from app.simulator.clock import Clock, Ticking
from app.simulator.control.faults import Faults
from app.simulator.control.received import Received
from app.simulator.keys import SigningKey, shared_key
from app.simulator.limits import Limits
from app.simulator.seed import seeded
from app.simulator.settings import SimulatorSettings
from app.simulator.state import State


class Simulator:
    """Hold `lock` while reading or changing `state`; never sleep with it."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Ticking | None = None,
        state: State | None = None,
        key: SigningKey | None = None,
    ) -> None:
        self.started_with = self.settings = settings
        self.clock = clock or Clock()
        self.key = key or shared_key()
        self.state = state or seeded(settings, self.clock.now())
        self.lock = threading.RLock()
        self.writing: set[tuple[str, str]] = set()
        self.limits = Limits()
        self.faults = Faults()
        self.received = Received()
        self.changed = threading.Event()

    def change(self, **changes: Any) -> None:
        """Change settings while running; TypeError names one that does not exist."""
        self.settings = replace(self.settings, **changes)

    def reset(self) -> None:
        """Back to the seed and the settings it started with; the signing key stays."""
        with self.lock:
            if isinstance(self.clock, Clock):
                self.clock.reset()
            self.settings = self.started_with
            self.state = seeded(self.settings, self.clock.now())
            self.writing.clear()
            self.limits, self.faults, self.received = Limits(), Faults(), Received()


def simulator() -> Simulator:
    """The simulator of the request being answered."""
    return cast(Simulator, current_app.extensions["simulator"])
