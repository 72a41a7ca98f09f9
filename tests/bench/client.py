"""A crowd of visitors in a process of its own, each in a closed loop over one kept
connection.

`python -m tests.bench.client` reads a job as JSON from standard input (see `Job`) and
prints a `Told` as JSON.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from html import unescape
from pathlib import Path
from random import choice, randrange
from urllib.parse import quote
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r'name="form_token"[^>]*value="([^"]+)"')
PEOPLE_A_TOKEN = 3  # that one form token admits
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Job:
    """`press` fills in and follows to the thanks, `page` looks at the form; `path` is
    that of one form or more, with blanks between, among which people choose.
    """

    port: int
    path: str
    kind: str
    visitors: int
    seconds: float


@dataclass
class Told:
    """What came of it: the time of each press or look in milliseconds, and how many
    answers were not as they should.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def at(self, share: float) -> float:
        """The time that this share of all stayed under, in milliseconds."""
        return sorted(self.times)[
            min(int(len(self.times) * share), len(self.times) - 1)
        ]


def crowd(job: Job) -> Told:
    """Send a crowd and wait for it."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.client"],
        input=json.dumps(asdict(job)),
        text=True,
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    return Told(**json.loads(done.stdout))


async def _all(job: Job) -> Told:
    told, began = Told(), time.perf_counter()
    await asyncio.gather(
        *(_visitor(job, began + job.seconds, told) for _ in range(job.visitors))
    )
    told.seconds = time.perf_counter() - began
    return told


async def _visitor(job: Job, ends: float, told: Told) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", job.port)
    ask = _Asking(reader, writer, job.port)
    form, token, presses = "", "", 0
    while time.perf_counter() < ends:
        if presses % PEOPLE_A_TOKEN == 0:  # not timed: who presses has looked before
            form = choice(job.path.split())
            token = await _token(ask, form)
            ask.network = f"10.{randrange(250)}.{randrange(250)}.{randrange(250)}"
        presses += 1
        began = time.perf_counter()
        told.wrong += not await _once(ask, job.kind, form, token)
        told.times.append((time.perf_counter() - began) * 1000)
    writer.close()


async def _token(ask: "_Asking", form: str) -> str:
    _, _, page = await ask("GET", form)
    found = TOKEN.search(page.decode())
    return unescape(found[1]) if found else ""


async def _once(ask: "_Asking", kind: str, form: str, token: str) -> bool:
    if kind == "page":
        return (await ask("GET", form))[0] == 200
    typed = (
        f"form_token={quote(token)}&website=&email_address={uuid4().hex[:20]}%40example.com&first_name=Zoe&"
        "last_name=Bee&consent=y"
    )
    status, headers, _ = await ask("POST", form, typed=typed)
    return status == 303 and (await ask("GET", headers["location"]))[0] == 200


class _Asking:
    """One request and its answer on a kept connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int
    ) -> None:
        self._reader, self._writer = reader, writer
        self.network = "127.0.0.1"  # as a proxy in front would say
        self._always = (
            f"Host: 127.0.0.1:{port}\r\nAccept-Language: en-US,en;q=0.9\r\nAccept:"
            " text/html\r\n"
        )

    async def __call__(self, method: str, path: str, typed: str = "") -> Answer:
        more = f"X-Forwarded-For: {self.network}\r\n"
        if typed:
            more += (
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length:"
                f" {len(typed)}\r\n"
            )
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\n{self._always}{more}\r\n{typed}".encode()
        )
        head, *lines = (
            (await self._reader.readuntil(b"\r\n\r\n"))
            .decode("latin-1")
            .rstrip()
            .split("\r\n")
        )
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in lines)
        }
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(head.split()[1]), headers, body


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(_all(Job(**json.load(sys.stdin))))), sys.stdout)
