"""All sign-ups that need the same fix get it by one press."""

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts import facts
from app.accounts.models import Account, AccountField, AccountList
from app.database.session import db, write_transaction
from app.delivery import batches
from app.delivery.admin_actions import Which
from app.forms import gone
from app.forms.models import Form
from app.signups.models import Attempt, Signup
from app.worker import runner
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World, csrf_of


def items(account: Account, number: int) -> list[dict[str, Any]]:
    return [
        {"list_id": row.list_id, "label": row.name}
        for row in facts.lists_of(account.id)[:number]
    ]


def delete_list(world: World, account: Account, list_id: str) -> None:
    """Say that a list is gone, as the next look at the account would."""
    with write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.list_id == list_id, AccountList.account_id == account.id)
            .values(gone_at=world.clock.now())
        )


def parked(
    world: World, form: Form, email: str, lists: list[str], reason: str = "list_missing"
) -> Signup:
    return world.signup(
        form,
        email,
        body={"list_memberships": lists},
        state="parked",
        reason=reason,
        due_at=None,
    )


def press(admin: FlaskClient, query: str, action: str, **typed: Any) -> str:
    """Press a button of the box above the list; return the page that follows."""
    page = admin.get(f"/signups?{query}").text
    form = re.search(rf'<form[^>]*action="/signups/{action}".*?</form>', page, re.S)
    assert form, page
    hidden = dict(
        re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    )
    answer = admin.post(
        f"/signups/{action}", data={**hidden, **typed}, follow_redirects=True
    )
    return text_of(answer.text)


