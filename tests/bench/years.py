"""Fifty accounts through 179 days awake and 179 days asleep, at the provider's true
limits.
"""

import time
from datetime import timedelta

from tests.bench.place import place
from tests.resilience.kills.years import (
    SETTINGS,
    Log,
    chores,
    connect,
    live,
    over,
    refused,
)


def main() -> None:
    began = time.monotonic()
    with place(**SETTINGS) as here:
        accounts, log = connect(here.world, 50), Log(here.world)
        log.read()
        live(here.world, log, timedelta(days=179), timedelta(hours=3))
        awake = len(log.at)
        here.world.clock.advance(days=179)
        asleep = len(over(here.world))
        chores(here.world)
        log.read()
        print(
            f"179 days awake: {awake} renewals, none late; 179 days asleep: {asleep}"
            f" tokens at their end, {len(log.at) - awake} renewals,"
            f" {len(refused(accounts))} accounts lost; closest calls {log.closest:.2f}"
            f" s apart, answers {dict(log.statuses)} ({time.monotonic() - began:.0f} s)"
        )
        assert (over(here.world), refused(accounts)) == ([], [])
        assert set(log.statuses) == {200}, (
            "the pace leaves 0.25 s: was this machine busy with something else?"
        )
        assert log.closest >= 1
