"""Reads that can wait are made once, however many processes would make them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from app.accounts import facts, sync, tokens
from app.accounts.api_client import client
from app.accounts.models import Account
from app.database.session import db, write_transaction
from app.delivery import optouts
from app.delivery.models import Arrival
from app.signups.models import Signup
from app.worker import periodic, runner
from tests.others import others, reads_in_the_background
from tests.world import ONE_DATABASE, World, locked

LISTS, CONTACTS = "/v3/contact_lists", "/v3/contacts"
WORKERS = 2


def set_all(table: type[Any], **values: Any) -> None:
    with write_transaction() as session:
        session.execute(update(table).values(**values))


@contextmanager
def both_look_before_either_writes(table: str) -> Iterator[None]:
    """Reads go on, writes wait for a second."""
    if db.engine.dialect.name == "sqlite":
        with locked(table):
            yield
            time.sleep(1)
        return
    with db.engine.connect() as stranger:
        stranger.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
        yield
        time.sleep(1)
        stranger.rollback()


def delivered(world: World, number: int) -> None:
    """So many sign-ups that arrived an hour ago."""
    form = world.form(world.account())
    for n in range(number):
        world.signup(form, f"zoe{n}@example.com")
    runner.drain()
    set_all(Signup, settled_at=world.clock.now() - timedelta(hours=1))


@pytest.mark.slow
def test_two_processes_read_the_facts_of_each_account_once(
    world: World, tmp_path: Path
) -> None:
    for number in range(3):
        world.account(number)
    set_all(Account, facts_read_at=None)
    before = len(world.calls(LISTS))
    world.fault(LISTS, latency_ms=100)

    with others(
        WORKERS, reads_in_the_background, "_read_facts", world, tmp_path
    ) as workers:
        for process in workers:
            process.go()
        for process in workers:
            process.hear()

    assert len(world.calls(LISTS)) - before == 3
    assert (
        db.session.scalars(
            select(Account.id).where(Account.facts_read_at.is_(None))
        ).all()
        == []
    )


@pytest.mark.slow
def test_two_processes_draw_one_sample_and_read_each_row_of_it_once(
    world: World, tmp_path: Path
) -> None:
    delivered(world, 12)
    before = len(world.calls(CONTACTS))
    world.fault(CONTACTS, method="GET", latency_ms=100)

    with others(
        WORKERS,
        reads_in_the_background,
        "_check_arrivals",
        world,
        tmp_path,
        calls_per_day=600,  # of which a hundredth is read back
    ) as workers:
        with both_look_before_either_writes("arrival"):
            for process in workers:
                process.go()
        for process in workers:
            process.hear()

    assert len(world.calls(CONTACTS)) - before == 6
    assert db.session.scalar(select(func.count()).select_from(Arrival)) == 6


def test_a_read_that_failed_is_left_alone_by_every_process(
    world: World, app: Flask, make_app: Callable[..., Flask]
) -> None:
    world.account()
    set_all(Account, facts_read_at=None)
    before = len(world.calls(LISTS))
    world.fault(LISTS, status=503, body={})
    calls = []
    for minutes in (0, 14, 2):
        world.clock.advance(minutes=minutes)
        for process in (app, make_app()):
            with process.app_context():
                periodic.run_due(world.clock.now(), (periodic._read_facts,))
        calls.append(len(world.calls(LISTS)) - before)

    assert calls == [1, 1, 2]


def test_of_two_processes_one_reads_what_is_new_of_opt_outs(
    world: World, make_app: Callable[..., Flask]
) -> None:
    account_id = world.account().id
    one, other = make_app(optouts_max_age=3600), make_app(optouts_max_age=3600)
    periodic.run_due(world.clock.now())
    world.clock.advance(minutes=50)  # of the hour that it may be old
    before, answers = len(world.calls(CONTACTS)), []

    def looks(process: Flask, turn: Callable[[], object]) -> None:
        with process.app_context():
            api = replace(client(tokens.fresh_token(account_id)), turn=turn)
            answers.append(optouts.may_have_left(account_id, "zoe@example.com", api))

    looks(one, lambda: looks(other, lambda: None))

    assert answers == [False, False]
    assert len(world.calls(CONTACTS)) - before == 1


@ONE_DATABASE
def test_what_a_process_died_over_is_read_by_another_after_its_lease(
    world: World,
) -> None:
    account = world.account()
    set_all(Account, facts_read_at=None)
    now, before = world.clock.now(), len(world.calls(LISTS))
    with write_transaction() as session:
        until = now + sync.LOOK_LEASE
        facts.LEASE.claim(session, account.id, fence="dead", until=until)
    calls = []
    for minutes in (0, 9, 1):
        world.clock.advance(minutes=minutes)
        periodic.run_due(world.clock.now(), (periodic._read_facts,))
        calls.append(len(world.calls(LISTS)) - before)

    assert calls == [0, 0, 1]


@ONE_DATABASE
def test_an_account_that_forbids_to_read_back_is_not_asked_in_every_round(
    world: World,
) -> None:
    delivered(world, 3)
    before = len(world.calls(CONTACTS))
    world.fault(CONTACTS, method="GET", status=403)
    calls = []
    for seconds in (0, 5, 15 * 60):
        world.clock.advance(seconds=seconds)
        periodic.run_due(world.clock.now(), (periodic._check_arrivals,))
        calls.append(len(world.calls(CONTACTS)) - before)

    assert calls == [1, 1, 2]
