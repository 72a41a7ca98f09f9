"""Whatever is odd in one answer of the provider: nothing that it has done is done twice,
nobody who left is signed up again, and nothing but the odd item is lost.
"""

from typing import Any

from sqlalchemy import select, update

from app.accounts.models import NO_TROUBLE, Account
from app.database.session import db, write_transaction
from app.signups.models import Signup, SignupState
from app.worker import periodic, runner
from tests.constant_contact.mutations import DRAWN, Draw, answering, mutations
from tests.delivery.acting import SIGN_UP, tries
from tests.delivery.exact import exact
from tests.world import ONE_DATABASE, World

pytestmark = ONE_DATABASE
LOOK, ROUNDS = "/v3/contacts", 2
LEFT = ("opted-out@example.com", "removed@example.com")
REPLY = {"contact_id": "c", "action": "created"}
FOUND = {
    "contacts": [
        {
            "contact_id": "c",
            "email_address": {
                "address": "a@example.com",
                "permission_to_send": "unsubscribed",
            },
            "list_memberships": ["1"],
        }
    ]
}


def settle(world: World) -> None:
    """Let everything that waits be tried several times."""
    for _ in range(ROUNDS):
        runner.drain()
        world.clock.advance(minutes=10)


def sent(world: World) -> int:
    return len([call for call in world.calls(SIGN_UP) if call["method"] == "POST"])


def state(row: Signup) -> str:
    db.session.expire_all()
    return db.session.get_one(Signup, row.id).state


@DRAWN
def test_no_sign_up_is_done_twice_whatever_is_odd_in_its_answer(
    world: World, draw: Draw
) -> None:
    account = world.account()
    form = world.form(account)
    field = account.fields[0].custom_field_id
    found = {}
    for number, (name, _path, change) in enumerate(draw(mutations(REPLY))):
        before = sent(world)
        body = {
            "first_name": "Zoë",
            "phone_number": "+1 555 010 0100",
            "list_memberships": [form.lists[0]["list_id"]],
            "custom_fields": [{"custom_field_id": field, "value": "tea"}],
        }
        row = world.signup(form, f"visitor{number}@example.com", body=body)
        with answering(world, "POST", SIGN_UP, change):
            settle(world)
        found[name] = (state(row), sent(world) - before)

    assert found == dict.fromkeys(found, (SignupState.DELIVERED, 1))
    assert len(found) > 6


def test_an_action_of_null_is_a_sign_up_all_the_same(world: World) -> None:
    row = world.signup(world.form(world.account()))
    with answering(world, "POST", SIGN_UP, lambda reply: reply | {"action": None}):
        runner.drain()

    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "updated")
    assert len(tries(row)) == 1


@DRAWN
def test_nobody_who_left_comes_back_and_others_go_on_whatever_a_look_up_says(
    world: World, draw: Draw
) -> None:
    account = world.account()
    form = world.form(account)
    periodic.run_due(world.clock.now(), periodic.READS)  # the mirror is whole
    kept, delivered = {}, {}
    for number, (name, path, change) in enumerate(draw(mutations(FOUND))):
        for email in LEFT:
            leaves(world, account, email)
        left = [world.signup(form, LEFT[0]), exact(world, form, LEFT[1], job_title="x")]
        other = world.signup(form, f"visitor{number}@example.com")
        with answering(world, "GET", LOOK, change):
            settle(world)
        contacts = world.contacts(account)
        kept[name] = [permission(contacts[email]) for email in LEFT]
        if len(path) > 1:  # the answer itself can be read
            delivered[name] = state(other)
        forget(*left, other)

    assert [name for name, both in kept.items() if set(both) != {"unsubscribed"}] == []
    assert set(delivered.values()) == {SignupState.DELIVERED}


def permission(contact: dict[str, Any]) -> str:
    return str(contact["email_address"]["permission_to_send"])


def leaves(world: World, account: Account, email: str) -> None:
    world.control(
        "contacts", account=account.provider_id, email=email, status="unsubscribed"
    )


def forget(*rows: Signup) -> None:
    """Close them as somebody else's, and end what they brought upon their account."""
    with write_transaction() as session:
        for row in rows:
            session.execute(
                update(Signup)
                .where(Signup.id == row.id)
                .values(
                    state=SignupState.CLOSED,
                    due_at=None,
                    settled_at=row.created_at,
                    person=f"{row.id}@example.com",
                )
            )
        session.execute(update(Account).values(NO_TROUBLE))


def test_one_odd_contact_does_not_keep_the_mirror_from_being_read(
    world: World,
) -> None:
    account = world.account()

    def hide_the_first(answer: Any) -> Any:
        return answer | {"contacts": [{"email_address": None}, *answer["contacts"]]}

    with answering(world, "GET", LOOK, hide_the_first):
        periodic.run_due(world.clock.now(), periodic.READS)

    row = db.session.execute(
        select(Account.optouts_key).where(Account.id == account.id)
    ).one()
    assert row.optouts_key
