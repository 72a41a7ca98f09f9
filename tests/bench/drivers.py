"""Both SQLite libraries side by side: pysqlite3 with its write-ahead log, and Python's
own with the journal that is safe there.

Two houses with the same rows, served alike and asked in turns, so that a noisy machine
is noisy for both.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from app.database.session import db
from app.stats import rollup
from app.worker import periodic
from tests.bench.client import Job, Told, crowd
from tests.bench.place import Place, place
from tests.bench.scaling import Size, _form, _people_and_forms, _signups
from tests.bench.served import HEAD, Side, line, medians, ours, race
from tests.world import SharedClock

SIZE = Size(int(os.environ.get("BENCH_ROWS", 1_000_000)), 100, 500)
ROUNDS, SECONDS = 5, 3.0
PAGES = ("/", "/accounts", "/signups", f"/forms/{_form(0)}")
BACKUPS = {
    "VACUUM INTO": "source.execute('VACUUM INTO ?', (sys.argv[2],))",
    ".backup (100 pages a step)": (
        "target = sqlite3.connect(sys.argv[2]); source.backup(target, pages=100,"
        " sleep=0.25)"
    ),
    ".backup (at once)": (
        "target = sqlite3.connect(sys.argv[2]); source.backup(target, pages=-1)"
    ),
}


@dataclass
class House:
    """One library's house, somebody signed in, and what was measured of it."""

    name: str
    place: Place
    side: Side
    cookies: dict[str, str]
    told: list[Told] = field(default_factory=list)
    figures: list[float] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.place.folder / "bench.db"

    def get(self, path: str) -> requests.Response:
        answer = requests.get(
            self.side.url + path, cookies=self.cookies, timeout=600, stream=True
        )
        assert answer.status_code == 200, (path, answer.status_code)
        return answer


def main() -> None:
    with ExitStack() as ends:
        houses = [ends.enter_context(_house(hidden)) for hidden in (False, True)]
        sides = (houses[0].side, houses[1].side)
        print(f"{SIZE.signups:,} sign-ups; {houses[0].name} beside {houses[1].name}")
        print(HEAD.replace("ours", houses[0].name).replace("yardstick", houses[1].name))
        for visitors in (1, 8, 32):
            race("sqlite", f"press, {visitors}", ("press", "press"), sides, visitors)
        for path in PAGES:
            _beside_presses(f"{path} beside presses", houses, _page_of(path))
        _beside_presses("export beside presses", houses, _export, rounds=2)
        for name in BACKUPS:
            _beside_presses(f"{name} beside presses", houses, _backup(name), rounds=2)
        for house in houses:
            print(f"{house.name}: {_files(house)}")


@contextmanager
def _house(hidden: bool) -> Iterator[House]:
    """A filled house; `hidden` keeps pysqlite3 from its server."""
    with place() as here:
        _people_and_forms(SIZE)
        db.session.rollback()
        _signups("sqlite", SIZE)
        rollup.fold(SharedClock().now(), least=1)
        periodic.beat(SharedClock().now())
        admin = here.world.signed_in()
        cookie = admin.get_cookie(here.world.app.config["SESSION_COOKIE_NAME"])
        assert cookie
        db.session.remove()
        db.engine.dispose()
        env = {"PYTHONPATH": str(_without_pysqlite3(here.folder))} if hidden else {}
        with ours(here, f"/f/{_form(1)}", **env) as side:
            yield House(_version(env), here, side, {cookie.key: cookie.value})


def _without_pysqlite3(folder: Path) -> Path:
    (path := folder / "hidden").mkdir()
    (path / "pysqlite3.py").write_text("raise ImportError\n")
    return path


def _version(env: dict[str, str]) -> str:
    program = (
        "from app.database import sqlite_driver as one;"
        " print(one.LIBRARY, one.driver.sqlite_version, one.journal_mode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=dict(os.environ) | env,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def _beside_presses(
    what: str,
    houses: list[House],
    act: Callable[[House], object],
    rounds: int = ROUNDS,
) -> None:
    """Do it while four visitors press; print how long it took, and what became of them."""
    for house in houses:
        house.told, house.figures = [], []
    for _ in range(rounds):
        for house in houses:
            with _pressing(house):
                began = time.perf_counter()
                act(house)
                house.figures.append((time.perf_counter() - began) * 1000)
    mine, theirs = houses
    print(
        f"| {what} | {statistics.median(mine.figures):.0f} ms |"
        f" {statistics.median(theirs.figures):.0f} ms |"
        f" {statistics.median(mine.figures) / statistics.median(theirs.figures):.2f} ×"
        f" | worst press {_worst(mine):.0f} and {_worst(theirs):.0f} ms |",
        flush=True,
    )
    told = [_together(house) for house in houses]
    print(line("", "the presses beside it", *map(medians, told)), flush=True)


def _together(house: House) -> list[Told]:
    """All rounds as one: a single one may be too short for any press on a busy machine."""
    whole = Told(
        sum(one.seconds for one in house.told),
        [time for one in house.told for time in one.times],
    )
    return [whole]


def _worst(house: House) -> float:
    return max(time for one in house.told for time in one.times)


@contextmanager
def _pressing(house: House) -> Iterator[None]:
    """Four visitors press as long as the block runs, and a while before."""
    stop = threading.Event()

    def press() -> None:
        while not stop.is_set():
            told = crowd(Job(house.side.port, house.side.path, "press", 4, SECONDS))
            assert not told.wrong
            house.told.append(told)

    with ThreadPoolExecutor(1) as pool:
        pressing = pool.submit(press)
        time.sleep(1.5)
        try:
            yield
        finally:
            stop.set()
            pressing.result()


def _page_of(path: str) -> Callable[[House], object]:
    return lambda house: [house.get(path).content for _ in range(10)]


def _export(house: House) -> None:
    lines = sum(
        piece.count(b"\r\n")
        for piece in house.get("/signups.csv").iter_content(1 << 20)
    )
    assert lines > SIZE.signups


def _backup(name: str) -> Callable[[House], object]:
    """By another process with Python's own library, as a shell would."""

    def back_up(house: House) -> None:
        target = house.path.with_suffix(".backup")
        target.unlink(missing_ok=True)
        program = (
            "import sqlite3, sys; source = sqlite3.connect(sys.argv[1]);"
            f" {BACKUPS[name]}"
        )
        try:
            subprocess.run(
                [sys.executable, "-c", program, house.path, target],
                check=True,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            print(f"{house.name}: {name} did not end in 300 s", flush=True)
            return
        size = target.stat().st_size / 2**20
        print(f"{house.name}: {name}, {size:.0f} MB", flush=True)

    return back_up


def _files(house: House) -> str:
    sizes = {
        path.name: path.stat().st_size // 2**20
        for path in sorted(house.path.parent.glob("bench.db*"))
    }
    return ", ".join(f"{name} {size} MB" for name, size in sizes.items())
