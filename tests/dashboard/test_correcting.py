"""Correct and resend: what an admin changes in a sign-up that needs a fix."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.database.session import db, write_transaction
from app.delivery import correction
from app.forms.models import Form
from app.signups import blocked, evidence
from app.signups.models import Correction, Signup, SignupEvent
from app.worker import runner
from tests.dashboard.exports import lines_of
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, csrf_of

TYPED = {"first_name": "Zoe", "last_name": "Miler"}


def parked(
    world: World, form: Form, email: str = "zoe@gmial.example", **values: Any
) -> Signup:
    body = {
        **values.pop("answers", TYPED),
        "list_memberships": [item["list_id"] for item in form.lists],
    }
    state = {"state": "parked", "reason": "invalid", "due_at": None, "attempts": 1}
    return world.signup(form, email, body=body, **{**state, **values})


def correct(admin: FlaskClient, row: Signup, **typed: str) -> Any:
    """Press the button of the page's form with other values than it has."""
    page = admin.get(f"/signups/{row.id}").text
    data = {**TYPED, "email_address": row.email, **typed}
    return admin.post(
        f"/signups/{row.id}/correct",
        data={"csrf_token": csrf_of(page), "seen": seen_in(page), **data},
        follow_redirects=True,
    )


def seen_in(page: str) -> str:
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert seen, page
    return seen[1]


def test_a_corrected_sign_up_arrives_and_what_was_typed_stays_on_record(
    world: World,
) -> None:
    admin = world.signed_in(email="ann@example.com")
    account = world.account()
    row = parked(world, world.form(account))

    page = correct(admin, row, email_address="Zoe@gmail.com", last_name="Miller").text
    runner.drain()

    row = world.again(row)
    assert (row.state, row.email, row.person) == (
        "delivered",
        "Zoe@gmail.com",
        "zoe@gmail.com",
    )
    contact = world.contacts(account)["zoe@gmail.com"]
    assert (contact["first_name"], contact["last_name"]) == ("Zoe", "Miller")
    assert "zoe@gmial.example" not in world.contacts(account)
    text = text_of(page)
    assert "on its way again" in text
    assert "By ann@example.com" in text
    assert "zoe@gmial.example → Zoe@gmail.com" in text
    assert "Miler → Miller" in text
    stored = db.session.scalars(select(Correction)).one()
    assert stored.before == {
        "email": "zoe@gmial.example",
        "body": {**TYPED, "list_memberships": row.body["list_memberships"]},
    }
    assert stored.after == {"email": row.email, "body": row.body}


def test_evidence_names_who_corrected_what_and_outlives_the_address(
    world: World,
) -> None:
    admin = world.signed_in(email="ann@example.com")
    row = parked(world, world.form(world.account()))
    signed_up = evidence.sheet_of(row.id)
    correct(admin, row, email_address="zoe@gmail.com", last_name="Miller")

    sheet = evidence.sheet_of(row.id)
    page = text_of(admin.get(f"/signups/{row.id}/evidence").text)
    as_json = admin.get(f"/signups/{row.id}/evidence.json").json[0]
    with write_transaction() as session:
        evidence.store(session, list(evidence.rows_of([row.id]).values()))

    assert signed_up
    assert sheet
    assert sheet.record["signed_up"] == signed_up.record["signed_up"]
    assert sheet.record["consent"] == signed_up.record["consent"]
    last = sheet.record["events"][-1]
    assert (last["what"], last["who"]) == ("corrected", "ann@example.com")
    assert last["detail"]["changed"] == ["Email address", "Last name"]
    assert re.fullmatch("[0-9a-f]{64}", last["detail"]["before"])
    assert "gmail" not in str(sheet.record)
    assert "zoe@gmial.example → zoe@gmail.com" in page
    assert as_json["corrections"][0]["by"] == "ann@example.com"
    assert as_json["corrections"][0]["changes"][0] == {
        "field": "Email address",
        "old": "zoe@gmial.example",
        "new": "zoe@gmail.com",
    }
    stored = evidence.sheets_of("zoe@gmail.com")
    assert [one.is_final for one in stored] == [True]
    assert stored[0].is_intact


