"""The export holds all that is known of whom the page shows, and no formula."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import csv_safe
from app.database.session import write_transaction
from app.signups.models import SignupState
from tests.dashboard.exports import lines_of
from tests.dashboard.reading import people_in, text_of
from tests.world import ONE_DATABASE, World, text_fields


def test_all_that_is_known_of_a_sign_up_stands_in_its_line(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    field, gone = text_fields(account.id)[:2]
    form = world.form(
        account,
        fields=[
            {"key": "first_name", "label": "First name", "required": False},
            {
                "key": "custom",
                "custom_field_id": field.custom_field_id,
                "type": "string",
                "label": "Favourite, or none",
                "required": False,
            },
        ],
    )
    body = {
        "first_name": 'Zoë "Z" 🌱',
        "last_name": "two\r\nlines",
        "birthday_month": 5,
        "birthday_day": 31,
        "street_address": {"kind": "home", "street": "1; Main", "city": "Köln"},
        "anniversary": "2001-01-01",
        "custom_fields": [
            {"custom_field_id": field.custom_field_id, "value": "a,b"},
            {"custom_field_id": gone.custom_field_id, "value": "once asked"},
        ],
        "list_memberships": [form.lists[0]["list_id"]],
    }
    row = world.signup(form, body=body)
    with write_transaction() as session:
        session.execute(
            text(
                "UPDATE signup SET state = 'delivered', reason = 'created', settled_at"
                " = created_at, contact_id = 'c-1', attempts = 2, host_page ="
                " 'https://example.com/a'"
            )
        )

    (line,) = lines_of(admin)

    assert list(line)[:8] == [
        "Sign-up",
        "Time",
        "State",
        "Reason",
        "Email address",
        "First name",
        "Last name",
        "Phone number",
    ]
    assert line["Sign-up"] == row.id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", line["Time"])
    assert line["Time"] == line["Delivered at"]
    assert {
        name: line[name]
        for name in (
            "State",
            "Reason",
            "Email address",
            "First name",
            "Last name",
            "Birthday, month",
            "Birthday, day",
            "Anniversary",
            "Kind of address",
            "Street address",
            "City",
            "Favourite, or none",
            "Other answers",
            "Lists",
            "Consent",
            "Version of the consent",
            "Form",
            "Account",
            "Page",
            "Contact at Constant Contact",
            "Attempts",
        )
    } == {
        "State": "Delivered",
        "Reason": "A new contact was created.",
        "Email address": "zoe@example.com",
        "First name": 'Zoë "Z" 🌱',
        "Last name": "two\nlines",
        "Birthday, month": "5",
        "Birthday, day": "31",
        "Anniversary": "2001-01-01",
        "Kind of address": "home",
        "Street address": "1; Main",
        "City": "Köln",
        "Favourite, or none": "a,b",
        "Other answers": f"{gone.label}: once asked",
        "Lists": form.lists[0]["label"],
        "Consent": "Yes, send me news.",
        "Version of the consent": "1",
        "Form": "Newsletter",
        "Account": account.name,
        "Page": "https://example.com/a",
        "Contact at Constant Contact": "c-1",
        "Attempts": "2",
    }


@ONE_DATABASE
def test_what_a_sign_up_clears_has_a_column_and_is_told_by_its_labels(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    gone = text_fields(account.id)[0]
    form = world.form(
        account, fields=[{"key": "job_title", "label": "=Your job", "required": False}]
    )
    world.signup(
        form,
        body={
            "list_memberships": [],
            "exactly": {
                "phone": "mobile",
                "clear": ["job_title", f"custom_fields/{gone.custom_field_id}"],
            },
        },
    )

    (line,) = lines_of(admin)

    assert (line["Left empty to clear it"], line["Other answers"]) == (
        f"'=Your job; {gone.label}",
        "Kind of number: mobile",
    )


def test_the_file_holds_whom_the_page_shows_in_its_order(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account, name="Other")
    for n, email in enumerate(
        (
            "zoe@example.com",
            "Zoe+news@example.com",
            "max@example.com",
            "zoex@example.com",
        )
    ):
        world.signup(form, email)
        world.signup(
            other,
            f"o{email}",
            state=SignupState.PARKED,
            reason=["invalid", "list_missing"][n % 2],
            due_at=None,
            settled_at=world.clock.now(),
        )
        world.clock.advance(hours=30)
    half = (world.clock.now() - timedelta(hours=70)).isoformat().replace("+", "%2B")
    searches = [
        "",
        "q=zoe",
        "q=Z",
        "q=nobody",
        "state=parked",
        "state=waiting",
        f"form={other.id}",
        "state=bogus",
        f"form={form.id}&state=waiting&q=zoe",
        "state=parked&why=invalid",
        f"state=parked&since={half}",
        f"before={half}",
        f"form={other.id}&state=parked&why=list_missing&before={half}",
    ]

    shown = {
        query: people_in(admin.get(f"/signups?{query}").text) for query in searches
    }
    exported = {
        query: [line["Email address"] for line in lines_of(admin, query)]
        for query in searches
    }

    assert exported == shown
    assert len({tuple(people) for people in shown.values()}) > 8


@ONE_DATABASE
def test_the_button_says_how_many_and_is_not_there_for_nobody(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    none = admin.get("/signups").text
    for n in range(3):
        world.signup(
            form,
            f"zoe{n}@example.com",
            state=SignupState.PARKED,
            reason="invalid",
            due_at=None,
        )
    page = admin.get("/signups?state=parked&why=invalid&since=2020-01-01&q=zoe").text
    address = re.search(r'href="(/signups\.csv[^"]*)"', page)
    answer = admin.get("/signups.csv?state=parked&q=%00")

    assert "/signups.csv" not in none
    assert "Export 3 sign-ups as CSV" in text_of(page)
    assert address
    assert set(address[1].split("?")[1].replace("&amp;", "&").split("&")) == {
        "q=zoe",
        "state=parked",
        "why=invalid",
        "since=2020-01-01",
    }
    assert answer.status_code in (200, 400)
    one = admin.get("/signups.csv?state=parked")
    assert (one.headers["X-Export-Rows"], one.headers["Cache-Control"]) == (
        "3",
        "no-store",
    )
    assert re.fullmatch(
        r'attachment; filename="signups-parked-\d{4}-\d\d-\d\d\.csv"',
        one.headers["Content-Disposition"],
    )


@ONE_DATABASE
def test_fields_with_one_name_keep_columns_of_their_own(
    world: World, admin: FlaskClient
) -> None:
    first, second = world.account(0), world.account(1)
    asked = [
        (account, field.custom_field_id)
        for account in (first, second)
        for field in text_fields(account.id)[:2]
    ]
    for number, (account, id) in enumerate(asked):
        form = world.form(
            account,
            name=f"Form {number}",
            fields=[
                {
                    "key": "custom",
                    "custom_field_id": id,
                    "label": "State" if number == 3 else "size",
                    "required": False,
                }
            ],
        )
        world.signup(
            form,
            f"zoe{number}@example.com",
            body={
                "custom_fields": [{"custom_field_id": id, "value": f"value {number}"}],
                "list_memberships": [],
            },
        )

    lines = lines_of(admin)
    of_a_form = lines_of(admin, f"form={form.id}")

    values = [
        {name for name, value in line.items() if value == f"value {number}"}
        for number, line in enumerate(reversed(lines))
    ]
    assert values == [
        {f"size ({first.name})"},
        {f"size ({first.name}) #2"},
        {f"size ({second.name})"},
        {f"State ({second.name})"},
    ]
    assert [name for name in of_a_form[0] if "size" in name] == []


@ONE_DATABASE
def test_times_are_of_the_operators_zone(make_app: Any, world: World) -> None:
    world.signup(
        world.form(world.account()), created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    )
    there = make_app(timezone="Europe/Berlin")
    with there.app_context():
        (line,) = lines_of(World(there, world.simulator).signed_in())

    assert line["Time"] == "2026-07-02T00:30:00+02:00"


# -- formulas


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Zoë", "Zoë"),
        ("a=b", "a=b"),
        ("x\0y", "x\ufffdy"),
        ("", ""),
        ("a\rb\r\nc", "a\nb\nc"),
        ("'quoted'", "'quoted'"),
        ("semi; colon", "semi; colon"),
        ("1-2", "1-2"),
        ("\ud800", "\ud800"),
    ],
)
def test_other_text_stays_as_it_is(text: str, cell: str) -> None:
    assert csv_safe.safe(text) == cell


UNSEEN = [
    "\u00ad",
    "\u034f",
    "\u061c",
    "\u115f",
    "\u180e",
    "\u202e",
    "\u2028",
    "\u2064",
    "\u2066",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\ufff9",
    "\U000e0001",
    "\U000e0100",
    "\x85",
]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_nobody_sees_hides_no_formula(unseen: str) -> None:
    formula = f"{unseen}=HYPERLINK(1)"

    assert csv_safe.safe(formula) == f"'{formula}"
    assert csv_safe.safe(f"a;{formula}") == f"a;'{formula}"


def test_a_run_of_line_breaks_is_read_once() -> None:
    """A minute, when each of them looked through all that follow."""
    text = "\n" * 200_000

    assert csv_safe.safe(text) == f"'{text}"


def test_every_cell_comes_back_from_a_reader_as_it_was_written() -> None:
    written = [
        'a"b',
        "a,b",
        "a\nb",
        "🌱",
        "",
        " x ",
        "a\ufffdb",
        "'=1",
        '""',
        "מי",
        "\x0b\x1c",
    ]
    read = list(csv.reader(io.StringIO(csv_safe.line(written) * 2, newline="")))

    assert read == [written, written]
    assert csv_safe.encoded("\ud800é") == "?é".encode()
