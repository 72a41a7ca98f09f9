"""The visitor's page: what it shows, what it refuses and with which words, and the one
answer to everybody.
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import facts
from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.signups import form_token as signups_form_token
from app.signups.models import Signup, SignupState
from tests.signups.reading import error_of, form_token, ticked, value_of
from tests.world import ONE_DATABASE, World, text_fields

BOTH_WAYS = pytest.mark.parametrize("embed", [False, True], ids=["hosted", "embedded"])


def asking(
    world: World, account: Account, required: bool = False, **values: Any
) -> Form:
    """A form that asks for everything a form can ask for."""
    custom = text_fields(account.id)[0]
    fields = [
        {"key": key, "label": key.replace("_", " ").capitalize(), "required": required}
        for key in (
            "first_name",
            "last_name",
            "phone_number",
            "company_name",
            "job_title",
        )
    ]
    fields.append(
        {
            "key": f"cf_{custom.custom_field_id}",
            "label": custom.label,
            "required": required,
            "custom_field_id": custom.custom_field_id,
        }
    )
    return world.form(account, fields=fields, **values)


def rows() -> list[Signup]:
    db.session.rollback()
    return list(db.session.scalars(select(Signup).order_by(Signup.created_at)))


# -- what it shows


@ONE_DATABASE
@BOTH_WAYS
def test_looking_sets_no_cookie_and_needs_no_script(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}/embed" if embed else f"/f/{form.id}")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "<script>" not in answer.text
    assert "Yes, send me news." in answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"


@ONE_DATABASE
def test_the_hosted_page_cannot_be_framed(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}")

    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@ONE_DATABASE
@pytest.mark.parametrize("end", ["embed", "thanks?embed=True"])
def test_the_embedded_pages_may_be_framed_anywhere(
    world: World, visitor: FlaskClient, end: str
) -> None:
    form = world.form(world.account())

    answer = visitor.get(f"/f/{form.id}/{end}")

    assert answer.status_code == 200
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers


@ONE_DATABASE
def test_sites_that_are_named_may_frame_a_form_and_no_other(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(
        world.account(),
        sites=["https://bakery.example", "https://www.bakery.example:8443"],
    )
    only = (
        "frame-ancestors 'self' https://bakery.example https://www.bakery.example:8443"
    )

    answers = [
        visitor.get(f"/f/{form.id}/{end}") for end in ("embed", "thanks?embed=True")
    ]
    answers.append(world.press(visitor, form, embed=True, email_address="nonsense"))

    assert [
        answer.headers["Content-Security-Policy"].endswith(only) for answer in answers
    ] == [True] * 3
    assert ["X-Frame-Options" in answer.headers for answer in answers] == [False] * 3


@ONE_DATABASE
@BOTH_WAYS
def test_a_page_allows_nothing_from_elsewhere(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())

    policy = visitor.get(f"/f/{form.id}/embed" if embed else f"/f/{form.id}").headers[
        "Content-Security-Policy"
    ]

    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy


@ONE_DATABASE
def test_the_admins_words_are_shown_as_text(world: World, visitor: FlaskClient) -> None:
    form = world.form(
        world.account(),
        heading="<script>alert(1)</script>",
        intro="a & b",
        consent="<b>Yes</b>",
        success="<img src=x>",
    )

    page = visitor.get(f"/f/{form.id}").text + visitor.get(f"/f/{form.id}/thanks").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Yes&lt;/b&gt;" in page
    assert "<img src=x>" not in page


def test_an_unknown_form_is_not_found(world: World, visitor: FlaskClient) -> None:
    paths = [
        "/f/nowhere",
        "/f/nowhere/embed",
        "/f/nowhere/thanks",
        "/f/%F0%9F%8C%B1",
        "/f/" + "x" * 3000,
    ]

    answers = {path: visitor.get(path) for path in paths}

    assert {answer.status_code for answer in answers.values()} == {404}
    assert all("Latchkey" in answer.text for answer in answers.values())


def test_a_form_address_with_a_null_byte_is_no_accident(
    world: World, visitor: FlaskClient
) -> None:
    answer = visitor.get("/f/%00")

    assert answer.status_code in (400, 404)


@ONE_DATABASE
@BOTH_WAYS
def test_a_closed_form_says_so_and_stores_nothing(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(world.account())
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    token = form_token(visitor.get(address).text)
    close(form)

    seen = visitor.get(address)
    pressed = visitor.post(
        address,
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert (seen.status_code, pressed.status_code) == (410, 410)
    assert "takes no sign-ups" in pressed.text
    assert rows() == []


@ONE_DATABASE
@BOTH_WAYS
def test_a_form_closes_by_itself_with_the_words_given_for_it(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    form = world.form(
        world.account(),
        closes_at=world.clock.now() + timedelta(minutes=5),
        closed_words="The course is full.\n\nThe next begins in <May>.",
    )
    address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
    open_still = visitor.get(address).status_code
    world.clock.advance(minutes=5)

    seen = visitor.get(address)

    assert (open_still, seen.status_code) == (200, 410)
    assert "The course is full.</p>" in seen.text
    assert "<p>The next begins in &lt;May&gt;.</p>" in seen.text
    assert "takes no sign-ups" not in seen.text


@ONE_DATABASE
def test_a_draft_is_not_shown_to_visitors(world: World, visitor: FlaskClient) -> None:
    form = world.form(
        world.account(),
        heading="Not yet",
        intro="Half a thought",
        draft=True,
        open=False,
    )

    seen = visitor.get(f"/f/{form.id}")

    assert seen.status_code == 410
    assert "Half a thought" not in seen.text


def close(form: Form) -> None:
    with write_transaction() as session:
        session.get_one(Form, form.id).open = False


# -- what it takes


@BOTH_WAYS
def test_a_press_is_stored_and_thanked_for(
    world: World, visitor: FlaskClient, embed: bool
) -> None:
    account = world.account()
    form = asking(world, account)
    custom = text_fields(account.id)[0].custom_field_id

    answer = world.press(
        visitor,
        form,
        embed,
        email_address="Zoe+news@Example.com",
        first_name="Zoë",
        last_name="O’Brien-Łukasiewicz",
        phone_number="+1 555 010 0100",
        company_name="Maple & Rye",
        job_title="Baker",
        **{f"cf_{custom}": "Zo"},
    )

    (row,) = rows()
    assert answer.status_code == 303
    assert answer.location.startswith(f"/f/{form.id}/thanks")
    assert "Thank you!" in visitor.get(answer.location).text
    assert (row.email, row.person) == ("Zoe+news@example.com", "zoe+news@example.com")
    assert (row.state, row.reason, row.attempts) == (SignupState.WAITING, None, 0)
    assert row.consent_id == form.consent_id
    assert row.body == {
        "first_name": "Zoë",
        "last_name": "O’Brien-Łukasiewicz",
        "phone_number": "+1 555 010 0100",
        "company_name": "Maple & Rye",
        "job_title": "Baker",
        "custom_fields": [{"custom_field_id": custom, "value": "Zo"}],
        "list_memberships": [form.lists[0]["list_id"]],
    }


def test_nobody_learns_whether_an_address_is_known(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    world.signup(form, "twice@example.com", state=SignupState.HELD, due_at=None)
    people = [
        "new@example.com",
        "active@example.com",
        "opted-out@example.com",
        "deleted@example.com",
        "twice@example.com",
    ]

    answers = [world.press(visitor, form, email_address=address) for address in people]
    robot = world.press(
        visitor, form, email_address="bot@example.com", website="https://spam.example"
    )

    told = {
        (
            answer.status_code,
            answer.location,
            answer.text,
            frozenset(answer.headers.keys()),
        )
        for answer in [*answers, robot]
    }
    assert len(told) == 1


@ONE_DATABASE
def test_the_page_of_a_frame_is_kept_without_its_query(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    page = visitor.get(
        f"/f/{form.id}/embed",
        headers={"Referer": "https://bakery.example/news?email=me#top"},
    ).text

    visitor.post(
        f"/f/{form.id}/embed",
        data={
            "form_token": form_token(page),
            "email_address": "zoe@example.com",
            "consent": "y",
        },
    )

    (row,) = rows()
    assert row.host_page == "https://bakery.example/news"


WHERE = {
    "the page of the Referer's site": (
        "https://bakery.example/",
        "https://bakery.example/news",
        "https://bakery.example/news",
    ),
    "of another site": (
        "https://bakery.example/",
        "https://other.example/news",
        "https://bakery.example/",
    ),
    "of the site on another port": (
        "https://bakery.example/",
        "https://bakery.example:8443/news",
        "https://bakery.example/",
    ),
    "said without a Referer": ("", "https://bakery.example/news", ""),
    "with a query": (
        "https://bakery.example/",
        "https://bakery.example/news?me=1#x",
        "https://bakery.example/news",
    ),
    "not to be read": (
        "https://bakery.example/",
        "https://[/",
        "https://bakery.example/",
    ),
    "with a line end": (
        "https://bakery.example/",
        "https://bakery.example/\u2028x",
        "https://bakery.example/",
    ),
    "no web page": ("android-app://com.example/", "", ""),
}


@ONE_DATABASE
@pytest.mark.parametrize(("referrer", "said", "kept"), WHERE.values(), ids=WHERE)
def test_a_frame_may_say_which_page_of_its_site_it_stands_on(
    world: World, visitor: FlaskClient, referrer: str, said: str, kept: str
) -> None:
    form = world.form(world.account())
    page = visitor.get(
        f"/f/{form.id}/embed",
        query_string={"page": said},
        headers={"Referer": referrer},
    ).text

    held = signups_form_token.opened(form_token(page), form.id)

    assert held
    assert held.host_page == kept


@ONE_DATABASE
def test_campaign_and_page_reach_the_hidden_fields_that_ask_for_them(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    custom = [item.custom_field_id for item in text_fields(account.id)[:2]]
    form = world.form(
        account,
        fields=[
            {
                "key": f"cf_{id}",
                "label": source,
                "required": False,
                "custom_field_id": id,
                "type": "string",
                "hidden": True,
                "source": source,
            }
            for id, source in zip(custom, ("utm_source", "page"), strict=True)
        ],
    )
    address = f"/f/{form.id}/embed?utm_source=flyer&utm_medium=paper&page=https://bakery.example/news"
    token = form_token(
        visitor.get(address, headers={"Referer": "https://bakery.example/"}).text
    )

    visitor.post(
        address,
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    (row,) = rows()
    assert row.body["custom_fields"] == [
        {"custom_field_id": custom[0], "value": "flyer"},
        {"custom_field_id": custom[1], "value": "https://bakery.example/news"},
    ]


@ONE_DATABASE
def test_afterwards_visitors_go_where_the_site_wants_them_and_in_a_frame_are_offered_to(
    world: World, visitor: FlaskClient
) -> None:
    goal = "https://bakery.example/welcome?a=1&b=2"
    form = world.form(
        world.account(), redirect_url=goal, sites=["https://bakery.example"]
    )

    hosted = world.press(visitor, form, email_address="zoe@example.com")
    framed = world.press(visitor, form, embed=True, email_address="ann@example.com")
    thanks = visitor.get(framed.location).text
    policies = [
        visitor.get(f"/f/{form.id}{end}").headers["Content-Security-Policy"]
        for end in ("", "/embed")
    ]

    assert (hosted.status_code, hosted.location) == (303, goal)
    assert framed.location == f"/f/{form.id}/thanks?embed=True"
    assert 'href="https://bakery.example/welcome?a=1&amp;b=2" target="_top"' in thanks
    assert "form-action 'self' https: https://bakery.example;" in policies[0]
    assert "form-action 'self';" in policies[1]


@ONE_DATABASE
def test_a_site_of_any_script_can_be_where_visitors_go(
    world: World, visitor: FlaskClient
) -> None:
    """Headers are ASCII: a server refuses to send others."""
    site = "https://xn--wgv71a119e.example"
    form = world.form(
        world.account(), redirect_url="https://日本語.example/danke", sites=[site]
    )

    policy = visitor.get(f"/f/{form.id}").headers["Content-Security-Policy"]

    assert f"form-action 'self' https: {site};" in policy
    assert (
        world.press(visitor, form, email_address="zoe@example.com").location
        == f"{site}/danke"
    )


@ONE_DATABASE
def test_a_strange_referrer_harms_nobody(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    strange = [
        "http://[",
        "not an address",
        "https://" + "a" * 5000 + ".example/",
        "http://[::1]/x",
        "//x",
    ]

    answers = [
        visitor.get(f"/f/{form.id}/embed", headers={"Referer": one}).status_code
        for one in strange
    ]

    assert set(answers) == {200}


def test_the_visitor_chooses_lists(world: World, visitor: FlaskClient) -> None:
    form = choosing(world)
    _first, second, third = (item["list_id"] for item in form.lists)

    answer = world.press(
        visitor, form, email_address="zoe@example.com", lists=[second, third]
    )

    (row,) = rows()
    assert answer.status_code == 303
    assert row.body["list_memberships"] == [second, third]


@ONE_DATABASE
def test_lists_in_a_press_are_ignored_when_everybody_joins_the_same(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form, other = world.form(account), facts.lists_of(account.id)[1].list_id

    world.press(visitor, form, email_address="zoe@example.com", lists=[other])

    (row,) = rows()
    assert row.body["list_memberships"] == [form.lists[0]["list_id"]]


def choosing(world: World) -> Form:
    account = world.account()
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account.id)[:3]
    ]
    return world.form(account, lists=lists, visitor_chooses=True)


# -- what it refuses


LIMITS = {
    "first_name": 50,
    "last_name": 50,
    "phone_number": 25,
    "company_name": 50,
    "job_title": 50,
}


@ONE_DATABASE
def test_a_value_over_the_providers_limit_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    form = asking(world, world.account())

    too_long = {
        field: world.press(
            visitor, form, email_address="zoe@example.com", **{field: "ł" * (most + 1)}
        )
        for field, most in LIMITS.items()
    }

    assert {answer.status_code for answer in too_long.values()} == {422}
    for field, most in LIMITS.items():
        page = too_long[field].text
        assert f"at most {most} characters" in (error_of(page, field) or "")
        assert value_of(page, field) == "ł" * (most + 1)
        assert value_of(page, "email_address") == "zoe@example.com"


def test_a_value_as_long_as_the_provider_takes_is_stored(
    world: World, visitor: FlaskClient
) -> None:
    form = asking(world, world.account())

    answer = world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        **{field: "ł" * most for field, most in LIMITS.items()},
    )

    assert answer.status_code == 303


@ONE_DATABASE
def test_a_custom_value_over_the_providers_limit_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form = asking(world, account)
    field = f"cf_{text_fields(account.id)[0].custom_field_id}"

    too_long = world.press(
        visitor, form, email_address="zoe@example.com", **{field: "x" * 256}
    )
    fits = world.press(
        visitor, form, email_address="zoe@example.com", **{field: "x" * 255}
    )

    assert too_long.status_code == 422
    assert "at most 255 characters" in (error_of(too_long.text, field) or "")
    assert fits.status_code == 303


NOT_ADDRESSES = [
    "",
    "zoe",
    "zoe@",
    "@example.com",
    "zoe@example",
    "zoe @example.com",
    "zoe@exa mple.com",
    "zoe@example..com",
    "zoe,max@example.com",
    "zoe@example.com, max@example.com",
    "<zoe@example.com>",
    "zoë@example.com",
    "зоя@example.com",
    "zoe@example.com\r\nBcc: max@example.com",
    "zoe\x00@example.com",
    "zo\u202ee@example.com",
    "zo\u200be@example.com",
    "zoe@[127.0.0.1]",
    '"zoe"@example.com',
    "z" * 65 + "@example.com",
]


@ONE_DATABASE
def test_what_is_no_address_is_refused_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answers = {
        typed: world.press(visitor, form, email_address=typed, first_name="Zoë")
        for typed in NOT_ADDRESSES
    }

    assert [
        typed for typed, answer in answers.items() if answer.status_code != 422
    ] == []
    assert [
        typed
        for typed, answer in answers.items()
        if not error_of(answer.text, "email_address")
    ] == []
    assert {value_of(answer.text, "first_name") for answer in answers.values()} == {
        "Zoë"
    }
    assert rows() == []


ADDRESSES = {
    "zoe+news@example.com": "zoe+news@example.com",
    "  zoe.1@example.com ": "zoe.1@example.com",
    "ZOE@EXAMPLE.COM": "ZOE@example.com",
    "zoe@münchen.example.de": "zoe@xn--mnchen-3ya.example.de",
    "max@xn--mnchen-3ya.example.de": "max@xn--mnchen-3ya.example.de",
    "o'brien@example.com": "o'brien@example.com",
    "a" * 38 + "@example.com": "a" * 38 + "@example.com",
}


def test_an_address_is_stored_as_the_provider_takes_it(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answers = [
        world.press(visitor, form, email_address=typed).status_code
        for typed in ADDRESSES
    ]

    assert set(answers) == {303}
    assert [row.email for row in rows()] == list(ADDRESSES.values())
    assert [row.person for row in rows()] == [
        stored.lower() for stored in ADDRESSES.values()
    ]


@ONE_DATABASE
def test_an_address_over_50_characters_is_refused(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    # the second once it is ASCII
    too_long = ["a" * 39 + "@example.com", "a" * 30 + "@" + "ü" * 12 + ".de"]

    answers = [world.press(visitor, form, email_address=typed) for typed in too_long]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert all(
        "at most 50 characters" in (error_of(answer.text, "email_address") or "")
        for answer in answers
    )
    assert [value_of(answer.text, "email_address") for answer in answers] == too_long


@ONE_DATABASE
def test_a_missing_required_answer_is_told_at_its_field(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form = asking(world, account, required=True)
    custom = f"cf_{text_fields(account.id)[0].custom_field_id}"

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name="   ", last_name="Ok"
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "first_name") == "First name is needed."
    assert error_of(answer.text, "last_name") is None
    assert error_of(answer.text, custom)
    assert value_of(answer.text, "last_name") == "Ok"


@ONE_DATABASE
def test_consent_must_be_given(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answer = visitor.post(
        f"/f/{form.id}", data={"form_token": token, "email_address": "zoe@example.com"}
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "consent")
    assert rows() == []


@ONE_DATABASE
@pytest.mark.parametrize(
    ("said", "agrees"), [("false", False), ("No", False), ("0", False), ("on", True)]
)
def test_only_a_ticked_box_is_consent(
    world: World, visitor: FlaskClient, said: str, agrees: bool
) -> None:
    form = world.form(world.account())

    answer = world.press(visitor, form, email_address="zoe@example.com", consent=said)

    assert (answer.status_code, len(rows())) == ((303, 1) if agrees else (422, 0))
    assert not ticked(answer.text, "y")


@ONE_DATABASE
@pytest.mark.parametrize("end", ["", "/embed"])
def test_the_privacy_policy_is_a_link_that_leaves_the_form_as_it_is(
    world: World, visitor: FlaskClient, end: str
) -> None:
    form = world.form(
        world.account(), privacy_url="https://bakery.example/privacy?a=1&b=2"
    )

    page = visitor.get(f"/f/{form.id}{end}").text

    assert (
        '<a href="https://bakery.example/privacy?a=1&amp;b=2" target="_blank"'
        ' rel="noopener">' in page
    )


@ONE_DATABASE
def test_nobody_ticks_the_consent_but_the_visitor(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    page = visitor.get(f"/f/{form.id}?consent=y&email_address=zoe@example.com").text

    assert not ticked(page, "y")


@ONE_DATABASE
def test_something_must_be_chosen_when_the_visitor_chooses(
    world: World, visitor: FlaskClient
) -> None:
    form = choosing(world)

    answer = world.press(visitor, form, email_address="zoe@example.com")

    assert answer.status_code == 422
    assert "choose at least one" in (error_of(answer.text, "lists") or "")


@ONE_DATABASE
def test_what_was_chosen_stays_chosen(world: World, visitor: FlaskClient) -> None:
    form = choosing(world)
    first, second = form.lists[0]["list_id"], form.lists[1]["list_id"]

    answer = world.press(visitor, form, email_address="nonsense", lists=[second])

    assert answer.status_code == 422
    assert (ticked(answer.text, first), ticked(answer.text, second)) == (False, True)
    assert ticked(answer.text, "y")


@ONE_DATABASE
def test_a_list_of_another_form_is_refused(world: World, visitor: FlaskClient) -> None:
    form = choosing(world)
    foreign = facts.lists_of(form.account_id)[3].list_id

    answer = world.press(
        visitor,
        form,
        email_address="zoe@example.com",
        lists=[form.lists[0]["list_id"], foreign],
    )

    assert answer.status_code == 422
    assert error_of(answer.text, "lists")
    assert rows() == []


# -- strange letters


WRITTEN = {
    "Zoe\u0308": "Zoë",
    "Ada\x00\x07Byron": "AdaByron",
    "\u202eadA\u202c": "adA",
    "A\u200bda": "Ada",
    "🌱 Ada": "🌱 Ada",
    "Ада 艾达": "Ада 艾达",
    "  Ada \t\n Byron ": "Ada Byron",
    "<b>Ada</b>": "<b>Ada</b>",
    "O’Brien-Łukasiewicz": "O’Brien-Łukasiewicz",
    "\u2066Ida\u2069": "Ida",
    "नमस्ते": "नमस्ते",
    "\r\nBcc: x": "Bcc: x",
}


def test_a_name_is_stored_without_what_cannot_be_seen(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answers = [
        world.press(
            visitor, form, email_address=f"zoe{number}@example.com", first_name=typed
        ).status_code
        for number, typed in enumerate(WRITTEN)
    ]

    assert set(answers) == {303}
    assert [row.body["first_name"] for row in rows()] == list(WRITTEN.values())


def test_bytes_that_are_no_text_do_no_harm(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answer = visitor.post(
        f"/f/{form.id}",
        content_type="application/x-www-form-urlencoded",
        data=(
            f"form_token={token}&consent=y&email_address=zoe%40example.com&"
            "first_name=%ED%A0%80%FF&last_name=%00".encode()
        ),
    )

    assert answer.status_code == 303
    assert len(rows()) == 1


# -- the form token


def test_without_a_true_token_typed_values_are_kept_and_the_next_press_works(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    typed = {"email_address": "zoe@example.com", "first_name": "Zoë", "consent": "y"}

    refused = [
        visitor.post(f"/f/{form.id}", data={**typed, "form_token": token})
        for token in ("", "forged", "WyJmIl0.x.y", "\x00", "ж" * 20)
    ]
    stored = visitor.post(
        f"/f/{form.id}", data={**typed, "form_token": form_token(refused[-1].text)}
    )

    assert {answer.status_code for answer in refused} == {409}
    assert all("press the button once more" in answer.text for answer in refused)
    assert {value_of(answer.text, "first_name") for answer in refused} == {"Zoë"}
    assert stored.status_code == 303
    assert len(rows()) == 1


@ONE_DATABASE
def test_a_token_of_another_form_is_not_taken(
    world: World, visitor: FlaskClient
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account)
    token = form_token(visitor.get(f"/f/{other.id}").text)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 409
    assert rows() == []


@ONE_DATABASE
def test_a_page_open_for_more_than_a_day_asks_to_press_again(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.clock.advance(hours=24, seconds=5)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 409
    assert value_of(answer.text, "email_address") == "zoe@example.com"
    assert form_token(answer.text) != token
    assert rows() == []


@pytest.mark.parametrize("hours", [1, 30])
def test_nobody_agrees_to_words_that_were_not_shown(
    world: World, visitor: FlaskClient, hours: int
) -> None:
    form = world.form(world.account(), consent="Old words.")
    typed = {"email_address": "zoe@example.com", "consent": "y"}
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.reworded(form, "New words.")
    world.clock.advance(hours=hours)

    refused = visitor.post(f"/f/{form.id}", data={**typed, "form_token": token})
    world.clock.advance(hours=-hours)
    stored = visitor.post(
        f"/f/{form.id}", data={**typed, "form_token": form_token(refused.text)}
    )

    assert refused.status_code == 409
    assert "New words." in refused.text
    assert not ticked(refused.text, "y")
    assert value_of(refused.text, "email_address") == "zoe@example.com"
    assert stored.status_code == 303
    assert [row.consent.text for row in rows()] == ["New words."]


@pytest.mark.parametrize("label", ["Your 20% discount code", "100%", "%(min)s%s"])
def test_a_label_with_a_percent_sign_is_only_a_label(
    world: World, visitor: FlaskClient, label: str
) -> None:
    form = world.form(
        world.account(),
        fields=[{"key": "first_name", "label": label, "required": False}],
    )

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name="x" * 51
    )

    assert answer.status_code == 422
    assert f"{label} can be at most 50 characters long." in answer.text


@ONE_DATABASE
@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"email_address": 5}},
        {"json": [1, 2]},
        {"data": {"first_name": (BytesIO(b"x"), "name.txt")}},
    ],
)
def test_what_no_form_sends_is_refused(
    world: World, visitor: FlaskClient, sent: dict[str, Any]
) -> None:
    form = world.form(world.account())

    assert visitor.post(f"/f/{form.id}", **sent).status_code == 415
    assert rows() == []


@ONE_DATABASE
def test_text_that_is_slow_to_normalise_costs_no_time(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    slow = "\u0301\u0316" * 5000  # normalised, each pair is the other way round

    answer = world.press(
        visitor, form, email_address="zoe@example.com", first_name=slow
    )

    assert answer.status_code == 422
    assert slow in answer.text


@ONE_DATABASE
def test_a_page_open_for_an_hour_is_taken(world: World, visitor: FlaskClient) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)
    world.clock.advance(hours=1)

    answer = visitor.post(
        f"/f/{form.id}",
        data={"form_token": token, "email_address": "zoe@example.com", "consent": "y"},
    )

    assert answer.status_code == 303


@ONE_DATABASE
def test_a_correction_keeps_its_token_so_that_it_stays_one_press(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answer = world.press(visitor, form, email_address="nonsense")
    token = form_token(answer.text)
    for _ in range(2):
        visitor.post(
            f"/f/{form.id}",
            data={
                "form_token": token,
                "email_address": "zoe@example.com",
                "consent": "y",
            },
        )

    assert len(rows()) == 1


# -- robots


def test_who_fills_in_the_trap_is_thanked_and_held(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    answer = world.press(
        visitor, form, email_address="bot@example.com", website="https://spam.example"
    )

    (row,) = rows()
    assert answer.status_code == 303
    assert (row.state, row.reason, row.due_at) == (
        SignupState.HELD,
        "looks_automatic",
        None,
    )
    assert world.tally(form) == 1


@ONE_DATABASE
def test_who_is_faster_than_anyone_types_is_thanked_and_held(
    world: World, house: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    visitor = house(form_min_seconds=2).test_client()
    token = form_token(visitor.get(f"/f/{form.id}").text)

    answers = []
    for address in ("fast@example.com", "slow@example.com"):
        answers.append(
            visitor.post(
                f"/f/{form.id}",
                data={"form_token": token, "email_address": address, "consent": "y"},
            ).status_code
        )
        world.clock.advance(seconds=4)

    assert answers == [303, 303]
    assert [(row.email, row.state, row.reason) for row in rows()] == [
        ("fast@example.com", SignupState.HELD, "looks_automatic"),
        ("slow@example.com", SignupState.WAITING, None),
    ]


# -- the same press again


def test_a_press_sent_again_is_one_sign_up_and_thanked_each_time(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)
    typed = {"form_token": token, "consent": "y"}

    answers = [
        visitor.post(
            f"/f/{form.id}", data={**typed, "email_address": address}
        ).status_code
        for address in ("zoe@example.com", "zoe@example.com", "ZOE@example.com")
    ]

    assert answers == [303, 303, 303]
    assert len(rows()) == 1
    assert world.tally(form) == 1


def test_a_second_sign_up_of_the_same_person_is_a_second_one(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())

    for _ in range(2):
        world.press(visitor, form, email_address="zoe@example.com")

    count = db.session.scalar(select(func.count()).select_from(Signup))
    assert count == world.tally(form) == 2


def test_two_people_at_one_browser_are_two_sign_ups(
    world: World, visitor: FlaskClient
) -> None:
    form = world.form(world.account())
    token = form_token(visitor.get(f"/f/{form.id}").text)

    for address in ("zoe@example.com", "max@example.com"):
        visitor.post(
            f"/f/{form.id}",
            data={"form_token": token, "email_address": address, "consent": "y"},
        )

    assert sorted(row.person for row in rows()) == [
        "max@example.com",
        "zoe@example.com",
    ]
