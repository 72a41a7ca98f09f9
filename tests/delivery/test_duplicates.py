"""One person signs up again and again: once where it says the same, and never more
often than the provider bears.
"""

from typing import Any

from app.forms.models import Form
from app.signups.models import SignupState
from app.worker import runner
from tests.world import ONE_DATABASE, World

SIGN_UP = "/contacts/sign_up_form"
FLAGGED = [
    {
        "error_key": "contacts.api.validation.error",
        "error_message": "Email address is invalid",
    }
]


def says(form: Form, name: str) -> dict[str, Any]:
    return {
        "first_name": name,
        "list_memberships": [item["list_id"] for item in form.lists],
    }


def test_who_signs_up_twice_with_the_same_words_is_sent_once(world: World) -> None:
    form = world.form(world.account())
    first = world.signup(form, body=says(form, "Zoe"))
    same = world.signup(form, "ZOE@example.com", body=says(form, "Zoe"))
    other = world.signup(form, body=says(form, "Zoë"))

    runner.drain()

    assert [world.again(row).state for row in (first, same, other)] == [
        SignupState.DELIVERED,
        SignupState.CLOSED,
        SignupState.DELIVERED,
    ]
    assert (same.reason, same.due_at) == ("merged", None)
    assert len(world.calls(SIGN_UP)) == 2


@ONE_DATABASE
def test_what_was_said_last_stays_the_last_word(world: World) -> None:
    account = world.account()
    form = world.form(account)
    clears = {
        "list_memberships": [form.lists[0]["list_id"]],
        "exactly": {"clear": ["first_name"]},
    }
    rows = [
        world.signup(form, body=body) for body in (clears, says(form, "Zoe"), clears)
    ]

    runner.drain()

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert "first_name" not in world.contacts(account)["zoe@example.com"]


def test_what_was_tried_before_is_not_merged_away(world: World) -> None:
    form = world.form(world.account())
    first = world.signup(form, body=says(form, "Zoe"))
    tried = world.signup(form, body=says(form, "Zoe"), attempts=1)

    runner.drain()

    assert {world.again(row).state for row in (first, tried)} == {SignupState.DELIVERED}


def test_a_decision_to_subscribe_again_is_not_lost_in_a_merger(world: World) -> None:
    form = world.form(world.account())
    plain = world.signup(form, "opted-out@example.com", body=says(form, "Zoe"))
    decided = world.signup(
        form, "opted-out@example.com", body=says(form, "Zoe"), may_resubscribe=True
    )

    runner.drain()

    assert [world.again(row).state for row in (plain, decided)] == [
        SignupState.HELD,
        SignupState.DELIVERED,
    ]


def test_the_sixth_in_a_day_waits_until_the_first_is_a_day_old(world: World) -> None:
    form = world.form(world.account())
    rows = []
    for n in range(7):
        rows.append(world.signup(form, body=says(form, f"Zoe {n}")))
        runner.drain()
        world.clock.advance(minutes=1)

    sixth = [world.again(row).state for row in rows]
    reason, calls = rows[5].reason, len(world.calls(SIGN_UP))
    world.clock.advance(hours=23, minutes=54)
    runner.drain()
    a_day_later = world.again(rows[5]).state
    world.clock.advance(minutes=1)
    runner.drain()

    assert sixth == [SignupState.DELIVERED] * 5 + [SignupState.WAITING] * 2
    assert (reason, calls) == ("too_often", 5)
    assert a_day_later == SignupState.DELIVERED
    assert world.again(rows[6]).state == SignupState.DELIVERED


def test_an_address_that_was_fine_and_is_called_invalid_is_flagged_and_waits_two_days(
    world: World,
) -> None:
    form = world.form(world.account())
    world.signup(form, body=says(form, "Zoe"))
    runner.drain()
    world.fault(SIGN_UP, times=1, status=400, body=FLAGGED)
    row = world.signup(form, body=says(form, "Zoë"))
    stranger = world.signup(form, "ada@example.com", body=says(form, "Ada"))

    runner.drain()
    flagged = (world.again(row).state, row.reason)
    world.clock.advance(hours=47)
    runner.drain()
    early = world.again(row).state
    world.clock.advance(hours=1, minutes=1)
    runner.drain()

    assert flagged == (SignupState.WAITING, "flagged")
    assert early == SignupState.WAITING
    assert {world.again(one).state for one in (row, stranger)} == {
        SignupState.DELIVERED
    }


@ONE_DATABASE
def test_an_answer_that_is_refused_is_not_taken_for_a_flagged_address(
    world: World,
) -> None:
    form = world.form(world.account())
    world.signup(form, body=says(form, "Zoe"))
    runner.drain()
    world.fault(
        SIGN_UP,
        times=1,
        status=400,
        body=[FLAGGED[0] | {"error_message": "custom_fields[0][value] is invalid"}],
    )
    row = world.signup(form, body=says(form, "Zoë"))

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.PARKED, "invalid")


def test_an_address_that_was_never_fine_is_parked(world: World) -> None:
    world.fault(SIGN_UP, times=1, status=400, body=FLAGGED)
    row = world.signup(world.form(world.account()))

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.PARKED, "invalid")
