"""Sign-ups: searched, paged, read one by one, decided."""

import re
from typing import Any

from flask.testing import FlaskClient

from app.dashboard import search as signup_search
from app.delivery import admin_actions, batches
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.dashboard.reading import people_in, text_of
from tests.dashboard.test_plans import overheard
from tests.world import ONE_DATABASE, World, csrf_of


def found(browser: FlaskClient, query: str) -> list[str]:
    answer = browser.get(f"/signups?{query}")
    assert answer.status_code == 200
    return sorted(people_in(answer.text))


def test_people_are_found_by_address_state_and_form(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account, name="Other")
    for email in (
        "Zoe+news@example.com",
        "zoe_1@example.com",
        "zoex1@example.com",
        "max%40@example.com",
    ):
        world.signup(form, email)
    world.signup(other, "held@example.com", state=SignupState.HELD, due_at=None)

    results = {
        query: found(admin, query)
        for query in (
            "q=zoe%2Bnews@example.com",
            "q=ZOE",
            "q=zoe_",
            "q=%25",
            "q=news",
            "q=%20zoex1%20",
            "state=held",
            "state=bogus",
            f"form={other.id}",
            f"form={other.id}%26q=zoe",
            "q=held&state=waiting",
            f"form={form.id}&state=waiting&q=max",
        )
    }

    assert results == {
        "q=zoe%2Bnews@example.com": ["Zoe+news@example.com"],
        "q=ZOE": ["Zoe+news@example.com", "zoe_1@example.com", "zoex1@example.com"],
        "q=zoe_": ["zoe_1@example.com"],
        "q=%25": [],
        "q=news": ["Zoe+news@example.com"],
        "q=%20zoex1%20": ["zoex1@example.com"],
        "state=held": ["held@example.com"],
        "state=bogus": results["state=bogus"],
        f"form={other.id}": ["held@example.com"],
        f"form={other.id}%26q=zoe": [],
        "q=held&state=waiting": [],
        f"form={form.id}&state=waiting&q=max": ["max%40@example.com"],
    }
    assert len(results["state=bogus"]) == 5


