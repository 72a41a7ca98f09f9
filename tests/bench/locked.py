"""A new pair in hand while the database is locked for 65 seconds, and others that want
a token meanwhile.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from app import create_app
from app.accounts import tokens
from app.database.session import UNUSABLE, db
from tests.accounts.acting import pair, reply, stored
from tests.bench.place import DATABASES, place
from tests.conftest import test_settings
from tests.constant_contact.endpoint import Answer, endpoint
from tests.resilience.kills.test_held_pair import locked_for

SECONDS = 65.0


def main() -> None:
    for kind in DATABASES:
        with place(kind) as here, endpoint() as fake:
            world, account = here.world, here.world.account()
            world.expired(account)
            app = create_app(
                test_settings(
                    here.database,
                    world.simulator.url,
                    here.folder,
                    auth_url=fake.url,
                    http_deadline=10,
                    token_lease=15,
                )
            )
            fake.usual = Answer(
                200,
                reply(),
                first=lambda at=(here.database, account.id): locked_for(*at, SECONDS),
            )

            with ThreadPoolExecutor(4) as pool:
                got = list(
                    pool.map(
                        lambda after, app=app, id=account.id: _wanted(app, id, after),
                        [0, 1, 16, 30],
                    )
                )
            print(
                f"{kind}: locked for {SECONDS:.0f} s with a new pair in hand:"
                f" {len(fake.requests)} token call, version {stored(account).version}"
                f" stored, {got.count('fake-access')} of {len(got)} got it"
            )
            assert (pair(account), len(fake.requests)) == (
                ("fake-access", "fake-refresh"),
                1,
            )
            with app.app_context():
                db.engine.dispose()


def _wanted(app: Flask, account: str, after: float) -> str:
    """The token, asked for again and again as a worker does."""
    time.sleep(after)
    ends = time.monotonic() + SECONDS + 30
    with app.app_context():
        while time.monotonic() < ends:
            try:
                return tokens.fresh_token(account, patience=0)
            except (tokens.NotNow, *UNUSABLE):
                db.session.rollback()
                time.sleep(0.1)
    return "nothing"
