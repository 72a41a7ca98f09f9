"""20,000 sign-ups while web and workers are killed 200 times, the provider throws
faults, the disk is full once.
"""

import random
import time

from tests.bench.place import DATABASES, place
from tests.conftest import test_settings
from tests.resilience.chaos.storm import run
from tests.resilience.chaos.town import Plan

PRESSES, KILLS = 10_000, 100  # on each database


def main() -> None:
    for kind in DATABASES:
        seed = random.SystemRandom().randrange(10**8)
        plan = Plan(
            seed,
            PRESSES,
            KILLS,
            people=PRESSES,
            leaving=200,
            locked=4,
            disk_full=kind == "sqlite",
        )
        began = time.monotonic()
        with place(kind) as here:
            settings = test_settings(
                here.database, here.world.simulator.url, here.folder
            )
            said = run(here.world, plan, settings, here.folder)
        print(
            f"chaos, {kind}, seed {seed}: {said} ({time.monotonic() - began:.0f} s)",
            flush=True,
        )
