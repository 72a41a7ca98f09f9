"""The export: what the page shows as a file that every spreadsheet opens and none takes
for a formula.
"""

import csv
import io
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from app.core import csv_safe
from app.dashboard import queries
from app.dashboard.signups import export_walk
from app.dashboard.signups.export import COLUMNS, Export
from app.dashboard.signups.export_columns import table_of
from app.database.session import db, new_id, write_transaction
from app.services import services
from app.signups.models import Signup, SignupState
from tests.dashboard.reading import people_in, text_of
from tests.world import ONE_DATABASE, World, text_fields


def lines_of(browser: FlaskClient, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/signups.csv?{query}")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert {len(line) for line in read} == {len(read[0])}
    return [dict(zip(read[0], line, strict=True)) for line in read[1:]]


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
        "E-mail address",
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
            "E-mail address",
            "First name",
            "Last name",
            "Birthday, month",
            "Birthday, day",
            "Anniversary",
            "Kind of address",
            "Street and number",
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
        "Reason": "A new contact was made.",
        "E-mail address": "zoe@example.com",
        "First name": 'Zoë "Z" 🌱',
        "Last name": "two\nlines",
        "Birthday, month": "5",
        "Birthday, day": "31",
        "Anniversary": "2001-01-01",
        "Kind of address": "home",
        "Street and number": "1; Main",
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
        query: [line["E-mail address"] for line in lines_of(admin, query)]
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
def test_times_are_of_the_operators_zone(house: Any, world: World) -> None:
    world.signup(
        world.form(world.account()), created_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    )
    there = house(timezone="Europe/Berlin")
    with there.app_context():
        (line,) = lines_of(World(there, world.simulator).signed_in())

    assert line["Time"] == "2026-07-02T00:30:00+02:00"


# -- streamed


def many(world: World, number: int) -> None:
    form, now = world.form(world.account()), world.clock.now()
    rows = [
        {
            "id": new_id(),
            "form_id": form.id,
            "account_id": form.account_id,
            "email": f"zoe{n % 7}@example.com",
            "consent_id": form.consent_id,
            "press_id": f"{n}",
            "person": f"zoe{n % 7}@example.com",
            "body": {"first_name": "Zoë" * 16},
            "host_page": "",
            "state": SignupState.DELIVERED,
            "attempts": 1,
            "reason": "created",
            "may_resubscribe": False,
            # forty of each moment
            "created_at": now - timedelta(minutes=n // 40),
        }
        for n in range(number)
    ]
    with write_transaction() as session:
        session.execute(insert(Signup), rows)


def exporting(search: queries.Search, **values: Any) -> Export:
    now = services().clock.now()
    number, forms = export_walk.survey(search, now)
    db.session.rollback()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    return Export(
        app,
        "en",
        "somebody",
        number,
        export_walk.Walk(search, now, COLUMNS),
        table_of(forms, services().clock.now().tzinfo),
        marks_end=True,
        **values,
    )


def test_nobody_is_lost_or_doubled_between_two_steps(world: World) -> None:
    many(world, 2600)
    found = {}
    for search in (
        queries.Search(),
        queries.Search(text="zoe"),
        queries.Search(state="delivered"),
    ):
        pieces = list(exporting(search).stream())
        ids = re.findall(rb"^[\w-]{36}", b"".join(pieces), re.M)
        found[search] = (len(ids), len(set(ids)), pieces[-1])

    assert set(found.values()) == {(2600, 2600, b"\x042600")}


@ONE_DATABASE
def test_more_sign_ups_take_no_more_memory(world: World) -> None:
    many(world, 4000)
    export, peaks = exporting(queries.Search()), []
    tracemalloc.start()
    for _ in export.stream():
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()

    assert len(peaks) == 10  # the head, eight steps, the end
    assert peaks[-1] < 1.5 * peaks[2]


@ONE_DATABASE
def test_how_many_there_are_is_told_where_it_is_counted(world: World) -> None:
    many(world, 1500)
    form = world.form(world.account(1), name="Other")
    world.signup(form, state=SignupState.PARKED, reason="invalid", due_at=None)
    now = world.clock.now()
    found = {
        str(words): export_walk.survey(queries.Search(**words), now)
        for words in (
            {},
            {"state": "delivered"},
            {"state": "parked"},
            {"text": "zoe"},
            {"form_id": form.id},
            {"before": now - timedelta(minutes=20)},
        )
    }

    assert [number for number, _forms in found.values()] == [
        1501,
        1500,
        1,
        None,
        1,
        700,
    ]
    assert [len(forms) for _number, forms in found.values()] == [2, 2, 1, 2, 1, 1]


def test_between_two_pieces_nothing_is_held_and_a_writer_need_not_wait(
    world: World,
) -> None:
    many(world, 1200)
    stream = exporting(queries.Search()).stream()
    first = [next(stream) for _ in range(2)]
    with (
        write_transaction() as session
    ):  # somebody signs up, and somebody's state changes
        session.execute(text("UPDATE signup SET attempts = 9"))
    world.signup(world.form(world.account(1)), "late@example.com")
    rest = b"".join(stream)

    assert len(first) == 2
    assert b"late@example.com" not in rest
    assert rest.endswith(b",9\r\n\x041200")


def test_what_breaks_off_has_no_end(world: World) -> None:
    many(world, 1200)
    stream = exporting(queries.Search()).stream()
    pieces = [next(stream), next(stream)]
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE signup RENAME TO signup_elsewhere"))
    try:
        with pytest.raises(Exception, match="signup"):
            pieces += list(stream)
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE signup_elsewhere RENAME TO signup"))

    assert len(pieces) == 2
    assert b"\x04" not in b"".join(pieces)


def test_who_exported_how_many_is_noted_and_nobodys_address(
    world: World, house: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    world.signup(world.form(world.account()))
    there = house(log_level="INFO")
    with there.app_context():
        lines_of(
            World(there, world.simulator).signed_in(
                role="viewer", email="vera@example.com"
            )
        )
    said = [
        line
        for line in capfd.readouterr().err.splitlines()
        if "signups_exported" in line
    ]

    assert len(said) == 1
    assert '"number": 1' in said[0]
    assert '"whole": true' in said[0]
    assert re.search(r'"who": "[\w-]{36}"', said[0])
    assert "@" not in said[0]


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
