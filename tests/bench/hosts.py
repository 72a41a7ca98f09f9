"""Several hosts, and what becomes of sign-ups, visitors and `/healthz` while one of
them, or the network, falls silent.

A database, two web servers, two workers and the simulator, each a network namespace.
Visitors press all the while, and press again where they were told to.
"""

import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from sqlalchemy import Select, func, select

from app import create_app
from app.database.session import db
from app.delivery.models import Heartbeat
from app.signups.models import Signup, SignupState
from tests.bench import network
from tests.bench.host_process import PROVIDER
from tests.bench.place import as_shipped
from tests.bench.served import WAITRESS
from tests.conftest import test_settings
from tests.postgres import Postgres
from tests.serving.processes import ROOT, environment
from tests.signups.reading import form_token
from tests.world import SharedClock, World, until

ADDRESSES = {
    "db": "10.77.0.1",
    "sim": "10.77.0.2",
    "web1": "10.77.0.11",
    "web2": "10.77.0.12",
    "work1": "10.77.0.21",
    "work2": "10.77.0.22",
    "work3": "10.77.0.23",
}
WEBS = ("web1", "web2")
ENDS_BY = {"db": signal.SIGQUIT, "web1": signal.SIGTERM, "web2": signal.SIGTERM}
# More than the provider takes at first, so that there is something to deliver.
BACKLOG, CROWD_A_SECOND, PRESSES_A_SECOND = 40, 8.0, 2.0
PATIENCE = 120.0
HAD_SLOTS = 2.0  # seconds
SIGN_UP = "/contacts/sign_up_form"
HEAD = (
    "| what happens | acknowledged | stored | delivered | 429 | doubled |"
    " longest wait of a visitor | of `/healthz` | delivery goes on after |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


@dataclass
class Row:
    """What was seen while one thing happened."""

    acknowledged: list[str] = field(default_factory=list)
    visitors: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)


class Simulated:
    """A simulator on another host, as far as `World` asks for it."""

    def __init__(self, url: str) -> None:
        self.url = url


class Town:
    """The hosts, and what runs on them."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.folder, self._ends = folder, ends
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.postgres = _prepared(folder / "postgresql")
        ends.callback(self._end_all)
        self.start_database()
        sim = f"http://{ADDRESSES['sim']}:8900"
        self.start(
            "sim",
            *("-m", "flask", "latchkey", "simulator", "--host", "0.0.0.0"),
            *("--port", "8900", "--calls-per-second", "4"),
        )
        until(lambda: _answers(f"{sim}/_control/clock"))
        self.app = self._app(sim)
        self.world = World(self.app, Simulated(sim))  # type: ignore[arg-type]
        self.env = {
            PROVIDER: sim,
            "LATCHKEY_WORKER": "off",
            "LATCHKEY_CALL_GAP": "0.27",
            "LATCHKEY_TOKEN_GAP": "1.25",
            "LATCHKEY_WORKER_POLL": "0.5",
            "LATCHKEY_HTTP_DEADLINE": "10",
            "LATCHKEY_TOKEN_LEASE": "15",
        }

    def _app(self, sim: str) -> Flask:
        address = f"postgresql://postgres@{ADDRESSES['db']}/bench"
        settings = test_settings(address, "http://127.0.0.1:1", self.folder)
        self.settings = settings.model_copy(
            update={"auth_url": f"{sim}/oauth2/default/v1", "api_url": f"{sim}/v3"}
        )
        return create_app(self.settings, SharedClock())

    def start_database(self) -> None:
        server = self.postgres._server
        options = ["-D", str(server.pgdata), "-c", "listen_addresses=*"]
        options += ["-c", f"unix_socket_directories={self.folder}"]
        user = str(server.system_user)
        command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        self._spawn("db", [*command, f"{server.bin_path}/postgres", *options], {})
        until(lambda: _listens(ADDRESSES["db"], 5432))

    def start(self, host: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Run Python on a host."""
        env = {}
        if host != "sim":
            provider = {"CTCT_AUTH_URL": None, "CTCT_API_URL": None}
            env = environment(self.settings, **provider, **self.env)
        return self._spawn(host, [f"{ROOT}/.venv/bin/python", *arguments], env)

    def start_web(self, host: str) -> None:
        web = "tests.bench.host_process:make"
        self.start(host, "-m", *WAITRESS, "--listen=0.0.0.0:8000", "--call", web)
        until(lambda: _answers(f"http://{ADDRESSES[host]}:8000/healthz"))

    def start_worker(self, host: str, ahead: float = 0.0) -> None:
        """Start one, and wait for its first sign of life."""
        seen = _workers()
        self.start(host, "-m", "tests.bench.host_process", str(ahead))
        until(lambda: not _workers() <= seen, PATIENCE)

    def _spawn(
        self, host: str, command: list[str], env: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{host}.log").open("ab") as log:
            self.running[host] = subprocess.Popen(
                [*network.inside(host), *command],
                env=env or None,
                cwd=ROOT,
                stdout=subprocess.PIPE if "caught" in command else log,
                stderr=log,
            )
        return self.running[host]

    def kill(self, host: str, how: int = signal.SIGKILL) -> None:
        process = self.running.pop(host)
        process.send_signal(how)
        process.wait(PATIENCE)

    def _end_all(self) -> None:
        for host in list(self.running):
            with suppress(ProcessLookupError):
                self.kill(host, ENDS_BY.get(host, signal.SIGKILL))

    def calls(self) -> list[dict[str, Any]]:
        return self.world.calls(SIGN_UP)


def _prepared(folder: Path) -> Postgres:
    """A database cluster that other hosts may reach; not running yet."""
    server = Postgres(folder)
    as_shipped(server)
    server.create("bench")
    with (folder / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.77.0.0/24 trust\n")
    server.crash()
    return server


def main() -> None:
    if lacking := network.missing():
        print(
            "hosts: plays several hosts in network namespaces, which needs"
            f" {lacking}. Run it as root where iproute2 is installed."
        )
        return
    SharedClock.follow_machine()
    print(HEAD, flush=True)
    with ExitStack() as ends:
        # the database's user must be able to enter it
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="hosts-")))
        folder.chmod(0o777)
        ends.enter_context(network.hosts(ADDRESSES))
        town = Town(folder, ends)
        ends.enter_context(town.app.app_context())
        ends.callback(db.engine.dispose)
        town.world.control("limits", calls_per_second=None)
        form = town.world.form(town.world.account()).id
        town.world.control("limits", calls_per_second=4)
        db.session.remove()
        for host in WEBS:
            town.start_web(host)
        for host in ("work1", "work2"):
            town.start_worker(host)
        for name, happening in HAPPENINGS.items():
            print(_row(name, happening, town, form), flush=True)


