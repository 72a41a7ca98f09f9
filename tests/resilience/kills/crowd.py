"""Many processes that want the same token at the same moment: `python -m
tests.resilience.kills.crowd`.

Each line that it reads lets all of them ask at once; it answers with one JSON line:
what they got, and how often.
"""

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from flask import Flask

from app.accounts import tokens
from app.accounts.models import Account
from app.core.crypto import digest
from tests.accounts.acting import TOKEN, pair
from tests.resilience.kills.children import Nursery, awake, fork
from tests.world import World


@dataclass
class Trials:
    """What came of some expiries: token calls of each, and whether all got the stored
    token.
    """

    calls: list[int] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)


def expire_and_ask(
    world: World, account: Account, crowd: Nursery, many: int, trials: int, into: Trials
) -> None:
    """So many times: the account's token expires, and the whole crowd wants one."""
    for _ in range(trials):
        world.expired(account)
        before = len(world.calls(TOKEN))
        got = json.loads(crowd.ask("go"))
        into.same.append(got == {digest(pair(account)[0]): many})
        into.calls.append(len(world.calls(TOKEN)) - before)


def main() -> None:
    app, given = awake()
    answers, answer = os.pipe()
    starts: list[int] = []
    for _ in range(given["many"]):
        start, ours = os.pipe()
        fork(
            partial(_ask_when_told, app, given["account"], start, answer), ours, *starts
        )
        os.close(start)
        starts.append(ours)
    heard = os.fdopen(answers)
    print("ready", flush=True)
    for _ in sys.stdin:
        for start in starts:
            os.write(start, b"!")
        print(json.dumps(Counter(heard.readline().strip() for _ in starts)), flush=True)


def _ask_when_told(app: Flask, account: str, start: int, answer: int) -> None:
    """Once for each byte; the pipe they come from ends with whoever writes them."""
    with app.app_context():
        while os.read(start, 1):
            os.write(answer, f"{_asked(account)}\n".encode())


def _asked(account: str) -> str:
    try:
        return digest(tokens.fresh_token(account))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


if __name__ == "__main__":
    main()
