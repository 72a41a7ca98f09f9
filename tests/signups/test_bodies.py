"""Whatever is sent to a form: no accident, no half sign-up, no thanks for nothing.

150 bodies in `make test-long`. More: `make bench ONLY=bodies`.
"""

import pytest
from hypothesis import given

from tests.signups.bodies import Door, Sent, bodies, often
from tests.world import World


@pytest.mark.parametrize("many", [50, pytest.param(150, marks=pytest.mark.long)])
def test_whatever_is_sent_is_taken_whole_or_refused(world: World, many: int) -> None:
    door = Door(world)

    @often(many, derandomize=True)
    @given(bodies(door))
    def anything(sent: Sent) -> None:
        door.takes(sent)

    anything()

    assert door.answers.total() >= many
    assert door.answers[303] > many / 20  # it also sends what is good
    assert {303, 415, 422} <= set(door.answers)
