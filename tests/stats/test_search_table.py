"""The search table: filled beside what is counted, once with what was before, by any
number of workers, and left by who is erased.
"""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from app.database.folding import folded
from app.database.session import db, new_id, write_transaction
from app.forms.models import Form
from app.signups.models import Searchable, SearchFilling, Signup, SignupState
from app.stats import rollup, search_index, search_table
from tests.world import ONE_DATABASE, World


def delivered(world: World, number: int, **values: Any) -> list[str]:
    """Sign-ups that change no more; the ids, the oldest first."""
    form = db.session.scalars(select(Form)).first() or world.form(world.account())
    ids = []
    for n in range(number):
        row = world.signup(
            form,
            f"zoe{n}@example.com",
            **{
                "state": SignupState.DELIVERED,
                "due_at": None,
                "body": {"first_name": "Zoë", "last_name": f"Nr{n}"},
                **values,
            },
        )
        ids.append(row.id)
    return ids


def counted_before_there_was_a_table(world: World, number: int) -> list[str]:
    ids = delivered(world, number)
    rollup.fold(world.clock.now(), least=1)
    with write_transaction() as session:
        session.execute(delete(Searchable))
    return ids


def searchable() -> list[str]:
    db.session.rollback()
    query = select(Searchable.signup_id).order_by(Searchable.number)
    return list(db.session.scalars(query))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ZOË  Müller", "zoe muller"),
        ("ŁÓDŹ", "łodz"),
        ("Ａｄａ", "ada"),
        ("Nguyễn", "nguyen"),
        ("李小龍", "李小龍"),
        ("a\x00b\tc\u202ed", "ab cd"),
        (None, ""),
    ],
)
def test_text_is_searched_without_case_and_accents(
    typed: str | None, text: str
) -> None:
    assert folded(typed) == text


def test_what_is_counted_is_searchable_and_what_is_not_is_not(world: World) -> None:
    ids = delivered(world, 3)
    form = db.session.scalars(select(Form)).one()
    world.signup(form, "waits@example.com")
    before = searchable()
    rollup.fold(world.clock.now(), least=1)
    rows = db.session.scalars(select(Searchable).order_by(Searchable.number)).all()

    assert before == []
    assert [row.signup_id for row in rows] == ids
    assert [row.text for row in rows] == [
        f"zoe nr{n} zoe{n}@example.com" for n in range(3)
    ]


def test_sign_ups_of_the_same_moment_have_numbers_of_their_own(world: World) -> None:
    now = world.clock.now()
    delivered(world, 5, created_at=now)
    rollup.fold(now, least=1)
    delivered(world, 2, created_at=now)
    rollup.fold(now, least=1)
    first = search_table.number_of(now)
    numbers = list(db.session.scalars(select(Searchable.number)))

    assert sorted(numbers) == list(range(first, first + 7))


def test_what_was_counted_before_is_added_from_the_newest_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = counted_before_there_was_a_table(world, 7)
    for name, number in (("BATCH", 2), ("MAX_BATCHES", 2)):
        monkeypatch.setattr(search_table, name, number)
    search_table.start_again()
    passes = []
    for _ in range(3):
        search_table.fill(world.clock.now())
        passes.append((searchable(), search_table.filled_since() is None))

    assert passes == [(ids[3:], False), (ids, False), (ids, True)]


def test_a_second_worker_and_a_repeated_filling_add_nothing_twice(
    world: World,
) -> None:
    ids = counted_before_there_was_a_table(world, 3)
    search_table.start_again()
    as_read = db.session.execute(
        select(SearchFilling.before, SearchFilling.signup_id)
    ).one()
    search_table.fill(world.clock.now())
    with write_transaction() as session:
        late = search_table._take_turn(session, as_read, [])
    search_table.start_again()
    search_table.fill(world.clock.now())

    assert late is False
    assert searchable() == ids


