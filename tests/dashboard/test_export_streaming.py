"""The export is streamed: nobody lost, no more memory for more, and no writer kept waiting."""

import re
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from app.auth import users
from app.auth.models import User
from app.dashboard import search as signup_search
from app.dashboard.signups import export_walk
from app.database.session import db, write_transaction
from app.signups.models import SignupState
from tests.dashboard.exports import exporting, lines_of, many
from tests.world import ONE_DATABASE, World


def test_nobody_is_lost_or_doubled_between_two_steps(world: World) -> None:
    many(world, 2600)
    found = {}
    for search in (
        signup_search.Search(),
        signup_search.Search(text="zoe"),
        signup_search.Search(state="delivered"),
    ):
        pieces = list(exporting(search).stream())
        ids = re.findall(rb"^[\w-]{36}", b"".join(pieces), re.M)
        found[search] = (len(ids), len(set(ids)), pieces[-1])

    assert set(found.values()) == {(2600, 2600, b"\x042600")}


@ONE_DATABASE
def test_more_sign_ups_take_no_more_memory(world: World) -> None:
    many(world, 4000)
    export, peaks = exporting(signup_search.Search()), []
    tracemalloc.start()
    for _ in export.stream():
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()

    assert len(peaks) == 10  # the head, eight steps, the end
    assert peaks[-1] < 1.5 * peaks[2]


@ONE_DATABASE
def test_how_many_there_are_is_told_where_it_is_counted(world: World) -> None:
    many(world, 1500)
    form = world.form(world.account(1), name="Other")
    world.signup(form, state=SignupState.PARKED, reason="invalid", due_at=None)
    now = world.clock.now()
    found = {
        str(words): export_walk.survey(signup_search.Search(**words), now)
        for words in (
            {},
            {"state": "delivered"},
            {"state": "parked"},
            {"text": "zoe"},
            {"form_id": form.id},
            {"before": now - timedelta(minutes=20)},
        )
    }

    assert [number for number, _forms in found.values()] == [
        1501,
        1500,
        1,
        None,
        1,
        700,
    ]
    assert [len(forms) for _number, forms in found.values()] == [2, 2, 1, 2, 1, 1]


def test_between_two_pieces_nothing_is_held_and_a_writer_need_not_wait(
    world: World,
) -> None:
    many(world, 1200)
    stream = exporting(signup_search.Search()).stream()
    first = [next(stream) for _ in range(2)]
    with (
        write_transaction() as session
    ):  # somebody signs up, and somebody's state changes
        session.execute(text("UPDATE signup SET attempts = 9"))
    world.signup(world.form(world.account(1)), "late@example.com")
    rest = b"".join(stream)

    assert len(first) == 2
    assert b"late@example.com" not in rest
    assert rest.endswith(b",9,,\r\n\x041200")


def test_what_breaks_off_has_no_end(world: World) -> None:
    many(world, 1200)
    stream = exporting(signup_search.Search()).stream()
    pieces = [next(stream), next(stream)]
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE signup RENAME TO signup_elsewhere"))
    try:
        with pytest.raises(Exception, match="signup"):
            pieces += list(stream)
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("ALTER TABLE signup_elsewhere RENAME TO signup"))

    assert len(pieces) == 2
    assert b"\x04" not in b"".join(pieces)


def test_it_breaks_off_when_who_asked_for_it_is_disabled(world: World) -> None:
    many(world, 1200)
    export = exporting(signup_search.Search())
    stream = export.stream()
    pieces = [next(stream), next(stream)]
    with write_transaction() as session:
        session.execute(update(User).where(User.id == export.who).values(active=False))
    with pytest.raises(users.NoLongerActive):
        pieces += list(stream)

    assert len(pieces) == 2


def test_who_exported_how_many_is_noted_and_nobodys_address(
    world: World, make_app: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    world.signup(world.form(world.account()))
    there = make_app(log_level="INFO")
    with there.app_context():
        lines_of(
            World(there, world.simulator).signed_in(
                role="viewer", email="vera@example.com"
            )
        )
    said = [
        line
        for line in capfd.readouterr().err.splitlines()
        if "signups_exported" in line
    ]

    assert len(said) == 1
    assert '"number": 1' in said[0]
    assert '"whole": true' in said[0]
    assert re.search(r'"who": "[\w-]{36}"', said[0])
    assert '"network": "127.0.0.1"' in said[0]
    assert "@" not in said[0]
