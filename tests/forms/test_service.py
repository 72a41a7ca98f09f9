"""A form is checked against what is known of its account, and every wording of consent
is kept.
"""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import facts
from app.accounts.api_client import client
from app.accounts.models import Account, AccountField
from app.accounts.tokens import fresh_token
from app.database.session import db
from app.forms import service, validation
from app.forms.draft import Draft
from app.forms.fields import STANDARD, questions
from app.forms.models import ConsentWording, Form
from app.forms.starters import STARTERS
from app.worker import runner
from tests.world import ONE_DATABASE, World, all_forms, text_fields

LIBRARY = 4  # the account with 120 lists


def draft(account: Account, **values: Any) -> Draft:
    first = facts.lists_of(account.id)[0]
    return Draft(
        **{
            "account_id": account.id,
            "name": "Newsletter",
            "heading": "Join",
            "intro": "",
            "fields": [],
            "lists": [{"list_id": first.list_id, "label": first.name}],
            "visitor_chooses": False,
            "consent": "Yes.",
            "button": "Go",
            "success": "Thanks!",
            **values,
        }
    )


def custom(field: AccountField, **values: Any) -> dict[str, Any]:
    return {
        "key": f"cf_{field.custom_field_id}",
        "label": field.label,
        "required": False,
        "custom_field_id": field.custom_field_id,
        **values,
    }


def lists(account: Account, count: int) -> list[dict[str, str]]:
    return [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account.id)[:count]
    ]


def wordings(form_id: str) -> list[tuple[int, str]]:
    found = db.session.scalars(
        select(ConsentWording)
        .where(ConsentWording.form_id == form_id)
        .order_by(ConsentWording.version)
    )
    return [(item.version, item.text) for item in found]


def test_a_form_is_saved_as_it_was_drawn(world: World) -> None:
    account = world.account()

    id = service.create(
        draft(account, heading="Join us", visitor_chooses=True, lists=lists(account, 2))
    )

    form = db.session.get_one(Form, id)
    assert (form.heading, form.visitor_chooses, len(form.lists), form.open) == (
        "Join us",
        True,
        2,
        True,
    )
    assert form.account.id == account.id
    assert len(id) == 10
    assert id.isalnum()
    assert all_forms() == [form]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("count", "fine"), [(0, False), (1, True), (50, True), (51, False)]
)
def test_between_one_and_fifty_lists(world: World, count: int, fine: bool) -> None:
    account = world.account(LIBRARY)
    wanted = draft(account, lists=lists(account, count))

    problems: dict[str, str] = {}
    try:
        service.create(wanted)
    except service.InvalidForm as bad:
        problems = bad.problems

    assert (problems == {}) is fine
    assert fine or problems["lists"] == "Choose 1 to 50 lists."


@ONE_DATABASE
def test_what_is_not_the_accounts_is_refused(world: World) -> None:
    account, other = world.account(), world.account(1)
    foreign_list = [{"list_id": facts.lists_of(other.id)[0].list_id, "label": "Theirs"}]
    field = text_fields(other.id)[0].custom_field_id
    foreign_field = [
        {
            "key": f"cf_{field}",
            "label": "Theirs",
            "required": False,
            "custom_field_id": field,
        }
    ]
    unknown = [{"key": "shoe_size", "label": "Shoe size", "required": False}]

    refused = {}
    for name, values in {
        "list": {"lists": foreign_list},
        "custom": {"fields": foreign_field},
        "unknown": {"fields": unknown},
    }.items():
        with pytest.raises(service.InvalidForm) as bad:
            service.create(draft(account, **values))
        refused[name] = set(bad.value.problems)

    assert refused == {"list": {"lists"}, "custom": {"fields"}, "unknown": {"fields"}}
    assert all_forms() == []


@ONE_DATABASE
def test_a_list_that_was_deleted_at_the_provider_is_refused(world: World) -> None:
    account = world.account()
    wanted = draft(account)
    world.control(
        "lists", account=account.provider_id, list_id=wanted.lists[0]["list_id"]
    )
    facts.read_all(account.id, client(fresh_token(account.id)))

    with pytest.raises(service.InvalidForm) as bad:
        service.create(wanted)

    assert bad.value.problems == {
        "lists": "One of the lists no longer exists in the account."
    }


