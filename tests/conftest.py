"""The world of the tests: real databases, a real simulator on loopback, the app on
both. No mocks of our own.

`app` runs on SQLite and again on PostgreSQL. `world` puts named things into it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

for name in [
    name
    for name in os.environ
    if name.startswith(("LATCHKEY_", "CTCT_")) or name == "DATABASE_URL"
]:
    del os.environ[name]  # no test depends on the machine's settings

# Databases of tests lie in memory where there is room, also those of their processes. A
# container's own /dev/shm is often 64 MB: too small for PostgreSQL.
MEMORY, MIN_FREE = "/dev/shm", 2 * 2**30
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and shutil.disk_usage(MEMORY).free >= MIN_FREE
):
    os.environ["TMPDIR"] = tempfile.tempdir = MEMORY

from app import create_app  # noqa: E402
from app.config.settings import Settings  # noqa: E402
from app.core.crypto import new_key  # noqa: E402
from app.database.session import db  # noqa: E402
from app.simulator import SimulatorSettings  # noqa: E402
from app.simulator.server import Running, start  # noqa: E402
from tests import control  # noqa: E402
from tests.apps import kept_app, new_app  # noqa: E402
from tests.postgres import Postgres  # noqa: E402
from tests.world import (  # noqa: E402
    HTTP_DEADLINE,
    PATIENCE,
    PUBLIC_URL,
    ROTATING,
    TOKEN_LEASE,
    SharedClock,
    World,
)

KEY = new_key()


# Where tests run on both databases: the SQL differs, or locks, claims, plans, counts and
# migrations are meant. All others run on SQLite, unless one says itself which it wants.
BOTH_DATABASES = (
    "accounts/test_api_rate",
    "accounts/test_disconnecting",
    "accounts/test_invitations",
    "accounts/test_offboarding",
    "accounts/test_token",
    "cli/",
    "confirmation/test_bad_days",
    "core/",
    "dashboard/test_causes",
    "dashboard/test_correcting",
    "dashboard/test_evidence",
    "dashboard/test_export",
    "dashboard/test_judging",
    "dashboard/test_plans",
    "dashboard/test_search",
    "dashboard/test_signups",
    "database/",
    "delivery/",
    "imports/",
    "mail/",
    "resilience/chaos/",
    "resilience/kills/",
    "signups/test_bodies",
    "signups/test_clearing",
    "signups/screening/test_gate",
    "signups/test_intake",
    "signups/test_view_counts",
    "states/test_accepting",
    "states/test_ending",
    "states/test_renewing",
    "states/test_workers",
    "stats/",
    "status/",
    "web/test_access",
    "web/test_locked",
    "worker/",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test with a database the kinds that its file runs on."""
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "database" not in metafunc.fixturenames or any("database" in c for c in chosen):
        return
    path = metafunc.definition.path.relative_to(Path(__file__).parent).as_posix()
    kinds = ["sqlite"]
    if path.startswith(BOTH_DATABASES):
        kinds.append("postgresql")
    metafunc.parametrize("database", kinds, indirect=True)


@pytest.hookimpl(tryfirst=True)  # marks are looked at afterwards
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on PostgreSQL, and put slow tests first, so that the run does not
    end on a long one: killed processes, then browsers, then all others.
    """
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if parameters.get("database") == "postgresql":
            item.add_marker("postgresql")
    order = {"slow": -2, "browser": -1}
    items.sort(
        key=lambda item: min(
            (order[mark.name] for mark in item.iter_markers() if mark.name in order),
            default=0,
        )
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    # Not below pytest's own folder: a second run closes that to all but its owner, and
    # the server to its files.
    with tempfile.TemporaryDirectory(prefix="latchkey-pg-") as folder:
        server = Postgres(Path(folder))
        yield server
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at the newest schema, to be copied: migrating anew for each test would
    be most of its time.
    """
    path = tmp_path_factory.mktemp("template") / "latchkey.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_database(postgres: Postgres) -> str:
    """A database at the newest schema, emptied for each test: making one anew would be
    most of its time.
    """
    postgres.create("latchkey")
    _migrate(postgres.address("latchkey"))
    return "latchkey"


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def data_dir(data_folder: Path) -> Path:
    """The app's folder, empty; the same for all tests, so that they share an app."""
    shutil.rmtree(data_folder)
    data_folder.mkdir()
    return data_folder


