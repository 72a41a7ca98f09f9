"""The form page beside a bare route with a page of the same size."""

from tests.bench.place import DATABASES, place
from tests.bench.served import HEAD, both, race


def main() -> None:
    print(HEAD)
    for kind in DATABASES:
        with place(kind) as here, both(here) as sides:
            for visitors in (1, 8, 32):
                race(
                    kind, f"page, {visitors} at once", ("page", "page"), sides, visitors
                )
