"""Whatever is odd in one answer about bulk jobs, no rows are sent twice, and an import goes
on as soon as the answers can be read.
"""

from app.imports import step
from tests.constant_contact.mutations import DRAWN, Draw, Mutation, answering, mutations
from tests.imports.acting import Importing, people
from tests.world import ONE_DATABASE, SharedClock

pytestmark = ONE_DATABASE
BEGUN = {
    "activity_id": "11111111-1111-4111-8111-111111111111",
    "state": "initialized",
    "status": {"items_total_count": 2},
}
LISTED = {"activities": [BEGUN]}
JSON_IMPORT, LIST = "/activities/contacts_json_import", "/v3/activities"
ODD = [
    ("POST", JSON_IMPORT, list(mutations(BEGUN))),
    ("GET", LIST, list(mutations(LISTED))),
]


def drawn(draw: Draw) -> list[tuple[str, str, Mutation]]:
    things = []
    for method, path, odd_things in ODD:
        things += [(method, path, mutation) for mutation in draw(odd_things)]
    return things


def steps(times: int) -> None:
    for _ in range(times):
        step.step()
        SharedClock.advance(minutes=5)


def unreadable(answer: dict[str, object]) -> dict[str, object]:
    return answer | {"activity_id": 7}


@DRAWN
def test_no_rows_are_sent_twice_whatever_is_odd(
    importing: Importing, draw: Draw
) -> None:
    ends, posts = {}, {}
    for number, (method, path, mutation) in enumerate(drawn(draw)):
        name, _place, change = mutation
        if name.endswith("activity_id unknown"):
            continue  # an id as good as any
        before = len(importing.posted())
        made = importing.begun(people(2, 10 * number))
        of_the_post = change if method == "POST" else unreadable
        with answering(importing.world, "POST", JSON_IMPORT, of_the_post):
            steps(1)
        if method == "GET":
            with answering(importing.world, "GET", LIST, change):
                steps(3)
        made = importing.followed(made)
        ends[f"{path} {name}"] = made.state
        posts[f"{path} {name}"] = len(importing.posted()) - before

    assert {name: end for name, end in ends.items() if end != "done"} == {}
    assert {name: count for name, count in posts.items() if count != 1} == {}
