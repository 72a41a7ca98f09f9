"""Every type of question: asked, checked, and delivered with its value intact."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.accounts.models import Account
from app.database.session import db
from app.signups.models import Signup
from app.signups.visitor_form import form_for
from app.worker import runner
from tests.signups.answering import HOME, TABLE, error_at, names_of, read_back, shown
from tests.signups.asking import (
    asks,
    custom,
    everything,
    standard,
)
from tests.signups.reading import error_of, ticked, value_of
from tests.world import ONE_DATABASE, World


def test_every_type_arrives_with_its_value_intact(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    """All rows but the last by one person, the last by another; a third answers
    nothing.
    """
    form, names = asks(world, account, *everything(account)), names_of(account)
    people = {
        "zoe@example.com": TABLE[:-1],
        "max@example.com": TABLE[-1:],
        "nothing@example.com": [],
    }
    codes = [
        world.press(
            visitor,
            form,
            email_address=address,
            **{
                names.get(name, name): value
                for _, typed, _ in rows
                for name, value in typed.items()
            },
        ).status_code
        for address, rows in people.items()
    ]
    bodies = {row.email: row.body for row in db.session.scalars(select(Signup))}
    runner.drain()
    held = world.contacts(account)

    assert codes == [303, 303, 303]
    assert {address: read_back(held[address], account) for address in people} == {
        address: {what: value for what, _, value in rows}
        for address, rows in people.items()
    }
    assert bodies["nothing@example.com"] == {
        "list_memberships": [form.lists[0]["list_id"]]
    }
    assert {
        type(one["value"]) for one in bodies["zoe@example.com"]["custom_fields"]
    } == {str}


LONG = "x" * 256
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("first_name", {"first_name": "x" * 51}, "at most 50"),
    ("phone_number", {"phone_number": "1" * 26}, "at most 25"),
    ("birthday", {"birthday_month": "2"}, "needs a month and a day"),
    ("birthday", {"birthday_day": "3"}, "needs a month and a day"),
    (
        "birthday",
        {"birthday_month": "2", "birthday_day": "30"},
        "this date doesn’t exist",
    ),
    (
        "birthday",
        {"birthday_month": "13", "birthday_day": "1"},
        "this date doesn’t exist",
    ),
    (
        "birthday",
        {"birthday_month": "1" * 400, "birthday_day": "x"},
        "this date doesn’t exist",
    ),
    ("anniversary", {"anniversary": "2011-02-29"}, "must be a date like"),
    ("anniversary", {"anniversary": "0026-05-01"}, "with the year first"),
    ("anniversary", {"anniversary": "31.5.2011"}, "like 2026-05-31"),
    ("address_street", {"address_street": LONG}, "at most 255"),
    ("address_city", {"address_city": "x" * 51}, "at most 50"),
    ("address_country", {"address_country": "x" * 51}, "at most 50"),
    ("string", {"string": LONG}, "at most 255"),
    ("text_area", {"text_area": LONG}, "at most 255"),
    ("number", {"number": "about ten"}, "must be a number like"),
    ("number", {"number": "1.5"}, "whole number"),
    ("number", {"number": "-1"}, "less than zero"),
    ("number", {"number": "1" * 256}, "at most 255"),
    ("currency", {"currency": "1.505"}, "at most 2 decimal places"),
    ("currency", {"currency": "1,505"}, "must be a number like"),
    ("date", {"date": "20260531"}, "must be a date like"),
    ("datetime", {"datetime": "2026-05-31"}, "must be a date and time"),
    ("datetime", {"datetime": "2026-05-31T25:00"}, "must be a time like"),
    ("single_select", {"single_select": "Telepathy"}, "listed answers"),
    ("multi_select", {"multi_select": ["Events", "Telepathy"]}, "listed answers"),
]


@ONE_DATABASE
def test_what_the_provider_would_refuse_is_told_at_its_field_and_nothing_is_stored(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form, names = asks(world, account, *everything(account)), names_of(account)
    answers = [
        world.press(
            visitor,
            form,
            email_address="zoe@example.com",
            **{names.get(name, name): value for name, value in typed.items()},
        )
        for _, typed, _ in BAD
    ]
    told = [
        error_at(answer.text, what, names.get(what, what))
        for answer, (what, *_) in zip(answers, BAD, strict=True)
    ]

    assert [answer.status_code for answer in answers] == [422] * len(BAD)
    assert [
        (what, typed, said)
        for (what, typed, words), said in zip(BAD, told, strict=True)
        if words not in (said or "")
    ] == []
    assert db.session.scalars(select(Signup)).all() == []


@ONE_DATABASE
def test_what_is_required_is_asked_for_in_every_type(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form = asks(
        world, account, *({**field, "required": True} for field in everything(account))
    )
    page = world.press(visitor, form, email_address="zoe@example.com").text
    names = names_of(account)

    assert {
        what: "required" in (error_at(page, what, names.get(what, what)) or "")
        for what, _, _ in TABLE
        if what != "address"
    } == dict.fromkeys((what for what, _, _ in TABLE if what != "address"), True)
    assert [error_of(page, f"address_{part}") is not None for part in HOME] == [
        True,
        True,
        False,
        False,
        False,
    ]


@ONE_DATABASE
def test_an_address_says_of_which_kind_it_is(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    form = asks(world, account, standard("address", kind="work"))
    world.press(visitor, form, email_address="zoe@example.com", address_city="Bern")

    assert db.session.scalars(select(Signup.body)).one()["street_address"] == {
        "kind": "work",
        "city": "Bern",
    }


@ONE_DATABASE
def test_defaults_are_there_to_be_changed_and_no_box_is_ticked_before_anybody_does(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    fields = [
        standard(
            "company_name",
            default="Maple",
            placeholder="Your bakery",
            help="Where you work.",
        ),
        custom(account, "boolean", default="true"),
        custom(account, "single_select", display="radio", default="Passing by"),
        custom(account, "multi_select", default="Events, Offers"),
    ]
    form = asks(world, account, *fields)
    page = visitor.get(f"/f/{form.id}").text
    world.press(visitor, form, email_address="zoe@example.com", company_name="")
    body = db.session.scalars(select(Signup.body)).one()

    assert value_of(page, "company_name") == "Maple"
    assert 'placeholder="Your bakery"' in page
    assert '<p class="field-hint" id="company_name-hint">Where you work.</p>' in page
    assert 'aria-describedby="company_name-hint"' in page
    assert [
        ticked(page, value)
        for value in (
            "y",
            "Passing by",
            "Search engine",
            "Events",
            "Offers",
            "Volunteering",
        )
    ] == [False, True, False, True, True, False]
    assert "company_name" not in body


@ONE_DATABASE
def test_yes_and_no_are_both_answers_where_both_can_be_chosen(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    field = custom(account, "boolean", display="radio", required=True)
    form = asks(world, account, field)
    nothing = world.press(visitor, form, email_address="zoe@example.com").status_code
    no = world.press(
        visitor, form, email_address="zoe@example.com", **{field["key"]: "false"}
    ).status_code

    assert (nothing, no) == (422, 303)
    assert (
        db.session.scalars(select(Signup.body)).one()["custom_fields"][0]["value"]
        == "false"
    )


@ONE_DATABASE
def test_a_hidden_field_brings_its_value_and_never_stops_anybody(
    world: World, visitor: FlaskClient, account: Account
) -> None:
    field, number = (
        custom(account, "string", hidden=True, default="spring"),
        custom(account, "number", hidden=True, default="7"),
    )
    form = asks(world, account, field, number)
    page = visitor.get(f"/f/{form.id}").text
    for typed in ({}, {field["key"]: "\u202e" + "é" * 300, number["key"]: "many"}):
        assert (
            world.press(
                visitor, form, email_address="zoe@example.com", **typed
            ).status_code
            == 303
        )
    bodies = db.session.scalars(select(Signup.body).order_by(Signup.created_at)).all()

    assert (
        'type="hidden"'
        in page[page.index(field["key"]) - 200 : page.index(field["key"]) + 200]
    )
    assert [[one["value"] for one in body["custom_fields"]] for body in bodies] == [
        ["spring", "7"],
        ["é" * 255],
    ]


@ONE_DATABASE
def test_campaign_parameters_fill_the_fields_that_ask_for_them(
    account: Account,
) -> None:
    fields = [
        custom(account, "string", hidden=True, source="utm_source", default="none"),
        custom(account, "text_area", hidden=True, source="page"),
    ]
    bodies = [
        form_for(shown(fields), formdata=MultiDict({"utm_source": "forged"})).body(
            sources
        )
        for sources in (
            {
                "utm_source": "\u202enews letter\0",
                "page": "https://maple.example/" + "x" * 300,
                "utm_term": "rye",
            },
            {},
        )
    ]
    values = [
        [one["value"] for one in body.get("custom_fields", [])] for body in bodies
    ]

    assert values == [
        ["news letter", ("https://maple.example/" + "x" * 300)[:255]],
        ["none"],
    ]


@ONE_DATABASE
@pytest.mark.parametrize(("chosen", "fine"), [(2, True), (3, False)])
def test_several_answers_share_what_one_value_can_hold(
    account: Account, chosen: int, fine: bool
) -> None:
    labels = [letter * 125 for letter in "abc"]
    field = custom(account, "multi_select") | {"choices": labels}
    form = form_for(
        shown([field]),
        formdata=MultiDict([(field["key"], label) for label in labels[:chosen]]),
    )
    form.validate()

    assert (field["key"] not in form.errors) is fine
    assert len(form.body()["custom_fields"][0]["value"]) == 125 * chosen + 2 * (
        chosen - 1
    )


@ONE_DATABASE
@pytest.mark.parametrize(
    ("visitor_chooses", "chosen", "joined"),
    [(True, [], [0]), (True, [1, 2], [0, 1, 2]), (False, [1], [0, 1, 2])],
)
def test_some_lists_are_always_joined(
    world: World,
    visitor: FlaskClient,
    account: Account,
    visitor_chooses: bool,
    chosen: list[int],
    joined: list[int],
) -> None:
    lists = [
        {"list_id": item.list_id, "label": item.name} for item in account.lists[:3]
    ]
    form = world.form(
        account,
        visitor_chooses=visitor_chooses,
        lists=[lists[0] | {"always": True}, *lists[1:]],
    )
    answer = world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        lists=[lists[at]["list_id"] for at in chosen],
    )

    assert answer.status_code == 303
    assert db.session.scalars(select(Signup.body)).one()["list_memberships"] == [
        lists[at]["list_id"] for at in joined
    ]
    assert (
        'hear about? <span class="field-optional">(optional)</span>'
        in visitor.get(f"/f/{form.id}").text
    ) is visitor_chooses
