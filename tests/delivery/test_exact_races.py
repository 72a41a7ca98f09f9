"""Exact updates of one person at once, and those whose answers were lost."""

from dataclasses import replace

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.database.session import db, write_transaction
from app.delivery import claims, deliver, optouts
from app.delivery.models import OptOut
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.delivery.exact import EMAIL, called, exact, known
from tests.delivery.whole import Provider
from tests.world import ONE_DATABASE, World


@ONE_DATABASE
def test_who_is_made_in_between_and_has_left_is_held_too(world: World) -> None:
    account = world.account()
    form = world.form(account)
    row = exact(world, form)
    known(world, account, "unsubscribed")
    periodic.run_due(world.clock.now())  # the mirror of who left
    before = len(called(world))
    world.fault(
        "/v3/contacts", method="GET", times=1, status=200, body={"contacts": []}
    )

    runner.drain()
    calls = called(world)[before:]
    usual = world.signup(form, EMAIL)
    runner.drain()

    assert (world.again(row).state, row.reason, calls) == (
        SignupState.HELD,
        "opted_out",
        ["GET", "POST", "GET"],
    )
    # the mirror has not forgotten
    assert (world.again(usual).state, usual.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_who_is_made_in_between_is_the_one_that_the_conflict_names(
    world: World,
) -> None:
    account = world.account()
    form = world.form(account)
    row = exact(world, form, first_name="Zoë")
    # not yet in the look-up
    world.fault(
        "/v3/contacts", method="GET", times=1, status=200, body={"contacts": []}
    )
    contact = known(world, account, last_name="Meier")

    runner.drain()

    now = world.contacts(account)[EMAIL]
    assert (world.again(row).state, row.action, row.contact_id) == (
        SignupState.DELIVERED,
        "updated",
        contact["contact_id"],
    )
    assert called(world) == ["GET", "POST", "GET", "PUT"]
    assert (now["first_name"], now["last_name"]) == ("Zoë", "Meier")


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("POST", "Validation failed: EmailAddress is not unique"),
        ("PUT", "The contact is being changed."),
        (
            "PUT",
            f"Email already exists for contact {'0' * 8}-0000-4000-8000-{'0' * 12}",
        ),
    ],
)
def test_another_conflict_is_looked_up_again_a_moment_later(
    world: World, method: str, words: str
) -> None:
    account = world.account()
    if method == "PUT":
        known(world, account)
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault(
        "/v3/contacts*",
        method=method,
        times=1,
        status=409,
        body=[{"error_key": "contacts.api.conflict", "error_message": words}],
    )

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(seconds=60)
    runner.drain()

    assert first == (SignupState.WAITING, "conflict")
    assert world.again(row).state == SignupState.DELIVERED
    assert world.contacts(account)[EMAIL]["first_name"] == "Zoë"


@ONE_DATABASE
@pytest.mark.parametrize("is_known", [False, True])
def test_an_answer_that_was_lost_is_looked_up_and_nobody_is_there_twice(
    world: World, is_known: bool
) -> None:
    account = world.account()
    if is_known:
        known(world, account, last_name="Meier")
    before = len(world.contacts(account))
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault(
        "/v3/contacts*",
        method="PUT" if is_known else "POST",
        times=1,
        reset=True,
        when="after",
    )

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(minutes=2)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, "unchanged")
    assert len(world.contacts(account)) == before + (not is_known)


def test_a_worker_that_died_between_the_call_and_its_note_costs_one_look(
    world: World,
) -> None:
    account = world.account()
    row = exact(world, world.form(account), first_name="Zoë")
    job = claims.claim(world.clock.now())
    assert job
    assert deliver.deliver(job).reason == "created"  # and nobody writes it down

    world.clock.advance(seconds=61)
    runner.drain()

    assert (world.again(row).state, row.action, called(world)) == (
        SignupState.DELIVERED,
        "unchanged",
        ["GET", "POST", "GET"],
    )


@ONE_DATABASE
def test_who_left_after_an_answer_was_lost_is_not_brought_back(world: World) -> None:
    account = world.account()
    row = exact(world, world.form(account), first_name="Zoë")
    world.fault("/v3/contacts", method="POST", times=1, reset=True, when="after")
    runner.drain()
    known(world, account, "unsubscribed")

    world.clock.advance(minutes=2)
    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.HELD, "opted_out")


@ONE_DATABASE
def test_no_call_is_made_that_could_end_after_the_lease(world: World) -> None:
    account = world.account()
    there = Provider(world, account)
    row = exact(world, world.form(account))
    job = claims.claim(world.clock.now())
    assert job
    before = len(world.calls("/contacts"))

    def slow() -> None:
        world.clock.advance(seconds=30)

    with pytest.raises(deliver.LeaseExpired):
        deliver._hand_over(job, replace(there.client, turn=slow))

    assert [one["method"] for one in world.calls("/contacts")[before:]] == ["GET"]
    assert world.again(row).state == SignupState.WAITING


@ONE_DATABASE
def test_a_contact_that_was_made_is_told_though_the_database_is_away_by_then(
    world: World,
) -> None:
    account = world.account()
    row = exact(world, world.form(account))
    job = claims.claim(world.clock.now())
    assert job
    # in our mirror they have left, at Constant Contact there is nobody by that address
    left = OptOut(account_id=account.id, person=optouts._hash(account.id, EMAIL))
    with write_transaction() as session:
        session.add(left)

    def break_off(
        _connection: object, _cursor: object, statement: str, *_: object
    ) -> None:
        if statement.startswith("DELETE FROM opt_out"):
            raise OperationalError(statement, {}, Exception("disk I/O error"))

    event.listen(db.engine, "before_cursor_execute", break_off)
    try:
        verdict = deliver.deliver(job)
    finally:
        event.remove(db.engine, "before_cursor_execute", break_off)
    claims.settle(job, verdict)
    runner.drain()

    assert world.again(row).state == SignupState.DELIVERED
    assert called(world)[-1] == "POST"
