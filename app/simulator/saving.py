"""The state file, so that a restart goes on where it was.

Of the requests received only the newest are kept.
"""

import json
import os
import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from app.simulator import models
from app.simulator.activity import Activity
from app.simulator.clock import Ticking
from app.simulator.control.faults import Fault
from app.simulator.keys import key_from
from app.simulator.seed import seeded_apps
from app.simulator.settings import CHANGEABLE, SimulatorSettings, registered
from app.simulator.simulator import Simulator
from app.simulator.state import State

REQUESTS_SAVED = 500
MODELS = {
    "accounts": models.Account,
    "logins": models.Login,
    "apps": models.App,
    "requests": models.Request,
    "sessions": models.Session,
    "codes": models.Code,
    "devices": models.Device,
    "grants": models.Grant,
    "attempts": models.Attempts,
    "activities": Activity,
}


class Saver:
    """Saves at most about once a second after a change, and at the end."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if simulator.settings.state_file:
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
            self.save_now()

    def save_now(self) -> None:
        self.simulator.changed.clear()
        save(self.simulator)

    def _watch(self) -> None:
        """Save what has changed; pause for longer when the last time took long."""
        pause = 1.0
        while not self._ended.wait(pause):
            if self.simulator.changed.is_set():
                began = time.monotonic()
                self.save_now()
                pause = max(1.0, 10 * (time.monotonic() - began))


def save(simulator: Simulator) -> None:
    """Replace the state file in one step.

    Only its owner may read it, since it holds the signing key.
    """
    path = cast(Path, simulator.started_with.state_file)
    with simulator.lock:
        text = json.dumps(
            {
                "key": simulator.key.pem,
                "advanced": getattr(simulator.clock, "offset", 0.0),
                "state": simulator.state,
                "settings": _changed(simulator),
                "faults": simulator.faults.all(),
                "received": {
                    "total": simulator.received.total,
                    "latest": simulator.received.latest(REQUESTS_SAVED),
                },
            },
            default=_plain,
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with open(
        os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
    ) as file:
        file.write(text)
    beside.replace(path)


def _changed(simulator: Simulator) -> dict[str, Any]:
    """Return the settings that differ from those it was started with.

    It may be started with others next time.
    """
    pairs = ((name, getattr(simulator.settings, name)) for name in CHANGEABLE)
    return {
        name: value
        for name, value in pairs
        if value != getattr(simulator.started_with, name)
    }


def _plain(thing: Any) -> dict[str, Any]:
    return {
        name: value for name, value in vars(thing).items() if not name.startswith("_")
    }


def load(settings: SimulatorSettings, clock: Ticking) -> Simulator | None:
    """The simulator as its state file has it; None when there is no file yet."""
    if not settings.state_file or not settings.state_file.exists():
        return None
    saved = json.loads(settings.state_file.read_text())
    if getattr(clock, "offset", None) == 0:
        clock.advance(saved["advanced"])
    state = _state(saved["state"])
    state.apps = {**seeded_apps(settings), **state.apps}
    for app in state.apps.values():
        if app.flow != "device":
            app.redirect_uris = list(
                dict.fromkeys([*app.redirect_uris, *registered(settings)])
            )
    simulator = Simulator(settings, clock, state, key_from(saved["key"]))
    _go_on(simulator, saved)
    return simulator


def _go_on(simulator: Simulator, saved: dict[str, Any]) -> None:
    """Restore settings, faults and requests where the file has them."""
    simulator.change(**saved.get("settings", {}))
    for fault in saved.get("faults", []):
        simulator.faults.add(Fault(**fault))
    received = saved.get("received", {"total": 0, "latest": []})
    simulator.received.requests.extend(reversed(received["latest"]))
    simulator.received.total = received["total"]


def _state(saved: dict[str, Any]) -> State:
    """A part that an older file does not have is empty."""
    return State(
        **{
            field.name: _filled(field.name, saved.get(field.name, {}))
            for field in fields(State)
        }
    )


def _filled(name: str, rows: dict[str, Any]) -> dict[str, Any]:
    model = MODELS.get(name)
    return {key: model(**row) for key, row in rows.items()} if model else rows
