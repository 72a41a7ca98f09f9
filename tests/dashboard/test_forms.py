"""Forms are made by posting what an admin ticked, changed, and shared."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from app.accounts import facts
from app.accounts.models import Account, AccountField, AccountList
from app.database.session import db, write_transaction
from app.forms import service
from app.services import services
from app.signups.models import Signup
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, all_forms, csrf_of, text_fields


@pytest.fixture
def admin(world: World) -> FlaskClient:
    return world.signed_in()


def filled(
    browser: FlaskClient, account: Account, address: str, **values: Any
) -> dict[str, Any]:
    lists = facts.lists_of(account.id)
    return {
        "csrf_token": csrf_of(browser.get(address).text),
        "account": account.id,
        "name": "Newsletter",
        "heading": "Join us",
        "intro": "Monthly.",
        "lists": [lists[0].list_id, lists[1].list_id],
        "may_choose": [lists[0].list_id, lists[1].list_id],
        "consent": "Yes, send me news.",
        "button": "Go",
        "success": "Thanks!",
        "state": "open",
        "field": ["first_name"],
        "required_first_name": "y",
        "label_first_name": "Your name",
        **values,
    }


def test_a_form_is_made_shared_and_shown_to_visitors(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    field = text_fields(account.id)[0]
    custom = f"cf_{field.custom_field_id}"

    made = admin.post(
        "/forms/new",
        data=filled(
            admin,
            account,
            "/forms/new",
            **{
                "field": ["first_name", custom],
                f"label_{custom}": "What do friends call you?",
            },
        ),
    )

    (form,) = all_forms()
    share = admin.get(made.location).text
    page = visitor.get(f"/f/{form.id}").text
    assert (made.status_code, made.location) == (303, f"/forms/{form.id}/share")
    assert f"http://127.0.0.1:8111/f/{form.id}" in share
    assert (
        f'<iframe src="http://127.0.0.1:8111/f/{form.id}/embed" title="Join us"'
        in unescape(share)
    )
    assert form.fields == [
        {"key": "first_name", "label": "Your name", "required": True},
        {
            "key": custom,
            "label": "What do friends call you?",
            "required": False,
            "custom_field_id": field.custom_field_id,
            "type": "text_area",
        },
    ]
    assert all(
        words in page
        for words in (
            "Join us",
            "Monthly.",
            "Your name",
            "What do friends call you?",
            "Go",
        )
    )
    assert [item.name in page for item in facts.lists_of(account.id)[:3]] == [
        True,
        True,
        False,
    ]


def test_a_saved_form_opens_as_it_is_and_can_be_changed_and_closed(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account, name="Baking classes")
    address = f"/forms/{form.id}"
    before = admin.get(address).text

    saved = admin.post(
        address,
        data=filled(
            admin,
            account,
            address,
            name="Bread classes",
            may_choose=[],
            consent="Yes, weekly.",
            state="paused",
        ),
    )

    form = world.again(form)
    assert 'value="Baking classes"' in before
    assert saved.status_code == 303
    assert (form.name, form.open, form.visitor_chooses) == (
        "Bread classes",
        False,
        False,
    )
    assert service.consent_of(form) == "Yes, weekly."
    assert visitor.get(f"/f/{form.id}").status_code == 410
    assert "Paused" in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_what_is_missing_is_said_and_what_was_typed_stays(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()

    answer = admin.post(
        "/forms/new",
        data=filled(
            admin,
            account,
            "/forms/new",
            name="",
            lists=[],
            heading="Kept & safe",
            label_first_name="Kept label",
        ),
    )

    words = text_of(answer.text)
    assert answer.status_code == 422
    assert "Please give it a name." in words
    assert "Choose at least one list." in words
    assert "Kept &amp; safe" in answer.text
    assert "Kept label" in answer.text
    assert all_forms() == []


@ONE_DATABASE
def test_a_list_that_was_renamed_is_said_on_the_account_and_on_each_form(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form = world.form(account)
    listed = form.lists[0]
    with write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.list_id == listed["list_id"])
            .values(name="Fresh news")
        )
    told = f"“{listed['label']}” is now called “Fresh news”"

    for path in (
        f"/accounts/{account.id}",
        f"/forms/{form.id}",
        f"/forms/{form.id}/share",
    ):
        assert told in text_of(admin.get(path).text)


@ONE_DATABASE
def test_a_list_of_another_account_is_refused(world: World, admin: FlaskClient) -> None:
    account, other = world.account(), world.account(1)
    foreign = facts.lists_of(other.id)[0].list_id

    answer = admin.post(
        "/forms/new",
        data=filled(
            admin, account, f"/forms/new?account={account.id}", lists=[foreign]
        ),
    )

    assert answer.status_code == 422
    assert all_forms() == []


@ONE_DATABASE
def test_more_than_fifty_lists_are_refused_in_words(
    world: World, admin: FlaskClient
) -> None:
    library = world.account(4)
    lists = [item.list_id for item in facts.lists_of(library.id)[:51]]

    answer = admin.post(
        "/forms/new", data=filled(admin, library, "/forms/new", lists=lists)
    )

    assert answer.status_code == 422
    assert "Choose between 1 and 50 lists." in text_of(answer.text)


@ONE_DATABASE
def test_with_several_accounts_one_is_chosen_first_and_without_any_one_is_connected(
    world: World, admin: FlaskClient
) -> None:
    none = text_of(admin.get("/forms/new").text)
    accounts = [world.account(), world.account(1)]

    page = admin.get("/forms/new").text

    assert "First connect an account" in none
    assert all(f"/forms/new?account={account.id}" in page for account in accounts)


@ONE_DATABASE
def test_forms_that_do_not_exist_are_not_found(
    world: World, admin: FlaskClient
) -> None:
    assert [
        admin.get(path).status_code
        for path in ("/forms/nowhere", "/forms/nowhere/share")
    ] == [404, 404]


@ONE_DATABASE
def test_markup_in_names_is_shown_as_text(world: World, admin: FlaskClient) -> None:
    form = world.form(
        world.account(),
        name='<script>alert(1)</script>"',
        heading='"><img src=x onerror=alert(1)>',
    )

    pages = "".join(
        admin.get(path).text
        for path in ("/forms", f"/forms/{form.id}", f"/forms/{form.id}/share", "/")
    )

    assert "<script>alert" not in pages
    assert "<img src=x" not in pages


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
        "name": "Please give it a name.",
        "sites": "This is no site: nonsense. Write it like https://example.com.",
        "redirect_url": (
            "Visitors can only be sent to one of the form’s sites. Add"
            " https://example.com to them."
        ),
        "accent": "Please write a colour as #rrggbb, such as #0d5a61.",
        "radius": "Please use a number from 0 to 24.",
        "label_first_name": "First name: Please give this field a label.",
        f"default_{size}": "Size: Size cannot be less than zero.",
    }
    assert all(f'id="{id}"' in answer.text for id in linked)
    assert all_forms() == []


@ONE_DATABASE
def test_the_preview_is_the_visitors_page_of_what_is_typed_and_stores_nothing(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    typed = filled(
        admin,
        account,
        "/forms/new",
        may_choose=[],
        accent="#e4572e",
        label_first_name="",
    )
    preview = admin.post(
        "/forms/preview", data={**typed, "name": "", "label_first_name": "Your name"}
    )
    admin.post("/forms/new", data=typed | {"label_first_name": "Your name"})
    (form,) = all_forms()
    real = visitor.get(f"/f/{form.id}")

    assert preview.status_code == 200
    assert visible(preview.text) == visible(real.text)
    assert style_of(preview.text) == style_of(real.text) != ""
    for answer in (preview, real):
        digest = b64encode(sha256(style_of(answer.text).encode()).digest()).decode()
        assert (
            f"style-src 'self' 'sha256-{digest}'"
            in answer.headers["Content-Security-Policy"]
        )
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in preview.headers
    assert (
        "frame-src 'self'" in admin.get("/forms/new").headers["Content-Security-Policy"]
    )


@ONE_DATABASE
def test_a_try_is_judged_as_a_visitors_press_shows_what_would_be_sent_and_never_counts(
    world: World, admin: FlaskClient, visitor: FlaskClient
) -> None:
    account = world.account()
    preview = admin.post(
        "/forms/preview", data=filled(admin, account, "/forms/new", may_choose=[])
    )
    carried = carried_by(preview.text)

    empty = admin.post("/forms/preview/try", data=carried)
    tried = admin.post(
        "/forms/preview/try",
        data=carried
        | {
            "email_address": "Zoe@Example.com",
            "first_name": "Zoë",
            "consent": "y",
        },
    )
    back = admin.post("/forms/preview", data=carried)
    sent = json.loads(
        unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", tried.text, re.S)[1])
    )  # type: ignore[index]

    assert empty.status_code == 422
    assert "Please type your e-mail address." in text_of(empty.text)
    assert "Your name is needed." in text_of(empty.text)
    assert "This was a test Nothing was stored." in text_of(tried.text)
    assert sent == {
        "email_address": "Zoe@example.com",
        "first_name": "Zoë",
        "list_memberships": [item.list_id for item in facts.lists_of(account.id)[:2]],
    }
    assert visible(back.text) == visible(preview.text)
    assert db.session.scalar(select(func.count()).select_from(Signup)) == 0
    assert all_forms() == []


@ONE_DATABASE
def test_a_try_of_a_form_that_updates_exactly_shows_both_calls_and_what_is_cleared(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    boxes = next(
        one for one in account.fields if one.type == "multi_select"
    ).custom_field_id
    typed = filled(
        admin,
        account,
        "/forms/new",
        may_choose=[],
        way="exactly",
        **{
            "field": ["first_name", f"cf_{boxes}", "job_title"],
            f"label_cf_{boxes}": "Interests",
            "label_job_title": "Your job",
            "clears_job_title": "y",
        },
    )
    carried = carried_by(admin.post("/forms/preview", data=typed).text)

    tried = admin.post(
        "/forms/preview/try",
        data=carried
        | {
            "email_address": "zoe@example.com",
            "first_name": "Zoë",
            "job_title": "",
            "consent": "y",
            "clears": "job_title",
            f"cf_{boxes}": "Events",
        },
    ).text
    new, known = (
        json.loads(unescape(one))
        for one in re.findall(r"<textarea[^>]*>(.*?)</textarea>", tried, re.S)
    )

    said = {
        "email_address": {
            "address": "zoe@example.com",
            "permission_to_send": "explicit",
        },
        "first_name": "Zoë",
        "custom_fields": [{"custom_field_id": boxes, "choice_ids": ["000001"]}],
        "list_memberships": [item.list_id for item in facts.lists_of(account.id)[:2]],
    }
    assert (new, known) == (
        said | {"create_source": "Contact"},
        said | {"update_source": "Contact"},
    )
    assert "GET /contacts?email=zoe%40example.com&status=all" in unescape(tried)
    assert "cleared in a known contact: Your job." in text_of(tried)


@ONE_DATABASE
def test_what_was_not_drawn_here_is_refused_in_the_preview(
    world: World, admin: FlaskClient
) -> None:
    preview = admin.post(
        "/forms/preview", data=filled(admin, world.account(), "/forms/new")
    )
    token, drawn = csrf_of(preview.text), carried_by(preview.text)["drawn"]
    bad = [
        "",
        "x",
        "{}",
        "[" * 50_000,
        drawn.rpartition(".")[0],
        drawn.replace("Join us", "Join them", 1),
        drawn.replace('"theme": {}', '"theme": {"radius": [1]}'),
    ]

    answers = [
        admin.post(
            "/forms/preview/try", data={"csrf_token": token, "drawn": one}
        ).status_code
        for one in bad
    ]

    assert answers == [400] * len(bad)
    assert (
        admin.post(
            "/forms/preview", data={"csrf_token": token, "account": "nobody"}
        ).status_code
        == 404
    )


@ONE_DATABASE
def test_a_form_is_deleted_with_undo_listed_apart_and_brought_back(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account(), name="Easter raffle")
    row = world.signup(form)
    token = csrf_of(admin.get(f"/forms/{form.id}").text)

    deleted = admin.post(f"/forms/{form.id}/delete", data={"csrf_token": token})
    after = admin.get(deleted.location).text
    gone = [admin.get(f"/forms/{form.id}{page}").status_code for page in ("", "/share")]
    listed, offered = admin.get("/forms?state=deleted").text, admin.get("/signups").text
    viewer = world.signed_in("viewer").get("/forms?state=deleted").text
    signup = admin.get(f"/signups/{row.id}").text
    undone, _again = (
        admin.post(f"/forms/{form.id}/restore", data={"csrf_token": token})
        for _press in "12"
    )

    assert (
        "“Easter raffle” is deleted. Its sign-ups are kept and still delivered. Undo"
        in text_of(after)
    )
    assert "No form in use" in text_of(after)
    assert gone == [404, 404]
    assert "Easter raffle" in signup
    assert f"/forms/{form.id}/share" not in signup  # nothing is there
    assert f'action="/forms/{form.id}/restore"' in after
    assert f'action="/forms/{form.id}/restore"' in listed
    assert "Easter raffle" in viewer
    assert "/restore" not in viewer
    assert f'<option value="{form.id}"' not in offered
    assert "“Easter raffle” is back, as it was." in text_of(
        admin.get(undone.location).text
    )
    assert "Easter raffle" in text_of(admin.get("/forms").text)
    assert "Deleted" not in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_a_form_starts_from_a_starter_or_as_a_copy_of_another(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    event = admin.get(f"/forms/new?account={account.id}&starter=event").text
    unknown = admin.get(f"/forms/new?account={account.id}&starter=nonsense").text
    form = world.form(account, name="Classes")

    copied = admin.post(
        f"/forms/{form.id}/duplicate", data={"csrf_token": csrf_of(event)}
    )

    assert 'value="Save your place"' in event
    assert asked(event) == ["first_name", "last_name", "phone_number"]
    assert 'value="Join our newsletter"' in unknown
    assert 'value="Copy of Classes"' in admin.get(copied.location).text
    assert "Draft" in text_of(admin.get("/forms").text)


@ONE_DATABASE
def test_a_colour_is_judged_while_it_is_chosen(
    world: World, admin: FlaskClient
) -> None:
    said = {
        accent: text_of(
            admin.get("/forms/contrast", query_string={"accent": accent}).text
        )
        for accent in ("#0d5a61", "#e4572e", "#ffd54a", "red")
    }

    assert said["#0d5a61"].startswith("Reads well on white: 7.9 to 1")
    assert said["#e4572e"].startswith(
        "Enough for the button, not for words: 3.6 to 1 on white"
    )
    assert said["#ffd54a"].startswith("Too pale for white: 1.4 to 1")
    assert said["#ffd54a"].endswith("The button’s words are black on it (14.8 to 1).")
    assert said["red"] == ""


@ONE_DATABASE
def test_a_form_with_every_field_at_its_longest_is_saved(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    with write_transaction() as session:
        session.add_all(
            AccountField(
                account_id=account.id,
                custom_field_id=str(uuid4()),
                label=f"More {number}",
                type="string",
                details={},
            )
            for number in range(16)
        )
    keys = [
        f"cf_{one.custom_field_id}"
        for one in facts.fields_of(account.id)
        if one.type == "string"
    ]
    long = {
        f"{part}_{key}": "ي" * most
        for key in keys
        for part, most in (
            ("label", 80),
            ("help", 200),
            ("placeholder", 100),
            ("default", 255),
        )
    }

    saved = admin.post(
        "/forms/new", data=filled(admin, account, "/forms/new", field=keys, **long)
    )

    assert saved.status_code == 303
    assert len(all_forms()[0].fields) == 17


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
    assert "Somebody else changed the form while this page was open." in text_of(
        told.text
    )
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
    assert "The form was deleted while this page was open." in text_of(told.text)
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


def seen_by(page: str) -> str:
    found = re.search(r'name="seen"[^>]* value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def asked(page: str) -> list[str]:
    """The keys of the fields that a builder's page has rows of."""
    return re.findall(r'name="field" value="([^"]+)"', page)


def carried_by(preview: str) -> dict[str, str]:
    return {
        name: unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(csrf_token|drawn)" value="([^"]*)"', preview
        )
    }


def style_of(page: str) -> str:
    found = re.search(r"<style>(.*?)</style>", page, re.S)
    return found[1] if found else ""


def visible(page: str) -> str:
    """A visitor's page without what differs from one to the next: its ticket, what a
    preview carries, its address.
    """
    return " ".join(
        re.sub(r' action="[^"]*"|<input[^>]*type="hidden"[^>]*>', "", page).split()
    )
