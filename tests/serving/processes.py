"""Real processes of the product: started with an environment, waited for by asking,
ended by their own group only.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from app.config.settings import Settings
from tests.world import PATIENCE, SharedClock, until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(settings: Settings, **more: object) -> dict[str, str]:
    """The settings of a test as a process gets them, and nothing else of this
    machine's.
    """
    kept = {
        name: os.environ[name]
        for name in (
            "PATH",
            "HOME",
            "LANG",
            "TMPDIR",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONPYCACHEPREFIX",
        )
        if name in os.environ
    }
    ours = {
        "LATCHKEY_KEY": settings.key[0].get_secret_value(),
        "LATCHKEY_DATA_DIR": settings.data_dir,
        "LATCHKEY_PUBLIC_URL": settings.public_url,
        "DATABASE_URL": settings.database,
        "CTCT_CLIENT_ID": settings.client_id,
        "CTCT_CLIENT_SECRET": settings.client_secret.get_secret_value(),
        "CTCT_AUTH_URL": settings.auth_url,
        "CTCT_API_URL": settings.api_url,
        "LATCHKEY_CALL_GAP": settings.call_gap,
        "LATCHKEY_TOKEN_GAP": settings.token_gap,
        "LATCHKEY_WORKER_POLL": 0.1,
        "LATCHKEY_CALLS_PER_DAY": settings.calls_per_day,
        "LATCHKEY_SIGNUP_LIMITS": "100000 per minute",
        "LATCHKEY_FORM_MIN_SECONDS": 0,
        # all visitors of tests come from one network
        "LATCHKEY_NETWORK_PEOPLE": settings.network_people,
        "LATCHKEY_ADDRESS_PRESSES": settings.address_presses,
        "LATCHKEY_ATTACK_PRESSES": settings.attack_presses,
        "LATCHKEY_UNPROVEN_PRESSES": settings.unproven_presses,
        "LATCHKEY_CHECK_MAIL_DOMAINS": settings.check_mail_domains,
        "LATCHKEY_LOG_LEVEL": "WARNING",
        **more,
    }
    return kept | {
        name: str(value) for name, value in ours.items() if value is not None
    }


class Process:
    """One command and its children, in a group of their own."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        SharedClock.follow_machine()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env=env,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, seconds: float = PATIENCE) -> int:
        """Its exit code, once it ended by itself."""
        return self._process.wait(seconds)

    def terminate(self, seconds: float = PATIENCE) -> int:
        """SIGTERM to the process itself, as a supervisor does; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL to all of the group, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)

    def children(self) -> list[int]:
        """The processes it forked."""
        pid = self._process.pid
        return [
            int(one)
            for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path) -> Iterator[Process]:
    """A process that is killed at the end, whatever happened."""
    process = Process(command, env, log)
    try:
        yield process
    finally:
        process.kill()


def until_ready(process: Process, url: str) -> None:
    """Wait until the web process answers; fail with its output when it ended instead."""

    def answers() -> bool:
        assert process.alive(), process.output
        # it listens before it has loaded
        with suppress(requests.ConnectionError, requests.Timeout):
            return requests.get(f"{url}/healthz", timeout=PATIENCE).ok
        return False

    until(answers)
