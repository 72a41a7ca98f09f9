"""The demo from start to end: filled once, then served, with what to open and type."""

import secrets
import shutil
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from app import create_app
from app.auth import users
from app.config.settings import DEFAULT_KEY_FILE, Settings, load
from app.core.crypto import new_key
from app.database.session import db
from app.demo import processes, story
from app.demo.control import Control, MovedClock

# the simulator's app with rotating refresh tokens
CLIENT_ID = "11111111-1111-4111-8111-111111111111"
CLIENT_SECRET = "simulator-rotating-secret"
EMAIL = "admin@example.com"
FILLED = "filled"  # a file that says that the first start was played to its end
# of the simulator, off while the story is played
LIMITS = ("calls_per_second", "calls_per_day", "token_calls_per_second")
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run(
    folder: Path, port: int, simulator_port: int, password: str | None, days: int
) -> None:
    """Serve the demo until Ctrl-C. Raises `processes.CannotStart`."""
    _require_free(port, "PORT")
    _require_free(simulator_port, "SIMULATOR_PORT")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = _settings(folder, port, simulator_port)
    if not (folder / FILLED).exists():
        _remove_leftovers(folder)
    children: list[processes.Process] = []
    _stop_on_signals()
    try:
        simulator = processes.start_simulator(settings, folder, simulator_port)
        children.append(simulator)
        accounts = f"http://127.0.0.1:{simulator_port}/_control/accounts"
        processes.wait_until_ready(simulator, accounts, "The simulator")
        password = _fill(settings, folder, simulator_port, password, days)
        app = processes.start_app(settings, port)
        children.append(app)
        processes.wait_until_ready(app, f"{settings.public_url}/readyz", "The app")
        _print_welcome(settings, simulator_port, password)
        processes.wait_until_one_ends(children)
    except KeyboardInterrupt:
        print("  Stopping …", flush=True)
    finally:
        _ignore_signals()
        processes.stop(children)


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise processes.CannotStart(
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
