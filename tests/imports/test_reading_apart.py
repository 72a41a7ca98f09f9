"""A workbook is read in a process of its own: with the same rows, and within limits."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import openpyxl
import pytest

from app.imports import actions, claims, queries, reading, tables
from app.imports.cells import Bad
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport
from tests.imports.acting import ADA, Importing
from tests.imports.ordeal import peak_mb
from tests.imports.workbooks import (
    GOOD,
    HEADINGS,
    SHEET,
    cell,
    number_format,
    shared,
    sheet_of,
    with_part,
)
from tests.world import ONE_DATABASE, PATIENCE

MAX_MB = 200  # resident, for a workbook of 50 kB


@contextmanager
def lying(data: bytes) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        yield file


def nothing() -> None: ...


def looked_at(data: bytes, meanwhile: Callable[[], None] = nothing) -> Any:
    with lying(data) as file:
        return reading.facts_of(file, meanwhile)


ROWS = HEADINGS + b"".join(
    (
        b'<row r="2">'
        + cell("A2", "zoë@example.com")
        + b'<c t="e"><v>#N/A</v></c></row>',
        b'<row r="4"><c><f>1+1</f></c>'
        + cell("B4", "line\nline \U0001f600")
        + b"</row>",
    )
)


@pytest.mark.parametrize(
    "data", [GOOD, with_part(GOOD, SHEET, sheet_of(ROWS))], ids=len
)
def test_it_gives_what_a_reader_in_this_process_gives(data: bytes) -> None:
    facts = tables.facts_of(io.BytesIO(data))
    with lying(data) as file:
        here = list(tables.data_rows(file, facts))
        apart = list(reading.data_rows(file, facts, nothing))

    assert looked_at(data) == facts
    assert apart == here
    assert _bad(apart) == _bad(here)


def _bad(rows: list[tuple[int, list[str]]]) -> list[str]:
    return [
        one.reason for _line, cells in rows for one in cells if isinstance(one, Bad)
    ]


MANY_CELLS = b"<row>" + b"<c/>" * 400 + b"</row>"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a number format that is looked through again and again": lambda: with_part(
        number_format("[" * 900_000),
        SHEET,
        sheet_of(HEADINGS + b'<row r="2"><c r="A2" s="0"><v>1</v></c></row>'),
    ),
    "a million texts": lambda: shared(
        b"<si><t>Email</t></si>" + b"<si><t>x</t></si>" * 1_500_000, sheet_of(HEADINGS)
    ),
    "millions of cells with nothing": lambda: with_part(
        GOOD, SHEET, sheet_of(HEADINGS + MANY_CELLS * 14_000)
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_small_workbook_costs_little_whatever_is_in_it(
    data: Callable[[], bytes],
) -> None:
    peaks = [0.0]
    file = data()
    with pytest.raises(ImportRejected) as no:
        _read_all(file, lambda: peaks.append(_peak_mb_of_readers()))

    assert len(file) < 80_000
    assert no.value.reason in ("too_costly", "headings_only")
    assert max(peaks) < MAX_MB


def _read_all(file: bytes, meanwhile: Callable[[], None]) -> None:
    facts = looked_at(file, meanwhile)
    with lying(file) as again:
        for _row in reading.data_rows(again, facts, meanwhile):
            pass


def _peak_mb_of_readers() -> float:
    most = 0.0
    for reader in _readers():
        with suppress(OSError, StopIteration):
            most = max(most, peak_mb(reader))
    return most


def _readers() -> list[int]:
    """The ids of the processes that read for this one."""
    readers = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text()
            if int(parent) == os.getpid() and reading.SCRIPT.name in command:
                readers.append(int(folder.name))
    return readers


def test_many_cells_that_share_one_long_text_are_refused() -> None:
    text = b"<si><t>" + b"x" * 100_000 + b"</t></si>"
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 400 + b"</row>"

    with pytest.raises(ImportRejected, match="cell_too_long"):
        looked_at(shared(text, sheet_of(HEADINGS + row)))


def test_what_the_app_has_is_not_in_that_process() -> None:
    script = reading.SCRIPT.read_text()

    assert "create_app" not in script
    assert {"flask", "sqlalchemy", "requests"}.isdisjoint(_modules_of_the_reader())


def _modules_of_the_reader() -> set[str]:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from runpy import run_path;"
            f" run_path({str(reading.SCRIPT)!r})['_leave_the_app_out']();"
            "import app.imports.tables; print(*sys.modules)",
        ],
        capture_output=True,
        check=True,
        text=True,
    )
    return {name.partition(".")[0] for name in told.stdout.split()}


def _large() -> bytes:
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("People")
    sheet.append(["Email", "Name"])
    for number in range(3_000):
        sheet.append([f"p{number}@example.com", f"Zoë {number}"])
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


@ONE_DATABASE
@pytest.mark.parametrize(
    ("kills", "ends"), [(1, ("uploaded", "")), (3, ("unreadable", "kills_worker"))]
)
def test_a_reader_that_is_killed_is_followed_by_another_a_few_times(
    importing: Importing, kills: int, ends: tuple[str, str]
) -> None:
    made = importing.stored(GOOD)
    killer = threading.Thread(target=_kill_readers, args=(kills,), daemon=True)
    killer.start()
    made = importing.followed(made)
    killer.join(PATIENCE)

    assert not killer.is_alive()
    assert (made.state, made.reason) == ends


def _kill_readers(many: int) -> None:
    killed: set[int] = set()
    while len(killed) < many:
        for child in _readers():
            if child not in killed:
                killed.add(child)
                os.kill(child, signal.SIGKILL)


@ONE_DATABASE
def test_a_reader_ends_with_whoever_has_lost_its_import(importing: Importing) -> None:
    made = importing.upload(_large())
    actions.map_columns(
        made.id, queries.guess(made), lists=importing.lists, dates="mdy", door="json"
    )
    job = claims.claim(importing.world.clock.now())
    actions.cancel(made.id, ADA)

    assert job
    with pytest.raises(claims.Lost):
        _read_while_held(job, made)
    assert _readers() == []


def _read_while_held(job: claims.ClaimedImport, made: ContactImport) -> None:
    with lying(_large()) as file:
        for _row in reading.data_rows(file, made.facts, nothing):
            assert _readers()
            with claims.holding(job):
                pass
