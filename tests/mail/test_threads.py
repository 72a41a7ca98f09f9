"""Who waits for a mail server or for the token endpoint holds up nobody: the worker's
threads, and its sign of life.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select

from app.database.session import db
from app.delivery.models import Heartbeat
from app.mail.models import MessageState as Mail
from app.signups.models import SignupState
from app.worker import runner
from tests.mail.acting import ADA, OWNER, admins, notices, refuse
from tests.mail.sink import Sink, odd_server
from tests.mail.test_sender import NORA, put
from tests.world import ONE_DATABASE, PATIENCE, World, until

pytestmark = ONE_DATABASE


@pytest.fixture
def working(app: Flask) -> Iterator[Callable[[Flask], runner.Worker]]:
    made: list[runner.Worker] = []

    def work(app: Flask) -> runner.Worker:
        made.append(runner.Worker(app))
        made[-1].start()
        return made[-1]

    yield work
    for one in made:
        one.stop()


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_refusal_becomes_mail_by_itself(
    world: World, sink: Sink, working: Callable[[Flask], runner.Worker]
) -> None:
    admins(world, ADA)
    refuse(world, world.account(notify_email=OWNER))
    working(world.app)
    until(lambda: len(sink.taken) == 2 or world.clock.advance(seconds=1))

    assert {one.recipients[0] for one in sink.taken} == {ADA, OWNER}


def test_a_mail_server_that_hangs_delays_no_sign_up_and_no_token(
    world: World,
    make_app: Callable[..., Flask],
    working: Callable[[Flask], runner.Worker],
) -> None:
    waiting, over = threading.Event(), threading.Event()

    def hang(_connection: socket.socket) -> None:
        waiting.set()
        over.wait(PATIENCE)

    account = world.account()
    put(NORA)
    with odd_server(hang) as where:
        working(make_app(smtp_url=SecretStr(f"smtp://{where}")))
        until(waiting.is_set)
        row = world.signup(world.form(account))
        until(lambda: world.again(row).state == SignupState.DELIVERED)
        version = world.expired(account).version
        until(
            lambda: (
                world.token_set(account).version > version
                or world.clock.advance(seconds=1)
            )
        )
        still = notices()[0].state
        over.set()

    assert still == Mail.WAITING


def test_a_token_endpoint_that_hangs_delays_no_sign_of_life(
    world: World, working: Callable[[Flask], runner.Worker]
) -> None:
    held = world.expired(world.account())
    with world.holding("/token") as call:
        working(world.app)
        call.until_arrived()
        for _ in range(2):
            world.clock.advance(seconds=20)
            until(lambda: world.clock.now() - seen() < timedelta(seconds=10))

        # so all of this was while the token endpoint was waited for
        assert world.again(held).lease_until


def seen() -> datetime:
    db.session.rollback()
    return db.session.scalars(select(func.max(Heartbeat.seen_at))).one()


def test_without_a_mail_server_there_is_no_thread_for_it(
    make_app: Callable[..., Flask], working: Callable[[Flask], runner.Worker]
) -> None:
    working(make_app(smtp_url=SecretStr("")))
    without = names()
    working(make_app())

    assert "mail" not in without
    assert {"mail", "upkeep", "delivery-0"} <= names()
