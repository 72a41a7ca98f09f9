"""A form that updates exactly: what a visitor leaves empty is empty in the contact, if
the page said that it would.
"""

import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Account
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.dashboard.reading import text_of
from tests.signups.asking import asks, custom, everything, standard
from tests.world import ONE_DATABASE, World, text_fields

CLEARS = re.compile(r'<input type="hidden" name="clears" value="([^"]+)">')
INPUTS = re.compile(
    r'<(?:input(?=[^>]* type="(?:text|tel|date|datetime-local)")|textarea|select)[^>]*'
    r' name="([^"]+)"'
)
EMAIL = "zoe@example.com"


@pytest.fixture
def account(world: World) -> Account:
    return world.account()


def clearing(account: Account) -> list[dict[str, Any]]:
    return [{**field, "clears": True} for field in everything(account)]


def pressed(world: World, visitor: FlaskClient, form: Form, **typed: Any) -> Signup:
    """The sign-up of a press on the form's page as browsers send it: what is empty too,
    but no box without a tick.
    """
    page = visitor.get(f"/f/{form.id}").text
    empty: dict[str, Any] = dict.fromkeys(INPUTS.findall(page), "") | {"website": ""}
    answer = world.press(
        visitor,
        form,
        **{**empty, "clears": CLEARS.findall(page), "email_address": EMAIL, **typed},
    )
    assert answer.status_code == 303
    return newest()


def newest() -> Signup:
    return db.session.scalars(
        select(Signup).order_by(Signup.created_at.desc()).limit(1)
    ).one()


def test_every_answer_can_be_given_and_then_be_cleared(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form = asks(world, account, *clearing(account), exactly=True)
    field = {one.type: f"cf_{one.custom_field_id}" for one in account.fields}
    pressed(
        world,
        visitor,
        form,
        first_name="Zoë",
        last_name="Meier",
        job_title="Baker",
        company_name="Rye",
        phone_number="555",
        birthday_month="2",
        birthday_day="29",
        anniversary="2011-05-31",
        address_city="Bern",
        **{
            field["string"]: "Z",
            field["text_area"]: "Hello",
            field["number"]: "4",
            field["currency"]: "12.50",
            field["date"]: "1999-12-31",
            field["datetime"]: "2026-05-31T14:30",
            field["boolean"]: "y",
            field["single_select"]: "Passing by",
            field["multi_select"]: ["Events", "Offers"],
        },
    )
    runner.drain()
    full = world.contacts(account)[EMAIL]
    empty = pressed(world, visitor, form)
    runner.drain()

    now = world.contacts(account)[EMAIL]
    kept = {
        "contact_id",
        "email_address",
        "create_source",
        "update_source",
        "created_at",
        "updated_at",
        "list_memberships",
        "taggings",
        "notes",
        "custom_fields",
        "phone_numbers",
        "street_addresses",
    }
    assert (
        len(full["custom_fields"]),
        len(full["phone_numbers"]),
        len(full["street_addresses"]),
    ) == (9, 1, 1)
    assert world.again(empty).state == SignupState.DELIVERED
    assert set(now) == kept
    assert (now["custom_fields"], now["phone_numbers"], now["street_addresses"]) == (
        [],
        [],
        [],
    )
    assert now["list_memberships"] == full["list_memberships"]


@ONE_DATABASE
def test_what_the_page_did_not_show_as_clearing_is_left_as_it_is(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    asked = [
        custom(account, "multi_select", clears=True),
        standard("job_title", clears=True),
        standard("company_name"),
        standard("first_name", clears=True, required=True),
        custom(account, "string", clears=True, hidden=True, source="utm_source"),
    ]
    form, usual = (
        asks(world, account, *asked, exactly=True),
        asks(world, account, *asked),
    )
    boxes, unseen = (f"custom_fields/{asked[n]['custom_field_id']}" for n in (0, 4))
    # the boxes are newer than the page
    before = pressed(world, visitor, form, first_name="Zoë", clears=["job_title"])
    taken_out = world.press(
        visitor,
        form,
        email_address=EMAIL,
        first_name="Zoë",
        clears=[boxes, "job_title"],
    )
    without = newest()
    now = pressed(
        world,
        visitor,
        form,
        first_name="Zoë",
        clears=[
            boxes,
            "job_title",
            "company_name",
            "first_name",
            unseen,
            "email_address",
            "x",
        ],
    )

    assert CLEARS.findall(visitor.get(f"/f/{form.id}").text) == [boxes, "job_title"]
    assert CLEARS.findall(visitor.get(f"/f/{usual.id}").text) == []
    assert before.body["exactly"] == {"clear": ["job_title"]}
    assert (taken_out.status_code, without.body["exactly"]) == (303, {"clear": [boxes]})
    assert now.body["exactly"] == {"clear": [boxes, "job_title"]}
    assert (
        "exactly"
        not in pressed(
            world, visitor, usual, first_name="Zoë", clears=[boxes, "job_title"]
        ).body
    )


@ONE_DATABASE
def test_a_number_is_of_the_kind_that_the_form_asks_for(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    mobile = asks(
        world,
        account,
        standard("phone_number", kind="mobile", clears=True),
        exactly=True,
    )
    other = asks(world, account, standard("phone_number", clears=True), exactly=True)
    for form, number in ((mobile, "1"), (other, "2"), (mobile, "3"), (other, "")):
        pressed(world, visitor, form, phone_number=number)
        runner.drain()

    held = world.contacts(account)[EMAIL]["phone_numbers"]
    assert [(one["kind"], one["phone_number"]) for one in held] == [("mobile", "3")]


@ONE_DATABASE
def test_a_page_that_is_open_clears_only_the_kind_that_it_was_about(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form = asks(
        world,
        account,
        standard("phone_number", kind="mobile", clears=True),
        exactly=True,
    )
    seen = CLEARS.findall(visitor.get(f"/f/{form.id}").text)
    # as changed meanwhile
    now = asks(
        world, account, standard("phone_number", kind="home", clears=True), exactly=True
    )

    assert pressed(world, visitor, now, clears=seen).body["exactly"] == {}
    assert pressed(world, visitor, form, clears=seen).body["exactly"] == {
        "clear": ["phone_numbers/mobile"]
    }


@ONE_DATABASE
def test_a_press_stays_what_it_was_when_the_form_changes_and_tells_what_it_clears(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    field = text_fields(account.id)[0]
    form = asks(
        world,
        account,
        standard("job_title", clears=True),
        standard("birthday", clears=True),
        {**custom(account, field.type), "clears": True},
        exactly=True,
    )
    row = pressed(world, visitor, form)
    world.reworded(form, "Another sentence.")  # and adds or updates from now on

    page = text_of(world.signed_in("viewer").get(f"/signups/{row.id}").text)
    runner.drain()

    assert form.exactly is False
    assert (
        "Left empty to clear it Job title, Birthday,"
        f" {custom(account, field.type)['label']}" in page
    )
    assert [
        one["path"].rpartition("/")[2]
        for one in world.calls("")
        if one["method"] == "POST"
    ][-1] == "contacts"


@ONE_DATABASE
def test_a_form_in_somebodys_own_page_brings_along_what_it_clears(
    world: World, account: Account
) -> None:
    form = asks(
        world,
        account,
        standard("job_title", clears=True),
        exactly=True,
        sites=["https://bakery.example"],
    )
    share = unescape(world.signed_in().get(f"/forms/{form.id}/share").text)

    assert CLEARS.findall(share) == ["job_title"]
