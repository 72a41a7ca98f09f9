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
from app.demo.control import Control, MovedClock

# the simulator's app with rotating refresh tokens
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_SECRET = "simulator-rotating-secret"
EMAIL = "admin@example.com"
FILLED = "filled"  # a file that says that the first start was played to its end
# of the simulator, off while the story is played
LIMITS = ("calls_per_second", "calls_per_day", "token_calls_per_second")
SECONDS_TO_START = 60
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# settings without a prefix of ours
OTHER_SETTINGS = ("DATABASE_URL", "REDIS_URL", "FLASK_APP")


class CannotStart(Exception):
    """The demo cannot start; the message says why and what to do."""


def run(
    folder: Path, port: int, simulator_port: int, password: str | None, days: int
) -> None:
    """Serve the demo until Ctrl-C. Raises `CannotStart`."""
    _require_free(port, "PORT")
    _require_free(simulator_port, "SIMULATOR_PORT")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = _settings(folder, port, simulator_port)
    if not (folder / FILLED).exists():
        _remove_leftovers(folder)
    children: list[subprocess.Popen[bytes]] = []
    _stop_on_signals()
    try:
        simulator = _start_simulator(settings, folder, simulator_port)
        children.append(simulator)
        accounts = f"http://127.0.0.1:{simulator_port}/_control/accounts"
        _wait_until_ready(simulator, accounts, "The simulator")
        password = _fill(settings, folder, simulator_port, password, days)
        app = _start_app(settings, port)
        children.append(app)
        _wait_until_ready(app, f"{settings.public_url}/readyz", "The app")
        _print_welcome(settings, simulator_port, password)
        _wait_until_one_ends(children)
    except KeyboardInterrupt:
        print("  Stopping …", flush=True)
    finally:
        _stop(children)


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Port {port} is in use."
                f" Choose another: make demo {variable}={port + 1}"
            ) from None


def _settings(folder: Path, port: int, simulator_port: int) -> Settings:
    key_file = folder / DEFAULT_KEY_FILE
    if not key_file.exists():
        key_file.touch(mode=0o600)
        key_file.write_text(new_key() + "\n")
    return load(
        _env_file=None,
        key=key_file.read_text(),
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


def _remove_leftovers(folder: Path) -> None:
    """Remove what an interrupted first start left behind: it is half a story."""
    for leftover in folder.iterdir():
        if leftover.name == DEFAULT_KEY_FILE:
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _start_simulator(
    settings: Settings, folder: Path, simulator_port: int
) -> subprocess.Popen[bytes]:
    return _start(
        settings,
        ["flask", "latchkey", "simulator"],
        port=str(simulator_port),
        state=str(folder / "simulator.json"),
        redirect_uri=settings.redirect_uri,
    )


def _start_app(settings: Settings, port: int) -> subprocess.Popen[bytes]:
    return _start(
        settings,
        ["gunicorn", "wsgi:app", "--no-control-socket"],
        threads="8",
        bind=f"127.0.0.1:{port}",
        log_level="warning",
    )


def _start(
    settings: Settings, module: list[str], **options: str
) -> subprocess.Popen[bytes]:
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
        "LATCHKEY_LOG_LEVEL": "WARNING",
        "CTCT_CLIENT_ID": CLIENT_ID,
        "CTCT_CLIENT_SECRET": CLIENT_SECRET,
        "CTCT_AUTH_URL": settings.auth_url,
        "CTCT_API_URL": settings.api_url,
    }


def _is_setting(name: str) -> bool:
    return name.startswith(("LATCHKEY_", "CTCT_")) or name in OTHER_SETTINGS


def _wait_until_ready(
    child: subprocess.Popen[bytes], address: str, subject: str
) -> None:
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


def _fill(
    settings: Settings,
    folder: Path,
    simulator_port: int,
    password: str | None,
    days: int,
) -> str:
    """Play the story at the first start; at every start set the password, which is
    returned, and the states that heal by themselves.
    """
    clock = MovedClock(datetime.now(UTC))
    app = create_app(_unlimited(settings), clock)
    if not (folder / FILLED).exists():
        print(f"Filling the demo with {days} days of sign-ups …", flush=True)
        control = Control(f"http://127.0.0.1:{simulator_port}", CLIENT_ID)
        limits = control.get("limits")
        control.post("limits", **dict.fromkeys(LIMITS))
        story.play(app, clock, control, days)
        control.post("limits", **{name: limits[name] for name in LIMITS})
        (folder / FILLED).touch()
    story.settle(app, clock)
    with app.app_context():
        password = password or _kept_password(folder)
        users.put(EMAIL, password, "admin")
        db.engine.dispose()
    return password


def _unlimited(settings: Settings) -> Settings:
    """Return settings for a story in which nobody waits and trouble is no news."""
    return settings.model_copy(
        update={
            "call_gap": 0.0025,
            "token_gap": 0.0025,
            "calls_per_day": 10**9,
            "token_lease": 60.0,
            "log_level": "ERROR",
        }
    )


def _kept_password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("-".join(secrets.token_hex(3) for _ in range(3)))
    return path.read_text()


def _print_welcome(settings: Settings, simulator_port: int, password: str) -> None:
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


def _stop_on_signals() -> None:
    """Raise KeyboardInterrupt at the first signal, and ignore those that follow it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


def _ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _wait_until_one_ends(children: list[subprocess.Popen[bytes]]) -> None:
    while all(child.poll() is None for child in children):
        time.sleep(0.5)
    raise CannotStart("A part of the demo ended by itself; its own words are above.")


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """End the children, the app before the simulator that it calls."""
    _ignore_signals()
    for child in reversed(children):
        if child.stdin:
            child.stdin.close()
        child.wait()
