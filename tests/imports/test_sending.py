"""Contacts on their way: each row in exactly one of the provider's jobs, whatever goes
wrong; each job to its end.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import requests
from flask import Flask
from sqlalchemy import delete, event, func, select, update

from app.accounts import disconnect
from app.accounts.api_rate import Governor
from app.accounts.authorized_call import authorized_call
from app.accounts.models import AccountField, TokenSet
from app.constant_contact import activities
from app.constant_contact.http import BoundedSession
from app.database.session import db, write_transaction
from app.imports import actions, claims, files, housekeeping, queries, step, upload
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportPart, ImportPiece
from tests.imports.acting import ADA, Importing, people
from tests.world import ONE_DATABASE, SharedClock

JOBS = "/activities/contacts_json_import"
TWELVE, THREE = people(12), 3  # rows, and the jobs that carry them
DOORS = pytest.mark.parametrize("door", ["json", "csv"])


class Killed(BaseException):
    """The end of a worker."""


def states(importing: Importing, made: ContactImport) -> list[str]:
    return [each.state for each in importing.parts(made)]


def left_of(made: ContactImport, kind: str) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(ImportPiece)
            .where(ImportPiece.import_id == made.id, ImportPiece.kind == kind)
        )
        or 0
    )


# -- all well


@DOORS
def test_every_row_arrives_once_and_the_counters_agree(
    importing: Importing, door: str
) -> None:
    file = (
        "Email,First name,Phone,Born,City,Nickname\n"
        + "".join(
            f'p{n}@example.com,"=Zoë, {n}",+1 555 0{n},{n}/2/1980,Köln,c{n}\n'
            for n in range(1, 13)
        )
        + "p3@EXAMPLE.com,,,,,\nnobody,,,,,\n"
    )
    made = importing.done(
        file,
        columns=["email", "first_name", "phone", "birthday", "city", "cf:nickname"],
        door=door,
    )

    assert (made.state, made.rows, made.good, made.bad, made.duplicates) == (
        "done",
        14,
        12,
        1,
        1,
    )
    assert [part.rows for part in importing.parts(made)] == [5, 5, 2]
    assert importing.carried() == 12
    seen = queries.progress(made)
    assert (
        seen.percent,
        seen.persons,
        seen.errors,
        seen.correctable,
        seen.missing,
    ) == (100, 12, 0, 0, 0)
    contact = importing.world.contacts(importing.account)["p7@example.com"]
    assert contact["first_name"] == "=Zoë, 7"
    assert (contact["birthday_month"], contact["birthday_day"]) == (7, 2)
    assert contact["email_address"]["permission_to_send"] == "implicit"
    assert set(importing.lists) <= set(contact["list_memberships"])
    assert [field["value"] for field in contact["custom_fields"]] == ["c7"]
    assert contact["street_addresses"][0]["city"] == "Köln"
    assert importing.problems(made) == [
        (14, "", "duplicate"),
        (15, "Email", "email_invalid"),
    ]


@ONE_DATABASE
def test_a_workbook_arrives_too(importing: Importing) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Email", "Zip"])
    for number in range(7):
        book.active.append([f"p{number}@example.com", 1000 + number])
    book.active.append(["=A1", 1])
    file = io.BytesIO()
    book.save(file)

    made = importing.done(file.getvalue())
    assert (made.state, made.good, made.bad) == ("done", 7, 1)
    assert importing.there() == {f"p{number}@example.com" for number in range(7)}
    assert importing.problems(made) == [(9, "Email", "formula_without_value")]


@ONE_DATABASE
def test_who_unsubscribed_is_counted_and_not_put_on_lists(importing: Importing) -> None:
    gone = next(
        email
        for email, contact in importing.world.contacts(importing.account).items()
        if contact["email_address"]["permission_to_send"] == "unsubscribed"
    )
    made = importing.done(f"Email\n{gone}\np1@example.com\n")

    assert (queries.progress(made).persons, queries.progress(made).no_list) == (2, 1)


@ONE_DATABASE
def test_what_the_provider_finds_wrong_of_its_own_is_shown_in_its_words(
    importing: Importing,
) -> None:
    made = importing.checked("Email,Nickname\np1@example.com,x\np2@example.com,\n")
    field = next(each for each in importing.account.fields if each.label == "Nickname")
    importing.world.control(
        "fields",
        account=importing.account.provider_id,
        custom_field_id=field.custom_field_id,
    )
    actions.begin(made.id, ADA)
    made = importing.followed(made)

    assert made.state == "done"
    assert (queries.progress(made).persons, queries.progress(made).errors) == (1, 1)
    assert importing.parts(made)[0].errors == ["Row 1: cf:nickname does not exist"]
    assert "Row 1: cf:nickname does not exist\r\n" in "".join(
        queries.problems_csv(made.id)
    )


@ONE_DATABASE
def test_nothing_of_the_file_is_left_once_it_is_not_needed(
    importing: Importing,
) -> None:
    made = importing.checked(TWELVE)
    before = left_of(made, files.FILE), left_of(made, files.PROBLEMS)
    actions.begin(made.id, ADA)
    begun = left_of(made, files.FILE)
    made = importing.followed(made)

    assert (before, begun) == ((1, 0), 0)
    assert set(db.session.scalars(select(ImportPart.payload))) == {None}


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


@DOORS
@ONE_DATABASE
@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
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
    ("moment", "most", "door"),
    [
        ("writing", 16, "json"),
        ("sending", 6, "json"),
        ("answered", 6, "json"),
        ("answered", 6, "csv"),
    ],
)
def test_killed_at_any_write_or_call_each_row_is_in_exactly_one_job(
    importing: Importing, app: Flask, moment: str, most: int, door: str
) -> None:
    for at in range(1, 100):
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
    assert count() == at - 1 >= most


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


# -- accounts in trouble, people's decisions


@ONE_DATABASE
def test_it_waits_for_its_account_and_goes_on_when_it_is_connected_again(
    importing: Importing,
) -> None:
    made = importing.begun(TWELVE)
    disconnect.disconnect(importing.account.id, ADA)
    step.step()
    waiting = importing.again(made)
    said = (waiting.state, waiting.reason, waiting.sentence[:27])
    importing.world.connected_again(importing.account)
    with write_transaction() as session:
        session.execute(update(type(importing.account)).values(disconnected_at=None))
    made = importing.followed(made)

    assert said == ("sending", "disconnected", "The account is disconnected")
    assert (made.state, importing.carried()) == ("done", 12)


@ONE_DATABASE
def test_the_last_fifth_of_the_day_is_kept_for_sign_ups(importing: Importing) -> None:
    made = importing.begun(TWELVE)
    with write_transaction() as session:
        # of the million that tests have
        session.execute(update(Governor).values(used=800_000))
    step.step()
    waiting = importing.again(made)
    said, until = waiting.sentence, waiting.due_at
    made = importing.followed(made)

    assert said.startswith("What is left of today’s calls is kept for sign-ups.")
    assert until
    assert (until.hour, until.minute) == (0, 0)
    assert made.state == "done"


@ONE_DATABASE
def test_after_a_month_of_waiting_it_is_given_up(importing: Importing) -> None:
    made = importing.begun(TWELVE)
    with write_transaction() as session:
        session.execute(
            update(TokenSet).values(
                refused_at=importing.world.clock.now(), failure="grant_refused"
            )
        )
    step.step()
    SharedClock.advance(days=31)
    made = importing.followed(made)

    assert (made.state, [each.reason for each in importing.parts(made)]) == (
        "failed",
        ["forgotten", "waited_too_long", "waited_too_long"],
    )


@ONE_DATABASE
def test_cancelled_nothing_more_is_sent_and_what_was_accepted_is_followed(
    importing: Importing,
) -> None:
    made = importing.followed(
        importing.begun(TWELVE), lambda row: len(importing.posted()) == 1
    )
    actions.cancel(made.id, ADA)
    at_once = importing.again(made).state
    made = importing.followed(made)

    assert at_once == "following"
    assert (made.state, states(importing, made)) == (
        "cancelled",
        ["done", "dropped", "dropped"],
    )
    assert len(importing.posted()) == 1
    assert set(db.session.scalars(select(ImportPart.payload))) == {None}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("fault", "ends"),
    [
        ({"status": 500}, ["dropped"] * 3),
        ({"status": 500, "when": "after"}, ["done", "dropped", "dropped"]),
    ],
)
def test_cancelled_in_doubt_it_is_found_out_but_not_sent_again(
    importing: Importing, fault: dict[str, Any], ends: list[str]
) -> None:
    importing.world.fault(JOBS, times=1, method="POST", **fault)
    made = importing.followed(
        importing.begun(TWELVE), lambda row: row.reason == "provider_down"
    )
    actions.cancel(made.id, ADA)
    made = importing.followed(made)

    assert (made.state, states(importing, made)) == ("cancelled", ends)
    assert len(importing.posted()) == 1


@ONE_DATABASE
def test_cancelled_while_it_is_checked_the_checker_loses_it(
    importing: Importing,
) -> None:
    made = importing.upload(TWELVE)
    actions.map_columns(
        made.id, queries.guess(made), lists=importing.lists, dates="mdy", door="json"
    )
    job = claims.claim(importing.world.clock.now())
    actions.cancel(made.id, ADA)
    made = importing.again(made)

    assert job
    with pytest.raises(claims.Lost), claims.holding(job):
        pass
    assert (made.state, importing.parts(made), left_of(made, files.FILE)) == (
        "cancelled",
        [],
        0,
    )


@ONE_DATABASE
def test_a_field_that_is_gone_before_the_check_is_told_to_who_chose_it(
    importing: Importing,
) -> None:
    made = importing.upload("Email,Nickname\np1@example.com,x\n")
    actions.map_columns(
        made.id,
        ["email", "cf:nickname"],
        lists=importing.lists,
        dates="mdy",
        door="json",
    )
    with write_transaction() as session:
        session.execute(delete(AccountField))
    made = importing.followed(made)

    assert (made.state, made.reason) == ("uploaded", "unknown_target")
    assert "which this account does not have" in made.sentence


@ONE_DATABASE
def test_what_is_claimed_is_claimed_by_nobody_else(importing: Importing) -> None:
    importing.begun(TWELVE)
    now = importing.world.clock.now()
    mine, yours = claims.claim(now), claims.claim(now)
    later = claims.claim(now + claims.lease() + timedelta(seconds=1))

    assert (mine is None, yours, later is None) == (False, None, False)
    assert mine
    with pytest.raises(claims.Lost), claims.holding(mine):
        pass


@ONE_DATABASE
def test_the_mapping_the_encoding_and_the_delimiter_can_be_changed_until_it_begins(
    importing: Importing,
) -> None:
    made = importing.checked(
        "Email,First name\np1@example.com,Zoë\np1@example.com,Bob\n".encode("cp1252")
    )
    first = (made.facts["encoding"], made.good, made.duplicates)
    upload.read_again(made.id, encoding="mac_roman")
    again = importing.again(made)
    sample, parts = again.facts["sample"][0], importing.parts(made)
    with pytest.raises(ImportRejected, match="wrong_encoding"):
        upload.read_again(made.id, encoding="utf-8")
    actions.map_columns(
        made.id, ["email", ""], lists=importing.lists, dates="mdy", door="json"
    )
    made = importing.followed(made)
    state = made.state
    actions.begin(made.id, ADA)

    with pytest.raises(ImportRejected, match="wrong_state"):
        upload.read_again(made.id, encoding="cp1252")
    assert first == ("cp1252", 1, 1)
    assert (sample, parts) == ([2, "p1@example.com", "ZoÎ"], [])
    assert state == "checked"
    with pytest.raises(ImportRejected, match="wrong_state"):
        actions.map_columns(
            made.id, ["email", ""], lists=importing.lists, dates="mdy", door="json"
        )


@ONE_DATABASE
@pytest.mark.parametrize(("dates", "shown"), [("dmy", "4 Mar"), ("mdy", "3 Apr")])
def test_the_preview_shows_which_is_the_month_of_a_birthday(
    importing: Importing, dates: str, shown: str
) -> None:
    made = importing.upload("Email,Born\np1@example.com,4/3/1980\n")

    assert (
        queries.preview(made, ["email", "birthday"], dates)[0].values["birthday"]
        == shown
    )


@ONE_DATABASE
@pytest.mark.parametrize(
    ("lists", "reason"),
    [
        ([], "no_list"),
        (["x" * 36], "unknown_list"),
        ([str(n) for n in range(51)], "too_many_lists"),
    ],
)
def test_lists_have_to_be_there(
    importing: Importing, lists: list[str], reason: str
) -> None:
    made = importing.upload(TWELVE)

    with pytest.raises(ImportRejected, match=reason):
        actions.map_columns(
            made.id, ["email", ""], lists=lists, dates="mdy", door="json"
        )


@ONE_DATABASE
def test_no_good_row_no_import(importing: Importing) -> None:
    made = importing.checked("Email\nnobody\n")

    assert (made.state, made.reason) == ("checked", "no_good_rows")
    with pytest.raises(ImportRejected, match="no_good_rows"):
        actions.begin(made.id, ADA)


@ONE_DATABASE
def test_what_is_discarded_or_lies_too_long_is_deleted(importing: Importing) -> None:
    ids = {
        "discarded": importing.checked(TWELVE).id,
        "forgotten": importing.upload(TWELVE).id,
        "done": importing.done("Email\np1@b.co\nx\n").id,
    }
    actions.discard(ids["discarded"])
    SharedClock.advance(days=6)
    housekeeping.tidy(importing.world.clock.now())
    early = set(db.session.scalars(select(ContactImport.id)))
    SharedClock.advance(days=2)
    housekeeping.tidy(importing.world.clock.now())

    assert early == {ids["forgotten"], ids["done"]}
    assert set(db.session.scalars(select(ContactImport.id))) == {ids["done"]}
    assert db.session.scalar(select(func.count()).select_from(ImportPiece)) == 0


@ONE_DATABASE
def test_the_list_of_problems_is_no_formula_to_a_spreadsheet(
    importing: Importing,
) -> None:
    made = importing.checked("Email\n=cmd|' /C calc'!A0\n@x\n")
    text = "".join(queries.problems_csv(made.id))

    assert (
        "2,Email,'=cmd|' /C calc'!A0,This is no e-mail address that newsletters can"
        " reach.\r\n" in text
    )
    assert "\r\n3,Email,'@x," in text
