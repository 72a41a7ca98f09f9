"""An uploaded file as a table, read where it can do no harm.

A workbook is a program of sorts: 50 kB of it can keep a reader busy for hours, or fill a
machine's memory. It is read in a process of its own (`reader_process`), a new one
rather than a copy of this one, which has threads. A CSV is read here.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from app.imports import tables
from app.imports.cells import Bad, Facts, Row
from app.imports.errors import ImportRejected

SCRIPT = Path(__file__).with_name("reader_process.py")
PIECE = 1_048_576  # bytes
WAIT = 1_000  # milliseconds until `meanwhile` is called again
USED_UP = -signal.SIGXCPU  # how a process ends that used up its CPU


class ReaderDied(Exception):
    """The process ended without an answer: somebody killed it, or the file did."""


def facts_of(
    file: IO[bytes],
    meanwhile: Callable[[], None],
    *,
    encoding: str = "",
    delimiter: str = "",
    sheet_name: str = "",
) -> Facts:
    """Do what `tables.facts_of` does. Raises `ImportRejected`, or `ReaderDied`.

    `meanwhile` is called every second of the wait, and may end it by an exception.
    """
    if not tables.is_workbook(file):
        return tables.facts_of(file, encoding, delimiter)
    with _answers(file, meanwhile, do="look", sheet=sheet_name) as answers:
        facts: Facts = next(answers)
        return facts


def data_rows(
    file: IO[bytes], facts: Facts, meanwhile: Callable[[], None]
) -> Generator[Row, None, None]:
    """Do what `tables.data_rows` does. Raises `ImportRejected`, or `ReaderDied`."""
    if facts["kind"] != "xlsx":
        yield from tables.data_rows(file, facts)
        return
    with _answers(file, meanwhile, do="rows", sheet=facts["sheet"]) as answers:
        yield from tables.without_headings(map(_row, answers), facts["kind"])


def _row(answer: list[Any]) -> Row:
    line, *cells = answer
    return line, [_cell(cell) for cell in cells]


def _cell(packed: str | list[str]) -> str:
    if isinstance(packed, list):
        reason, text = packed
        return Bad(reason, text)
    return packed


@contextmanager
def _answers(
    file: IO[bytes], meanwhile: Callable[[], None], **order: str
) -> Iterator[Iterator[Any]]:
    """Start the reader of a file, which ends with the block; give its answers."""
    process = subprocess.Popen(  # noqa: S603  # our own script, and no shell
        [sys.executable, "-I", SCRIPT, json.dumps({**order, "path": sys.path})],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it would be about people
        start_new_session=True,  # Ctrl-C is not for it
        env={},
    )
    try:
        yield _said_by(process, meanwhile)
    finally:
        process.kill()
        process.communicate()


def _said_by(
    process: "subprocess.Popen[bytes]", meanwhile: Callable[[], None]
) -> Iterator[Any]:
    for line in _lines(process, meanwhile):
        answer = json.loads(line)
        if isinstance(answer, dict) and "refused" in answer:
            raise ImportRejected(answer["refused"], **answer["values"])
        yield answer
    if process.wait() == USED_UP:
        raise ImportRejected("too_costly")
    if process.returncode:
        raise ReaderDied(process.returncode)


def _lines(
    process: "subprocess.Popen[bytes]", meanwhile: Callable[[], None]
) -> Iterator[bytes]:
    out = cast(IO[bytes], process.stdout)
    ready = select.poll()
    ready.register(out, select.POLLIN | select.POLLHUP)
    unfinished: list[bytes] = []
    while True:
        while not ready.poll(WAIT):
            meanwhile()
        piece = os.read(out.fileno(), PIECE)
        if not piece:
            return
        unfinished.append(piece)
        if b"\n" in piece:
            *lines, rest = b"".join(unfinished).split(b"\n")
            unfinished = [rest]
            yield from lines
