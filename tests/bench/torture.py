"""2,000 renewals under kill -9 on a scaled clock, and some with the times that are
shipped.
"""

import random
from collections.abc import Iterator

from tests.bench.place import place
from tests.resilience.kills.kills import Torture, judge, run

SHIPPED = {"deadline": 10.0, "lease": 15.0, "delay": 0.9, "between_kills": 5.0}
SCALED = {"deadline": 1.2, "lease": 1.6, "delay": 0.6, "between_kills": 1.0}


def main() -> None:
    for kind, how in _parts(random.SystemRandom().randrange(10**8)):
        with place(kind) as here:
            words = (
                f"{kind}, {how.kind}, grace {how.grace} s, deadline {how.deadline:g} s,"
                f" seed {how.seed}"
            )
            seen = run(here.world, how, here.database, here.folder)
            print(f"{words}: {seen}", flush=True)
            judge(how, seen)


def _parts(seed: int) -> Iterator[tuple[str, Torture]]:
    for kind in ("sqlite", "postgresql"):
        yield kind, Torture(seed, 340, grace=0, **SCALED)
        yield kind, Torture(seed, 340, grace=30, **SCALED)
        yield kind, Torture(seed, 340, kind="long_lived", **SCALED)
    yield "sqlite", Torture(seed, 15, grace=0, **SHIPPED)
    yield "postgresql", Torture(seed, 15, grace=60, **SHIPPED)
