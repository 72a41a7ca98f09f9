"""Counts that need not look at a million rows: exact at every moment, whatever is
counted already.
"""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from app.database.session import db, write_transaction
from app.forms.models import Form
from app.signups.models import FINAL, Counted, Signup, SignupState, Tally
from app.stats import counts, rollup
from tests.world import ONE_DATABASE, World


def exactly(*where: Any) -> dict[str, int]:
    """Every row counted, as simply as can be."""
    found = db.session.execute(
        select(Signup.state, func.count()).where(*where).group_by(Signup.state)
    )
    return dict(found.all())


def of_pages(world: World, forms: list[Form]) -> list[Any]:
    """What the pages say of all, of each account and of each form."""
    balance = counts.balance()
    accounts = {form.account_id for form in forms}
    return [
        balance.accepted,
        {name: number for name, number in balance.by_state.items() if number},
        {id: counts.states_of(id) for id in accounts},
        {form.id: counts.states_of_form(form.id) for form in forms},
        counts.accepted_by_form([form.id for form in forms]),
        counts.per_day(5),
        {id: [n for _day, n in counts.per_day(5, id)] for id in accounts},
    ]


def truth(forms: list[Form]) -> list[Any]:
    accounts = {form.account_id for form in forms}
    return [
        db.session.scalar(select(func.sum(Tally.accepted))),
        exactly(),
        {id: exactly(Signup.account_id == id) for id in accounts},
        {form.id: exactly(Signup.form_id == form.id) for form in forms},
    ]


def test_pages_tell_the_truth_whatever_is_counted_already(world: World) -> None:
    dice = random.Random(5)
    forms = [
        world.form(account, name=f"{n}")
        for n, account in enumerate([world.account(), world.account(1)] * 2)
    ]
    seen = []
    for day in range(3):
        for number in range(8):
            world.signup(
                forms[number % 4],
                f"zoe{day}{number}@example.com",
                state=dice.choice(list(SignupState)),
            )
        before = of_pages(world, forms)
        rollup.fold(world.clock.now(), least=1)
        after = of_pages(world, forms)
        seen.append((before, after, truth(forms)))
        world.clock.advance(days=1)
    uncounted = db.session.scalar(
        select(func.count()).where(~Signup.counted, Signup.state.in_(FINAL))
    )

    for before, after, true in seen:
        assert before == after
        assert after[:4] == true
    assert sum(n for _day, n in counts.per_day(5)) == 24
    assert counts.balance().holds
    assert counts.audit().miscounted == 0
    assert uncounted == 0


@ONE_DATABASE
def test_few_rows_are_left_as_they_are(world: World) -> None:
    form = world.form(world.account())
    for number in range(3):
        world.signup(
            form, f"zoe{number}@example.com", state=SignupState.DELIVERED, due_at=None
        )
    rollup.fold(world.clock.now())

    assert db.session.scalar(select(func.count()).select_from(Counted)) == 0
    assert counts.balance().by_state[SignupState.DELIVERED] == 3


@ONE_DATABASE
def test_a_clock_set_back_hides_nobody(world: World) -> None:
    form = world.form(world.account())
    world.signup(
        form, "a@example.com", state=SignupState.DELIVERED, settled_at=world.clock.now()
    )
    rollup.fold(world.clock.now(), least=1)
    world.clock.advance(days=-40)
    world.signup(
        form, "b@example.com", state=SignupState.CLOSED, settled_at=world.clock.now()
    )

    assert counts.balance().holds
    assert counts.balance().rows == 2


def test_a_counted_row_removed_behind_our_back_is_found_within_a_day(
    world: World,
) -> None:
    form = world.form(world.account())
    rows = [
        world.signup(form, f"zoe{n}@example.com", state=SignupState.DELIVERED)
        for n in range(3)
    ]
    rollup.fold(world.clock.now(), least=1)
    rollup.recount(world.clock.now())
    with write_transaction() as session:
        session.execute(delete(Signup).where(Signup.id == rows[0].id))
    at_once, told = counts.balance(), counts.audit()
    rollup.recount(world.clock.now() + timedelta(minutes=61))

    assert at_once.holds
    assert (told.balance.holds, told.miscounted) == (False, 1)
    assert not counts.balance().holds
    assert counts.audit().miscounted == 0
    assert rollup.recount_all() == 0


@ONE_DATABASE
def test_a_count_that_is_off_is_corrected(world: World) -> None:
    form = world.form(world.account())
    world.signup(form, state=SignupState.DELIVERED)
    rollup.fold(world.clock.now(), least=1)
    with write_transaction() as session:
        session.execute(
            update(Counted)
            .where(Counted.state == SignupState.DELIVERED)
            .values(number=Counted.number + 4)
        )

    assert counts.audit().miscounted == 4
    assert rollup.recount_all() == 4
    assert counts.balance().holds