def _row(name: str, happening: Callable[[Town], float], town: Town, form: str) -> str:
    """Let it happen while visitors press; wait until all is delivered; tell of it."""
    row = Row()
    before = len(town.calls())
    with _pressing(row, form), _asking_health(row):
        until(lambda: len(row.acknowledged) >= BACKLOG, PATIENCE)
        goes_on_from = happening(town)
        until(lambda: _delivered_after(town, goes_on_from) is not None, PATIENCE)
        time.sleep(5)
    until(lambda: not _waiting(), PATIENCE)
    calls = town.calls()[before:]
    rows = _states(row.acknowledged)
    delivered = sum(state == SignupState.DELIVERED for state in rows)
    taken = [call for call in calls if call["status"] in (200, 201)]
    looked_from = goes_on_from + (HAD_SLOTS if happening == _a_host_vanishes else 0)
    goes_on = (_delivered_after(town, looked_from) or 0) - goes_on_from
    return (
        f"| {name} | {len(row.acknowledged)} | {len(rows)} | {delivered} |"
        f" {sum(call['status'] == 429 for call in calls)} |"
        f" {len(taken) - _delivered_since(calls)} |"
        f" {max(row.visitors):.1f} s | {max(row.health):.1f} s | {goes_on:.1f} s |"
    )


def _delivered_since(calls: list[dict[str, Any]]) -> int:
    """Count what was delivered in the time of these calls."""
    if not calls:
        return 0
    query = select(func.count(Signup.id)).where(
        Signup.state == SignupState.DELIVERED,
        func.extract("epoch", Signup.settled_at) >= calls[0]["at"],
    )
    return int(_read(query)[0])


def _delivered_after(town: Town, moment: float) -> float | None:
    """When the provider next took a sign-up."""
    taken = (call["at"] for call in town.calls() if call["status"] in (200, 201))
    return next((at for at in taken if at > moment), None)


def _workers() -> set[str]:
    """Return every worker that ever gave a sign of life."""
    return set(_read(select(Heartbeat.worker)))


def _waiting() -> int:
    waiting = select(func.count()).where(Signup.state == SignupState.WAITING)
    return int(_read(waiting)[0])


def _states(emails: list[str]) -> list[SignupState]:
    return _read(select(Signup.state).where(Signup.email.in_(emails)))


def _read(query: Select[Any]) -> list[Any]:
    """Read at once, on a connection that is given back: minutes may pass in between."""
    with db.engine.connect() as connection:
        return list(connection.scalars(query))


# -- what happens: each returns the instant from which delivery should go on


def _nothing(_town: Town) -> float:
    time.sleep(10)
    return time.time()


