"""A house that tells by mail: every setting as usual, and a mail server that takes what
it sends.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.accounts.models import Account
from app.config.settings import Settings
from app.simulator.server import Running
from tests.conftest import test_settings
from tests.mail.acting import ADA, OWNER, admins
from tests.mail.sink import Certificate, Sink, certificate, serving
from tests.world import World


@pytest.fixture(scope="session")
def sink_for_all() -> Iterator[Sink]:
    with serving() as sink:
        yield sink


@pytest.fixture
def sink(sink_for_all: Sink) -> Sink:
    """The mail server, as new."""
    sink_for_all.forget()
    return sink_for_all


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path, sink: Sink) -> Settings:
    return test_settings(
        database,
        simulator.url,
        data_dir,
        smtp_url=SecretStr(sink.url()),
        mail_from="latchkey@example.org",
    )


@pytest.fixture
def bakery(world: World) -> Account:
    """An account with an owner, in a house with two admins."""
    admins(world, ADA, "bob@example.com")
    world.signed_in("viewer", "vera@example.com")
    return world.account(notify_email=OWNER)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate for 127.0.0.1 that this machine trusts."""
    made = certificate(tmp_path / "sink.pem", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    return made
