"""Processes that renew some accounts' tokens without end: `python -m
tests.resilience.kills.refreshers`.

"kill 2" kills the third of them with SIGKILL and starts another in its place.
"""

import os
import random
import signal
import sys
import time
from contextlib import suppress
from functools import partial

from flask import Flask

from app.accounts import tokens
from app.database.session import UNUSABLE, db
from tests.resilience.kills.children import awake, fork


def main() -> None:
    app, given = awake()
    lives, ours = os.pipe()  # ends with this process
    begin = partial(_renew_for_ever, app, given["accounts"], lives)
    pids = [fork(begin, ours) for _ in range(given["many"])]
    print("ready", flush=True)
    for line in sys.stdin:
        number = int(line.split()[1])
        os.kill(pids[number], signal.SIGKILL)
        os.waitpid(pids[number], 0)
        pids[number] = fork(begin, ours)
        print("killed", flush=True)
    os.close(ours)
    for pid in pids:
        os.waitpid(pid, 0)


def _renew_for_ever(app: Flask, accounts: list[str], lives: int) -> None:
    """Each token that comes is taken for refused by the provider, so that the next one
    is wanted at once.
    """
    os.set_blocking(lives, False)
    with app.app_context():
        while _is_alive(lives):
            account = random.choice(accounts)
            with suppress(tokens.NotNow, tokens.NeedsOwner, *UNUSABLE):
                tokens.expire_now(account, tokens.fresh_token(account, patience=0))
            db.session.rollback()
            time.sleep(0.005)


def _is_alive(lives: int) -> bool:
    try:
        return os.read(lives, 1) != b""
    except BlockingIOError:
        return True


if __name__ == "__main__":
    main()