def _a_host_vanishes(town: Town) -> float:
    """A third worker's host goes while it holds the pace's row."""
    caught = town.start("work3", "-m", "tests.bench.host_process", "caught")
    assert caught.stdout
    assert caught.stdout.readline() == b"locked\n"
    network.cut("work3")
    vanished_at = time.time()
    # whoever had a slot already may still call
    until(lambda: _delivered_after(town, vanished_at + HAD_SLOTS) is not None, PATIENCE)
    town.kill("work3")
    network.heal("work3")
    return vanished_at


def _silent(host: str, seconds: float, times: int = 1) -> Callable[[Town], float]:
    def happen(_town: Town) -> float:
        for _ in range(times):
            network.cut(host)
            time.sleep(seconds)
            network.heal(host)
            healed_at = time.time()
            if times > 1:
                time.sleep(4)
        return healed_at

    return happen


def _the_database_crashes(town: Town) -> float:
    town.kill("db", signal.SIGQUIT)
    time.sleep(5)
    town.start_database()
    return time.time()


def _workers_are_killed(town: Town) -> float:
    for _ in range(2):
        for host in ("work1", "work2"):
            town.kill(host)
            town.start_worker(host)
    return time.time()


def _clocks_differ(town: Town) -> float:
    for host, ahead in (("work1", 0.18), ("work2", -0.18)):
        town.kill(host, signal.SIGTERM)
        town.start_worker(host, ahead)
    time.sleep(20)
    return time.time()


def _packets_get_lost(_town: Town) -> float:
    """Now this host, now that one, hears nothing for a moment."""
    for _ in range(25):
        for host in ("db", "work1", "sim", "web1"):
            network.cut(host)
            time.sleep(0.08)
            network.heal(host)
            time.sleep(0.12)
    return time.time()


HAPPENINGS: dict[str, Callable[[Town], float]] = {
    "nothing": _nothing,
    "a worker's host vanishes inside a transaction": _a_host_vanishes,
    "the database silent for 30 s": _silent("db", 30),
    "the database crashes, back after 5 s": _the_database_crashes,
    "workers killed, 4 times": _workers_are_killed,
    "packets lost": _packets_get_lost,
    "the provider silent for 5 s, 3 times": _silent("sim", 5, times=3),
    "clocks of the workers 360 ms apart": _clocks_differ,
}


# -- who asks meanwhile


@contextmanager
def _pressing(row: Row, form: str) -> Iterator[None]:
    """A crowd at first, then somebody now and then; who is told to presses again."""
    stop = threading.Event()

    def press_all() -> None:
        number = 0
        with ThreadPoolExecutor(64) as pool:
            while not stop.is_set():
                web = f"http://{ADDRESSES[WEBS[number % 2]]}:8000"
                pool.submit(_press, row, f"{web}/f/{form}", stop)
                number += 1
                a_second = PRESSES_A_SECOND if number > BACKLOG else CROWD_A_SECOND
                stop.wait(1 / a_second)

    with ThreadPoolExecutor(1) as pool:
        pressing = pool.submit(press_all)
        try:
            yield
        finally:
            stop.set()
            pressing.result()


def _press(row: Row, url: str, stop: threading.Event) -> None:
    email = f"{secrets.token_hex(8)}@town.example"
    page: requests.Response | None = None
    answers = {"email_address": email, "consent": "y"}
    while not stop.is_set():
        page = page or _timed(row, "GET", url)
        if page is None or page.status_code != 200:
            page = None
            stop.wait(0.5)
            continue
        typed = answers | {"form_token": form_token(page.text)}
        answer = _timed(row, "POST", url, data=typed, allow_redirects=False)
        if answer is not None and answer.status_code == 303:
            row.acknowledged.append(email)
            return
        stop.wait(1)


def _timed(row: Row, method: str, url: str, **more: Any) -> requests.Response | None:
    began = time.monotonic()
    try:
        answer = requests.request(method, url, timeout=PATIENCE, **more)
    except requests.RequestException:
        return None
    finally:
        row.visitors.append(time.monotonic() - began)
    row.statuses.add(answer.status_code)
    return answer


@contextmanager
def _asking_health(row: Row) -> Iterator[None]:
    stop = threading.Event()

    def ask(host: str) -> None:
        while not stop.wait(0.2):
            began = time.monotonic()
            with suppress(requests.RequestException):
                url = f"http://{ADDRESSES[host]}:8000/healthz"
                requests.get(url, timeout=PATIENCE)
            row.health.append(time.monotonic() - began)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask, host) for host in WEBS]
        try:
            yield
        finally:
            stop.set()
            for one in asking:
                one.result()


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, timeout=2).ok
    return False


def _listens(address: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((address, port), timeout=2):
        return True
    return False
