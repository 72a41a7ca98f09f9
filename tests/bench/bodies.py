"""20,000 bodies of every kind against the form, half of them on each database; other
ones in every run.
"""

import random
import time
from collections.abc import Callable

from hypothesis import given, seed

from tests.bench.place import DATABASES, place
from tests.signups.bodies import Door, Sent, bodies, often

MANY = 10_000


def main() -> None:
    for kind in DATABASES:
        start, began = random.randrange(10**6), time.perf_counter()
        with place(kind, log_level="ERROR") as here:
            door = Door(here.world)
            seed(start)(often(MANY)(given(bodies(door))(_through(door))))()
        answers = ", ".join(
            f"{count} x {status}" for status, count in sorted(door.answers.items())
        )
        print(
            f"{kind}: {door.answers.total()} bodies (seed {start}), no accident and no"
            f" half sign-up: {answers}; {time.perf_counter() - began:.0f} s"
        )


def _through(door: Door) -> Callable[[Sent], None]:
    def anything(sent: Sent) -> None:
        door.takes(sent)

    return anything