def test_a_changed_wording_of_consent_is_a_new_version_and_the_old_one_stays(
    world: World,
) -> None:
    account = world.account()
    id = service.create(draft(account, consent="Yes, send me news."))

    service.change(
        id, draft(account, consent="Yes, send me news.", heading="Only the heading")
    )
    service.change(id, draft(account, consent="Yes, monthly."))
    service.change(id, draft(account, consent="Yes, send me news."))

    form = db.session.get_one(Form, id)
    assert wordings(id) == [
        (1, "Yes, send me news."),
        (2, "Yes, monthly."),
        (3, "Yes, send me news."),
    ]
    assert service.consent_of(form) == "Yes, send me news."


def test_a_sign_up_keeps_the_wording_it_was_given_under(world: World) -> None:
    account = world.account()
    form = world.form(account, consent="Yes, send me news.")
    row = world.signup(form)

    service.change(form.id, draft(account, consent="Yes, weekly."))

    assert world.again(row).consent.text == "Yes, send me news."


@ONE_DATABASE
def test_questions_know_the_providers_limits_and_what_browsers_fill_in(
    world: World,
) -> None:
    account = world.account()
    field = text_fields(account.id)[0]

    asked = questions(
        [
            *({"key": key, "label": key, "required": False} for key in STANDARD),
            {
                "key": f"cf_{field.custom_field_id}",
                "label": "Nickname",
                "required": True,
                "custom_field_id": field.custom_field_id,
            },
        ]
    )

    assert {one.name: one.most for one in asked if not one.custom_field_id} == {
        "first_name": 50,
        "last_name": 50,
        "phone_number": 25,
        "company_name": 50,
        "job_title": 50,
        "birthday": 0,
        "anniversary": 10,
        "address": 0,
    }
    assert [
        (one.name, one.most, one.autocomplete) for one in asked if one.custom_field_id
    ] == [(f"cf_{field.custom_field_id}", 255, "off")]
    assert {one.name: one.autocomplete for one in asked}["first_name"] == "given-name"


@ONE_DATABASE
def test_fields_are_stored_with_their_type_and_choices_as_known_now(
    world: World,
) -> None:
    account = world.account()
    by_label = {one.label: one for one in facts.fields_of(account.id)}
    asked = [
        custom(by_label[label], type="string", choices=["made up"])
        for label in ("Nickname", "Interests", "Group size", "Last gift")
    ]

    form = db.session.get_one(Form, service.create(draft(account, fields=asked)))

    stored = {
        item["label"]: {
            name: value
            for name, value in item.items()
            if name not in ("key", "label", "required", "custom_field_id")
        }
        for item in form.fields
    }
    assert stored == {
        "Nickname": {},
        "Group size": {"type": "number", "integer": True},
        "Interests": {
            "type": "multi_select",
            "choices": ["Events", "Offers", "Volunteering"],
            "display": "checkbox",
        },
        "Last gift": {"type": "currency", "decimal_places": 2},
    }


@ONE_DATABASE
@pytest.mark.parametrize(
    ("default", "fits"),
    [
        ("Events", True),
        ("Events, Offers", True),
        ("Food, drink", True),
        ("Food, drink, Events", True),
        ("Events, Races", False),
        ("Events, ", False),
    ],
)
def test_a_default_of_several_choices_may_name_labels_with_a_comma(
    world: World, default: str, fits: bool
) -> None:
    account = world.account()
    field = {
        "key": "cf_x",
        "custom_field_id": "x",
        "label": "Interests",
        "required": False,
        "type": "multi_select",
        "choices": ["Events", "Offers", "Food, drink"],
        "default": default,
    }

    problems = validation.problems(draft(account, fields=[field]))

    assert ("fields.cf_x.default" not in problems) == fits


