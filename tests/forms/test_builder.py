"""A form is checked against what is known of its account, and every wording of consent is kept."""

from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import facts
from app.accounts.models import Account
from app.accounts.provider import client
from app.accounts.tokens import fresh_token
from app.db import db
from app.forms import builder
from app.forms.fields import STANDARD, questions
from app.forms.models import ConsentWording, Form
from tests.world import ONE_DATABASE, World

LIBRARY = 4  # the account with 120 lists


def draft(account: Account, **values: Any) -> builder.Draft:
    first = facts.lists_of(account.id)[0]
    return builder.Draft(**{
        "account_id": account.id, "name": "Newsletter", "heading": "Join", "intro": "", "fields": [],
        "lists": [{"list_id": first.list_id, "label": first.name}], "visitor_chooses": False, "consent": "Yes.",
        "button": "Go", "success": "Thanks!", **values})


def lists(account: Account, count: int) -> list[dict[str, str]]:
    return [{"list_id": item.list_id, "label": item.name} for item in facts.lists_of(account.id)[:count]]


def wordings(form_id: str) -> list[tuple[int, str]]:
    found = db.session.scalars(select(ConsentWording).where(ConsentWording.form_id == form_id)
                               .order_by(ConsentWording.version))
    return [(item.version, item.text) for item in found]


def test_a_form_is_saved_as_it_was_drawn(world: World) -> None:
    account = world.account()

    id = builder.create(draft(account, heading="Join us", visitor_chooses=True, lists=lists(account, 2)))

    form = db.session.get_one(Form, id)
    assert (form.heading, form.visitor_chooses, len(form.lists), form.open) == ("Join us", True, 2, True)
    assert form.account.id == account.id
    assert len(id) == 10
    assert id.isalnum()
    assert builder.all_forms() == [form]


@ONE_DATABASE
@pytest.mark.parametrize(("count", "fine"), [(0, False), (1, True), (50, True), (51, False)])
def test_between_one_and_fifty_lists(world: World, count: int, fine: bool) -> None:
    account = world.account(LIBRARY)
    wanted = draft(account, lists=lists(account, count))

    problems: dict[str, str] = {}
    try:
        builder.create(wanted)
    except builder.NotGood as bad:
        problems = bad.problems

    assert (problems == {}) is fine
    assert fine or problems["lists"] == "Choose between 1 and 50 lists."


@ONE_DATABASE
def test_what_is_not_the_accounts_is_refused(world: World) -> None:
    account, other = world.account(), world.account(1)
    foreign_list = [{"list_id": facts.lists_of(other.id)[0].list_id, "label": "Theirs"}]
    field = facts.text_fields_of(other.id)[0].custom_field_id
    foreign_field = [{"key": f"cf_{field}", "label": "Theirs", "required": False, "custom_field_id": field}]
    unknown = [{"key": "shoe_size", "label": "Shoe size", "required": False}]

    refused = {}
    for name, values in {"list": {"lists": foreign_list}, "custom": {"fields": foreign_field},
                         "unknown": {"fields": unknown}}.items():
        with pytest.raises(builder.NotGood) as bad:
            builder.create(draft(account, **values))
        refused[name] = set(bad.value.problems)

    assert refused == {"list": {"lists"}, "custom": {"fields"}, "unknown": {"fields"}}
    assert builder.all_forms() == []


@ONE_DATABASE
def test_a_list_that_was_deleted_at_the_provider_is_refused(world: World) -> None:
    account = world.account()
    wanted = draft(account)
    world.control("lists", account=account.provider_id, list_id=wanted.lists[0]["list_id"])
    facts.read_all(account.id, client(fresh_token(account.id)))

    with pytest.raises(builder.NotGood) as bad:
        builder.create(wanted)

    assert bad.value.problems == {"lists": "One of the lists no longer exists in the account."}


def test_a_changed_wording_of_consent_is_a_new_version_and_the_old_one_stays(world: World) -> None:
    account = world.account()
    id = builder.create(draft(account, consent="Yes, send me news."))

    builder.change(id, draft(account, consent="Yes, send me news.", heading="Only the heading"))
    builder.change(id, draft(account, consent="Yes, monthly."))
    builder.change(id, draft(account, consent="Yes, send me news."))

    form = db.session.get_one(Form, id)
    assert wordings(id) == [(1, "Yes, send me news."), (2, "Yes, monthly."), (3, "Yes, send me news.")]
    assert builder.consent_of(form) == "Yes, send me news."


def test_a_sign_up_keeps_the_wording_it_was_given_under(world: World) -> None:
    account = world.account()
    form = world.form(account, consent="Yes, send me news.")
    row = world.signup(form)

    builder.change(form.id, draft(account, consent="Yes, weekly."))

    assert world.again(row).consent.text == "Yes, send me news."


@ONE_DATABASE
def test_questions_know_the_providers_limits_and_what_browsers_fill_in(world: World) -> None:
    account = world.account()
    field = facts.text_fields_of(account.id)[0]

    asked = questions([*({"key": key, "label": key, "required": False} for key in STANDARD),
                       {"key": f"cf_{field.custom_field_id}", "label": "Nickname", "required": True,
                        "custom_field_id": field.custom_field_id}])

    assert {one.name: one.most for one in asked if not one.custom_field_id} == {
        "first_name": 50, "last_name": 50, "phone_number": 25, "company_name": 50, "job_title": 50}
    assert [(one.name, one.most, one.autocomplete) for one in asked if one.custom_field_id] == [
        (f"cf_{field.custom_field_id}", 255, "off")]
    assert {one.name: one.autocomplete for one in asked}["first_name"] == "given-name"


def test_only_fields_that_take_a_line_of_text_can_be_asked(world: World) -> None:
    account = world.account()

    labels = {field.label for field in facts.text_fields_of(account.id)}

    assert labels == {"Nickname", "Message"}
