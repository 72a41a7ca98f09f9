"""Whatever goes wrong, each row is in exactly one job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import event

from app.accounts.authorized_call import authorized_call
from app.constant_contact import activities
from app.constant_contact.http import BoundedSession
from app.database.session import db
from app.imports import actions, files, queries, step
from app.imports.errors import ImportRejected
from tests.imports.acting import ADA, Importing, people
from tests.imports.jobs import JOBS, THREE, TWELVE, left_of, states
from tests.world import ONE_DATABASE, SharedClock


class Killed(BaseException):
    """The end of a worker."""


# -- gone wrong


LOST: dict[str, dict[str, Any]] = {
    "the answer lost": {"reset": True, "when": "after"},
    "a 500 though it was done": {"status": 500, "when": "after"},
    "a 500": {"status": 500},
    "an outage before": {"reset": True},
    "an unreadable answer": {"status": 201, "body": "<html>", "when": "after"},
    "an answer of another shape": {"status": 201, "body": {"id": 1}, "when": "after"},
    "a gateway's page": {"status": 502, "when": "after"},
    "a pause of everybody's": {"status": 429},
    "a full queue": {
        "status": 429,
        "body": [{"error_key": "x", "error_message": "Too many."}],
    },
    "a 401": {"status": 401},
    "a 403": {"status": 403},
    "a conflict": {"status": 409},
}


# Enough for `make test`: each way to read an answer once, and by the other door what is
# read otherwise there.
FEW = {
    "json": (
        "the answer lost",
        "a 500",
        "an unreadable answer",
        "a pause of everybody's",
        "a full queue",
        "a 401",
        "a conflict",
    ),
    "csv": ("the answer lost", "a full queue"),
}


def cases(door: str) -> list[Any]:
    return [
        pytest.param(
            door,
            fault,
            id=f"{door}-{name}",
            marks=() if name in FEW[door] else pytest.mark.long,
        )
        for name, fault in LOST.items()
    ]


@ONE_DATABASE
@pytest.mark.parametrize(("door", "fault"), [*cases("json"), *cases("csv")])
def test_whatever_comes_back_each_row_is_in_exactly_one_job(
    importing: Importing, fault: dict[str, Any], door: str
) -> None:
    importing.world.fault(
        "contacts_file_import" if door == "csv" else JOBS,
        skip=1,
        times=2,
        method="POST",
        **fault,
    )
    made = importing.done(TWELVE, door=door)

    assert made.state == "done"
    assert importing.carried() == 12
    assert len(importing.jobs()) == THREE
    assert len(importing.there()) == 12
    assert queries.progress(made).persons == 12


@ONE_DATABASE
@pytest.mark.parametrize("route", ["/v3/activities", "/oauth2/default/v1/token"])
def test_an_outage_of_everything_is_waited_for(
    importing: Importing, route: str
) -> None:
    importing.world.expired(importing.account)
    importing.world.fault(route, status=503, times=6)
    made = importing.begun(TWELVE)
    step.step()
    waits = importing.again(made)
    state, sentence = waits.state, waits.sentence
    made = importing.followed(made)

    assert (state, bool(sentence)) == ("sending", True)
    assert (made.state, made.sentence) == ("done", "")
    assert importing.carried() == 12


class Mortal(BoundedSession):
    """The client's session, whose user dies at one of its requests: before it is sent,
    or once it is answered.
    """

    def __init__(self, at: int, moment: str) -> None:
        super().__init__(5)
        self.at, self.moment, self.count = at, moment, 0

    def send(
        self, request: requests.PreparedRequest, **kwargs: Any
    ) -> requests.Response:
        self.count += 1
        if self.count == self.at and self.moment == "sending":
            raise Killed
        answer = super().send(request, **kwargs)
        if self.count == self.at:
            raise Killed
        return answer


@contextmanager
def killed(app: Flask, at: int, moment: str) -> Iterator[Callable[[], int]]:
    """Whoever writes, or calls the provider, for the so-manieth time dies of it.

    Gives how often it came to that.
    """
    count, mortal, own = (
        [0],
        Mortal(at, moment),
        app.extensions.pop("latchkey.session", None),
    )

    def die(_session: object) -> None:
        count[0] += 1
        if count[0] == at:
            raise Killed

    if moment == "writing":
        event.listen(db.session, "before_commit", die)
    else:
        app.extensions["latchkey.session"] = mortal
    try:
        yield lambda: count[0] if moment == "writing" else mortal.count
    finally:
        if moment == "writing":
            event.remove(db.session, "before_commit", die)
        app.extensions["latchkey.session"] = own
        if own is None:
            del app.extensions["latchkey.session"]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("moment", "most", "door", "every"),
    [
        ("writing", 16, "json", 4),
        ("sending", 6, "json", 3),
        ("answered", 6, "json", 3),
        ("answered", 6, "csv", 3),
        pytest.param("writing", 16, "json", 1, marks=pytest.mark.long),
        pytest.param("sending", 6, "json", 1, marks=pytest.mark.long),
        pytest.param("answered", 6, "json", 1, marks=pytest.mark.long),
        pytest.param("answered", 6, "csv", 1, marks=pytest.mark.long),
    ],
)
def test_killed_at_any_write_or_call_each_row_is_in_exactly_one_job(
    importing: Importing, app: Flask, moment: str, most: int, door: str, every: int
) -> None:
    for at in range(1, 100, every):
        made = importing.begun(people(7, begin=100 * at), door=door)
        before = importing.carried()
        with killed(app, at, moment) as count:
            try:
                importing.followed(made)
                break
            except Killed:
                db.session.rollback()
        made = importing.followed(made)

        assert made.state == "done", (at, made.sentence)
        assert importing.carried() - before == 7, at
    assert at > count() >= max(most, at - every)


@ONE_DATABASE
def test_killed_while_checking_it_is_checked_anew(
    importing: Importing, app: Flask
) -> None:
    for at in range(1, 20):
        made = importing.upload(TWELVE)
        actions.map_columns(
            made.id,
            queries.guess(made),
            lists=importing.lists,
            dates="mdy",
            door="json",
        )
        with killed(app, at, "writing") as count:
            try:
                importing.followed(made)
                break
            except Killed:
                db.session.rollback()
        made = importing.followed(made)

        assert (
            made.state,
            made.good,
            sum(each.rows for each in importing.parts(made)),
        ) == ("checked", 12, 12), at
    assert count() == at - 1 >= 4


@ONE_DATABASE
def test_killed_while_reading_it_is_read_again(
    importing: Importing, app: Flask
) -> None:
    for at in range(1, 20):
        made = importing.stored(TWELVE)
        with killed(app, at, "writing") as count:
            try:
                importing.followed(made)
                break
            except Killed:
                db.session.rollback()
        made = importing.followed(made)

        assert (made.state, made.failures, made.due_at) == ("uploaded", 0, None), at
        assert made.facts["columns"] == ["Email", "First name"]
    assert count() == at - 1 >= 3


@ONE_DATABASE
def test_a_file_that_kills_whoever_looks_at_it_is_given_up(
    importing: Importing, app: Flask
) -> None:
    made = importing.stored(TWELVE)
    for _ in range(3):
        with killed(app, 3, "writing"), pytest.raises(Killed):
            importing.followed(made)
        db.session.rollback()
    made = importing.followed(made)

    assert (made.state, made.reason) == ("unreadable", "kills_worker")
    assert left_of(made, files.FILE) == 0


@ONE_DATABASE
def test_a_file_that_kills_whoever_reads_it_is_given_back(
    importing: Importing, app: Flask
) -> None:
    made = importing.upload(TWELVE)
    actions.map_columns(
        made.id, queries.guess(made), lists=importing.lists, dates="mdy", door="json"
    )
    for _ in range(3):
        with killed(app, 3, "writing"), pytest.raises(Killed):
            importing.followed(made)
        db.session.rollback()
    made = importing.followed(made)

    assert (made.state, made.reason) == ("uploaded", "kills_worker")


@ONE_DATABASE
def test_jobs_of_others_are_not_taken_for_ours(importing: Importing) -> None:
    def somebody_elses(api: Any) -> None:
        body = b'{"list_ids":["%s"],"import_data":[%s]}' % (
            importing.lists[0].encode(),
            b",".join([b'{"email":"x@example.com"}'] * 5),
        )
        activities.begin_json(api, body, lambda: 5.0)

    authorized_call(importing.account.id, somebody_elses)
    importing.world.fault(JOBS, status=500, times=1, method="POST")
    made = importing.done(people(5))

    assert made.state == "done"
    assert len(importing.there()) == 5
    assert len(importing.jobs()) == 2


@pytest.mark.parametrize(
    "odd",
    [
        {"state": "waiting_for_something_new", "percent_done": 33.3},
        {"status": [], "activity_errors": "x"},
        {"activity_errors": [{"error_key": "x"}, None]},
        {"status": {"items_total_count": "5"}, "percent_done": None},
        {"state": 7, "source_file_name": 7, "percent_done": "half"},
    ],
)
def test_an_odd_job_of_others_stands_in_nobodys_way(odd: dict[str, Any]) -> None:
    listed = activities.Activities.model_validate(
        {
            "activities": [
                {"activity_id": "theirs", **odd},
                {"activity_id": "ours", "status": {"items_total_count": 5}},
            ]
        }
    ).activities

    assert [
        (each.activity_id, each.status.get("items_total_count")) for each in listed
    ] == [("theirs", None), ("ours", 5)]


@ONE_DATABASE
def test_a_part_that_is_refused_fails_alone_and_can_be_tried_again(
    importing: Importing,
) -> None:
    importing.world.fault(JOBS, status=400, skip=1, times=1, method="POST")
    made = importing.done(TWELVE)
    said, found = importing.parts(made)[1].sentence, states(importing, made)
    assert queries.may_try_again(made.id)
    actions.try_again(made.id, ADA)
    again = importing.followed(made)

    assert found == ["done", "failed", "done"]
    assert "refused this part" in said
    assert (again.state, importing.carried(), len(importing.there())) == (
        "done",
        12,
        12,
    )


@ONE_DATABASE
@pytest.mark.parametrize("end", ["failed", "cancelled", "timed_out"])
def test_a_job_that_ends_badly_is_told_and_can_be_tried_again(
    importing: Importing, end: str
) -> None:
    importing.world.control(
        "activities", account=importing.account.provider_id, state=end
    )
    made = importing.done(TWELVE)
    first, state = importing.parts(made)[0], made.state
    told = (
        first.state,
        first.provider_state,
        first.reason,
        first.counters["person_count"],
    )
    actions.try_again(made.id, ADA)
    again = importing.followed(made)

    assert state == "failed"
    assert told == ("failed", end, f"job_{end}", 2)
    assert (again.state, len(importing.there()), len(importing.jobs())) == (
        "done",
        12,
        THREE + 1,
    )


@ONE_DATABASE
def test_a_job_that_was_not_looked_at_for_ten_days_is_forgotten_by_the_provider_and_said_to_be(
    importing: Importing,
) -> None:
    made = importing.followed(
        importing.begun(people(5)), lambda row: row.state == "following"
    )
    SharedClock.advance(days=11)
    importing.world.connected_again(importing.account)
    made = importing.followed(made)

    assert (made.state, importing.parts(made)[0].reason) == ("failed", "forgotten")
    assert not queries.may_try_again(made.id)
    with pytest.raises(ImportRejected, match="nothing_left"):
        actions.try_again(made.id, ADA)


@ONE_DATABASE
def test_progress_is_told_while_it_goes(importing: Importing) -> None:
    importing.world.control("limits", import_rows_per_second=1)
    made = importing.followed(
        importing.begun(people(5)), lambda row: bool(importing.parts(row)[0].percent)
    )
    seen = queries.progress(made)

    assert importing.parts(made)[0].provider_state == "processing"
    assert 0 < seen.percent < 100
    assert importing.followed(made).state == "done"


@ONE_DATABASE
def test_at_most_four_jobs_of_an_account_are_under_way(importing: Importing) -> None:
    first, second = importing.begun(people(20)), importing.begun(people(20, begin=50))
    importing.world.control("limits", import_wait=600)
    for _ in range(30):
        step.step()
    posted = len(importing.posted())
    importing.world.control("limits", import_wait=2)
    ends = [importing.followed(each).state for each in (first, second)]

    assert posted == 4
    assert ends == ["done", "done"]
    assert importing.carried() == 40


@ONE_DATABASE
def test_a_job_that_hangs_is_looked_at_ever_more_seldom(importing: Importing) -> None:
    importing.world.control("limits", import_wait=86_400)
    made = importing.begun(people(5))
    importing.followed(
        made,
        lambda _: importing.world.clock.now() > made.created_at + timedelta(minutes=30),
    )

    assert (
        len(
            [
                call
                for call in importing.world.calls("")
                if call["method"] == "GET" and "/v3/activities/" in call["path"]
            ]
        )
        < 65
    )
