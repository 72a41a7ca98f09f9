"""`make bench`: the quick benchmarks, each against a yardstick in the same run.

`make bench ONLY=name`: one of them.
"""

import sys

from tests.bench import (
    abuse,
    accepting,
    bodies,
    chaos,
    claiming,
    deliver,
    drivers,
    expiry,
    fresh,
    hosts,
    imports,
    locked,
    outage,
    page,
    proof,
    scaling,
    slowclients,
    torture,
    tricks,
    visitors,
    years,
)

QUICK = {"accept": accepting.main, "fresh": fresh.main, "claim": claiming.main}
LONG = {
    "abuse": abuse.main,
    "visitors": visitors.main,
    "tricks": tricks.main,
    "page": page.main,
    "proof": proof.main,
    "deliver": deliver.main,
    "drivers": drivers.main,
    "bodies": bodies.main,
    "expiry": expiry.main,
    "torture": torture.main,
    "years": years.main,
    "locked": locked.main,
    "scale": scaling.main,
    "chaos": chaos.main,
    "outage": outage.main,
    "imports": imports.main,
    "slowclients": slowclients.main,
    "hosts": hosts.main,
}


def main() -> int:
    named = sys.argv[1:]
    if unknown := set(named) - {*QUICK, *LONG}:
        print(
            f"There is no benchmark {', '.join(unknown)}; there are"
            f" {', '.join([*QUICK, *LONG])}."
        )
        return 2
    for name in named or QUICK:
        {**QUICK, **LONG}[name]()
    if not named:
        print(f"Longer ones: make bench ONLY={' or ONLY='.join(LONG)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
