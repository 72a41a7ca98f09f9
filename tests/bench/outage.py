"""Six hours of outage with 5,000 waiting, on the shared clock, at the pace that is
shipped.
"""

from datetime import timedelta

from tests.bench.place import DATABASES, place
from tests.delivery.outage import endure, wait

WAITING, WASTED, RECOVERY = 5000, 80, timedelta(minutes=30)


def main() -> None:
    for kind in DATABASES:
        for accounts in (1, 3):
            with place(kind, call_gap=0.27) as here:
                world = here.world
                for number in range(accounts):
                    form = world.form(world.account(number))
                    wait(
                        form,
                        world.signup(form, "zoe0@example.com"),
                        WAITING // accounts,
                    )
                seen = endure(world)
            print(
                f"outage of 6 h, {kind}, {WAITING:,} waiting of {accounts} account(s):"
                f" {seen.wasted} calls wasted, last delivery"
                f" {seen.took.total_seconds() / 60:.1f} min after recovery",
                flush=True,
            )
            assert (seen.wasted <= WASTED, seen.took <= RECOVERY) == (True, True)
