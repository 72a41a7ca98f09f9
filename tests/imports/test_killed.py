"""Real workers, killed -9 while they check a file and while the provider answers."""

from pathlib import Path

import pytest

from app.config.settings import Settings
from tests.imports.ordeal import carry
from tests.world import World


@pytest.mark.slow
# and in this process on the other: test_sending
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_kills_cost_no_row_and_send_none_twice(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    quick = settings.model_copy(
        update={"http_deadline": 1, "token_lease": 1.5, "delivery_lease": 2.5}
    )

    seen = carry(world, quick, tmp_path, rows=3000, job_rows=1250)
    assert (
        seen.state,
        seen.rows,
        seen.jobs,
        seen.carried,
        seen.persons,
        seen.there,
    ) == ("done", 3000, 3, 3000, 3000, 3000)
