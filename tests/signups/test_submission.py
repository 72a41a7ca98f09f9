"""What a press of the button takes: stored as the provider takes it, thanked for, and one
answer to everybody.
"""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import facts
from app.database.session import db
from app.signups import form_token as signups_form_token
from app.signups.models import Signup, SignupState
from tests.signups.acting import BOTH_WAYS, asking, choosing, rows
from tests.signups.reading import form_token
from tests.world import ONE_DATABASE, World, text_fields

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
    led_on = visitor.get(hosted.location)
    framed = world.press(visitor, form, embed=True, email_address="ann@example.com")
    offered = visitor.get(framed.location)
    policies = [
        visitor.get(f"/f/{form.id}{end}").headers["Content-Security-Policy"]
        for end in ("", "/embed", "/thanks")
    ]

    link = 'href="https://bakery.example/welcome?a=1&amp;b=2"'
    assert (hosted.status_code, hosted.location) == (303, f"/f/{form.id}/thanks")
    assert led_on.headers["Refresh"] == f"0; url={goal}"
    assert link in led_on.text
    assert framed.location == f"/f/{form.id}/thanks?embed=True"
    assert "Refresh" not in offered.headers
    assert f'{link} target="_top"' in offered.text
    assert all("form-action 'self';" in policy for policy in policies)


@ONE_DATABASE
def test_a_site_of_any_script_can_be_where_visitors_go(
    world: World, visitor: FlaskClient
) -> None:
    """Headers are ASCII: a server refuses to send others."""
    site = "https://xn--wgv71a119e.example"
    form = world.form(
        world.account(), redirect_url="https://日本語.example/danke", sites=[site]
    )

    pressed = world.press(visitor, form, email_address="zoe@example.com")
    thanks = visitor.get(pressed.location)

    assert thanks.headers["Refresh"] == f"0; url={site}/danke"


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
