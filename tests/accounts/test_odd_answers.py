"""Whatever is odd in one answer about an account: nothing but the odd item is lost."""

from typing import Any

import pytest

from app.accounts import facts, sync, tokens
from app.accounts.models import Account
from app.constant_contact import errors
from app.database.session import db
from tests.accounts.acting import TOKEN, pair
from tests.accounts.owner import one_database
from tests.constant_contact.mutations import DRAWN, Draw, answering, mutations
from tests.world import World

pytestmark = one_database
LISTS = {"lists": [{"list_id": "1", "name": "News"}]}
FIELDS = {
    "custom_fields": [
        {
            "custom_field_id": "1",
            "label": "Heard",
            "name": "heard",
            "type": "single_select",
            "metadata": {"display_type": "dropdown"},
            "choices": [
                {"choice_id": 1, "choice_label": "A friend", "display_order": 1}
            ],
        }
    ]
}
PRIVILEGES = [{"privilege_id": 2001, "privilege_name": "contacts:read"}]
TOKENS = {
    "token_type": "Bearer",
    "access_token": "x",
    "refresh_token": "x",
    "expires_in": 86_400,
    "scope": "contact_data",
}


def look(account: Account) -> None:
    try:
        sync.look(account.id, patience=0)
    except errors.ProviderError:
        db.session.rollback()


@DRAWN
@pytest.mark.parametrize(
    ("path", "answer"),
    [("/v3/contact_lists", LISTS), ("/v3/contact_custom_fields", FIELDS)],
    ids=["lists", "fields"],
)
def test_no_list_and_no_field_is_lost_for_an_odd_one(
    world: World, path: str, answer: Any, draw: Draw
) -> None:
    account = world.account()
    lists, fields = known(account)
    lost = {}
    for name, _path, change in draw(mutations(answer)):
        with answering(world, "GET", path, change):
            look(account)
        lists_now, fields_now = known(account)
        lost[name] = sorted((lists - lists_now) | (fields - fields_now))

    assert {name: ids for name, ids in lost.items() if len(ids) > 1} == {}
    assert world.again(account).trouble is None


def known(account: Account) -> tuple[set[str], set[str]]:
    db.session.expire_all()
    return (
        {each.list_id for each in facts.lists_of(account.id)},
        {each.custom_field_id for each in facts.fields_of(account.id)},
    )


def test_an_odd_choice_is_left_out_and_all_others_stay(world: World) -> None:
    account = world.account()

    def hide_a_label(answer: Any) -> Any:
        for field in answer["custom_fields"]:
            if field.get("choices"):
                field["choices"][0]["choice_label"] = None
        return answer

    before = [len(each.details.get("choices", ())) for each in account.fields]
    with answering(world, "GET", "/v3/contact_custom_fields", hide_a_label):
        look(account)
    db.session.expire_all()
    after = [len(each.details.get("choices", ())) for each in account.fields]

    assert after == [max(0, number - 1) for number in before]


def test_a_list_without_a_name_goes_by_its_id(world: World) -> None:
    account = world.account()

    def hide_a_name(answer: Any) -> Any:
        answer["lists"][0]["name"] = None
        return answer

    with answering(world, "GET", "/v3/contact_lists", hide_a_name):
        look(account)
    lists = facts.lists_of(account.id)

    assert len(lists) == 4
    assert [each.name == each.list_id for each in lists].count(True) == 1


@DRAWN
def test_no_right_is_taken_for_missing_that_may_be_unreadable(
    world: World, draw: Draw
) -> None:
    account = world.account()
    missing = {}
    for name, path, change in draw(mutations(PRIVILEGES)):
        if path[-1:] == ("privilege_name",) and name.endswith("unknown"):
            continue  # that login really has another right
        with answering(world, "GET", "/privileges", change):
            look(account)
        missing[name] = world.again(account).privileges_missing

    assert set(missing.values()) == {""}


@DRAWN
def test_no_pair_is_lost_for_what_is_odd_beside_its_tokens(
    world: World, draw: Draw
) -> None:
    account = world.account()
    kept = {}
    for name, path, change in draw(mutations(TOKENS)):
        if path[:1] in ((), ("access_token",), ("token_type",)):
            continue
        if name == "refresh_token unknown":
            continue  # a token as good as any
        world.expired(account)
        before = pair(account)
        with answering(world, "POST", TOKEN, change) as true_answers:
            tokens.fresh_token(account.id)
        true = true_answers[-1]
        is_kept = pair(account) == (true["access_token"], true["refresh_token"])
        if path == ("refresh_token",):  # the item itself
            is_kept = pair(account) == (true["access_token"], before[1])
            world.connected_again(account)
        kept[name] = is_kept

    assert kept == dict.fromkeys(kept, True)
    assert len(kept) > 2