def test_the_export_tells_what_was_corrected(world: World) -> None:
    admin = world.signed_in(email="ann@example.com")
    form = world.form(world.account())
    row, other = parked(world, form), parked(world, form, "max@example.com")
    correct(admin, row, email_address="zoe@gmail.com")

    lines = {line["Email address"]: line for line in lines_of(admin)}

    assert lines["zoe@gmail.com"]["Corrected"] == (
        "Email address: zoe@gmial.example → zoe@gmail.com"
    )
    assert lines["zoe@gmail.com"]["Corrected by"] == "ann@example.com"
    assert lines[other.email]["Corrected"] == ""


@pytest.mark.parametrize(
    ("why", "state", "reason"),
    [
        ("blocked", "held", "blocked_spam"),
        ("opted_out", "held", "opted_out"),
        ("confirms", "confirming", "form_asks"),
    ],
)
def test_a_corrected_address_goes_by_the_rules_of_a_new_one(
    world: World, admin: FlaskClient, why: str, state: str, reason: str
) -> None:
    account = world.account()
    values = {"confirmation": "on"} if why == "confirms" else {}
    form = world.form(account, **values)
    earlier = world.signup(form, "eve@example.com")
    runner.drain()
    if why == "blocked":
        with write_transaction() as session:
            blocked.add(session, "eve@example.com", blocked.SPAM)
    if why == "opted_out":
        world.control(
            "contacts",
            account=account.provider_id,
            email=earlier.email,
            status="unsubscribed",
        )
        world.clock.advance(minutes=20)
    # it was vouched for, and decided about, under its old address
    row = parked(
        world,
        form,
        state="held",
        reason="opted_out",
        vouched=True,
        may_resubscribe=True,
        confirmed_at=world.clock.now(),
    )

    correct(admin, row, email_address="Eve@example.com")
    runner.drain()

    row = world.again(row)
    assert (row.state, row.reason) == (state, reason)
    assert (row.may_resubscribe, row.confirmed_at, row.vouched) == (False, None, False)


def test_what_changed_meanwhile_is_not_overwritten(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    row = parked(world, form)
    page = admin.get(f"/signups/{row.id}").text
    first = correct(admin, row, last_name="Miller")

    late = admin.post(
        f"/signups/{row.id}/correct",
        data={
            "csrf_token": csrf_of(page),
            "seen": seen_in(page),
            "email_address": "other@example.com",
        },
        follow_redirects=True,
    )

    assert first.status_code == late.status_code == 200
    assert "was not saved" in text_of(late.text)
    row = world.again(row)
    assert (row.email, row.body["last_name"]) == ("zoe@gmial.example", "Miller")
    assert len(list(db.session.scalars(select(Correction)))) == 1


def test_of_two_corrections_at_once_one_is_stored(world: World) -> None:
    row = parked(world, world.form(world.account()))
    id, seen, body = row.id, correction.version_of(row), row.body

    def correct_to(email: str) -> correction.Corrected:
        with world.app.app_context():
            return correction.correct(id, seen, email, body, email)

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(correct_to, ("ann@example.com", "ben@example.com")))

    assert sorted(results) == ["changed", "sent"]
    stored = db.session.scalars(select(Correction)).one()
    assert world.again(row).email == stored.who == stored.after["email"]


def test_a_correction_that_dies_halfway_has_done_nothing(world: World) -> None:
    row = parked(world, world.form(world.account()))
    seen = correction.version_of(row)
    body = {**row.body, "first_name": "Zoë"}

    written = []

    def die(*arguments: Any) -> None:
        written.append(arguments[2].split()[:3])
        if arguments[2].startswith("UPDATE signup "):
            raise KeyboardInterrupt

    event.listen(db.engine, "before_cursor_execute", die)
    with pytest.raises(KeyboardInterrupt):
        correction.correct(row.id, seen, "new@example.com", body, "ann@example.com")
    event.remove(db.engine, "before_cursor_execute", die)

    assert ["INSERT", "INTO", "signup_correction"] in written
    row = world.again(row)
    assert (row.state, row.email, row.body["first_name"]) == (
        "parked",
        "zoe@gmial.example",
        "Zoe",
    )
    assert db.session.scalars(select(Correction)).all() == []
    assert db.session.scalars(select(SignupEvent)).all() == []


