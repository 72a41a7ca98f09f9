"""Visitors beside 200 connections that trickle: half of them a head, half a body, a
byte every two seconds, and again as soon as they are hung up on.

Direct, and behind Caddy with the timeouts of `compose.yaml`, where there is a `caddy`
(Debian's package). The same crowd is measured in turns with and without them.
"""

import asyncio
import shutil
import statistics
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
import yaml

from tests.bench.client import Job, Told, crowd
from tests.bench.place import place
from tests.bench.served import a_form_with_names, ours
from tests.serving.processes import ROOT, free_port
from tests.world import until

SLOW, VISITORS, ROUNDS, SECONDS = 200, 4, 5, 4.0
BYTE_EVERY = 2.0
BEGINNINGS = (
    b"POST /f/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\na",
    b"GET /f/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a",
)


def main() -> None:
    print(
        "| way | of | quiet: per s, p99 ms | beside 200 slow clients | p99 |\n"
        "|---|---|---|---|---|"
    )
    with place("sqlite") as here:
        a_form_with_names()
        with ours(here) as side:
            for kind in ("page", "press"):
                _compare("direct", side.port, kind)
            caddy = shutil.which("caddy")
            if caddy is None:
                print("\nBehind Caddy: not measured, there is no caddy here.")
                return
            with _caddy(caddy, here.folder, side.port) as port:
                for kind in ("page", "press"):
                    _compare("Caddy", port, kind)


def _compare(way: str, port: int, kind: str) -> None:
    job = Job(port, "/f/bench", kind, VISITORS, SECONDS)
    crowd(job)  # warm
    quiet: list[Told] = []
    beside: list[Told] = []
    for _round in range(ROUNDS):
        quiet.append(crowd(job))
        with slow_clients(port):
            beside.append(crowd(job))
    wrong = sum(told.wrong for told in (*quiet, *beside))
    before, after = _p99(quiet), _p99(beside)
    print(
        f"| {way} | {kind} | {_rate(quiet):.0f}, {before:.0f} | {_rate(beside):.0f},"
        f" {after:.0f} | {after / before:.2f} × |{f' {wrong} wrong' if wrong else ''}",
        flush=True,
    )


def _answers(port: int) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
    return False


def _p99(rounds: list[Told]) -> float:
    return statistics.median(told.at(0.99) for told in rounds)


def _rate(rounds: list[Told]) -> float:
    return statistics.median(told.rate for told in rounds)


@contextmanager
def slow_clients(port: int) -> Iterator[None]:
    """Keep so many connections trickling, all of them begun before this goes on."""
    loop = asyncio.new_event_loop()
    begun = threading.Semaphore(0)

    async def trickle(number: int) -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(BEGINNINGS[number % 2])
                begun.release()
                while not reader.at_eof():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), BYTE_EVERY)
                    writer.write(b"a")
                writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(trickle(number) for number in range(SLOW)))

    task = loop.create_task(all_of_them())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for _connection in range(SLOW):
            begun.acquire()
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@contextmanager
def _caddy(program: str, folder: Path, upstream: int) -> Iterator[int]:
    """Caddy before the app, configured as the compose file does, but without TLS."""
    port = free_port()
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    config = compose["configs"]["caddyfile"]["content"].replace("$$", "$")
    config = config.replace("{$DOMAIN}", f"http://127.0.0.1:{port}")
    config = config.replace("latchkey:8000", f"127.0.0.1:{upstream}")
    (folder / "Caddyfile").write_text(config.replace("{\n", "{\n  admin off\n", 1))
    command = [program, "run", "--config", str(folder / "Caddyfile")]
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--adapter", "caddyfile"], stdout=log, stderr=log
        )
    try:
        until(lambda: _answers(port))
        yield port
    finally:
        process.terminate()
        process.wait()
