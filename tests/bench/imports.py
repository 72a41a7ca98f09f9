"""100,000 contacts imported by workers that are killed twice, through either door:
memory, time, and every row once.
"""

from tests.bench.place import DATABASES, place
from tests.conftest import test_settings
from tests.imports.ordeal import carry

ROWS, MAX_MB = 100_000, 220


def main() -> None:
    for kind in DATABASES:
        for door, job_rows in (("json", 40_000), ("csv", 40_000)):
            with place(kind) as here:
                settings = test_settings(
                    here.database,
                    here.world.simulator.url,
                    here.folder,
                    http_deadline=2,
                    token_lease=3,
                    delivery_lease=5,
                )
                seen = carry(
                    here.world, settings, here.folder, ROWS, job_rows, door, seconds=300
                )
            print(f"imports, {kind}, {door}: {seen}", flush=True)
            assert (seen.state, seen.carried, seen.persons, seen.there) == (
                "done",
                ROWS,
                ROWS,
                ROWS,
            )
            assert seen.peak_mb < MAX_MB
