"""A PostgreSQL that ends connections, or falls silent: nobody waits for long, and who
needs no database not at all.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, event, select, text, update
from sqlalchemy.exc import InternalError, OperationalError

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor
from app.cli.doctor import business
from app.database import connect_options, migrate, patience, silence
from app.database.session import db, write_transaction
from app.signups.models import Signup
from app.stats import rollup
from app.worker import runner
from tests.postgres import Postgres
from tests.relay import Relay
from tests.signups.reading import form_token
from tests.world import PATIENCE, World

POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
SHORT = 0.3  # seconds


@pytest.fixture
def relay(postgres: Postgres, postgres_database: str) -> Iterator[Relay]:
    made = Relay(postgres.address(postgres_database))
    yield made
    made.stop()


@pytest.fixture
def engine(relay: Relay) -> Iterator[Engine]:
    made = create_engine(relay.address, pool_size=2, max_overflow=0)
    yield made
    relay.heal()
    made.dispose()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """All waits so short that a test can have them."""
    monkeypatch.setattr(silence, "PING_SECONDS", SHORT)
    monkeypatch.setattr(patience, "VISITOR_SECONDS", SHORT)
    monkeypatch.setattr(connect_options, "MARGIN", SHORT)
    monkeypatch.setattr(silence, "SHORT_WHILE", 0.01)


def used_then_ended(engine: Engine, postgres: Postgres) -> None:
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    postgres._run(f"SELECT pg_terminate_backend({pid}, 5000)")


def works(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1")) == 1


# -- connections that have ended


def test_a_connection_that_ended_while_idle_is_replaced(
    engine: Engine, postgres: Postgres
) -> None:
    silence.watch(engine, PATIENCE, idle_seconds=0)
    used_then_ended(engine, postgres)

    assert works(engine)


def test_one_that_was_used_just_now_is_not_asked_and_its_end_is_told(
    engine: Engine, postgres: Postgres
) -> None:
    silence.watch(engine, PATIENCE, idle_seconds=60)
    used_then_ended(engine, postgres)

    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(text("SELECT 1"))

    assert works(engine)


# -- a server that is silent


def test_a_statement_that_is_not_answered_ends(engine: Engine, relay: Relay) -> None:
    silence.watch(engine, SHORT, idle_seconds=60)
    assert works(engine)
    relay.silence()

    with pytest.raises(OperationalError, match="did not answer"):
        works(engine)
    relay.heal()

    assert works(engine)


def test_an_idle_connection_is_asked_for_a_moment_only(
    engine: Engine, relay: Relay, impatient: None
) -> None:
    silent = silence.watch(engine, PATIENCE, idle_seconds=0)
    assert works(engine)
    relay.silence()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(works, engine)
        while not silent.is_on:
            assert not waiting.done()
        relay.heal()

        assert waiting.result(PATIENCE)
    assert not silent.is_on


class Asked:
    """A server that answers who connects when it is told to."""

    def __init__(self) -> None:
        self.began, self._ends = threading.Event(), threading.Event()

    def open(self) -> Any:
        self.began.set()
        assert self._ends.wait(PATIENCE)
        return "a connection"

    def answer(self) -> None:
        self._ends.set()


def times_out() -> Any:
    raise psycopg.errors.ConnectionTimeout("connection timeout expired")


def test_while_it_is_silent_one_tries_and_all_others_are_refused_at_once(
    impatient: None,
) -> None:
    silent, server = silence.Silence(), Asked()
    with pytest.raises(psycopg.OperationalError):
        silent.connect(times_out)
    with ThreadPoolExecutor(1) as pool:
        trying = pool.submit(silent.connect, server.open)
        assert server.began.wait(PATIENCE)
        for _ in range(20):
            with pytest.raises(psycopg.OperationalError, match="does not answer"):
                silent.connect(times_out)
        server.answer()

        assert trying.result(PATIENCE) == "a connection"
    assert not silent.is_on


def test_a_server_that_refuses_is_not_silent(impatient: None) -> None:
    silent = silence.Silence()

    def refuse() -> Any:
        raise psycopg.OperationalError("connection refused")

    with pytest.raises(psycopg.OperationalError, match="refused"):
        silent.connect(refuse)

    assert not silent.is_on


# -- visitors, health and workers meanwhile


@pytest.fixture
def beyond(
    world: World, make_app: Callable[..., Flask], relay: Relay
) -> Iterator[Flask]:
    """The app on a host from which the database can be cut off."""
    yield make_app(
        database_url=relay.address,
        db_connect_timeout=2,
        db_statement_timeout=SHORT,
    )
    relay.heal()


@POSTGRESQL
def test_a_visitor_is_told_soon_and_keeps_what_was_typed(
    world: World, beyond: Flask, relay: Relay, impatient: None
) -> None:
    form = world.form(world.account())
    browser = beyond.test_client()
    page = browser.get(f"/f/{form.id}").text
    typed = {
        "email_address": "zoe@example.com",
        "first_name": "Zoë",
        "consent": "y",
        "form_token": form_token(page),
    }
    relay.silence()
    refused = browser.post(f"/f/{form.id}", data=typed)
    alive, ready = browser.get("/healthz"), browser.get("/readyz")
    relay.heal()
    thanked = browser.post(f"/f/{form.id}", data=typed)

    assert refused.status_code == 503
    assert "zoe@example.com" in refused.text
    assert "Zoë" in refused.text
    assert (alive.status_code, ready.status_code) == (200, 503)
    assert thanked.status_code == 303
    db.session.rollback()
    assert len(db.session.scalars(select(Signup)).all()) == 1


@POSTGRESQL
def test_a_worker_goes_on_as_soon_as_the_database_is_back(
    world: World, beyond: Flask, relay: Relay, impatient: None
) -> None:
    world.signup(world.form(world.account()))
    with beyond.app_context():
        assert db.session.scalar(select(Signup.state)) == "waiting"
        db.session.remove()
        relay.silence()
        before = runner.step()
        relay.heal()
        after = runner.step()
        db.session.remove()

    assert (before, after) == (False, True)
    db.session.rollback()
    assert db.session.scalar(select(Signup.state)) == "delivered"


# -- a host that vanished inside a transaction


@POSTGRESQL
def test_who_does_nothing_in_a_transaction_keeps_no_lock_for_long(
    world: World, make_app: Callable[..., Flask]
) -> None:
    pace().acquire()
    vanished = make_app(db_idle_timeout=SHORT)
    with vanished.app_context(), db.engine.connect() as connection:
        connection.execute(select(Governor).with_for_update())
        with world.app.app_context():
            # waits until the server has ended the other transaction
            pace().acquire()
            row = pace().today()
        with pytest.raises(InternalError, match="idle-in-transaction"):
            connection.execute(text("SELECT 1"))

    assert row is not None
    assert row.used == 2


@POSTGRESQL
def test_who_reads_and_writes_much_later_writes_all_the_same(
    world: World, postgres: Postgres
) -> None:
    pace().acquire()
    pid = db.session.scalar(text("SELECT pg_backend_pid()"))
    # as the server does when somebody types for longer than the setting
    postgres._run(f"SELECT pg_terminate_backend({pid}, 5000)")

    with write_transaction() as session:
        session.execute(update(Governor).values(used=7))

    assert db.session.scalar(select(Governor.used)) == 7


@POSTGRESQL
def test_a_lock_that_is_kept_is_waited_for_no_longer_than_the_setting(
    world: World, make_app: Callable[..., Flask]
) -> None:
    pace().acquire()
    hurried = make_app(db_lock_timeout=0.05)
    with write_transaction() as session:
        session.execute(select(Governor).with_for_update())
        with hurried.app_context(), pytest.raises(OperationalError, match="lock"):
            pace().acquire()


# -- what may take longer


@POSTGRESQL
def test_what_needs_longer_may_take_longer(
    world: World, make_app: Callable[..., Flask]
) -> None:
    with make_app(db_statement_timeout=0.1).app_context():
        with db.engine.begin() as connection, patience.unhurried(connection):
            connection.execute(text("SELECT pg_sleep(0.2)"))
        with (
            pytest.raises(OperationalError, match="statement timeout"),
            db.engine.begin() as connection,
        ):
            connection.execute(text("SELECT pg_sleep(0.2)"))


@POSTGRESQL
@pytest.mark.parametrize("what", ["recount", "audit", "export", "migration"])
def test_long_reads_and_migrations_may_take_longer(world: World, what: str) -> None:
    world.form(world.account())
    admin, said = world.signed_in(), []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        match what:
            case "recount":
                rollup.recount_all()
            case "audit":
                business.check_balance()
            case "export":
                assert admin.get("/signups.csv").text
            case _:
                migrate.move_to(str(migrate.head()))
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)

    assert "SET LOCAL statement_timeout = 0" in said
