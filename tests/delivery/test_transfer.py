"""An account's forms and undelivered sign-ups handed to another account, on purpose and
list by list.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.accounts import facts
from app.accounts.disconnect import disconnect
from app.accounts.models import Account, AccountEvent, AccountField
from app.database.session import db, new_id, write_transaction
from app.delivery import claims, transfer
from app.delivery.deliver import deliver
from app.forms import service
from app.forms.draft import Draft
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.accounts.owner import one_database
from tests.dashboard.reading import text_of
from tests.world import World, csrf_of


def two(world: World) -> tuple[Account, Account]:
    return world.account(0), world.account(1)


def mapping(here: Account, there: Account) -> transfer.Mapping:
    """Every list in use becomes the other account's last list; no custom field goes
    along.
    """
    lists, _fields = transfer.in_use(here.id)
    last = facts.lists_of(there.id)[-1].list_id
    return transfer.Mapping(dict.fromkeys(lists, last), {})


def test_forms_and_those_who_wait_go_and_what_was_delivered_stays(world: World) -> None:
    here, there = two(world)
    form = world.form(here)
    delivered = world.signup(form, "first@example.com")
    runner.drain()
    waiting = world.signup(form, "second@example.com")
    held = world.signup(form, "third@example.com", looks_automatic=True)

    assert transfer.move(here.id, there.id, mapping(here, there)) == (1, 2)
    runner.drain()

    last = facts.lists_of(there.id)[-1]
    assert world.again(form).account_id == there.id
    assert world.again(form).lists == [{"list_id": last.list_id, "label": last.name}]
    assert world.again(delivered).account_id == here.id
    assert world.again(waiting).state == SignupState.DELIVERED
    assert (world.again(held).state, world.again(held).account_id) == (
        SignupState.HELD,
        there.id,
    )
    assert world.contacts(there)["second@example.com"]["list_memberships"] == [
        last.list_id
    ]
    assert "second@example.com" not in world.contacts(here)
    assert (
        world.press(
            world.app.test_client(), world.again(form), email_address="new@example.com"
        ).status_code
        == 303
    )


def test_doing_it_once_more_changes_nothing(world: World) -> None:
    here, there = two(world)
    world.signup(world.form(here))
    given = mapping(here, there)

    assert transfer.move(here.id, there.id, given) == (1, 1)
    assert transfer.move(here.id, there.id, given) == (0, 0)
    assert sorted(db.session.scalars(select(AccountEvent.what))) == [
        "moved_in",
        "moved_out",
    ]


def test_an_attempt_under_way_settles_nothing_any_more_and_the_new_account_gets_it(
    world: World,
) -> None:
    here, there = two(world)
    row = world.signup(world.form(here))
    job = claims.claim(world.clock.now())
    assert job
    verdict = deliver(job)

    transfer.move(here.id, there.id, mapping(here, there))
    assert claims.settle(job, verdict) is False
    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED
    assert row.email in world.contacts(there)


def test_custom_fields_go_by_their_counterpart_or_are_left_out(world: World) -> None:
    here, there = two(world)
    old, new = (
        [one for one in facts.fields_of(account.id) if one.type == "string"]
        for account in (here, there)
    )
    asked = [
        {
            "key": f"cf_{one.custom_field_id}",
            "label": one.label,
            "required": False,
            "custom_field_id": one.custom_field_id,
        }
        for one in old[:2]
    ]
    form = world.form(here, fields=asked)
    row = world.signup(
        form,
        body={
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [
                {"custom_field_id": one.custom_field_id, "value": "x"}
                for one in old[:2]
            ],
            "exactly": {
                "clear": [
                    "job_title",
                    f"custom_fields/{old[0].custom_field_id}",
                    "custom_fields/unnamed",
                ],
                "phone": "mobile",
            },
        },
    )
    given = mapping(here, there)

    transfer.move(
        here.id,
        there.id,
        transfer.Mapping(given.lists, {old[0].custom_field_id: new[0].custom_field_id}),
    )

    id = new[0].custom_field_id
    assert world.again(form).fields == [
        {
            "key": f"cf_{id}",
            "label": old[0].label,
            "required": False,
            "custom_field_id": id,
        }
    ]
    assert world.again(row).body["custom_fields"] == [
        {"custom_field_id": id, "value": "x"}
    ]
    assert row.body["exactly"] == {
        "clear": ["job_title", f"custom_fields/{id}"],
        "phone": "mobile",
    }


def test_two_old_lists_may_become_one(world: World) -> None:
    here, there = two(world)
    both = [
        {"list_id": one.list_id, "label": one.name}
        for one in facts.lists_of(here.id)[:2]
    ]
    form = world.form(here, lists=both)
    row = world.signup(form)

    transfer.move(here.id, there.id, mapping(here, there))

    assert len(world.again(form).lists) == 1
    assert len(world.again(row).body["list_memberships"]) == 1


@one_database
def test_of_two_lists_that_become_one_everybody_joins_it_when_everybody_joined_either(
    world: World,
) -> None:
    here, there = two(world)
    first, second, third = (
        {"list_id": one.list_id, "label": one.name}
        for one in facts.lists_of(here.id)[:3]
    )
    form = world.form(
        here, visitor_chooses=True, lists=[first, second | {"always": True}, third]
    )
    one, other = facts.lists_of(there.id)[:2]

    transfer.move(
        here.id,
        there.id,
        transfer.Mapping(
            {
                first["list_id"]: one.list_id,
                second["list_id"]: one.list_id,
                third["list_id"]: other.list_id,
            },
            {},
        ),
    )

    assert world.again(form).lists == [
        {"list_id": one.list_id, "label": one.name, "always": True},
        {"list_id": other.list_id, "label": other.name},
    ]


@one_database
def test_a_field_of_a_type_goes_to_one_of_the_same_with_the_choices_that_are_there(
    world: World,
) -> None:
    here, there = two(world)
    fields = {one.label: one for one in facts.fields_of(here.id)}
    interests, nickname = fields["Interests"], fields["Nickname"]
    with write_transaction() as session:
        new = AccountField(
            id=new_id(),
            account_id=there.id,
            custom_field_id=new_id(),
            label="INTERESTS",
            type="multi_select",
            details={"choices": ["Offers", "Concerts"]},
        )
        session.add(new)
    form = world.form(
        here,
        fields=[
            {
                "key": f"cf_{one.custom_field_id}",
                "label": one.label,
                "required": False,
                "default": default,
                "custom_field_id": one.custom_field_id,
            }
            for one, default in ((interests, "Events, Offers"), (nickname, "Zo"))
        ],
    )
    row = world.signup(
        form,
        body={
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [
                {
                    "custom_field_id": interests.custom_field_id,
                    "value": "Offers, Events",
                }
            ],
        },
    )
    offered = transfer.fitting(
        here.id, transfer.in_use(here.id)[1], facts.fields_of(there.id)
    )
    page = world.signed_in().get(f"/accounts/{here.id}/move?to={there.id}").text

    transfer.move(
        here.id,
        there.id,
        transfer.Mapping(
            mapping(here, there).lists, {interests.custom_field_id: new.custom_field_id}
        ),
    )

    assert {one.type for one in offered[interests.custom_field_id]} == {"multi_select"}
    assert {one.type for one in offered[nickname.custom_field_id]} <= {
        "string",
        "text_area",
    }
    assert page.count(f'<option value="{new.custom_field_id}"') == 1
    assert world.again(form).fields == [
        {
            "key": f"cf_{new.custom_field_id}",
            "label": "Interests",
            "required": False,
            "default": "Offers",
            "custom_field_id": new.custom_field_id,
            "type": "multi_select",
            "choices": ["Offers", "Concerts"],
            "display": "checkbox",
        }
    ]
    assert world.again(row).body["custom_fields"] == [
        {"custom_field_id": new.custom_field_id, "value": "Offers"}
    ]


@one_database
def test_an_admin_walks_it_and_must_say_for_every_list_which(world: World) -> None:
    here, there = two(world)
    form = world.form(here)
    world.signup(form)
    admin = world.signed_in()

    assert f"to={there.id}" in admin.get(f"/accounts/{here.id}/move").text
    page = admin.get(f"/accounts/{here.id}/move?to={there.id}").text
    names = re.findall(r'name="(list_[^"]+)"', page)
    sent: dict[str, Any] = {"csrf_token": csrf_of(page), "to": there.id}
    missing = admin.post(
        f"/accounts/{here.id}/move", data={**sent, **dict.fromkeys(names, "")}
    )
    done = admin.post(
        f"/accounts/{here.id}/move",
        follow_redirects=True,
        data={**sent, **dict.fromkeys(names, facts.lists_of(there.id)[0].list_id)},
    )

    assert missing.status_code == 422
    assert "Choose the list that replaces" in text_of(missing.text)
    assert ": 1 form, 1 undelivered sign-up." in text_of(done.text)
    assert world.again(form).account_id == there.id


@one_database
def test_a_deleted_form_goes_along_and_is_counted(world: World) -> None:
    here, there = two(world)
    form = world.form(here)
    service.delete(form.id)
    page = world.signed_in().get(f"/accounts/{here.id}/move?to={there.id}").text

    assert "1 form, 0 undelivered sign-ups." in text_of(page)
    assert transfer.move(here.id, there.id, mapping(here, there)) == (1, 0)
    service.restore(form.id)
    assert world.again(form).account_id == there.id


@one_database
def test_a_list_of_a_third_account_is_not_taken(world: World) -> None:
    here, there, third = world.account(0), world.account(1), world.account(2)
    world.form(here)
    admin = world.signed_in()
    page = admin.get(f"/accounts/{here.id}/move?to={there.id}").text
    names = re.findall(r'name="(list_[^"]+)"', page)
    foreign = facts.lists_of(third.id)[0].list_id

    assert (
        admin.post(
            f"/accounts/{here.id}/move",
            data={
                "csrf_token": csrf_of(page),
                "to": there.id,
                **dict.fromkeys(names, foreign),
            },
        ).status_code
        == 422
    )


@one_database
def test_a_disconnected_account_takes_nothing_over(world: World) -> None:
    here, there = two(world)
    world.form(here)
    admin = world.signed_in()
    page = admin.get(f"/accounts/{here.id}/move?to={there.id}").text
    disconnect(there.id, "admin@example.com")
    db.session.expire_all()

    answer = admin.post(
        f"/accounts/{here.id}/move", data={"csrf_token": csrf_of(page), "to": there.id}
    )

    assert answer.headers["Location"].endswith(f"/accounts/{here.id}/move")
    assert len(world.again(here).lists)


def test_same_names_are_suggested(world: World) -> None:
    here, there = two(world)
    name = facts.lists_of(there.id)[0]

    assert transfer.suggested(
        {"old": name.name.upper(), "other": "no such list"}, facts.lists_of(there.id)
    ) == {"old": name.list_id}
    assert here


def test_two_moves_at_once_do_not_part_a_form_from_its_sign_ups(world: World) -> None:
    here, there, third = world.account(0), world.account(1), world.account(2)
    form = world.form(here)
    for number in range(8):
        world.signup(form, f"{number}@example.com")
    given = {one.id: mapping(here, one) for one in (there, third)}
    together = threading.Barrier(2)

    def go(to: str) -> tuple[int, int]:
        with world.app.app_context():
            together.wait()
            return transfer.move(here.id, to, given[to])

    with ThreadPoolExecutor(2) as pool:
        moved = sorted(pool.map(go, given))

    assert moved == [(0, 0), (1, 8)]
    assert set(db.session.scalars(select(Signup.account_id))) == {
        world.again(form).account_id
    }


def test_a_list_that_came_into_use_meanwhile_stops_the_whole_move(world: World) -> None:
    here, there = two(world)
    form, given = world.form(here), mapping(here, there)
    later = facts.lists_of(here.id)[1]
    world.form(
        here, name="Later", lists=[{"list_id": later.list_id, "label": later.name}]
    )

    old = form.lists[0]["list_id"]
    with pytest.raises(transfer.Changed):
        transfer.move(here.id, there.id, transfer.Mapping({old: given.lists[old]}, {}))
    assert world.again(form).account_id == here.id


def test_a_form_that_went_to_another_account_is_not_saved_with_the_lists_of_the_first(
    world: World,
) -> None:
    here, there = two(world)
    form = world.form(here)
    transfer.move(here.id, there.id, mapping(here, there))

    with pytest.raises(service.InvalidForm, match="was moved to another account"):
        service.change(
            form.id,
            Draft(
                here.id,
                "Newsletter",
                "Heading",
                "",
                [],
                [{"list_id": facts.lists_of(here.id)[0].list_id, "label": "x"}],
                False,
                "Yes.",
                "Go",
                "Thanks",
            ),
        )


@one_database
def test_two_custom_fields_do_not_become_one(world: World) -> None:
    here, there = two(world)
    old, new = (
        [one for one in facts.fields_of(account.id) if one.type in facts.TEXT_TYPES]
        for account in (here, there)
    )
    world.form(
        here,
        fields=[
            {
                "key": f"cf_{one.custom_field_id}",
                "label": one.label,
                "required": False,
                "custom_field_id": one.custom_field_id,
            }
            for one in old[:2]
        ],
    )
    admin = world.signed_in()
    page = admin.get(f"/accounts/{here.id}/move?to={there.id}").text
    lists, fields = (
        dict.fromkeys(re.findall(rf'name="({kind}_[^"]+)"', page), value)
        for kind, value in (
            ("list", facts.lists_of(there.id)[0].list_id),
            ("field", new[0].custom_field_id),
        )
    )
    answer = admin.post(
        f"/accounts/{here.id}/move",
        data={"csrf_token": csrf_of(page), "to": there.id, **lists, **fields},
    )

    assert len(fields) == 2
    assert answer.status_code == 422
    assert "Two custom fields can’t become the same field." in text_of(answer.text)


def test_thousands_go_in_one_piece(world: World) -> None:
    here, there = two(world)
    form = world.form(here)
    one = world.signup(form)
    row = {column.key: getattr(one, column.key) for column in Signup.__table__.columns}
    with write_transaction() as session:
        session.execute(
            insert(Signup),
            [
                {
                    **row,
                    "id": new_id(),
                    "press_id": str(n),
                    "person": f"{n}@example.com",
                }
                for n in range(2_000)
            ],
        )

    assert transfer.move(here.id, there.id, mapping(here, there)) == (1, 2_001)
