"""The database's manners: one way to write, time in UTC, nobody starves and nothing is
lost.
"""

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert as plain_insert
from sqlalchemy import select, text, update

from app.database.session import db, insert, new_id, rowcount, write_transaction
from app.database.sqlite_lock import BUSY_SECONDS, Busy, locked
from app.delivery.models import Heartbeat
from tests.others import others, writes_in_three_threads
from tests.world import ONE_DATABASE, PATIENCE, World

NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)


def names() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(Heartbeat.worker)))


def test_what_is_written_stays(app: Flask) -> None:
    with write_transaction() as session:
        session.add(Heartbeat(worker="a", seen_at=NOON))

    assert names() == {"a"}


def test_an_error_inside_undoes_the_whole(app: Flask) -> None:
    with suppress(LookupError), write_transaction() as session:
        session.add(Heartbeat(worker="a", seen_at=NOON))
        session.flush()
        raise LookupError

    assert names() == set()
    with write_transaction() as session:
        session.add(Heartbeat(worker="b", seen_at=NOON))
    assert names() == {"b"}


def test_writing_inside_writing_is_refused(app: Flask) -> None:
    with (
        pytest.raises(RuntimeError, match="inside another"),
        write_transaction(),
        write_transaction(),
    ):
        pass
    with write_transaction() as session:
        session.add(Heartbeat(worker="a", seen_at=NOON))

    assert names() == {"a"}


def test_writing_elsewhere_is_refused(app: Flask) -> None:
    for statement in (
        update(Heartbeat).values(seen_at=NOON),
        plain_insert(Heartbeat).values(worker="x", seen_at=NOON),
    ):
        with pytest.raises(RuntimeError, match="outside"):
            db.session.execute(statement)
    db.session.add(Heartbeat(worker="a", seen_at=NOON))
    with pytest.raises(RuntimeError, match="outside"):
        db.session.commit()

    assert names() == set()


def test_what_was_read_before_is_read_again_under_the_lock(app: Flask) -> None:
    with write_transaction() as session:
        session.add(Heartbeat(worker="a", seen_at=NOON))
    stale = db.session.get_one(Heartbeat, "a")
    assert stale.seen_at == NOON

    def elsewhere() -> None:
        with app.app_context(), write_transaction() as session:
            session.execute(update(Heartbeat).values(seen_at=NOON + timedelta(hours=1)))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    with write_transaction() as session:
        assert session.get_one(Heartbeat, "a").seen_at == NOON + timedelta(hours=1)


def test_changed_tells_whether_it_was_me(app: Flask) -> None:
    with write_transaction() as session:
        first = rowcount(
            session,
            insert(Heartbeat).values(worker="a", seen_at=NOON).on_conflict_do_nothing(),
        )
        again = rowcount(
            session,
            insert(Heartbeat).values(worker="a", seen_at=NOON).on_conflict_do_nothing(),
        )
        moved = rowcount(
            session,
            update(Heartbeat).where(Heartbeat.worker == "a").values(seen_at=NOON),
        )
        nobody = rowcount(
            session,
            update(Heartbeat).where(Heartbeat.worker == "b").values(seen_at=NOON),
        )

    assert (first, again, moved, nobody) == (1, 0, 1, 0)


@pytest.mark.parametrize(
    "zone",
    [UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-11))],
)
def test_time_goes_in_and_comes_out_as_utc(app: Flask, zone: timezone) -> None:
    with write_transaction() as session:
        session.add(Heartbeat(worker="a", seen_at=NOON.astimezone(zone)))
    db.session.expire_all()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL TIME ZONE 'Asia/Tokyo'"))
    seen = db.session.scalars(select(Heartbeat.seen_at)).one()

    assert seen == NOON
    assert seen.tzinfo is UTC
    assert db.session.scalars(
        select(Heartbeat.worker).where(Heartbeat.seen_at == NOON.astimezone(zone))
    ).all() == ["a"]


def test_a_time_without_a_zone_is_refused(app: Flask) -> None:
    with (
        pytest.raises(Exception, match="a time without a zone"),
        write_transaction() as session,
    ):
        session.add(Heartbeat(worker="a", seen_at=NOON.replace(tzinfo=None)))


def test_an_error_of_the_database_does_not_say_what_was_written(app: Flask) -> None:
    with write_transaction() as session:
        session.add(Heartbeat(worker="somebody@example.com", seen_at=NOON))
    with (
        pytest.raises(Exception, match="heartbeat") as error,
        write_transaction() as session,
    ):
        session.execute(
            text(
                "INSERT INTO heartbeat (worker, no_such_column) VALUES (:worker, :at)"
            ),
            {"worker": "somebody@example.com", "at": 1},
        )

    assert "somebody@" not in str(error.value)


def test_ids_are_made_before_the_insert() -> None:
    assert len({new_id() for _ in range(100)}) == 100
    assert len(new_id()) == 36


@ONE_DATABASE
def test_sqlite_checks_foreign_keys_and_syncs_fully(app: Flask) -> None:
    pragmas = {
        name: db.session.execute(text(f"PRAGMA {name}")).scalar()
        for name in ("foreign_keys", "synchronous", "secure_delete")
    }

    assert pragmas == {"foreign_keys": 1, "synchronous": 2, "secure_delete": 1}


@pytest.mark.slow
@ONE_DATABASE
def test_a_lock_held_elsewhere_makes_writers_give_up_in_bounded_time(
    app: Flask,
) -> None:
    path, release, held = (
        f"{db.engine.url.database}.lock",
        threading.Event(),
        threading.Event(),
    )

    def hold() -> None:
        with locked(path, time.monotonic() + PATIENCE):
            held.set()
            release.wait(PATIENCE)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE)
    began = time.monotonic()
    with pytest.raises(Busy), write_transaction():
        pass
    waited = time.monotonic() - began
    still_locked = holder.is_alive()
    release.set()
    holder.join()

    assert still_locked
    assert waited > BUSY_SECONDS - 0.1
    with write_transaction() as session:
        session.add(Heartbeat(worker="after", seen_at=NOON))
    assert names() == {"after"}


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    inside, release = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with app.app_context(), write_transaction() as session:
            session.add(Heartbeat(worker="slow", seen_at=NOON))
            session.flush()
            inside.set()
            release.wait(PATIENCE)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert inside.wait(PATIENCE)
    seen = names()
    still_writing = writer.is_alive()
    db.session.rollback()
    release.set()
    writer.join()

    assert seen == set()
    assert still_writing
    assert names() == {"slow"}


@ONE_DATABASE
def test_a_lock_file_that_cannot_be_opened_is_busy(app: Flask, tmp_path: Path) -> None:
    with (
        pytest.raises(Busy, match="lock file"),
        locked(str(tmp_path / "no such folder" / "lock"), 0),
    ):
        pass


@pytest.mark.slow
def test_two_processes_writing_at_once_lose_nothing(
    world: World, tmp_path: Path
) -> None:
    with (
        others(1, writes_in_three_threads, "one", world, tmp_path) as [one],
        others(1, writes_in_three_threads, "two", world, tmp_path) as [two],
    ):
        one.go()
        two.go()
        ended = [one.hear(), two.hear()]

    assert ended == ["3", "3"]
    assert len(names()) == 2 * 3 * 40
