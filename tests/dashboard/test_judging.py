"""Suspicious sign-ups: found by signal, judged as fine or as spam, alone and in one batch."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from app.database.session import db
from app.delivery import admin_actions, batches
from app.delivery.admin_actions import Which
from app.forms.models import Form
from app.signups import people
from app.signups.models import BlockedAddress, Signup, SignupEvent, SignupState
from tests.dashboard.reading import people_in, text_of
from tests.world import ONE_DATABASE, World, csrf_of

WHO = "ann@example.com"


def suspicious(
    world: World,
    form: Form,
    email: str,
    state: str = SignupState.HELD,
    reason: str = "suspicious",
    signals: str = ",attack,no_proof,",
) -> Signup:
    return world.signup(
        form, email, state=state, reason=reason, signals=signals, due_at=None
    )


def events_of(row: Signup) -> list[tuple[str, str]]:
    query = select(SignupEvent).where(SignupEvent.signup_id == row.id)
    return [(event.what, event.who) for event in db.session.scalars(query)]


def blocked() -> set[tuple[str, str, str]]:
    rows = db.session.scalars(select(BlockedAddress))
    return {(row.person, row.form_id, row.why) for row in rows}


def test_what_was_fine_is_sent_and_no_longer_blocked(world: World) -> None:
    form = world.form(world.account())
    earlier = suspicious(world, form, "Zoe@example.com")
    admin_actions.close_as_spam([earlier.id], WHO)
    held = suspicious(world, form, "zoe@example.com", reason="blocked_spam")
    confirming = suspicious(world, form, "max@example.com", SignupState.CONFIRMING)
    opted_out = suspicious(world, form, "eve@example.com", reason="opted_out")
    rows = (held, confirming, opted_out)
    assert len(blocked()) == 1

    number = admin_actions.release([row.id for row in rows], WHO)

    assert number == 2
    assert blocked() == set()
    assert [world.again(row).state for row in rows] == ["waiting", "waiting", "held"]
    assert [row.vouched for row in rows] == [True, True, False]
    assert events_of(held) == [("released", WHO)]
    assert events_of(opted_out) == []


def test_spam_is_closed_for_good_and_its_address_is_blocked_everywhere(
    world: World,
) -> None:
    form = world.form(world.account())
    held = suspicious(world, form, "Zoe@Example.com")
    confirming = suspicious(world, form, "max@example.com", SignupState.CONFIRMING)
    waiting = world.signup(form, "eve@example.com")
    rows = (held, confirming, waiting)

    number = admin_actions.close_as_spam([row.id for row in rows], WHO)
    again = admin_actions.close_as_spam([row.id for row in rows], WHO)

    assert (number, again) == (2, 0)
    assert [world.again(row).state for row in rows] == ["closed", "closed", "waiting"]
    assert [world.again(row).reason for row in (held, confirming)] == ["spam"] * 2
    assert blocked() == {
        (people.hash_of("zoe@example.com"), "", "spam"),
        (people.hash_of("max@example.com"), "", "spam"),
    }
    assert events_of(held) == events_of(confirming) == [("spam", WHO)]


def test_one_batch_takes_all_of_a_signal_in_small_transactions_and_nothing_else(
    world: World,
) -> None:
    account = world.account()
    form, other = world.form(account), world.form(account, name="Other")
    attacked = [suspicious(world, form, f"a{n}@example.com") for n in range(5)]
    spared = [
        suspicious(world, form, "b@example.com", signals=",no_proof,"),
        suspicious(world, other, "c@example.com"),
        suspicious(world, form, "d@example.com", reason="opted_out"),
    ]
    which = Which("held", "", form.id, signal="attack")

    too_wide = batches.judge_all(Which("held", ""), admin_actions.close_as_spam, WHO)
    number = batches.judge_all(which, admin_actions.close_as_spam, WHO, batch=2)

    assert (too_wide, number) == (0, 5)
    assert {world.again(row).state for row in attacked} == {"closed"}
    assert {world.again(row).state for row in spared} == {"held"}


# -- the pages


@ONE_DATABASE
def test_sign_ups_are_found_by_signal_within_a_state(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    suspicious(world, form, "a@example.com")
    suspicious(world, form, "b@example.com", signals=",no_proof,")
    suspicious(world, form, "c@example.com", SignupState.CONFIRMING)
    over = suspicious(world, form, "d@example.com")
    admin_actions.close_as_spam([over.id], WHO)

    found = {
        query: sorted(people_in(admin.get(f"/signups?{query}").text))
        for query in (
            "state=held&signal=attack",
            "state=held&signal=no_proof",
            "state=held&signal=o_proof",
            "state=confirming&signal=attack",
            "state=confirming&why=suspicious",
            "state=closed&signal=attack",
        )
    }

    assert found == {
        "state=held&signal=attack": ["a@example.com"],
        "state=held&signal=no_proof": ["a@example.com", "b@example.com"],
        "state=held&signal=o_proof": ["a@example.com", "b@example.com"],
        "state=confirming&signal=attack": ["c@example.com"],
        "state=confirming&why=suspicious": ["c@example.com"],
        "state=closed&signal=attack": ["d@example.com"],
    }


@ONE_DATABASE
def test_an_admin_judges_a_selection_one_sign_up_and_all_of_a_signal(
    world: World, admin: FlaskClient
) -> None:
    form = world.form(world.account())
    chosen, one, *batch = [
        suspicious(world, form, f"a{n}@example.com") for n in range(5)
    ]
    address = f"/signups?state=held&form={form.id}&signal=attack"
    page = admin.get(address).text
    detail = admin.get(f"/signups/{one.id}").text
    csrf = csrf_of(page)

    admin.post("/signups/fine", data={"csrf_token": csrf, "id": chosen.id})
    answer = admin.post(
        "/signups/spam", data={"csrf_token": csrf, "id": one.id, "from": "detail"}
    )
    form_of_batch = re.search(
        r'<form[^>]*action="/signups/spam"(?:(?!</form>).)*name="all".*?</form>',
        admin.get(address).text,
        re.S,
    )
    assert form_of_batch
    hidden = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form_of_batch[0]))
    admin.post("/signups/spam", data=hidden)

    assert "The form was getting far more sign-ups than usual." in text_of(detail)
    assert world.again(chosen).state == SignupState.WAITING
    assert world.again(one).state == SignupState.CLOSED
    assert answer.location == f"/signups/{one.id}"
    assert {world.again(row).state for row in batch} == {SignupState.CLOSED}
    assert "Marked as spam" in text_of(admin.get(f"/signups/{one.id}").text)


@ONE_DATABASE
def test_an_address_is_taken_off_the_list_by_typing_it(
    world: World, admin: FlaskClient
) -> None:
    row = suspicious(world, world.form(world.account()), "zoe@example.com")
    admin_actions.close_as_spam([row.id], WHO)
    page = admin.get("/setup").text
    unblock = {"csrf_token": csrf_of(page)}

    wrong = admin.post(
        "/setup/unblock",
        data={**unblock, "address": "max@example.com"},
        follow_redirects=True,
    )
    right = admin.post(
        "/setup/unblock",
        data={**unblock, "address": " ZOE@example.com "},
        follow_redirects=True,
    )

    assert "1 address is blocked." in text_of(page)
    assert "That address is not blocked." in text_of(wrong.text)
    assert "No addresses are blocked." in text_of(right.text)


@ONE_DATABASE
def test_a_viewer_reads_the_signals_and_decides_nothing(world: World) -> None:
    row = suspicious(world, world.form(world.account()), "zoe@example.com")
    viewer = world.signed_in("viewer")

    page = viewer.get(f"/signups/{row.id}").text
    listed = viewer.get("/signups?state=held&signal=attack").text

    assert "The browser didn’t run JavaScript." in text_of(page)
    assert "This was" not in page + listed
    assert "were spam" not in listed


@ONE_DATABASE
def test_who_came_back_is_sent_by_an_admins_word_alone(
    world: World, admin: FlaskClient
) -> None:
    row = suspicious(
        world,
        world.form(world.account()),
        "zoe@example.com",
        SignupState.CONFIRMING,
        "came_back",
    )
    page = admin.get(f"/signups/{row.id}").text

    admin.post(
        "/signups/send-again",
        data={
            "csrf_token": csrf_of(page),
            "id": row.id,
            "resubscribe": "yes",
            "from": "detail",
        },
    )

    row = world.again(row)
    assert "This was fine" not in page
    assert "Do this only if the person asked you to." in text_of(page)
    assert (row.state, row.may_resubscribe) == (SignupState.WAITING, True)
    assert [what for what, _who in events_of(row)] == ["resubscribed"]
    assert "Sent although the person had unsubscribed" in text_of(
        admin.get(f"/signups/{row.id}").text
    )
