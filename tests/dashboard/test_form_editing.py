"""What is typed in the builder: kept while it is edited, saved whole, and refused in words."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import facts
from app.forms import service, theme
from app.forms.looks import LOOKS
from app.services import services
from tests.dashboard.form_pages import asked, filled, seen_by
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, all_forms


@ONE_DATABASE
def test_fields_are_added_moved_and_taken_out_with_what_was_typed_and_nothing_is_saved(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    address = f"/forms/{form.id}"
    typed = filled(
        admin,
        account,
        address,
        heading="Kept & safe",
        field=["first_name", "last_name"],
        label_first_name="Kept label",
        help_last_name="Kept help",
    )

    pages = {
        move: admin.post(address, data={**typed, "move": move, "add": "birthday"})
        for move in (
            "down:first_name",
            "up:last_name",
            "up:first_name",
            "remove:first_name",
            "add:",
            "up:gone",
        )
    }

    assert {
        move: (page.status_code, asked(page.text)) for move, page in pages.items()
    } == {
        "down:first_name": (200, ["last_name", "first_name"]),
        "up:last_name": (200, ["last_name", "first_name"]),
        "up:first_name": (200, ["first_name", "last_name"]),
        "remove:first_name": (200, ["last_name"]),
        "add:": (200, ["first_name", "last_name", "birthday"]),
        "up:gone": (200, ["first_name", "last_name"]),
    }
    assert all(
        "Kept &amp; safe" in page.text and "Kept help" in page.text
        for page in pages.values()
    )
    assert "Kept label" in pages["down:first_name"].text
    assert world.again(form).heading == "Join our newsletter"


@ONE_DATABASE
def test_everything_that_can_be_said_of_a_form_is_saved_and_opens_again(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    first, second = facts.lists_of(account.id)[:2]
    fields = {
        one.label: f"cf_{one.custom_field_id}" for one in facts.fields_of(account.id)
    }
    how, nickname = fields["How did you hear about us"], fields["Nickname"]
    said = {
        "field": [how, "address", nickname],
        f"label_{how}": "How come?",
        f"help_{how}": "Just curious.",
        f"display_{how}": "radio",
        f"default_{how}": "A friend",
        "label_address": "Where you live",
        "kind_address": "work",
        f"label_{nickname}": "Campaign",
        f"hidden_{nickname}": "y",
        f"source_{nickname}": "utm_campaign",
        "lists": [first.list_id, second.list_id],
        "may_choose": second.list_id,
        "privacy_url": "https://example.com/privacy",
        "redirect_url": "https://example.com/thanks",
        "sites": "example.com\nhttps://WWW.example.com:443/x",
        "state": "draft",
        "closes_at": "2030-07-01T18:30",
        "closed_words": "See you next year.",
        "accent": "#E4572E",
        "radius": "2",
        "width": "600",
        "font": "serif",
        "scheme": "dark",
        "way": "exactly",
        f"clears_{how}": "y",
        f"clears_{nickname}": "y",
    }

    admin.post("/forms/new", data=filled(admin, account, "/forms/new", **said))
    (form,) = all_forms()
    page = admin.get(f"/forms/{form.id}").text

    assert [
        {
            name: value
            for name, value in item.items()
            if name not in ("key", "custom_field_id", "choices")
        }
        for item in form.fields
    ] == [
        {
            "label": "How come?",
            "required": False,
            "help": "Just curious.",
            "default": "A friend",
            "display": "radio",
            "clears": True,
            "type": "single_select",
        },
        {"label": "Where you live", "required": False, "kind": "work"},
        {
            "label": "Campaign",
            "required": False,
            "hidden": True,
            "source": "utm_campaign",
        },
    ]
    assert [(item["list_id"], item.get("always", False)) for item in form.lists] == [
        (first.list_id, True),
        (second.list_id, False),
    ]
    assert (form.visitor_chooses, form.open, form.draft, form.exactly) == (
        True,
        False,
        True,
        True,
    )
    assert form.sites == ["https://example.com", "https://www.example.com"]
    assert form.theme == {
        "accent": "#e4572e",
        "radius": 2,
        "width": 600,
        "font": "serif",
        "scheme": "dark",
    }
    assert form.closes_at == datetime(2030, 7, 1, 18, 30, tzinfo=UTC)
    assert all(
        f'value="{value}"' in page
        for value in ("2030-07-01T18:30", "#e4572e", "Just curious.", "600")
    )
    assert asked(page) == [how, "address", nickname]
    assert [
        bool(
            re.search(
                rf'<input(?=[^>]*(name="{name}"|value="{name}"))[^>]*checked', page
            )
        )
        for name in ("exactly", f"clears_{how}", f"clears_{nickname}")
    ] == [True, True, False]


@ONE_DATABASE
def test_a_closing_time_is_of_the_operators_zone(world: World, app: Flask) -> None:
    zone = services().settings.model_copy(update={"timezone": "America/New_York"})
    app.extensions["latchkey"] = replace(services(), settings=zone)
    admin, account = world.signed_in(), world.account()

    admin.post(
        "/forms/new",
        data=filled(admin, account, "/forms/new", closes_at="2030-07-01T18:30"),
    )

    (form,) = all_forms()
    page = admin.get(f"/forms/{form.id}").text
    assert form.closes_at == datetime(2030, 7, 1, 22, 30, tzinfo=UTC)
    assert 'value="2030-07-01T18:30"' in page
    assert "In the time zone America/New_York" in text_of(page)


@ONE_DATABASE
def test_every_problem_is_said_at_once_at_its_field_and_linked_from_above(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    size = next(
        f"cf_{one.custom_field_id}"
        for one in facts.fields_of(account.id)
        if one.label == "Group size"
    )

    answer = admin.post(
        "/forms/new",
        data=filled(
            admin,
            account,
            "/forms/new",
            **{
                "name": "",
                "label_first_name": "",
                "field": ["first_name", size],
                f"label_{size}": "Size",
                f"default_{size}": "-3",
                "sites": "nonsense",
                "redirect_url": "https://example.com/thanks",
                "accent": "red",
                "radius": "99",
            },
        ),
    )

    linked = dict(
        re.findall(r'<li><a href="#([^"]+)"><bdi>(.*?)</bdi>', unescape(answer.text))
    )
    assert answer.status_code == 422
    assert linked == {
        "name": "Enter a name.",
        "sites": "nonsense is not a site. Write it like https://example.com.",
        "redirect_url": (
            "The address must be on one of the form’s allowed sites. Add"
            " https://example.com to them."
        ),
        "accent": "Enter a color as #rrggbb, such as #0d5a61.",
        "radius": "Enter a number from 0 to 24.",
        "label_first_name": "First name: Enter a label for this field.",
        f"default_{size}": "Size: Size can’t be less than zero.",
    }
    assert all(f'id="{id}"' in answer.text for id in linked)
    assert all_forms() == []


@ONE_DATABASE
def test_of_two_who_change_a_form_at_once_the_second_is_told_before_anything_is_lost(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    address = f"/forms/{world.form(account).id}"
    seen = seen_by(admin.get(address).text)

    first = admin.post(
        address, data=filled(admin, account, address, heading="Of the first", seen=seen)
    )
    told = admin.post(
        address,
        data=filled(admin, account, address, heading="Of the second", seen=seen),
    )
    kept = all_forms()[0].heading
    again = admin.post(
        address,
        data=filled(
            admin, account, address, heading="Of the second", seen=seen_by(told.text)
        ),
    )

    assert (first.status_code, told.status_code, kept, again.status_code) == (
        303,
        422,
        "Of the first",
        303,
    )
    assert "Someone else changed this form" in text_of(told.text)
    assert 'value="Of the second"' in told.text
    assert all_forms()[0].heading == "Of the second"


@ONE_DATABASE
def test_what_was_typed_for_a_form_that_was_deleted_meanwhile_can_be_saved_once_it_is_back(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    address = f"/forms/{form.id}"
    typed = filled(
        admin,
        account,
        address,
        heading="Kept & safe",
        seen=seen_by(admin.get(address).text),
    )
    service.delete(form.id)

    told = admin.post(address, data=typed)
    service.restore(form.id)
    saved = admin.post(address, data=typed | {"seen": seen_by(told.text)})

    assert (told.status_code, saved.status_code) == (422, 303)
    assert "This form was deleted while you had the page open." in text_of(told.text)
    assert "Kept &amp; safe" in told.text
    assert world.again(form).heading == "Kept & safe"


def test_what_no_database_takes_is_left_out_or_said(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    typed = filled(
        admin,
        account,
        "/forms/new",
        name="News\0letter",
        label_first_name="Your\0 name",
        field=["", "first_name"],
    )

    saved = admin.post("/forms/new", data=typed)
    listless = admin.post("/forms/new", data=typed | {"lists": ["gone\0"]})

    (form,) = all_forms()
    assert (saved.status_code, form.name, form.fields[0]["label"]) == (
        303,
        "Newsletter",
        "Your name",
    )
    assert listless.status_code == 422
    assert "One of the lists no longer exists in the account." in text_of(listless.text)


@ONE_DATABASE
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_closing_time_at_the_end_of_all_days_is_said(
    world: World, app: Flask, zone: str
) -> None:
    app.extensions["latchkey"] = replace(
        services(), settings=services().settings.model_copy(update={"timezone": zone})
    )
    admin, account = world.signed_in(), world.account()
    typed = filled(admin, account, "/forms/new")

    answers = {
        at: [
            admin.post(path, data=typed | {"closes_at": at}).status_code
            for path in ("/forms/new", "/forms/preview")
        ]
        for at in ("0001-01-01T00:00", "9999-12-31T23:59")
    }

    assert all(codes == [422, 200] for codes in answers.values())


@ONE_DATABASE
def test_a_removed_field_is_offered_back_with_all_that_was_set_and_returns_to_its_place(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    address = f"/forms/{form.id}"
    typed = filled(
        admin,
        account,
        address,
        field=["first_name", "last_name", "company_name"],
        label_last_name="Surname",
        label_company_name="Company",
        help_last_name="As in your <passport>.",
        required_last_name="y",
        placeholder_last_name="Doe",
        default_last_name="Smith",
    )
    removed = admin.post(address, data={**typed, "move": "remove:last_name"})
    kept = hidden_inputs(removed.text)
    without = {**typed, "field": ["first_name", "company_name"], **kept}
    for name in ("label", "help", "required", "placeholder", "default"):
        assert f"{name}_last_name" in kept
    later = admin.post(address, data={**without, "move": "down:first_name"})
    back = admin.post(address, data={**without, "move": "undo:last_name"})
    added = admin.post(address, data={**without, "move": "add:", "add": "last_name"})

    assert asked(removed.text) == ["first_name", "company_name"]
    assert "Last name removed." in text_of(removed.text)
    assert "undo:last_name" in later.text  # also after the next press
    for page in (back, added):
        assert asked(page.text) == ["first_name", "last_name", "company_name"]
        assert 'value="Surname"' in page.text
        assert "As in your &lt;passport&gt;." in page.text
        assert "undo:last_name" not in page.text
    assert "Last name moved to position 2 of 3." in text_of(back.text)
    seen = seen_by(admin.get(address).text)
    saved = admin.post(address, data={**without, "seen": seen})
    assert saved.status_code == 303, text_of(saved.text)
    assert [field["key"] for field in world.again(form).fields] == [
        "first_name",
        "company_name",
    ]


def hidden_inputs(page: str) -> dict[str, str]:
    """What the page brings back of removed fields."""
    offered = re.search(r'<div class="asked-removed">(.*?)</div>', page, re.S)
    assert offered
    inputs = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', offered[1]
    )
    return {name: unescape(value) for name, value in inputs}


@ONE_DATABASE
@pytest.mark.parametrize("key", LOOKS)
def test_a_look_is_applied_by_one_press_saves_nothing_and_reads_well(
    world: World, admin: FlaskClient, key: str
) -> None:
    account, look = world.account(), LOOKS[key]
    typed = filled(admin, account, "/forms/new", accent="#123456", radius="3")

    page = admin.post("/forms/new", data={**typed, "look": key})

    reading = theme.reading(look.accent)
    assert page.status_code == 200
    assert all_forms() == []
    assert f'value="{look.accent}"' in page.text
    assert f'id="look_{key}" formnovalidate\n    aria-pressed="true"' in page.text
    assert min(reading.on_white, reading.on_button) >= 4.5


@ONE_DATABASE
@pytest.mark.parametrize(
    ("name", "value", "folded"),
    [
        ("accent", "red-ish", "look"),
        ("sites", "nonsense", "availability"),
        ("confirm_url", "nonsense", "protection"),
    ],
)
def test_a_fold_is_closed_until_it_has_an_error(
    world: World, admin: FlaskClient, name: str, value: str, folded: str
) -> None:
    account = world.account()
    fold = f'<details class="card fold" id="{folded}"'
    fresh = admin.get("/forms/new").text
    typed = filled(admin, account, "/forms/new", **{name: value})
    wrong = admin.post("/forms/new", data=typed)

    assert f"{fold}>" in fresh
    assert wrong.status_code == 422
    assert f"{fold} open>" in wrong.text


@ONE_DATABASE
@pytest.mark.parametrize(
    ("zone", "closes_at"),
    [
        ("", "2030-07-01T18:30"),
        ("America/New_York", "2030-07-01T22:30"),
        ("Nowhere/Land", "2030-07-01T18:30"),
        ("../etc/passwd", "2030-07-01T18:30"),
    ],
)
def test_the_closing_time_is_one_of_the_readers_zone_where_the_browser_says_which(
    world: World, admin: FlaskClient, zone: str, closes_at: str
) -> None:
    account = world.account()
    typed = filled(
        admin, account, "/forms/new", closes_at="2030-07-01T18:30", zone=zone
    )
    admin.post("/forms/new", data=typed)
    (form,) = all_forms()
    page = admin.get(f"/forms/{form.id}").text

    expected = datetime.fromisoformat(closes_at).replace(tzinfo=UTC)
    assert form.closes_at == expected
    assert f'data-utc="{closes_at}:00Z"' in page
