"""The demo's processes: the simulator, and the app, which serves and delivers."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import requests

from app.config.settings import DEFAULT_KEY_FILE, Settings

SECONDS_TO_START = 60
# settings without a prefix of ours
OTHER_SETTINGS = ("DATABASE_URL", "REDIS_URL", "FLASK_APP")
Process = subprocess.Popen[bytes]


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def start_simulator(settings: Settings, folder: Path, simulator_port: int) -> Process:
    return _start(
        settings,
        ["flask", "latchkey", "simulator"],
        port=str(simulator_port),
        state=str(folder / "simulator.json"),
        redirect_uri=settings.redirect_uri,
    )


def start_app(settings: Settings, port: int) -> Process:
    return _start(
        settings,
        ["flask", "latchkey", "serve"],
        port=str(port),
        threads="8",
    )


def _start(settings: Settings, module: list[str], **options: str) -> Process:
    """Start a Python module as a process that ends when its standard input does."""
    command = [sys.executable, "-m", "app.demo.child", *module]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", value]
    return subprocess.Popen(
        command,
        env=_environment(settings),
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches the demo alone, which stops it in order
    )


def _environment(settings: Settings) -> dict[str, str]:
    """Return this process's environment with the demo's settings instead of others."""
    environment = {
        name: value for name, value in os.environ.items() if not _is_setting(name)
    }
    return environment | {
        "LATCHKEY_DATA_DIR": str(settings.data_dir),
        "LATCHKEY_PUBLIC_URL": settings.public_url,
        "LATCHKEY_KEY_FILE": str(settings.data_dir / DEFAULT_KEY_FILE),
        "LATCHKEY_LOG_LEVEL": settings.log_level,
        "LATCHKEY_LOG_FORMAT": settings.log_format,
        "CTCT_CLIENT_ID": settings.client_id,
        "CTCT_CLIENT_SECRET": settings.client_secret.get_secret_value(),
        "CTCT_AUTH_URL": settings.auth_url,
        "CTCT_API_URL": settings.api_url,
    }


def _is_setting(name: str) -> bool:
    return name.startswith(("LATCHKEY_", "CTCT_")) or name in OTHER_SETTINGS


def wait_until_ready(child: Process, address: str, subject: str) -> None:
    """Wait until an address answers with success. Raises `CannotStart`."""
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise CannotStart(
                f"{subject} ended while starting; its own words are above."
            )
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(address, timeout=5).ok:
                return
        time.sleep(0.1)
    raise CannotStart(f"{subject} was not ready within {SECONDS_TO_START} seconds.")


def wait_until_one_ends(children: list[Process]) -> None:
    """Wait while all of them run, then raise `CannotStart`."""
    while all(child.poll() is None for child in children):
        time.sleep(0.5)
    raise CannotStart("A part of the demo ended by itself; its own words are above.")


def stop(children: list[Process]) -> None:
    """End the children, the app before the simulator that it calls."""
    for child in reversed(children):
        if child.stdin:
            child.stdin.close()
        child.wait()
