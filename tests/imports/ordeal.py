"""A file carried to the provider by real workers, which are killed on the way: once
while it is checked, once while the provider answers to the second job.
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config.settings import Settings
from app.imports import actions, queries, upload
from app.imports.models import ContactImport
from tests.imports.acting import ADA, Importing
from tests.serving.processes import Process, environment, running
from tests.states.acting import while_answering
from tests.world import PATIENCE, World, until

JOBS = {"json": "/contacts_json_import", "csv": "/contacts_file_import"}


@dataclass(frozen=True)
class Seen:
    """What it took; `peak_mb` is the most that any of the workers had resident,
    `at_rest_mb` that of an idle one.
    """

    rows: int
    seconds: float
    peak_mb: float
    at_rest_mb: float
    jobs: int
    carried: int
    persons: int
    there: int
    state: str

    def __str__(self) -> str:
        return (
            f"{self.rows:,} rows, {self.seconds:.0f} s, workers at most"
            f" {self.peak_mb:.0f} MB resident ({self.at_rest_mb:.0f} MB idle),"
            f" {self.jobs} jobs with {self.carried:,} rows, provider counts"
            f" {self.persons:,} and holds {self.there:,}: {self.state}"
        )


def carry(
    world: World,
    settings: Settings,
    folder: Path,
    rows: int,
    job_rows: int,
    door: str = "json",
    seconds: float = PATIENCE,
) -> Seen:
    """Import so many contacts through `flask latchkey worker`, killed -9 twice; the
    counters are read at the end.
    """
    importing = Importing(world, world.account())
    world.control("limits", import_wait=0.5, import_rows_per_second=50_000)
    there = len(world.simulator.state.accounts[importing.account.provider_id].contacts)
    env = environment(
        settings,
        LATCHKEY_IMPORT_JOB_ROWS=job_rows,
        LATCHKEY_HTTP_DEADLINE=settings.http_deadline,
        LATCHKEY_TOKEN_LEASE=settings.token_lease,
        LATCHKEY_DELIVERY_LEASE=settings.delivery_lease,
    )
    began, peaks = time.monotonic(), list[float]()

    @contextmanager
    def worker() -> Iterator[Process]:
        with running(
            ["flask", "latchkey", "worker"], env, folder / "worker.log"
        ) as process:
            yield process
            if process.alive():
                peaks.append(peak_mb(process.pid))

    def kill(process: Process) -> None:
        peaks.append(peak_mb(process.pid))
        process.kill()

    with worker() as process:
        until(lambda: "Delivering" in process.output, seconds)
        idle = peak_mb(process.pid)
        made = _mapped(importing, rows, door)
        until(lambda: importing.again(made).rows > 0, seconds)
        kill(process)
    with worker() as process:
        until(lambda: importing.again(made).state == "checked", seconds)
        actions.begin(made.id, ADA)
        until(lambda: len(importing.posted(door)) == 1, seconds)
        with while_answering(world, JOBS[door], lambda: kill(process)):
            until(lambda: not process.alive(), seconds)
    with worker():
        until(lambda: importing.again(made).due_at is None, seconds)
    made = importing.again(made)
    told = queries.progress(made)
    now = len(world.simulator.state.accounts[importing.account.provider_id].contacts)
    return Seen(
        made.rows,
        time.monotonic() - began,
        max(peaks),
        idle,
        len(importing.jobs()),
        importing.carried(),
        told.persons,
        now - there,
        made.state,
    )


def peak_mb(pid: int) -> float:
    """The most that a process ever had resident."""
    line = next(
        line
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def _mapped(importing: Importing, rows: int, door: str) -> ContactImport:
    head = "Email,First name,Last name,Company,Phone,Street,City,Zip,Nickname\n"
    text = head + "".join(
        f"p{n}@example.com,Zoë {n},Müller-{n},Company {n} GmbH,+49 30 {n:07},{n} Main"
        f" Street,Berlin,{10000 + n % 90000},n{n}\n"
        for n in range(rows)
    )
    id = upload.receive(
        io.BytesIO(text.encode()), "people.csv", importing.account.id, ADA
    )
    until(lambda: importing.again(queries.one(id)).state == "uploaded")
    made = queries.one(id)
    actions.map_columns(
        id, queries.guess(made), lists=importing.lists, dates="mdy", door=door
    )
    return made
