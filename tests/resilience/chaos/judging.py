"""What must be true when a chaos run is over."""

from collections import Counter
from typing import Any

from app.signups import form_token
from app.signups.models import Signup, SignupState
from app.simulator.clock import epoch
from app.stats.counts import balance
from tests.resilience.chaos.town import Press, Town
from tests.world import World

SLOTS = 3  # sign-ups of a worker under way at once
# seconds after which an opt-out must be known: how old the mirror may be, and a call
# under way
SEEN_AFTER = 1.5
SIGN_UP = "/contacts/sign_up_form"


def nobody_is_lost_or_doubled(town: Town, rows: list[Signup]) -> None:
    asked = Counter(
        (one.form_id, one.email.lower(), press_id(one)) for one in town.presses
    )
    stored = Counter(
        (row.form_id, row.person, row.press_id.partition(".")[0]) for row in rows
    )

    assert all(one.thanked for one in town.presses)
    assert stored == asked
    assert set(stored.values()) == {1}
    assert balance().holds
    assert balance().accepted == town.plan.presses


def press_id(press: Press) -> str:
    held = form_token.read(press.token, press.form_id)
    assert held
    return held.press_id


def everybody_ended_as_the_rules_say(town: Town, rows: list[Signup]) -> None:
    wrong = [
        (row.email, row.state, row.reason) for row in rows if not as_expected(town, row)
    ]

    assert wrong == []
    assert sum(row.state == SignupState.PARKED for row in rows) <= town.parking


def as_expected(town: Town, row: Signup) -> bool:
    """Who left before is held; who left meanwhile is held or was delivered before; the
    others got through.
    """
    person, ended = (row.account_id, row.person), (row.state, row.reason)
    if ended in (
        (SignupState.PARKED, "list_missing"),
        (SignupState.PARKED, "unsupported"),
        (SignupState.CLOSED, "merged"),
    ):
        return True
    held = ended == (SignupState.HELD, "opted_out")
    if person in town.left_meanwhile:
        return held or row.state == SignupState.DELIVERED
    return held if person in town.left else row.state == SignupState.DELIVERED


def calls_too_many(world: World, town: Town, rows: list[Signup]) -> int:
    """Each death may cost one call for each sign-up that was under way, since nobody
    heard how it ended.
    """
    calls = [call for call in world.calls(SIGN_UP) if call["status"] in (200, 201)]
    extra = len(calls) - sum(row.state == SignupState.DELIVERED for row in rows)

    assert extra <= town.kills * SLOTS
    return extra


def subscribed_again(world: World, town: Town) -> int:
    """People who had left, and were mailable at the end: none, but for those who left
    in the very moment of a call.
    """
    again = 0
    for account in town.accounts:
        contacts = world.contacts(account)
        for person, at in [
            *((person, 0.0) for person in town.left),
            *town.left_meanwhile.items(),
        ]:
            if (
                person[0] == account.id
                and contacts[person[1]]["email_address"]["permission_to_send"]
                == "explicit"
            ):
                late = epoch(contacts[person[1]]["updated_at"]) - at
                again += late > SEEN_AFTER

    assert again == 0
    return again


def the_provider_holds_what_was_typed(
    world: World, town: Town, rows: list[Signup]
) -> None:
    for account in town.accounts:
        contacts = world.contacts(account)
        for person in {row.person for row in rows if row.account_id == account.id}:
            theirs = [
                row
                for row in rows
                if (row.account_id, row.person) == (account.id, person)
            ]
            if (account.id, person) in town.left_meanwhile or not all(
                row.state == SignupState.DELIVERED
                for row in theirs
                if (account.id, person) not in town.left
            ):
                continue
            if (account.id, person) in town.left:
                assert (
                    contacts[person]["email_address"]["permission_to_send"]
                    == "unsubscribed"
                )
                assert contacts[person]["list_memberships"] == []
            else:
                arrived(contacts[person], theirs)


def arrived(contact: dict[str, Any], rows: list[Signup]) -> None:
    """Explicit, restored, on every list of every sign-up, under the names that were
    typed last.
    """
    names = {
        key: value
        for row in rows
        for key, value in row.body.items()
        if key in ("first_name", "last_name")
    }
    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert "deleted_at" not in contact
    assert {list_id for row in rows for list_id in row.body["list_memberships"]} <= set(
        contact["list_memberships"]
    )
    assert {key: contact.get(key) for key in names} == names