def test_a_filling_that_was_killed_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = counted_before_there_was_a_table(world, 4)
    monkeypatch.setattr(search_table, "BATCH", 2)
    search_table.start_again()
    search_table._fill_some()
    with suppress(KeyboardInterrupt), write_transaction() as session:
        session.execute(update(SearchFilling).values(signup_id=""))
        raise KeyboardInterrupt
    halfway = searchable()
    search_table.fill(world.clock.now())

    assert (halfway, searchable()) == (ids[2:], ids)


def test_a_difference_to_the_counts_is_mended_within_a_day(world: World) -> None:
    search_table.fill(world.clock.now())
    ids = counted_before_there_was_a_table(world, 3)
    search_table.fill(world.clock.now())
    lost = searchable()
    search_table.check()
    search_table.fill(world.clock.now())
    found = searchable()
    search_table.check()

    assert (lost, found) == ([], ids)
    assert search_table.filled_since() is None


def test_who_is_erased_leaves_the_search_in_the_same_transaction(world: World) -> None:
    search_table.fill(world.clock.now())
    ids = delivered(world, 3)
    rollup.fold(world.clock.now(), least=1)
    with write_transaction() as session:
        search_table.forget(session, ids[:1])
        session.execute(delete(Signup).where(Signup.id == ids[1]))

    assert searchable() == ids[2:]


@ONE_DATABASE
def test_nothing_of_who_is_erased_stays_in_the_index(world: World) -> None:
    search_table.fill(world.clock.now())
    ids = delivered(world, 1) + delivered(world, 1, body={"first_name": "Qwq"})
    rollup.fold(world.clock.now(), least=1)
    before = index_of_trigrams()
    with write_transaction() as session:
        search_table.forget(session, ids[1:])
    match = text("SELECT count(*) FROM signup_search_trigrams WHERE text MATCH :word")

    assert b"wq " in before
    assert b"wq " not in index_of_trigrams()
    assert db.session.scalar(match, {"word": "qwq"}) == 0
    assert db.session.scalar(match, {"word": "zoe"}) == 1


def index_of_trigrams() -> bytes:
    db.session.rollback()
    blocks = text("SELECT block FROM signup_search_trigrams_data")
    return b"".join(bytes(block) for block in db.session.scalars(blocks))


@ONE_DATABASE
def test_an_index_is_made_anew_when_a_library_has_it_again(world: World) -> None:
    search_table.fill(world.clock.now())
    ids = delivered(world, 2)
    rollup.fold(world.clock.now(), least=1)
    with write_transaction() as session:  # as a library without FTS5 leaves it
        search_index._drop_triggers(session)
    more = delivered(world, 1)
    rollup.fold(world.clock.now(), least=1)
    search_table.fill(world.clock.now())
    match = text("SELECT count(*) FROM signup_search_trigrams WHERE text MATCH 'zoe'")

    assert searchable() == ids + more
    assert db.session.scalar(match) == 3


@ONE_DATABASE
def test_an_index_that_this_library_cannot_read_is_left_alone(
    world: World,
) -> None:
    search_table.fill(world.clock.now())
    with write_transaction() as session:  # as a newer library may leave it
        session.execute(
            text("UPDATE signup_search_trigrams_config SET v = 99 WHERE k = 'version'")
        )
    db.session.remove()
    db.engine.dispose()
    usable = search_index.has_trigrams()
    search_table.fill(world.clock.now())
    ids = delivered(world, 2)
    rollup.fold(world.clock.now(), least=1)

    assert usable is False
    assert searchable() == ids


def test_a_number_that_another_host_took_is_passed_over(world: World) -> None:
    now = world.clock.now()
    ids = delivered(world, 1, created_at=now)
    stranger = delivered(world, 1)
    with write_transaction() as session:
        session.execute(
            insert(Searchable).values(
                number=search_table.number_of(now),
                signup_id=stranger[0],
                account_id=new_id(),
                text="",
            )
        )
        search_table.store(session, list(search_table.rows_of(ids).values()))

    assert set(searchable()) == {*ids, *stranger}