def test_another_list_is_chosen_once_for_the_form_and_all_that_need_it(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    old, other, new = items(account, 3)
    form = world.form(
        account, name="Website footer", lists=[old, other], visitor_chooses=True
    )
    delete_list(world, account, old["list_id"])
    only_it = parked(world, form, "a@example.com", [old["list_id"]])
    both = parked(world, form, "b@example.com", [other["list_id"], old["list_id"]])
    invalid = parked(world, form, "c@example.com", [old["list_id"]], "invalid")
    elsewhere = parked(world, world.form(account), "d@example.com", [old["list_id"]])
    query = f"state=parked&why=list_missing&form={form.id}"

    box = text_of(admin.get(f"/signups?{query}").text)
    nothing = press(admin, query, "other-lists")
    text = press(admin, query, "other-lists", list=[new["list_id"]])
    runner.drain()

    assert f"List “{old['label']}” was deleted at Constant Contact" in box
    assert "the form Website footer still adds people to it" in box
    assert "Choose at least one list first" in nothing
    assert "2 sign-ups are on their way again" in text
    assert [item["list_id"] for item in world.again(form).lists] == [
        other["list_id"],
        new["list_id"],
    ]
    assert world.again(only_it).body["list_memberships"] == [new["list_id"]]
    assert world.again(both).body["list_memberships"] == [
        other["list_id"],
        new["list_id"],
    ]
    rows = (only_it, both, invalid, elsewhere)
    assert [world.again(row).state for row in rows] == [
        "delivered",
        "delivered",
        "parked",
        "parked",
    ]


@ONE_DATABASE
def test_a_list_that_the_form_has_already_may_stand_for_the_deleted_one(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    old, other = items(account, 2)
    form = world.form(account, lists=[old, other])
    delete_list(world, account, old["list_id"])
    row = parked(world, form, "a@example.com", [old["list_id"]])
    query = f"state=parked&why=list_missing&form={form.id}"

    press(admin, query, "other-lists", list=[other["list_id"]])

    assert world.again(form).lists == [other]
    assert world.again(row).body["list_memberships"] == [other["list_id"]]
    data = {"state": "parked", "why": "list_missing", "form": "nowhere"}
    csrf = csrf_of(admin.get("/evidence").text)
    nowhere = admin.post("/signups/other-lists", data={**data, "csrf_token": csrf})
    assert nowhere.status_code == 303


@ONE_DATABASE
def test_a_custom_field_that_was_deleted_is_named_and_left_out(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    field = account.fields[0]
    asked = {
        "key": f"cf_{field.custom_field_id}",
        "custom_field_id": field.custom_field_id,
        "label": "Shoe size",
        "required": False,
    }
    form = world.form(account, name="Shop", fields=[asked])
    row = parked(world, form, "a@example.com", [form.lists[0]["list_id"]])
    with write_transaction() as session:
        value = {"custom_field_id": field.custom_field_id, "value": "42"}
        stored = session.get_one(Signup, row.id)
        stored.body = {**stored.body, "custom_fields": [value]}
        session.get_one(AccountField, field.id).gone_at = world.clock.now()
    query = f"state=parked&why=list_missing&form={form.id}"

    box = text_of(admin.get(f"/signups?{query}").text)
    press(admin, query, "send-all")
    runner.drain()

    assert "Custom field “Shoe size” was deleted at Constant Contact" in box
    assert "the form Shop still fills it" in " ".join(box.split())
    assert "Choose another list for all of them" not in box
    assert world.again(row).state == "delivered"


@ONE_DATABASE
def test_of_several_forms_the_box_names_them_and_of_one_form_it_takes_all(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    first, second = (
        world.form(account, name="First"),
        world.form(account, name="Second"),
    )
    ids = [item["list_id"] for item in first.lists]
    rows = [
        parked(world, first, "a@example.com", ids),
        parked(world, first, "b@example.com", ids, "invalid"),
        parked(world, second, "c@example.com", ids),
    ]

    several = admin.get("/signups?state=parked&why=list_missing").text
    closed = press(admin, f"state=parked&form={first.id}", "close-all")

    assert f"form={second.id}" in several
    assert "Choose another list for all of them" not in several
    assert "2 sign-ups were closed" in closed
    assert [world.again(row).state for row in rows] == ["closed", "closed", "parked"]


def test_closing_all_goes_in_small_transactions_and_is_never_all_there_is(
    world: World,
) -> None:
    form = world.form(world.account())
    ids = [item["list_id"] for item in form.lists]
    rows = [parked(world, form, f"a{n}@example.com", ids) for n in range(5)]

    too_wide = [batches.close_all(Which(state, "")) for state in ("parked", "held")]
    waiting = batches.close_all(Which("waiting", "", form.id))
    some = batches.close_all(Which("parked", "list_missing"), most=3, batch=2)
    rest = batches.close_all(Which("parked", "", form.id), batch=2)

    assert (too_wide, waiting, some, rest) == ([0, 0], 0, 3, 2)
    assert {world.again(row).state for row in rows} == {"closed"}


@ONE_DATABASE
def test_viewers_have_no_box_and_no_button(world: World) -> None:
    form = world.form(world.account())
    row = parked(world, form, "a@example.com", [], "invalid")
    viewer = world.signed_in("viewer")

    page = viewer.get("/signups?state=parked&why=invalid").text
    csrf = csrf_of(viewer.get("/signups").text)
    data = {"csrf_token": csrf, "state": "parked", "why": "invalid", "form": form.id}
    codes = [
        viewer.post(f"/signups/{action}", data=data).status_code
        for action in ("send-all", "close-all", "other-lists")
    ]

    assert "Close all" not in page
    assert codes == [403] * 3
    assert world.again(row).state == "parked"


def test_the_forms_that_still_use_what_is_gone_are_named(world: World) -> None:
    account, other_account = world.account(), world.account(1)
    first, second = items(account, 2)
    field = account.fields[0]
    used = world.form(
        account,
        name="Website footer",
        lists=[first],
        fields=[
            {
                "key": f"cf_{field.custom_field_id}",
                "custom_field_id": field.custom_field_id,
                "label": "Shoe size",
                "required": False,
            }
        ],
    )
    world.form(account, name="Another", lists=[second])
    world.form(account, name="Closed", lists=[first], open=False)
    world.form(other_account, name="Elsewhere")
    before = gone.uses()
    delete_list(world, account, first["list_id"])
    with write_transaction() as session:
        session.execute(
            update(AccountField)
            .where(AccountField.id == field.id)
            .values(gone_at=world.clock.now())
        )

    uses, total = gone.uses()
    one, total_again = gone.uses(most=1)

    assert before == ([], 0)
    assert [(use.form_id, use.what, use.name) for use in uses] == [
        (used.id, "field", field.label),
        (used.id, "list", first["label"]),
    ]
    assert (total, len(one), total_again) == (2, 1, 2)


@ONE_DATABASE
def test_a_list_that_is_gone_is_hidden_and_nobody_is_lost(world: World) -> None:
    account, visitor = world.account(), world.app.test_client()
    old, other = items(account, 2)
    form = world.form(account, lists=[old, other], visitor_chooses=True)
    page = visitor.get(f"/f/{form.id}").text
    token = re.search(r'name="form_token"[^>]*value="([^"]+)"', page)
    assert token
    delete_list(world, account, old["list_id"])

    def post(*lists: str) -> int:
        """Press on the page that was open before."""
        data = {
            "form_token": token[1] if token else "",
            "consent": "y",
            "email_address": "zoe@example.com",
            "lists": [*lists],
        }
        return visitor.post(f"/f/{form.id}", data=data).status_code

    shown_now = visitor.get(f"/f/{form.id}").text
    only_gone, both = post(old["list_id"]), post(old["list_id"], other["list_id"])
    delete_list(world, account, other["list_id"])
    none_left = visitor.get(f"/f/{form.id}").text
    stored = world.press(visitor, form, email_address="max@example.com").status_code

    assert old["list_id"] in page
    assert old["list_id"] not in shown_now
    assert other["list_id"] in shown_now
    assert (only_gone, both, stored) == (422, 303, 303)
    assert other["list_id"] not in none_left
    rows = {
        row.email: row.body["list_memberships"]
        for row in db.session.scalars(select(Signup))
    }
    assert rows == {
        "zoe@example.com": [other["list_id"]],
        "max@example.com": [old["list_id"], other["list_id"]],
    }


@ONE_DATABASE
def test_the_providers_words_stand_in_the_banner_quoted_and_bounded(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    rows = {}
    for detail in ("Email address is <b>invalid</b>", "x" * 4000, "HTTP 400"):
        row = parked(world, form, f"a{len(detail)}@example.com", [], "invalid")
        with write_transaction() as session:
            now = world.clock.now()
            session.add(
                Attempt(
                    signup_id=row.id,
                    number=1,
                    started_at=now,
                    ended_at=now,
                    outcome="invalid",
                    detail=detail,
                )
            )
        rows[detail[0]] = admin.get(f"/signups/{row.id}").text

    said = "Constant Contact said: “<bdi>%s</bdi>”"
    assert said % "Email address is &lt;b&gt;invalid&lt;/b&gt;" in rows["E"]
    assert said % f"{'x' * 300}…" in rows["x"]
    assert "Constant Contact said" not in text_of(rows["H"])
