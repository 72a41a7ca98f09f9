"""Rows become bulk jobs: all well, with accounts in trouble, and as people decide."""

import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, func, select, update

from app.accounts import disconnect
from app.accounts.api_rate import Governor
from app.accounts.models import AccountField, TokenSet
from app.database.session import db, write_transaction
from app.imports import actions, claims, files, housekeeping, queries, step
from app.imports.errors import ImportRejected
from app.imports.models import ContactImport, ImportPart, ImportPiece
from tests.imports.acting import ADA, Importing
from tests.imports.jobs import DOORS, JOBS, TWELVE, left_of, states
from tests.world import ONE_DATABASE, SharedClock

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

    assert said.startswith("The rest of today’s API calls is kept for sign-ups.")
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
    assert "which this account doesn’t have" in made.sentence


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
    actions.read_again(made.id, encoding="mac_roman")
    again = importing.read(made)
    sample, parts = again.facts["sample"][0], importing.parts(made)
    actions.read_again(made.id, encoding="utf-8")
    unread = importing.read(made)
    why = (unread.state, unread.reason, unread.facts["encoding"])
    actions.map_columns(
        made.id, ["email", ""], lists=importing.lists, dates="mdy", door="json"
    )
    made = importing.followed(made)
    state = made.state
    actions.begin(made.id, ADA)

    with pytest.raises(ImportRejected, match="wrong_state"):
        actions.read_again(made.id, encoding="cp1252")
    assert first == ("cp1252", 1, 1)
    assert why == ("uploaded", "wrong_encoding", "mac_roman")
    assert (sample, parts) == ([2, "p1@example.com", "ZoÎ"], [])
    assert state == "checked"
    with pytest.raises(ImportRejected, match="wrong_state"):
        actions.map_columns(
            made.id, ["email", ""], lists=importing.lists, dates="mdy", door="json"
        )


@ONE_DATABASE
@pytest.mark.parametrize(("dates", "shown"), [("dmy", "Mar 4"), ("mdy", "Apr 3")])
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
        "2,Email,'=cmd|' /C calc'!A0,This doesn’t look like an email address we can"
        " send to.\r\n" in text
    )
    assert "\r\n3,Email,'@x," in text
