"""Rows of reading: what is looked up, listed and counted at the provider."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.database.session import db
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.resilience.rehearsal.acting import SIGN_UP, asked, press, read
from tests.world import ONE_DATABASE, World, csrf_of

pytestmark = ONE_DATABASE
FOOD_BANK, LIBRARY = 3, 4  # Confirmed Opt-in; 120 lists
HOLDS = {
    "explicit": "Can receive email: the person agreed to it",
    "implicit": "Can receive email: the account stated",
    "pending_confirmation": ("Not confirmed yet. This account uses Confirmed Opt-in"),
    "unsubscribed": (
        "Unsubscribed, and receives no email. Importing the address doesn’t change that"
    ),
    "temp_hold": "On hold at Constant Contact: this address receives no email",
    "not_set": "Receives no email: there is no record",
    "deleted": "Deleted in the account",
}


def looked_up(admin: FlaskClient, row: Signup) -> str:
    return press(admin, f"/signups/{row.id}", f"/signups/{row.id}/look-up")


def everything() -> list[str]:
    db.session.rollback()
    return [
        str(db.session.execute(select(table)).all())
        for table in db.metadata.sorted_tables
        if table.name != "governor"
    ]


def test_row_16_contact_saved_but_gets_no_mail_until_it_is_confirmed(
    world: World, admin: FlaskClient
) -> None:
    account = world.account(FOOD_BANK)
    form = world.form(account)
    row = world.signup(form)
    runner.drain()
    before, calls = everything(), len(world.calls(""))
    page, spent = looked_up(admin, row), world.calls("")[calls:]

    assert world.again(row).state == SignupState.DELIVERED
    assert "Look it up at Constant Contact" in read(admin, f"/signups/{row.id}")
    assert HOLDS["pending_confirmation"] in page
    assert "Ask the person to look for that email" in page
    assert f"On the lists {form.lists[0]['label']}" in page
    assert [(call["method"], call["path"], call["status"]) for call in spent] == [
        ("GET", "/v3/contacts", 200)
    ]
    assert everything() == before


def test_row_16_what_is_held_of_a_person_is_said_in_words(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    runner.drain()
    pages = {}
    for permission in HOLDS:
        world.control(
            "contacts",
            account=account.provider_id,
            email="zoe@example.com",
            status=permission,
        )
        pages[permission] = looked_up(admin, row)

    assert [
        permission
        for permission, page in pages.items()
        if HOLDS[permission] not in page
    ] == []
    assert "On the lists none" in pages["unsubscribed"]


def test_row_16_who_is_not_there_is_said_too_and_only_admins_may_ask(
    world: World, admin: FlaskClient
) -> None:
    row = world.signup(
        world.form(world.account()),
        state=SignupState.DELIVERED,
        due_at=None,
        contact_id="c",
        action="created",
    )
    viewer = world.signed_in("viewer")
    shown = viewer.get(f"/signups/{row.id}").text
    refused = viewer.post(
        f"/signups/{row.id}/look-up", data={"csrf_token": csrf_of(shown)}
    )

    assert (
        "This account has no contact with this address at Constant Contact."
        in looked_up(admin, row)
    )
    assert "Look it up" not in shown
    assert refused.status_code == 403


FAULTS: list[dict[str, Any]] = [
    {"status": 503},
    {"status": 429},
    {"status": 403},
    {"reset": True},
    {"status": 200, "body": "<html>"},
]


def test_row_16_when_it_cannot_be_asked_the_page_says_so(
    world: World, admin: FlaskClient
) -> None:
    row = world.signup(world.form(world.account()))
    runner.drain()
    before, pages = everything(), []
    for fault in FAULTS:
        world.mend()
        world.fault("/v3/contacts", **fault)
        pages.append(looked_up(admin, row))

    assert all(
        "Constant Contact could not be reached. The account’s page may say why." in page
        for page in pages
    )
    assert all("Look it up at Constant Contact" in page for page in pages)
    assert everything() == before


def test_row_16_an_access_token_that_was_taken_back_is_renewed_before_it_is_asked_again(
    world: World, admin: FlaskClient
) -> None:
    row = world.signup(world.form(world.account()))
    runner.drain()
    world.fault("/v3/contacts", status=401, times=1)

    assert HOLDS["explicit"] in looked_up(admin, row)
    assert [call["status"] for call in world.calls("/token")] == [200]


def test_row_18_all_lists_are_in_the_picker_and_not_only_the_first_50(
    world: World, admin: FlaskClient
) -> None:
    account = world.account(LIBRARY)
    new = f"/forms/new?account={account.id}"
    first = asked(world, account, "GET", "/contact_lists").json()
    there = world.simulator.state.accounts[account.provider_id].lists
    few = {id for id, item in there.items() if "deleted_at" not in item}
    # beyond one page of what is asked for at once
    more = {str(uuid4()): f"Branch {number}" for number in range(500)}
    picker = admin.get(new).text
    for id, name in more.items():
        there[id] = there[min(few)] | {"list_id": id, "name": name}
    press(admin, f"/accounts/{account.id}", f"/accounts/{account.id}/read")
    long_picker = admin.get(new).text

    assert (len(first["lists"]), "next" in first["_links"], len(few)) == (50, True, 120)
    assert [id for id in few if f'value="{id}"' not in picker] == []
    assert [id for id in few | set(more) if f'value="{id}"' not in long_picker] == []


def test_row_20_429_throttled_while_loading_lists_and_fields(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    row, lists = (
        world.signup(world.form(account)),
        [item.list_id for item in facts.lists_of(account.id)],
    )
    world.control("limits", calls_per_second=1)
    said = press(admin, f"/accounts/{account.id}", f"/accounts/{account.id}/read")
    kept = [item.list_id for item in facts.lists_of(account.id)]
    picker = admin.get(f"/forms/new?account={account.id}").text
    told = [
        call["status"] for call in world.calls("") if call["path"].startswith("/v3/")
    ]
    world.control("limits", calls_per_second=400)
    world.clock.advance(seconds=3)
    runner.drain()

    assert 429 in told
    assert (
        "Latchkey couldn’t reach Constant Contact, so it keeps using the previous"
        " information." in said
    )
    assert kept == lists
    assert all(f'value="{list_id}"' in picker for list_id in lists)
    assert world.again(row).state == SignupState.DELIVERED


def test_row_20_one_limiter_for_all_who_share_the_key_keeps_within_four_calls_a_second(
    world: World, make_app: Callable[..., Flask]
) -> None:
    paced = make_app(call_gap=0.27)
    # before the limit, as the tests' own gap between calls is shorter
    account = world.account()
    rows = [
        world.signup(world.form(account), f"zoe{number}@example.com")
        for number in range(5)
    ]
    world.clock.advance(seconds=5)
    world.control("limits", calls_per_second=4)
    with paced.app_context():
        runner.drain()
        facts.read_all(account.id, client(tokens.fresh_token(account.id)))

    assert [call for call in world.calls("") if call["status"] == 429] == []
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}


def test_row_27_an_import_that_is_completed_with_people_missing_says_so_in_its_counters(
    world: World,
) -> None:
    """Latchkey has no import yet, so nothing of its own can be shown: this is what the
    simulator holds ready for it.
    """
    account = world.account()
    rows = [
        {"email": "ada@example.com"},
        {"email": "opted-out@example.com"},
        {"email": "no address"},
        {"email": ""},
    ]
    begun = asked(
        world,
        account,
        "POST",
        "/activities/contacts_json_import",
        json={"import_data": rows, "list_ids": [facts.lists_of(account.id)[0].list_id]},
    ).json()
    world.clock.advance(minutes=1)
    ended = asked(
        world, account, "GET", begun["_links"]["self"]["href"].removeprefix("/v3")
    ).json()
    counted, contacts = ended["status"], world.contacts(account)

    assert (begun["state"], ended["state"], ended["percent_done"]) == (
        "initialized",
        "completed",
        100,
    )
    assert counted["items_total_count"] == 4
    assert counted["error_count"] + counted["correctable_count"] == 2
    assert counted["cannot_add_to_list_count"] == 1
    assert [error.partition(":")[0] for error in ended["activity_errors"]] == [
        "Row 3",
        "Row 4",
    ]
    assert contacts["opted-out@example.com"]["list_memberships"] == []
    assert world.calls(SIGN_UP) == []
