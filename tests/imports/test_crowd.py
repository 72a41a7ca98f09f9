"""Several workers at once, on the same imports, while answers get lost: each row is in
exactly one job all the same.
"""

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from app.database.session import db
from app.imports import actions, queries, step
from app.imports.models import ContactImport
from tests.imports.acting import ADA, Importing, people
from tests.world import PATIENCE, World, until

WORKERS = 4


@pytest.mark.slow
# on the other writers take turns anyway
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_many_workers_are_as_one(world: World, make_app: Callable[..., Flask]) -> None:
    app = make_app(
        http_deadline=1,
        token_lease=1.5,
        delivery_lease=2.5,
        retry_first=0.1,
        retry_most=0.2,
    )
    world.clock.follow_machine()  # the workers wait in earnest
    with app.app_context():
        crowd = Importing(world, world.account())
        world.control("limits", import_wait=0.2)
        first, second = crowd.checked(people(12)), crowd.checked(people(13, begin=100))
        for path, times in (("contacts_json_import", 2), ("/v3/activities", 1)):
            world.fault(path, reset=True, when="after", skip=2, times=times)
        ended, ids = threading.Event(), (first.id, second.id)
        threads = [
            threading.Thread(target=_work, args=(app, ended)) for _ in range(WORKERS)
        ]
        for id in ids:
            actions.begin(id, ADA)
        for thread in threads:
            thread.start()
        until(lambda: all(_again(id).due_at is None for id in ids))
        ended.set()
        for thread in threads:
            thread.join(PATIENCE)

        assert [
            (_again(id).state, queries.progress(_again(id)).persons) for id in ids
        ] == [("done", 12), ("done", 13)]
        assert (crowd.carried(), len(crowd.jobs()), len(crowd.there())) == (25, 6, 25)
        db.session.remove()


def _work(app: Flask, ended: threading.Event) -> None:
    while not ended.wait(0.01):
        with app.app_context():
            step.step()
            db.session.remove()


def _again(id: str) -> ContactImport:
    db.session.rollback()
    return queries.one(id)