@pytest.fixture
def database(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[str]:
    """The address of an empty database at the newest schema, of the kind asked for."""
    if request.param == "sqlite":
        shutil.copy(
            request.getfixturevalue("sqlite_template"), data_dir / "latchkey.db"
        )
        yield f"sqlite:///{data_dir / 'latchkey.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = request.getfixturevalue("postgres_database")
    if not server.empty(name):
        server.drop(name)
        server.create(name)
        _migrate(server.address(name))
    yield server.address(name)


@pytest.fixture(scope="session")
def provider() -> Iterator[Running]:
    """The simulator, started once for the whole run, at 400 calls a second."""
    settings = SimulatorSettings(
        calls_per_second=400,
        calls_per_day=1_000_000,
        token_calls_per_second=400,
        abuse_limit=None,
        redirect_uris=(f"{PUBLIC_URL}/connect/callback",),
    )
    with start(settings, clock=SharedClock.simulators) as running:
        yield running


@pytest.fixture
def simulator(provider: Running) -> Running:
    """The simulator as seeded, with no fault on."""
    SharedClock.reset()
    control.ask(provider, "reset", "POST", {})
    return provider


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path) -> Settings:
    return test_settings(database, simulator.url, data_dir)


def test_settings(
    database: str, simulator_url: str, folder: Path, **more: Any
) -> Settings:
    """Settings for a test: limits and pauses so short that nothing waits, and deadlines
    that no busy machine misses.
    """
    made = _settings(database, simulator_url, folder, tuple(sorted(more.items())))
    return made.model_copy()


@cache
def _settings(
    database: str, simulator_url: str, folder: Path, more: tuple[tuple[str, Any], ...]
) -> Settings:
    """Settings checked once: that takes longer than many a test."""
    return Settings(
        _env_file=None,
        **{
            "key": KEY,
            "public_url": PUBLIC_URL,
            "data_dir": folder,
            "database_url": database,
            "client_id": ROTATING.client_id,
            "client_secret": ROTATING.client_secret,
            "auth_url": f"{simulator_url}/oauth2/default/v1",
            "api_url": f"{simulator_url}/v3",
            "call_gap": 0.0025,
            "token_gap": 0.0025,
            "calls_per_day": 1_000_000,
            "form_min_seconds": 0,
            "log_level": "WARNING",
            "signup_limits": "100000 per minute",
            # all visitors of tests come from one network
            "network_people": 100_000,
            "address_presses": 100_000,
            "attack_presses": 100_000,
            "unproven_presses": 100_000,
            "check_mail_domains": False,
            "sign_in_limits": "1000 per minute",
            "connect_limits": "1000 per minute",
            # browsers of tests stay signed in while their clock leaps
            "session_idle_hours": 10_000,
            "session_days": 10_000,
            "http_deadline": HTTP_DEADLINE,
            "token_lease": TOKEN_LEASE,
            "worker": "off",
            "db_connect_timeout": 20,
            "db_tcp_timeout": PATIENCE,
            "db_lock_timeout": 5,
            "db_statement_timeout": PATIENCE,
            "db_idle_timeout": PATIENCE,
            **dict(more),
        },
    )


test_settings.__test__ = False  # type: ignore[attr-defined]  # a helper, whatever its name


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = kept_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def make_app(app: Flask, settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes another app on the same database, with some settings otherwise."""
    made: list[Flask] = []

    def make(**more: Any) -> Flask:
        made.append(new_app(settings.model_copy(update=more)))
        return made[-1]

    yield make
    for one in made:
        with one.app_context():
            db.engine.dispose()


@pytest.fixture
def world(app: Flask, simulator: Running) -> World:
    return World(app, simulator)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody's browser, without cookies."""
    return app.test_client()


def _migrate(address: str) -> None:
    app = create_app(
        test_settings(
            address, "http://127.0.0.1:1", Path("/nonexistent"), log_level="ERROR"
        )
    )
    with app.app_context():
        db.engine.dispose()