def test_120_people_are_three_pages_newest_first(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    for n in range(120):
        world.signup(form, f"zoe{n:03}@example.com")
        world.clock.advance(seconds=1)

    pages = [admin.get(f"/signups?page={n}").text for n in (1, 2, 3)]
    odd = {
        page: admin.get(f"/signups?page={page}")
        for page in ("0", "-5", "x", "9", "9" * 30)
    }

    assert [len(people_in(page)) for page in pages] == [50, 50, 20]
    assert [one for page in pages for one in people_in(page)] == [
        f"zoe{n:03}@example.com" for n in reversed(range(120))
    ]
    assert "120 found" in text_of(pages[0])
    assert "Page 2 of 3" in text_of(pages[1])
    assert {answer.status_code for answer in odd.values()} == {200}


def test_odd_searches_are_no_accident(world: World, admin: FlaskClient) -> None:
    odd = [
        "q=%00",
        "q=%F0%9F%8C%B1",
        "q=" + "x" * 3000,
        "q='%20OR%201=1",
        "form=%00",
        "q=%ED%A0%80",
        "q=%5C",
        "state=%00",
    ]

    codes = {query: admin.get(f"/signups?{query}").status_code for query in odd}

    assert {
        query: code for query, code in codes.items() if code not in (200, 400)
    } == {}


def test_one_sign_up_tells_its_whole_story(world: World, admin: FlaskClient) -> None:
    account = world.account()
    form = world.form(account)
    field = account.fields[0]
    row = world.signup(
        form,
        body={
            "first_name": "Zoë",
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [
                {"custom_field_id": field.custom_field_id, "value": "Zo"}
            ],
        },
    )
    world.fault("/contacts/sign_up_form", status=503, times=1)
    runner.drain()
    world.clock.advance(minutes=10)
    runner.drain()

    words = text_of(admin.get(f"/signups/{row.id}").text)

    assert "zoe@example.com" in words
    assert "Delivered" in words
    assert "First name Zoë" in words
    assert form.lists[0]["label"] in words
    assert "Constant Contact is having problems." in words
    assert "Internal Server Error" in words or "Service Unavailable" in words
    assert "A new contact was created." in words
    assert "Yes, send me news." in words
    assert admin.get("/signups/nobody").status_code == 404


@ONE_DATABASE
def test_hostile_names_are_shown_as_text(world: World, admin: FlaskClient) -> None:
    form = world.form(world.account())
    row = world.signup(
        form,
        "zoe@example.com",
        body={
            "first_name": "<script>alert(1)</script>",
            "last_name": '"><img src=x onerror=alert(1)>',
            "company_name": "{{ 7*7 }}",
            "list_memberships": ["<b>no list</b>"],
        },
    )

    page = admin.get(f"/signups/{row.id}").text

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>no list" not in page
    assert "{{ 7*7 }}" in page


def test_an_admin_sends_again_and_closes(world: World, admin: FlaskClient) -> None:
    form = world.form(world.account())
    rows = [
        world.signup(
            form,
            f"zoe{n}@example.com",
            state=SignupState.PARKED,
            reason="invalid",
            due_at=None,
        )
        for n in range(3)
    ]
    token = csrf_of(admin.get("/signups?state=parked").text)

    sent = admin.post(
        "/signups/send-again",
        data={
            "csrf_token": token,
            "state": "parked",
            "from": "list",
            "id": [row.id for row in rows[:2]],
        },
    )
    closed = admin.post(
        "/signups/refuse",
        data={"csrf_token": token, "from": "detail", "id": rows[2].id},
    )
    again = admin.post(
        "/signups/send-again", data={"csrf_token": token, "id": rows[2].id}
    )

    assert sent.location == "/signups?state=parked"
    assert closed.location == f"/signups/{rows[2].id}"
    assert again.status_code == 303
    assert [world.again(row).state for row in rows] == [
        SignupState.WAITING,
        SignupState.WAITING,
        SignupState.CLOSED,
    ]
    assert "2 sign-ups are on their way again." in text_of(admin.get("/signups").text)


@ONE_DATABASE
def test_who_opted_out_is_only_sent_after_a_decision(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    row = world.signup(world.form(account), "opted-out@example.com")
    runner.drain()
    page = admin.get(f"/signups/{row.id}").text
    token = csrf_of(page)

    admin.post(
        "/signups/send-again",
        data={
            "csrf_token": token,
            "id": row.id,
            "resubscribe": "yes",
            "from": "detail",
        },
    )
    runner.drain()

    assert "Do this only if the person asked you to." in text_of(page)
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_a_viewer_is_offered_no_decision(world: World) -> None:
    row = world.signup(
        world.form(world.account()),
        state=SignupState.PARKED,
        reason="invalid",
        due_at=None,
    )
    viewer = world.signed_in("viewer")

    pages = (
        viewer.get(f"/signups/{row.id}").text + viewer.get("/signups?state=parked").text
    )

    assert "Send again" not in pages
    assert "Send selected again" not in pages


# -- many at once


def form_of(page: str, action: str) -> dict[str, str]:
    """The hidden values of the page's form that goes there."""
    found = re.search(rf'<form[^>]*action="{action}".*?</form>', page, re.S)
    assert found, action
    return dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0])
    )


def parked(
    world: World, form: Form, number: int, reason: str = "list_missing", **values: Any
) -> list[Signup]:
    return [
        world.signup(
            form,
            f"{reason}{n}-{form.id}@example.com",
            **{
                "state": SignupState.PARKED,
                "reason": reason,
                "due_at": None,
                "settled_at": world.clock.now(),
                **values,
            },
        )
        for n in range(number)
    ]


