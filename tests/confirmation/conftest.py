"""A house with a mail server, and a form that asks everybody to confirm."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.accounts.models import Account
from app.config.settings import Settings
from app.forms.models import Form
from app.simulator.server import Running
from tests.confirmation.acting import form_with
from tests.conftest import test_settings
from tests.mail.conftest import sink, sink_for_all
from tests.mail.sink import Sink
from tests.world import World

__all__ = ["sink", "sink_for_all"]  # the same mail server


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
