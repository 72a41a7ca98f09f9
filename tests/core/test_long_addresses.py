"""No library reads an address that is far too long, whichever door it came by."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from app.config.settings import Settings
from app.core.contact_rules import MAX_EMAIL_OF_MAIL
from tests.auth.acting import PASSWORD, command, fill_in, link, sign_in
from tests.imports.acting import Importing
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE
LONG = f"{'a.' * 29_000}a@example.com"


@pytest.fixture
def read_by_library(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of each address that email-validator was handed."""
    library = importlib.import_module("email_validator.validate_email")
    split, lengths = library.split_email, []

    def measured(email: str) -> Any:
        lengths.append(len(email))
        return split(email)

    monkeypatch.setattr(library, "split_email", measured)
    return lengths


def visitors_form(world: World) -> str:
    form = world.form(world.account())
    page = world.press(world.app.test_client(), form, email_address=LONG)
    return str(page.text)


def signing_in(world: World) -> str:
    browser = world.app.test_client()
    sign_in(browser, LONG, PASSWORD)
    return ""


def the_first_admin(world: World) -> str:
    page = fill_in(world.app.test_client(), link(), email=LONG)
    return str(page.text)


def a_command(world: World) -> str:
    said = [command(world.app, "create", LONG, "--password", PASSWORD)[1]]
    said.append(command(world.app, "disable", LONG)[1])
    return "".join(said)


def owners_notices(world: World) -> str:
    admin, account = world.signed_in(), world.account()
    token = csrf_of(admin.get(f"/accounts/{account.id}").text)
    page = admin.post(
        f"/accounts/{account.id}/notices",
        data={"csrf_token": token, "notify_email": LONG},
    )
    return str(page.text)


def a_cell_of_an_import(world: World) -> str:
    importing = Importing(world, world.account())
    checked = importing.checked(f"Email,First name\r\n{LONG},Zoe\r\n")
    return str(importing.problems(checked))


DOORS = [
    visitors_form,
    signing_in,
    the_first_admin,
    a_command,
    owners_notices,
    a_cell_of_an_import,
]


@pytest.mark.parametrize("door", DOORS)
def test_the_length_is_looked_at_first(
    world: World, read_by_library: list[int], door: Callable[[World], str]
) -> None:
    said = door(world)

    assert max(read_by_library, default=0) <= MAX_EMAIL_OF_MAIL
    assert "Traceback" not in said


@pytest.mark.parametrize("name", ["mail_from", "security_contact"])
def test_settings_refuse_it_too(settings: Settings, name: str) -> None:
    with pytest.raises(ValidationError):
        Settings(**{**settings.model_dump(), name: LONG})
