"""Whatever is sent to a form: no accident, no half sign-up, no thanks for nothing.

More: `make bench ONLY=bodies`.
"""

from hypothesis import given

from tests.signups.bodies import Door, Sent, bodies, often
from tests.world import World

MANY = 150


def test_whatever_is_sent_is_taken_whole_or_refused(world: World) -> None:
    door = Door(world)

    @often(MANY, derandomize=True)
    @given(bodies(door))
    def anything(sent: Sent) -> None:
        door.takes(sent)

    anything()

    assert door.answers.total() >= MANY
    assert door.answers[303] > MANY / 20  # it also sends what is good
    assert {303, 415, 422} <= set(door.answers)
