"""Where a benchmark takes place: a house on its own database beside a simulator; and
how two things are compared.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from app import create_app
from app.accounts import tokens
from app.accounts.models import Account
from app.constant_contact.oauth import Tokens
from app.database.session import db, new_id, write_transaction
from app.forms.models import ConsentWording, Form
from app.simulator import SimulatorSettings
from app.simulator.server import start
from tests.conftest import test_settings
from tests.postgres import Postgres
from tests.world import SharedClock, World

DATABASES = ("sqlite", "postgresql")
ROUNDS, CALLS = 15, 40
FAST = SimulatorSettings(
    calls_per_second=400,
    calls_per_day=10**6,
    token_calls_per_second=400,
    abuse_limit=None,
)


@dataclass
class Place:
    world: World
    database: str
    folder: Path
    server: Postgres | None = None

    def another(self, name: str = "another") -> str:
        """The address of one more database of the same kind, empty."""
        if self.server is None:
            return f"sqlite:///{self.folder / name}.db"
        self.server.create(name)
        return self.server.address(name)


@contextmanager
def place(
    kind: str = "sqlite", limits: SimulatorSettings = FAST, **settings: Any
) -> Iterator[Place]:
    """An empty house beside a simulator that lets 400 calls a second through."""
    with ExitStack() as ends:
        folder = Path(
            ends.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-"))
        )
        SharedClock.reset()
        simulator = ends.enter_context(start(limits, clock=SharedClock.simulators))
        database, server = f"sqlite:///{folder / 'bench.db'}", None
        if kind == "postgresql":
            server = Postgres(folder / "postgresql")
            ends.callback(server.stop)
            as_shipped(server)
            server.create("bench")
            database = server.address("bench")
        app = create_app(
            test_settings(database, simulator.url, folder, **settings), SharedClock()
        )
        ends.enter_context(app.app_context())
        ends.callback(db.engine.dispose)
        ends.callback(db.session.remove)
        yield Place(World(app, simulator), database, folder, server)


def as_shipped(server: Postgres) -> None:
    """Durable, as operators have it; tests switch that off."""
    for setting in ("RESET fsync", "RESET synchronous_commit"):
        server._run(f"ALTER SYSTEM {setting}")
    server._run("SELECT pg_reload_conf()")


def compare(
    name: str, ours: Callable[[], object], yardstick: Callable[[], object], what: str
) -> None:
    """Both in turns, since machines are noisy; print the ratio of the medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for side, call in enumerate((ours, yardstick)):
            began = time.perf_counter()
            for _ in range(CALLS):
                call()
            times[side].append((time.perf_counter() - began) / CALLS * 1000)
    mine, theirs = map(statistics.median, times)
    print(f"{name:34} {mine:8.3f} ms   {mine / theirs:6.2f} x {what} ({theirs:.3f} ms)")


def an_account_with_a_form() -> tuple[str, Form]:
    """Rows alone: nobody is asked for anything."""
    now, account, wording = SharedClock().now(), new_id(), new_id()
    with write_transaction() as session:
        session.add(
            Account(
                id=account,
                provider_id="bench",
                name="Bench",
                created_at=now,
                connected_at=now,
            )
        )
        session.flush()
        tokens.store_grant(
            session,
            account,
            Tokens("x" * 1100, "y" * 43, ("contact_data",), timedelta(days=1)),
            now,
        )
        form = Form(
            id="bench",
            account_id=account,
            name="Bench",
            heading="Bench",
            button="Go",
            success="Thanks",
            fields=[],
            lists=[],
            consent_id=wording,
            created_at=now,
            updated_at=now,
        )
        session.add(form)
        session.flush()
        session.add(
            ConsentWording(
                id=wording, form_id="bench", version=1, text="Yes", created_at=now
            )
        )
    return account, db.session.get_one(Form, "bench")
