"""Our app and the yardstick side by side, each behind the server that is shipped:
rounds in turns, medians.
"""

import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import requests

from app.database.session import new_id, write_transaction
from app.forms.models import Form
from tests.bench.client import Job, Told, crowd
from tests.bench.place import Place, an_account_with_a_form
from tests.serving.processes import environment, free_port, running, until_ready

OURS = ["flask", "latchkey", "serve", "--threads", "16"]  # as in the Dockerfile
WAITRESS = ["waitress", "--threads=16"]
HEAD = (
    "| database | what | ours: per s · p50 / p99 ms | yardstick | throughput | p99 |\n"
    "|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Side:
    """A server that is up: where its form is."""

    port: int
    path: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def ours(here: Place, path: str = "/f/bench", **settings: object) -> Iterator[Side]:
    """The product as shipped, but for the limit of requests per network, and so many
    presses at a form are no attack.
    """
    port = free_port()
    settings_of_place = here.world.app.extensions["latchkey"].settings
    env = environment(
        settings_of_place,
        **{
            "LATCHKEY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "LATCHKEY_LOG_LEVEL": "INFO",
            "LATCHKEY_WORKER": "off",
            "LATCHKEY_WORKER_POLL": 0.5,
            "LATCHKEY_SIGNUP_LIMITS": "10000000 per hour",
            # the crowd names networks of its own, as a proxy in front would
            "LATCHKEY_PROXY_HOPS": 1,
            "LATCHKEY_NETWORK_PEOPLE": 30,
            "LATCHKEY_ADDRESS_PRESSES": 3,
            **settings,
        },
    )
    command = [*OURS, "--port", str(port)]
    with running(command, env, here.folder / f"ours-{port}.log") as process:
        until_ready(process, f"http://127.0.0.1:{port}")
        yield Side(port, path)


@contextmanager
def yardstick(here: Place, beside: Side) -> Iterator[Side]:
    """Flask alone, with pages of the size of ours."""
    sizes = {
        "YARDSTICK_FORM": len(
            requests.get(beside.url + beside.path, timeout=10).content
        ),
        "YARDSTICK_THANKS": len(
            requests.get(f"{beside.url}{beside.path}/thanks", timeout=10).content
        ),
    }
    port = free_port()
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "TMPDIR")
        if name in os.environ
    }
    env = (
        kept
        | {name: str(size) for name, size in sizes.items()}
        | {"YARDSTICK_DATABASE": here.another()}
    )
    listen = f"--listen=127.0.0.1:{port}"
    command = [*WAITRESS, listen, "--call", "tests.bench.yardstick:make"]
    with running(command, env, here.folder / "yardstick.log") as process:
        until_ready(process, f"http://127.0.0.1:{port}")
        yield Side(port, "/form")


@contextmanager
def both(here: Place, **settings: object) -> Iterator[tuple[Side, Side]]:
    """A form that asks for two names, and both servers."""
    a_form_with_names()
    with ExitStack() as ends:
        mine = ends.enter_context(ours(here, **settings))
        yield mine, ends.enter_context(yardstick(here, mine))


def a_form_with_names() -> tuple[str, Form]:
    account, form = an_account_with_a_form()
    with write_transaction() as session:
        saved = session.get_one(Form, form.id)
        saved.fields = [
            {"key": key, "label": label, "required": False}
            for key, label in (("first_name", "First name"), ("last_name", "Last name"))
        ]
        saved.lists = [{"list_id": new_id(), "label": "News"}]
    return account, form


def race(
    database: str,
    what: str,
    kinds: tuple[str, str],
    sides: tuple[Side, Side],
    visitors: int,
    rounds: int = 5,
    seconds: float = 3.0,
) -> None:
    """Both in turns, the first round to warm up; print the medians and their ratios."""
    told: tuple[list[Told], list[Told]] = ([], [])
    for number in range(rounds + 1):
        for side, kind, found in zip(sides, kinds, told, strict=True):
            one = crowd(
                Job(side.port, side.path, kind, visitors, seconds if number else 1.0)
            )
            assert not one.wrong, (
                f"{one.wrong} of {len(one.times)} answers of {kind} were not as they"
                " should"
            )
            found.extend([one] if number else [])
    print(line(database, what, *map(medians, told)), flush=True)


Figures = tuple[float, float, float]  # per second, p50 and p99 in milliseconds


def medians(told: list[Told]) -> Figures:
    return (
        statistics.median(one.rate for one in told),
        statistics.median(one.at(0.5) for one in told),
        statistics.median(one.at(0.99) for one in told),
    )


def line(database: str, what: str, mine: Figures, theirs: Figures) -> str:
    """A row for a table: throughput ours ÷ theirs (more is better), p99 ours ÷ theirs
    (less is better).
    """
    cells = [f"{rate:.0f} · {p50:.1f} / {p99:.1f}" for rate, p50, p99 in (mine, theirs)]
    return (
        f"| {database} | {what} | {cells[0]} | {cells[1]} | {mine[0] / theirs[0]:.2f} ×"
        f" | {mine[2] / theirs[2]:.2f} × |"
    )
