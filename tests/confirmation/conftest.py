"""A house with a mail server, and a form that asks everybody to confirm."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.accounts.models import Account
from app.config.settings import Settings
from app.forms.models import Form
from app.simulator.server import Running
from tests.confirmation.acting import form_with
from tests.conftest import test_settings
from tests.mail.sink import Sink, serving
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
def without_mail() -> None:
    """Ask for this where no mail server is set up."""


@pytest.fixture
def settings(
    request: pytest.FixtureRequest,
    database: str,
    simulator: Running,
    data_dir: Path,
    sink: Sink,
) -> Settings:
    smtp_url = "" if "without_mail" in request.fixturenames else sink.url()
    return test_settings(
        database,
        simulator.url,
        data_dir,
        smtp_url=SecretStr(smtp_url),
        mail_from="hello@example.org",
        mail_reply_to="answers@example.org",
    )


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


@pytest.fixture
def form(world: World, account: Account) -> Form:
    """A form that asks everybody."""
    return form_with(world, account, confirmation="on")
