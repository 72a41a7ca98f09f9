"""What runs on each host of `hosts`: a web server's app, a worker whose host's clock is
wrong, or one that is caught inside a transaction. Settings are those of the
environment, but for the provider's address, which may be another host's here.
"""

import os
import sys
import time
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from app import create_app
from app.accounts.api_rate import Governor
from app.config.settings import Settings
from app.core.clock import Clock
from app.database.session import write_transaction
from app.worker import runner

PROVIDER = "BENCH_PROVIDER"  # the simulator's address, in the environment


class WrongClock(Clock):
    """A host's clock that is so many seconds ahead, or behind."""

    def __init__(self, ahead: float) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        return super().now() + self._ahead


def make(ahead: float = 0.0) -> Flask:
    """Make the app; plain http to another host would be refused in a setting."""
    provider = os.environ[PROVIDER]
    addresses = {
        "auth_url": f"{provider}/oauth2/default/v1",
        "api_url": f"{provider}/v3",
    }
    settings = Settings(_env_file=None).model_copy(update=addresses)
    return create_app(settings, WrongClock(ahead))


def catch(app: Flask) -> None:
    """Lock the pace's row, say so, and do nothing more."""
    with app.app_context(), write_transaction() as session:
        session.execute(select(Governor).with_for_update())
        print("locked", flush=True)
        time.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1] == "caught":
        catch(make())
    else:
        runner.serve(make(float(sys.argv[1])))
