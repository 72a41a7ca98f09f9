"""`make demo`: up, filled, signed in to; stopped and started again, it is as it was."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests import stranger
from tests.world import PATIENCE, csrf_of

pytestmark = pytest.mark.slow
SECONDS_TO_START, SECONDS_TO_STOP = 300, PATIENCE


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    folder: Path, port: int, simulator_port: int, output: Path
) -> subprocess.Popen[bytes]:
    """Start a demo of three days that writes what it says into a file."""
    options = {
        "port": str(port),
        "simulator-port": str(simulator_port),
        "folder": str(folder),
        "days": "3",
    }
    command = [sys.executable, "-m", "app.demo"]
    for name, value in options.items():
        command += [f"--{name}", value]
    with output.open("w") as file:
        return subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def wait_for(text: str, output: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while text not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)


@contextmanager
def demo(folder: Path, port: int, simulator_port: int) -> Iterator[str]:
    """The running demo; gives what it printed when it was ready."""
    printed = folder.with_suffix(".txt")
    child = start(folder, port, simulator_port, printed)
    wait_for("Ctrl-C", printed, child)
    try:
        yield printed.read_text()
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(PATIENCE) == 0, printed.read_text()


def descendants(pid: int) -> set[int]:
    """The processes below one, as Linux lists them."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = status.read_text().rpartition(")")[2].split()
            parents[int(status.parent.name)] = int(fields[1])
    below = {pid}
    while (
        more := {child for child, parent in parents.items() if parent in below} - below
    ):
        below |= more
    return below - {pid}


def wait_until_gone(pids: set[int]) -> set[int]:
    """Wait for processes to end; kill and return those that did not."""
    deadline = time.monotonic() + SECONDS_TO_STOP
    while (left := {pid for pid in pids if lives(pid)}) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def lives(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be noticed does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


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
    form = browser.get(f"{address}/sign-in", timeout=PATIENCE).text
    answer = browser.post(
        f"{address}/sign-in",
        timeout=PATIENCE,
        data={"email": email, "password": password, "csrf_token": csrf_of(form)},
    )
    return answer.text


@dataclass(frozen=True)
class FirstStart:
    """What the first start left, and what it showed."""

    folder: Path
    page: str
    counts: dict[str, int]


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> FirstStart:
    folder = tmp_path_factory.mktemp("first") / "demo"
    with demo(folder, free_port(), free_port()) as said:
        return FirstStart(folder, overview(said), counts(folder))


def test_the_demo_is_full_at_the_first_start_and_the_same_at_the_second(
    first_start: FirstStart,
) -> None:
    with demo(first_start.folder, free_port(), free_port()) as said:
        page_again = overview(said)
        second = counts(first_start.folder)

    assert first_start.counts == {
        "account": 4,
        "form": 3,
        "signup": 30,
        "user_account": 1,
        "accepted": 30,
    }
    assert second == first_start.counts
    for shown in (first_start.page, page_again):
        for state in ("Needs its owner", "Retrying", "Renewal overdue", "Healthy"):
            assert state in shown
        assert "30 accepted, every one accounted for" in shown


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
            timeout=PATIENCE,
            check=False,
        )

    assert ended.returncode == 1
    assert (
        ended.stderr.strip()
        == f"Port {port} is in use. Choose another: make demo PORT={port + 1}"
    )


@pytest.mark.parametrize(
    "signals",
    [
        pytest.param(
            (signal.SIGINT, signal.SIGINT, signal.SIGTERM),
            id="told again while it stops",
        ),
        # while it starts it is killed below, also in `make test`
        pytest.param((signal.SIGKILL,), id="killed", marks=pytest.mark.long),
    ],
)
def test_no_child_outlives_the_demo(
    first_start: FirstStart, tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    printed = tmp_path / "printed.txt"
    process = start(first_start.folder, free_port(), free_port(), printed)
    wait_for("Ctrl-C", printed, process)
    children = descendants(process.pid)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.2)
    status = process.wait(SECONDS_TO_STOP)

    # the simulator, and the process that serves and delivers
    assert len(children) == 2
    assert wait_until_gone(children) == set()
    assert status == (-signal.SIGKILL if signal.SIGKILL in signals else 0)
    assert "Aborted" not in printed.read_text()


def test_no_child_outlives_a_demo_that_is_killed_while_it_starts(
    tmp_path: Path,
) -> None:
    printed = tmp_path / "printed.txt"
    process = start(tmp_path / "demo", free_port(), free_port(), printed)
    wait_for("simulator on", printed, process)
    children = descendants(process.pid)
    process.kill()
    process.wait(SECONDS_TO_STOP)

    assert len(children) == 1
    assert wait_until_gone(children) == set()
