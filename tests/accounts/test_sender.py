"""Who stands behind an account's forms: read with its facts, and an admin's own words."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.accounts import sender, sync
from app.constant_contact.client import PhysicalAddress
from tests.dashboard.reading import text_of
from tests.world import World, csrf_of


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in()


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            {
                "address_line1": "12 Mill Lane",
                "city": "Boston",
                "state_code": "MA",
                "postal_code": "02110",
                "country_code": "us",
            },
            ["12 Mill Lane", "Boston, MA 02110", "United States"],
        ),
        (
            {
                "address_line1": " 1  Rue\nX ",
                "address_line2": "2e étage",
                "city": "Lyon",
                "state_name": "Rhône",
                "country_code": "FR",
            },
            ["1 Rue X", "2e étage", "Lyon, Rhône", "France"],
        ),
        ({"postal_code": "8001", "country_code": "QX"}, ["8001"]),
        ({"address_line1": "x" * 300}, ["x" * 100]),
        ({}, []),
        ({"city": None, "address_line1": 7}, []),
    ],
)
def test_an_address_is_written_as_on_an_envelope(
    address: dict[str, Any], lines: list[str]
) -> None:
    read = PhysicalAddress.model_validate(address)

    assert sender.in_lines(read).splitlines() == lines


def test_the_address_is_read_with_the_facts(world: World) -> None:
    account = world.account()

    sync.look(account.id, patience=0)

    lines = world.again(account).postal_address.splitlines()
    assert len(lines) == 3
    assert lines[-1] == "United States"


def test_what_was_read_stays_when_it_cannot_be_read_again(world: World) -> None:
    account = world.account()
    sync.look(account.id, patience=0)
    before = world.again(account).postal_address
    world.fault("/v3/account/summary", method="GET", status=500, times=3)

    sync.look(account.id, patience=0)

    assert world.again(account).postal_address == before


def test_a_login_without_the_scope_is_not_asked(world: World) -> None:
    account = world.account()
    world.token_set(account, scopes="contact_data offline_access")

    sync.look(account.id, patience=0)

    assert world.again(account).postal_address == ""
    assert world.calls("/account/summary") == []


def test_an_admin_writes_another_sender_and_takes_it_back(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    sync.look(account.id, patience=0)
    page = admin.get(f"/accounts/{account.id}").text
    address = f"/accounts/{account.id}/sender"
    typed = {
        "csrf_token": csrf_of(page),
        "sender_name": " Lakeside Bakery ",
        "sender_address": "1 Pier\r\n\r\n Boston\r\n",
    }

    admin.post(address, data=typed)
    saved = world.again(account)
    own = saved.sender_name, saved.sender_address
    too_long = admin.post(address, data={**typed, "sender_address": "x" * 501})
    admin.post(address, data={"csrf_token": typed["csrf_token"]})
    saved = world.again(account)

    assert "United States" in page
    assert own == ("Lakeside Bakery", "1 Pier\nBoston")
    assert too_long.status_code == 422
    assert "at most 500 characters" in text_of(too_long.text)
    assert (saved.sender_name, saved.sender_address) == ("", "")
