"""Simulator and app as two processes, filled once, and what to open and type."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import requests

from app import create_app
from app.auth import users
from app.config.settings import DEFAULT_KEY_FILE, Settings, load
from app.core.crypto import new_key
from app.database.session import db
from app.demo import story

# the simulator's app with rotating refresh tokens
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_SECRET = "simulator-rotating-secret"
EMAIL = "admin@example.com"
SECONDS_TO_START = 60


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def run(
    folder: Path, port: int, simulator_port: int, password: str | None, days: int
) -> None:
    """Serve the demo until Ctrl-C. Raises `CannotStart`."""
    for number, name in ((port, "PORT"), (simulator_port, "SIMULATOR_PORT")):
        _must_be_free(number, name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = _settings(folder, port, simulator_port)
    if not (folder / "filled").exists():
        _start_over(folder)
    children = [_simulator(settings, folder, simulator_port)]
    _stop_when_told()
    try:
        _await(
            children[0],
            f"http://127.0.0.1:{simulator_port}/_control/accounts",
            "The simulator",
        )
        password = _fill(settings, folder, simulator_port, password, days)
        children.append(_app(settings, port))
        _await(children[1], f"{settings.public_url}/readyz", "The app")
        _tell(settings, simulator_port, password)
        _until_one_ends(children)
    except KeyboardInterrupt:
        print("  Stopping …", flush=True)
    finally:
        _end(children)


def _must_be_free(port: int, name: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Port {port} is in use. Choose another: make demo {name}={port + 1}"
            ) from None


def _settings(folder: Path, port: int, simulator_port: int) -> Settings:
    key = folder / DEFAULT_KEY_FILE
    if not key.exists():
        with os.fdopen(
            os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as file:
            file.write(new_key() + "\n")
    return load(
        _env_file=None,
        key=key.read_text(),
        public_url=f"http://127.0.0.1:{port}",
        data_dir=folder,
        database_url="",
        redis_url="",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        log_level="WARNING",
        auth_url=f"http://127.0.0.1:{simulator_port}/oauth2/default/v1",
        api_url=f"http://127.0.0.1:{simulator_port}/v3",
    )


def _start_over(folder: Path) -> None:
    """Whatever an interrupted first start left behind would be half a story."""
    for leftover in folder.iterdir():
        if leftover.name != DEFAULT_KEY_FILE:
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _simulator(
    settings: Settings, folder: Path, simulator_port: int
) -> subprocess.Popen[bytes]:
    return _start(
        settings,
        "-m",
        "flask",
        "latchkey",
        "simulator",
        "--port",
        str(simulator_port),
        "--state",
        str(folder / "simulator.json"),
        "--redirect-uri",
        settings.redirect_uri,
    )


def _app(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    return _start(
        settings,
        "-m",
        "gunicorn",
        "--threads",
        "8",
        "--bind",
        f"127.0.0.1:{port}",
        "--log-level",
        "warning",
        "--no-control-socket",
        "wsgi:app",
    )


def _start(settings: Settings, *command: str) -> subprocess.Popen[bytes]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LATCHKEY_", "CTCT_"))
        and name not in ("DATABASE_URL", "REDIS_URL", "FLASK_APP")
    }
    ours = {
        "LATCHKEY_DATA_DIR": str(settings.data_dir),
        "LATCHKEY_PUBLIC_URL": settings.public_url,
        "LATCHKEY_KEY_FILE": str(settings.data_dir / DEFAULT_KEY_FILE),
        "LATCHKEY_LOG_LEVEL": "WARNING",
        "CTCT_CLIENT_ID": CLIENT_ID,
        "CTCT_CLIENT_SECRET": CLIENT_SECRET,
        "CTCT_AUTH_URL": settings.auth_url,
        "CTCT_API_URL": settings.api_url,
    }
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, *command], env=kept | ours, cwd=root, start_new_session=True
    )


def _await(child: subprocess.Popen[bytes], address: str, what: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise CannotStart(f"{what} ended while starting; its own words are above.")
        with suppress(requests.ConnectionError, requests.Timeout):
            if requests.get(address, timeout=5).ok:
                return
        time.sleep(0.1)
    raise CannotStart(f"{what} was not ready within {SECONDS_TO_START} seconds.")


def _fill(
    settings: Settings,
    folder: Path,
    simulator_port: int,
    password: str | None,
    days: int,
) -> str:
    """The first start plays the story; every start sets the password and the states
    that heal by themselves.
    """
    quick = settings.model_copy(
        update={
            "call_gap": 0.0025,
            "token_gap": 0.0025,
            "calls_per_day": 10**9,
            "token_lease": 60.0,
        }
    )
    clock = story.MovedClock(datetime.now(UTC))
    app = create_app(quick, clock)
    provider = story.Provider(f"http://127.0.0.1:{simulator_port}", CLIENT_ID)
    if not (folder / "filled").exists():
        print(f"Filling the demo with {days} days of sign-ups …", flush=True)
        before = provider.ask("limits")
        provider.ask(
            "limits",
            calls_per_second=400,
            calls_per_day=None,
            token_calls_per_second=400,
        )
        story.play(app, clock, provider, days)
        provider.ask(
            "limits",
            **{
                name: before[name]
                for name in (
                    "calls_per_second",
                    "calls_per_day",
                    "token_calls_per_second",
                )
            },
        )
        (folder / "filled").touch()
    story.settle(app, clock)
    with app.app_context():
        password = password or _kept_password(folder)
        users.put(EMAIL, password, "admin")
        db.engine.dispose()
    return password


def _kept_password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.token_hex(3) for _ in range(3)))
    return path.read_text()


def _tell(settings: Settings, simulator_port: int, password: str) -> None:
    print(
        f"""
  Latchkey is running.

    Open       {settings.public_url}
    Sign in    {EMAIL}
    Password   {password}

    Constant Contact is simulated here, with a button for every bad day: http://127.0.0.1:{simulator_port}
    Try: Accounts → Connect Constant Contact, then Forms → New form, then sign up with its link.

  Ctrl-C stops everything; `make demo` brings it back as it was.
""",
        flush=True,
    )


def _stop_when_told() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _until_one_ends(children: list[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.5)
    raise CannotStart("A part of the demo ended by itself; its own words are above.")


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in reversed(children):
        if child.poll() is None:
            child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(20)
        if child.poll() is None:
            child.kill()