FIELD = {"key": "first_name", "label": "First name", "required": False}
OF_A_FIELD: list[tuple[str, dict[str, Any]]] = [
    ("label", {"label": ""}),
    ("label", {"label": "x" * 81}),
    ("help", {"help": "x" * 201}),
    ("placeholder", {"placeholder": "x" * 101}),
    ("default", {"default": "x" * 256}),
    ("default", {"hidden": True}),
    ("source", {"hidden": True, "source": "utm_source"}),
    ("display", {"display": "radio"}),
    ("kind", {"kind": "palace"}),
]
LIMITS: list[tuple[str, dict[str, Any]]] = [
    *(
        (f"fields.first_name.{part}", {"fields": [FIELD | values]})
        for part, values in OF_A_FIELD
    ),
    ("privacy_url", {"privacy_url": "http://example.com/privacy"}),
    ("redirect_url", {"redirect_url": "javascript:x"}),
    (
        "redirect_url",
        {
            "redirect_url": "https://example.com/thanks",
            "sites": ["https://other.example"],
        },
    ),
    ("sites", {"sites": ["https://example.com/path"]}),
    ("sites", {"sites": [f"https://{number}.example" for number in range(51)]}),
    ("success", {"success": ""}),
    ("theme.accent", {"theme": {"accent": "red"}}),
    ("theme.radius", {"theme": {"radius": 25}}),
    ("theme.width", {"theme": {"width": 100}}),
    ("theme.font", {"theme": {"font": "Papyrus"}}),
    ("theme.scheme", {"theme": {"scheme": "pink"}}),
    ("fields", {"fields": [FIELD, FIELD]}),
]


@ONE_DATABASE
def test_each_limit_is_said_at_its_part_and_nothing_is_saved(world: World) -> None:
    account = world.account()
    said = []
    for _part, values in LIMITS:
        with pytest.raises(service.InvalidForm) as bad:
            service.create(draft(account, **values))
        said.append(list(bad.value.problems))

    assert said == [[part] for part, _values in LIMITS]
    assert all_forms() == []


def test_a_deleted_form_is_closed_for_visitors_and_its_sign_ups_are_delivered(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    row = world.signup(form)

    service.delete(form.id)
    closed = [
        visitor.get(f"/f/{form.id}").status_code,
        visitor.get(f"/f/{form.id}/thanks").status_code,
    ]
    runner.drain()
    delivered = world.again(row).state
    service.restore(form.id)

    assert closed == [410, 200]  # thanks for a press just before
    assert delivered == "delivered"
    assert visitor.get(f"/f/{form.id}").status_code == 200
    assert world.tally(form) == 1


@ONE_DATABASE
def test_a_press_on_a_page_of_a_form_that_was_deleted_meanwhile_stores_nothing(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    page = visitor.get(f"/f/{form.id}").text
    service.delete(form.id)

    answer = visitor.post(
        f"/f/{form.id}",
        data={
            "form_token": (
                found[1]
                if (found := re.search(r'name="form_token"[^>]*value="([^"]+)"', page))
                else ""
            ),
            "consent": "y",
            "email_address": "zoe@example.com",
        },
    )

    assert answer.status_code == 410
    assert "This sign-up was not received" in answer.text
    assert world.tally(form) == 0


@ONE_DATABASE
def test_a_copy_is_a_draft_with_everything_of_the_form_but_its_sign_ups(
    world: World,
) -> None:
    form = world.form(
        world.account(),
        name="Classes",
        theme={"accent": "#e4572e"},
        sites=["https://example.com"],
    )
    world.signup(form)

    copy = db.session.get_one(Form, service.duplicate(form.id))

    assert (copy.name, copy.open, copy.draft) == ("Copy of Classes", False, True)
    assert (copy.fields, copy.lists, copy.theme, copy.sites) == (
        form.fields,
        form.lists,
        form.theme,
        form.sites,
    )
    assert service.consent_of(copy) == service.consent_of(form)
    assert world.tally(copy) == 0


@ONE_DATABASE
def test_every_starter_can_be_saved_as_it_is(world: World) -> None:
    account = world.account()

    made = [
        service.create(draft(account, **starter.words(), fields=starter.fields))
        for starter in STARTERS.values()
    ]

    assert len(set(made)) == 3
