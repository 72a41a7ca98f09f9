"""The world of the tests: real databases, a real simulator on loopback, the app on
both. No mocks of our own.

`app` runs on SQLite and again on PostgreSQL. `world` puts named things into it.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

for name in [
    name
    for name in os.environ
    if name.startswith(("LATCHKEY_", "CTCT_")) or name == "DATABASE_URL"
]:
    del os.environ[name]  # no test depends on the machine's settings

from app import create_app  # noqa: E402
from app.config.settings import Settings  # noqa: E402
from app.core.crypto import new_key  # noqa: E402
from app.database.session import db  # noqa: E402
from app.simulator import SimulatorSettings  # noqa: E402
from app.simulator.server import Running, start  # noqa: E402
from tests.postgres import Postgres  # noqa: E402
from tests.simulator.openapi_check import watch  # noqa: E402
from tests.world import PUBLIC_URL, ROTATING, SharedClock, World  # noqa: E402

KEY = new_key()


class Browser(FlaskClient):
    """Each request in a context of its own, as behind a server: the test's app context
    would lend it its `g`.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        return Context().run(super().open, *args, **kwargs)


class CompiledTemplates(BytecodeCache):
    """Templates compiled once for the whole run: each test's new app would compile them
    anew.
    """

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


class CompiledRules:
    """Address builders of routes, compiled once for the whole run: they are most of
    what making an app takes.
    """

    kept: ClassVar[dict[object, Any]] = {}
    compile = Rule._compile_builder

    @classmethod
    def builder(cls, rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.subdomain, rule.host, str(rule.defaults), append_unknown)
        if key not in cls.kept:
            cls.kept[key] = cls.compile(rule, append_unknown)
        return cls.kept[key]


Rule._compile_builder = lambda rule, append_unknown=True: CompiledRules.builder(
    rule, append_unknown
)  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first: pure ones, then those with a database, then browsers and killed
    processes.
    """
    order = {"slow": 2, "browser": 1}
    items.sort(
        key=lambda item: max(
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database at the newest schema, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(
            request.getfixturevalue("sqlite_template"), tmp_path / "latchkey.db"
        )
        yield f"sqlite:///{tmp_path / 'latchkey.db'}"
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
        watch(running)
        yield running


@pytest.fixture
def simulator(provider: Running) -> Iterator[Running]:
    """The simulator as seeded, with no fault on; each of its answers is what its
    OpenAPI file declares.
    """
    SharedClock.reset()
    import requests

    requests.post(f"{provider.url}/_control/reset", timeout=5).raise_for_status()
    yield provider
    watch(provider).complain()


@pytest.fixture
def settings(database: str, simulator: Running, tmp_path: Path) -> Settings:
    return test_settings(database, simulator.url, tmp_path)


def test_settings(
    database: str, simulator_url: str, folder: Path, **more: Any
) -> Settings:
    """Settings for a test: limits and pauses so short that nothing waits."""
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
            "sign_in_limits": "1000 per minute",
            "connect_limits": "1000 per minute",
            "http_deadline": 5,
            "token_lease": 7,
            "worker": "off",
            **more,
        },
    )


test_settings.__test__ = False  # type: ignore[attr-defined]  # a helper, whatever its name


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings, SharedClock())
    made.jinja_env.bytecode_cache = CompiledTemplates()
    made.test_client_class = Browser
    made.config["TESTING"] = False  # errors are answered as in production
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def house(app: Flask, settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Makes another app on the same database, with some settings otherwise."""
    made: list[Flask] = []

    def make(**more: Any) -> Flask:
        made.append(create_app(settings.model_copy(update=more), SharedClock()))
        made[-1].test_client_class = Browser
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
