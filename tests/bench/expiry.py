"""64 processes at one expiry, 500 times in all: how many calls that costs."""

import time
from collections import Counter

from tests.accounts.acting import TOKEN
from tests.bench.place import DATABASES, place
from tests.conftest import KEY
from tests.resilience.kills.children import Nursery
from tests.resilience.kills.crowd import Trials, expire_and_ask

PROCESSES, TRIALS, SLOW = 64, 250, 250  # trials on each database; milliseconds


def main() -> None:
    settings = {"key": KEY, "http_deadline": 5, "token_lease": 12}
    for kind in DATABASES:
        with place(kind, **settings) as here:
            account, began, seen = here.world.account(), time.monotonic(), Trials()
            given = {
                "database": here.database,
                "simulator": here.world.simulator.url,
                "folder": str(here.folder),
                "account": account.id,
                "many": PROCESSES,
                "settings": settings,
            }
            with Nursery("crowd", **given) as crowd:
                expire_and_ask(here.world, account, crowd, PROCESSES, TRIALS // 2, seen)
                here.world.fault(TOKEN, latency_ms=SLOW)
                expire_and_ask(here.world, account, crowd, PROCESSES, TRIALS // 2, seen)
            print(
                f"{PROCESSES} processes at one expiry, {kind}: {len(seen.calls)}"
                f" trials, token calls in each: {dict(Counter(seen.calls))}, all got"
                f" the stored token in {sum(seen.same)}"
                f" ({time.monotonic() - began:.0f} s)"
            )
            assert (set(seen.calls), set(seen.same)) == ({1}, {True})
