"""Parked for a list or field that is gone, then sent again: without it, and never to a
list nobody agreed to.
"""

from typing import Any

import pytest
from sqlalchemy import update

from app.accounts.models import Account, AccountField, AccountList
from app.database.session import write_transaction
from app.delivery import admin_actions
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from tests.world import ONE_DATABASE, World

GONE, STAYS, OTHER = 0, 1, 2  # lists of the account, by name


def sent_again(
    world: World, account: Account, form: Form, body: dict[str, Any]
) -> dict[str, Any]:
    """The body of a sign-up that was parked, after the first list and the first field
    are gone.
    """
    row = world.signup(
        form, body=body, state=SignupState.PARKED, reason="list_missing", due_at=None
    )
    now = world.clock.now()
    with write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.id == account.lists[GONE].id)
            .values(gone_at=now)
        )
        session.execute(
            update(AccountField)
            .where(AccountField.id == account.fields[0].id)
            .values(gone_at=now)
        )
    assert admin_actions.send_again([row.id]) == 1
    after: Signup = world.again(row)
    assert after.state == SignupState.WAITING
    return dict(after.body)


def form_for(world: World, account: Account, *lists: int, **more: Any) -> Form:
    return world.form(
        account,
        lists=[{"list_id": account.lists[n].list_id, "label": "x"} for n in lists],
        **more,
    )


def test_what_is_gone_is_left_out_and_the_rest_stays(world: World) -> None:
    account = world.account()
    ids = [item.list_id for item in account.lists]
    values = [
        {"custom_field_id": item.custom_field_id, "value": "x"}
        for item in account.fields[:2]
    ]
    body = sent_again(
        world,
        account,
        form_for(world, account, OTHER),
        {
            "first_name": "Zoë",
            "list_memberships": [ids[GONE], ids[STAYS]],
            "custom_fields": values,
            "exactly": {
                "clear": [
                    "job_title",
                    *(f"custom_fields/{one['custom_field_id']}" for one in values),
                ]
            },
        },
    )

    assert body == {
        "first_name": "Zoë",
        "list_memberships": [ids[STAYS]],
        "custom_fields": values[1:],
        "exactly": {
            "clear": ["job_title", f"custom_fields/{values[1]['custom_field_id']}"]
        },
    }


@ONE_DATABASE
def test_with_no_list_left_it_joins_those_of_the_form_as_it_is_now(
    world: World,
) -> None:
    account = world.account()
    ids = [item.list_id for item in account.lists]
    body = sent_again(
        world,
        account,
        form_for(world, account, STAYS, OTHER),
        {"list_memberships": [ids[GONE]]},
    )

    assert body["list_memberships"] == [ids[STAYS], ids[OTHER]]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("lists", "more"), [((STAYS, OTHER), {"visitor_chooses": True}), ((GONE,), {})]
)
def test_a_visitors_choice_is_not_replaced_and_nobody_is_left_without_a_list(
    world: World, lists: tuple[int, ...], more: dict[str, Any]
) -> None:
    account = world.account()
    gone = account.lists[GONE].list_id
    body = sent_again(
        world,
        account,
        form_for(world, account, *lists, **more),
        {"list_memberships": [gone]},
    )

    assert body["list_memberships"] == [gone]


@ONE_DATABASE
def test_parked_for_another_reason_it_stays_as_it_is(world: World) -> None:
    account = world.account()
    gone = account.lists[GONE]
    row = world.signup(
        form_for(world, account, GONE, STAYS),
        state=SignupState.PARKED,
        reason="invalid",
        due_at=None,
    )
    with write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.id == gone.id)
            .values(gone_at=world.clock.now())
        )
    admin_actions.send_again([row.id])

    assert world.again(row).body["list_memberships"] == [
        gone.list_id,
        account.lists[STAYS].list_id,
    ]
