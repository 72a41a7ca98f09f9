"""`make demo`: up, filled, signed in to; stopped and started again, it is as it was."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests import stranger
from tests.world import csrf_of

pytestmark = pytest.mark.slow
SECONDS_TO_START = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo(folder: Path, port: int, simulator_port: int) -> Iterator[str]:
    """The running demo; gives what it printed when it was ready."""
    printed = folder.with_suffix(".txt")
    with printed.open("w") as out:
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "app.demo",
                "--port",
                str(port),
                "--simulator-port",
                str(simulator_port),
                "--folder",
                str(folder),
                "--days",
                "3",
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    deadline = time.monotonic() + SECONDS_TO_START
    while "Ctrl-C" not in printed.read_text():
        assert child.poll() is None, printed.read_text()
        assert time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)
    try:
        yield printed.read_text()
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0, printed.read_text()


def counts(folder: Path) -> dict[str, int]:
    path = str(folder / "latchkey.db")
    rows = {
        table: f"SELECT count(*) FROM {table}"
        for table in ("account", "form", "signup", "user_account")
    }
    rows["accepted"] = "SELECT sum(accepted) FROM tally"
    return {name: stranger.execute(path, rows[name])[0][0] for name in rows}


def overview(said: str) -> str:
    """Sign in with what the demo printed and read the first screen."""
    address, email, password = (
        re.search(rf"{word}\s+(\S+)", said)[1]
        for word in ("Open", "Sign in", "Password")
    )  # type: ignore[index]
    browser = requests.Session()
    form = browser.get(f"{address}/sign-in", timeout=10).text
    answer = browser.post(
        f"{address}/sign-in",
        timeout=30,
        data={"email": email, "password": password, "csrf_token": csrf_of(form)},
    )
    return answer.text


def test_the_demo_is_full_at_the_first_start_and_the_same_at_the_second(
    tmp_path: Path,
) -> None:
    folder, ports = tmp_path / "demo", (free_port(), free_port())

    with demo(folder, *ports) as said:
        page = overview(said)
        first = counts(folder)
    with demo(folder, *ports) as said:
        page_again = overview(said)
        second = counts(folder)

    assert first == {
        "account": 4,
        "form": 3,
        "signup": 30,
        "user_account": 1,
        "accepted": 30,
    }
    assert second == first
    for shown in (page, page_again):
        for state in ("Needs the owner", "Retrying", "Ageing", "Healthy"):
            assert state in shown
        assert "30 accepted, and every one is here" in shown


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "app.demo",
                "--port",
                str(port),
                "--folder",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 1
    assert (
        ended.stderr.strip()
        == f"Port {port} is in use. Choose another: make demo PORT={port + 1}"
    )