def test_the_person_who_corrected_it_too_keeps_their_order(
    world: World, admin: FlaskClient
) -> None:
    """The same press with the right address is stored already, and still waits."""
    account = world.account()
    form = world.form(account)
    row = parked(world, form)
    newer = parked(
        world,
        form,
        "zoe@gmail.com",
        state="waiting",
        reason=None,
        attempts=0,
        due_at=world.clock.now(),
        answers={"first_name": "Zoe", "last_name": "Newest"},
    )
    with write_transaction() as session:
        session.get_one(Signup, newer.id).press_id = row.press_id

    answer = correct(admin, row, email_address="zoe@gmail.com")
    runner.drain()

    assert answer.status_code == 200
    assert {world.again(one).state for one in (row, newer)} == {"delivered"}
    assert world.contacts(account)["zoe@gmail.com"]["last_name"] == "Newest"


@ONE_DATABASE
def test_the_checks_are_those_of_the_visitors_form(
    world: World, admin: FlaskClient
) -> None:
    row = parked(world, world.form(world.account()))

    wrong = correct(admin, row, email_address="zoe@", first_name="x" * 51)
    meant = correct(admin, row, email_address="zoe@gmial.com")
    sure = admin.post(
        f"/signups/{row.id}/correct",
        data={
            "csrf_token": csrf_of(meant.text),
            "seen": seen_in(meant.text),
            **TYPED,
            "email_address": "zoe@gmial.com",
            "use": "zoe@gmail.com",
        },
    )

    assert (wrong.status_code, meant.status_code, sure.status_code) == (422, 422, 303)
    assert "at most 50 characters" in text_of(wrong.text)
    assert "<title>Error:" in re.sub(r"\s+", " ", wrong.text)
    assert "Did you mean zoe@gmail.com?" in unescape(text_of(meant.text))
    assert world.again(row).email == "zoe@gmail.com"


@ONE_DATABASE
def test_what_the_form_does_not_ask_stays_and_old_answers_may_be_missing(
    world: World, admin: FlaskClient
) -> None:
    """Hidden fields, questions that are gone, and a question that is new."""
    account = world.account()
    hidden, shown = account.fields[:2]
    form = world.form(
        account,
        fields=[
            {"key": "first_name", "label": "First name", "required": True},
            {"key": "company_name", "label": "Company", "required": True},
            {
                "key": f"cf_{hidden.custom_field_id}",
                "custom_field_id": hidden.custom_field_id,
                "label": "Campaign",
                "hidden": True,
                "default": "now",
            },
        ],
    )
    answers = {
        "first_name": "Zoe",
        "last_name": "Miler",
        "birthday_month": 2,
        "birthday_day": 29,
        "custom_fields": [
            {"custom_field_id": hidden.custom_field_id, "value": "then"},
            {"custom_field_id": shown.custom_field_id, "value": "kept"},
        ],
    }
    row = parked(world, form, answers=answers)

    answer = correct(admin, row, email_address="zoe@gmail.com")

    assert answer.status_code == 200
    row = world.again(row)
    assert row.state == "waiting"
    assert {**row.body, "list_memberships": None} == {
        **answers,
        "list_memberships": None,
    }


@ONE_DATABASE
def test_only_admins_correct_and_only_what_can_be_corrected(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    row, delivered = parked(world, form), world.signup(form, "a@example.com")
    runner.drain()
    viewer, stranger = world.signed_in("viewer"), world.app.test_client()
    address = f"/signups/{row.id}/correct"

    page = admin.get(f"/signups/{row.id}").text
    of_viewer = viewer.get(f"/signups/{row.id}").text
    data = {"seen": seen_in(page), "email_address": "evil@example.com"}
    csrf = csrf_of(viewer.get("/signups").text)
    answers = [
        viewer.post(address, data={**data, "csrf_token": csrf}).status_code,
        stranger.post(address, data=data).status_code,
        admin.post(address, data=data).status_code,  # no CSRF token
    ]

    assert all(code in (303, 400, 403) for code in answers), answers
    assert "Correct and resend" in page
    assert "Correct and resend" not in of_viewer
    assert 'name="email_address"' not in of_viewer
    assert "Correct and resend" not in admin.get(f"/signups/{delivered.id}").text
    assert world.again(row).email == "zoe@gmial.example"