def test_all_of_one_reason_since_a_day_are_sent_again_and_nobody_else(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    old = parked(world, form, 1)
    world.clock.advance(days=3)
    today = world.clock.now().date()
    wanted, other = parked(world, form, 3), parked(world, form, 1, "invalid")
    page = admin.get(f"/signups?state=parked&why=list_missing&since={today}").text
    world.clock.advance(minutes=1)
    late = [
        world.signup(
            form,
            "late@example.com",
            state=SignupState.PARKED,
            reason="list_missing",
            due_at=None,
            settled_at=world.clock.now(),
        )
    ]
    sent = admin.post("/signups/send-all", data=form_of(page, "/signups/send-all"))

    assert "Send all again" in page
    assert "3 sign-ups will be sent to Constant Contact again" in text_of(page)
    assert (
        sent.location
        == f"/signups?state=parked&form=&why=list_missing&since={today}".replace(
            "form=&", ""
        )
    )
    assert [world.again(row).state for row in wanted] == [SignupState.WAITING] * 3
    assert [world.again(row).state for row in (*old, *other, *late)] == [
        SignupState.PARKED
    ] * 3
    assert "3 sign-ups are on their way again." in text_of(admin.get("/signups").text)


def test_a_large_number_goes_in_small_transactions_and_leaves_the_rest(
    world: World,
) -> None:
    form = world.form(world.account())
    rows = parked(world, form, 7)
    which = admin_actions.Which("parked", "list_missing")
    with overheard() as said:
        sent = batches.send_all_again(which, most=5, batch=2)
    updates = sum(statement.startswith("UPDATE signup") for statement, _values in said)

    assert (sent, updates) == (5, 3)
    assert (
        sorted(world.again(row).state for row in rows)
        == [SignupState.PARKED] * 2 + [SignupState.WAITING] * 5
    )
    assert batches.send_all_again(which) == 2
    assert batches.send_all_again(which) == 0


@ONE_DATABASE
def test_who_opted_out_is_never_sent_in_bulk(world: World, admin: FlaskClient) -> None:
    form = world.form(world.account())
    left = [
        world.signup(
            form,
            f"left{n}@example.com",
            state=SignupState.HELD,
            reason="opted_out",
            due_at=None,
        )
        for n in range(2)
    ]
    robot = world.signup(form, "robot@example.com", looks_automatic=True)
    page = admin.get("/signups?state=held").text
    one_reason = admin.get("/signups?state=held&why=opted_out").text
    token = csrf_of(page)
    admin.post(
        "/signups/send-all",
        data={"csrf_token": token, "state": "held", "why": "opted_out"},
    )
    admin.post(
        "/signups/send-again",
        data={
            "csrf_token": token,
            "state": "held",
            "from": "list",
            "resubscribe": "yes",
            "id": [row.id for row in (*left, robot)],
        },
    )

    assert "Send selected" in page
    assert "Send all" not in one_reason
    assert "Send selected" not in one_reason
    assert "These people unsubscribed" in text_of(one_reason)
    assert "2 sign-ups were left out" in text_of(admin.get("/signups").text)
    assert [(world.again(row).state, row.may_resubscribe) for row in left] == [
        (SignupState.HELD, False)
    ] * 2
    assert world.again(robot).state == SignupState.WAITING


@ONE_DATABASE
def test_a_list_can_be_narrowed_to_one_reason(world: World, admin: FlaskClient) -> None:
    form = world.form(world.account())
    parked(world, form, 2), parked(world, form, 1, "invalid")
    words = text_of(admin.get("/signups?state=parked").text)

    assert "List or field is gone (2)" in words
    assert "Refused as invalid (1)" in words
    assert len(found(admin, "state=parked&why=invalid")) == 1
    assert found(admin, "state=parked&why=nothing") == []
    assert len(found(admin, "state=parked&since=nonsense")) == 3
    assert found(admin, "state=parked&since=2099-01-01") == []


def test_no_page_counts_or_goes_through_more_than_so_many(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    for n in range(70):
        world.signup(form, f"zoe{n:02}@example.com")
        world.clock.advance(seconds=1)
    few = [
        signup_search.signups(signup_search.Search(), page, most=60)
        for page in (1, 2, 9)
    ]
    last = few[2].rows[-1]
    rest = admin.get(
        "/signups", query_string={"before": last.created_at.isoformat()}
    ).text
    by_address = signup_search.signups(signup_search.Search(text="ZO"), 1, most=60)
    by_name = signup_search.signups(signup_search.Search(text="ZOE"), 1, most=60)

    assert [
        (len(one.rows), one.total, one.page, one.pages, one.more) for one in few
    ] == [(50, 60, 1, 2, True), (20, 60, 2, 2, True), (20, 60, 2, 2, True)]
    assert last.person == "zoe00@example.com"
    assert people_in(rest) == ["zoe00@example.com"]
    assert [row.person for row in by_address.rows[:2]] == [
        "zoe00@example.com",
        "zoe01@example.com",
    ]
    assert (by_name.total, by_name.more) == (60, True)
    assert people_in(admin.get("/signups?q=zoe0").text) == [
        f"zoe0{n}@example.com" for n in reversed(range(10))
    ]


@ONE_DATABASE
def test_many_forms_are_paged_and_found(world: World, admin: FlaskClient) -> None:
    account = world.account()
    forms = [world.form(account, name=f"Form {n:02}") for n in range(53)]
    world.signup(forms[52])
    pages = [text_of(admin.get(f"/forms?page={n}").text) for n in (1, 2, 7)]
    searched = text_of(admin.get("/forms?q=rm+52").text)
    chosen = admin.get(f"/signups?form={forms[52].id}").text

    assert ["Form 00" in page for page in pages] == [True, False, False]
    assert pages[1] == pages[2]
    assert "Page 1 of 2" in pages[0]
    assert "Form 52" in searched
    assert "Form 51" not in searched
    assert "No form matches." in text_of(admin.get("/forms?q=nowhere").text)
    assert f'<option value="{forms[52].id}" selected>Form 52' in chosen
    assert "Only the first forms are listed." in text_of(chosen)
    assert people_in(chosen) == ["zoe@example.com"]
