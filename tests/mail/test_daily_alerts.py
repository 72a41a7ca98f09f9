"""Admins are mailed what needs somebody: once a day at most for each cause, and only
when there is something new.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import event, update

from app.accounts.api_client import pace
from app.accounts.models import Account, AccountField, AccountList
from app.auth import alert_choices, users
from app.database.session import db, new_id, write_transaction
from app.forms.models import Form
from app.imports.models import ContactImport, ImportPart
from app.mail import outbox, sender
from app.mail.models import MessageState, Notice
from app.messages import ALERTS
from app.services import services
from app.signups.models import Signup
from app.worker import periodic
from app.worker.alert_causes import CAUSES
from tests.mail.acting import ADA, notices, subjects
from tests.mail.sink import Sink
from tests.world import ONE_DATABASE, PATIENCE, PUBLIC_URL, World

BOB = "bob@example.com"


def round_of(world: World) -> None:
    """What a worker does about these mails, a quarter of an hour later."""
    world.clock.advance(minutes=15)
    periodic.beat(world.clock.now())
    periodic.tell_daily(world.clock.now())
    while sender.send_one():
        pass


def to_ada(sink: Sink) -> list[str]:
    return [str(mail.message["Subject"]) for mail in sink.to(ADA)]


def lay_aside(world: World, form: Form, state: str, reason: str, **more: object) -> str:
    signup = world.signup(
        form, f"{new_id()[:8]}@example.com", state=state, reason=reason, **more
    )
    with write_transaction() as session:
        values = {"settled_at": world.clock.now(), "due_at": None}
        session.execute(update(Signup).where(Signup.id == signup.id).values(values))
    return signup.id


def at_nine(world: World) -> None:
    """Move on to nine in the morning, when a day of alerts is an hour old."""
    now = world.clock.now()
    nine = (now + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    world.clock.advance(seconds=(nine - now).total_seconds())


# -- what is told


def park_three(world: World, bakery: Account) -> str:
    first, second = world.form(bakery), world.form(bakery, name="Till")
    lay_aside(world, first, "parked", "invalid")
    lay_aside(world, first, "parked", "invalid")
    lay_aside(world, second, "parked", "list_missing")
    return "/signups?state=parked"


def hold_one(world: World, bakery: Account) -> str:
    form = world.form(bakery)
    lay_aside(world, form, "held", "opted_out")
    return f"/signups?state=held&form={form.id}&why=opted_out"


def delete_list(world: World, bakery: Account) -> str:
    form = world.form(bakery)
    is_used = AccountList.list_id == form.lists[0]["list_id"]
    with write_transaction() as session:
        session.execute(
            update(AccountList).where(is_used).values(gone_at=world.clock.now())
        )
    return f"/forms/{form.id}"


def delete_fields(world: World, bakery: Account) -> str:
    fields = [
        {"key": f"cf_{field.custom_field_id}", "label": field.label, "required": False}
        | {"custom_field_id": field.custom_field_id}
        for field in bakery.fields[:2]
    ]
    for name in ("Door", "Till"):
        world.form(bakery, name=name, fields=fields)
    with write_transaction() as session:
        session.execute(update(AccountField).values(gone_at=world.clock.now()))
    return "/forms"


def fail_import(world: World, bakery: Account) -> str:
    return f"/imports/{import_of(world, bakery, 'failed')}"


def import_of(world: World, account: Account, state: str, errors: int = 0) -> str:
    id, now = new_id(), world.clock.now()
    part_state = "failed" if state == "failed" else "done"
    with write_transaction() as session:
        session.add(
            ContactImport(
                id=id,
                account_id=account.id,
                file_name="people.csv",
                made_by=ADA,
                created_at=now,
                changed_at=now,
                finished_at=now,
                state=state,
                good=300,
            )
        )
        session.flush()
        session.add(
            ImportPart(
                import_id=id,
                account_id=account.id,
                number=1,
                state=part_state,
                rows=300,
                activity_id="a",
                counters={"person_count": 300 - errors, "error_count": errors},
            )
            if state == "done"
            else ImportPart(
                import_id=id, account_id=account.id, number=1, state="failed", rows=300
            )
        )
    return id


def use_up(world: World, bakery: Account) -> str:
    world.signup(world.form(bakery))
    governor(world, used=services().settings.calls_per_day)
    return "/signups?state=waiting&cause=daily_limit"


def governor(world: World, **values: object) -> None:
    pace().acquire()
    with write_transaction() as session:
        row = pace().today()
        assert row
        session.add(row)
        for name, value in ({"day": world.clock.now().date()} | values).items():
            setattr(row, name, value)


def give_up(world: World, bakery: Account) -> str:
    give_up_mail(world, bakery.id, "needs_owner", "kept_failing")
    return "/setup#mail"


def give_up_mail(world: World, about: str, what: str, reason: str) -> None:
    with write_transaction() as session:
        id = outbox.put(session, about, what, "nora@example.com", "Reconnect", "Hello")
        session.execute(
            update(Notice)
            .where(Notice.id == id)
            .values(
                state=MessageState.GIVEN_UP,
                reason=reason,
                due_at=None,
                settled_at=world.clock.now(),
            )
        )


HAPPENINGS: list[tuple[Callable[[World, Account], str], str, tuple[str, ...]]] = [
    (
        park_three,
        "3 sign-ups need a fix",
        ("- 2 · Newsletter: Refused as invalid", "- 1 · Till: List or field is gone"),
    ),
    (hold_one, "1 sign-up is on hold", ("Unsubscribed earlier",)),
    (delete_list, "was deleted at Constant Contact", ("used by the form Newsletter",)),
    (
        delete_fields,
        "2 lists or fields were deleted",
        ("used by the forms Door, Till",),
    ),
    (
        fail_import,
        "An import finished with errors",
        ("“people.csv” for {name}: 300 of 300 contacts were not imported",),
    ),
    (
        use_up,
        "The daily API limit is used up",
        ("Latchkey has used all", "1 person is waiting.", "continue at midnight UTC"),
    ),
    (
        give_up,
        "1 email could not be sent",
        (
            "“Reconnect” → nora@example.com: Latchkey tried to send this for three days without success.",
        ),
    ),
]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("happen", "subject", "lines"),
    HAPPENINGS,
    ids=[happening[1] for happening in HAPPENINGS],
)
def test_each_cause_is_told_once_a_day_in_one_mail_that_leads_to_it(
    world: World,
    bakery: Account,
    sink: Sink,
    happen: Callable[[World, Account], str],
    subject: str,
    lines: tuple[str, ...],
) -> None:
    at_nine(world)
    round_of(world)
    assert sink.taken == []

    page = happen(world, bakery)
    for _ in range(3):
        round_of(world)

    assert {mail.recipients[0] for mail in sink.taken} == {ADA, BOB}
    (mail,) = sink.to(ADA)
    assert subject in str(mail.message["Subject"])
    assert mail.text.rstrip().endswith(f"\n{PUBLIC_URL}{page}")
    for line in lines:
        assert line.format(name=bakery.name) in mail.text

    for _ in range(2):
        world.clock.advance(days=1)
        round_of(world)
    assert len(sink.to(ADA)) == 1, "nothing was new"


@ONE_DATABASE
def test_what_comes_in_after_a_mail_is_told_the_next_morning_with_all_of_it(
    world: World, bakery: Account, sink: Sink
) -> None:
    form = world.form(bakery)
    at_nine(world)
    for hours in (0, 1, 5, 16, 24):
        lay_aside(world, form, "parked", "invalid")
        round_of(world)
        world.clock.advance(hours=hours)
    round_of(world)

    assert to_ada(sink) == [
        "1 sign-up needs a fix",
        "5 sign-ups need a fix",  # the day after at eight; the fifth came at seven
    ]
    assert "4 of them are new." in sink.to(ADA)[1].text


@ONE_DATABASE
def test_the_limit_is_told_again_when_another_days_calls_are_used_up(
    world: World, bakery: Account, sink: Sink
) -> None:
    at_nine(world)
    for _ in range(2):
        governor(world, used=2143)
        quota_until = world.clock.now() + timedelta(hours=5)
        governor(
            world, used=2143, paused_for="quota_exceeded", paused_until=quota_until
        )
        round_of(world)
        round_of(world)
        world.clock.advance(days=1)

    assert to_ada(sink) == ["The daily API limit is used up"] * 2
    assert "so another program is using the same API key" in sink.to(ADA)[0].text


# -- what is not told


def retrying(world: World, bakery: Account) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).values(trouble="provider_down", trouble_count=5)
        )


def throttled(world: World, bakery: Account) -> None:
    until = world.clock.now() + timedelta(hours=1)
    governor(world, paused_for="throttled", paused_until=until)


def attacked(world: World, bakery: Account) -> None:
    signals = ",attack,pasted,"
    lay_aside(world, world.form(bakery), "held", "suspicious", signals=signals)


def clean_import(world: World, bakery: Account) -> None:
    import_of(world, bakery, "done")


def unused_list(world: World, bakery: Account) -> None:
    form = world.form(bakery)
    others = AccountList.list_id != form.lists[0]["list_id"]
    with write_transaction() as session:
        session.execute(
            update(AccountList).where(others).values(gone_at=world.clock.now())
        )


def deleted_form(world: World, bakery: Account) -> None:
    delete_list(world, bakery)
    with write_transaction() as session:
        session.execute(update(Form).values(deleted_at=world.clock.now()))


def visitors_typo(world: World, bakery: Account) -> None:
    give_up_mail(world, new_id(), outbox.CONFIRM, "recipient_refused")


def own_alert(world: World, bakery: Account) -> None:
    give_up_mail(world, "daily:mails", "mails", "recipient_refused")


def long_ago(world: World, bakery: Account) -> None:
    give_up(world, bakery)
    import_of(world, bakery, "failed")
    world.clock.advance(days=8)


@ONE_DATABASE
@pytest.mark.parametrize(
    "happen",
    [
        retrying,
        throttled,
        attacked,
        clean_import,
        unused_list,
        deleted_form,
        visitors_typo,
        own_alert,
        long_ago,
    ],
)
def test_what_ends_by_itself_or_was_told_otherwise_is_not_told(
    world: World, bakery: Account, sink: Sink, happen: Callable[..., None]
) -> None:
    at_nine(world)
    happen(world, bakery)
    round_of(world)

    assert subjects(sink) == []


@ONE_DATABASE
def test_an_import_with_errors_of_its_own_is_told(
    world: World, bakery: Account, sink: Sink
) -> None:
    import_of(world, bakery, "done", errors=12)
    round_of(world)

    assert "12 of 300 contacts were not imported" in sink.to(ADA)[0].text


# -- once, to whoever wants it


def test_of_many_workers_one_puts_the_mails(
    world: World, app: Flask, bakery: Account, sink: Sink
) -> None:
    park_three(world, bakery)
    hold_one(world, bakery)
    world.clock.advance(minutes=15)
    ready = Barrier(4)

    def work(_number: int) -> None:
        with app.app_context():
            ready.wait(PATIENCE)
            for _ in range(3):
                periodic.tell_daily(world.clock.now())
            db.session.remove()

    with ThreadPoolExecutor(4) as crowd:
        list(crowd.map(work, range(4)))

    assert sorted((row.what, row.recipient) for row in notices()) == [
        ("held", ADA),
        ("held", BOB),
        ("parked", ADA),
        ("parked", BOB),
    ]


@ONE_DATABASE
def test_a_worker_that_dies_before_the_end_leaves_all_of_it_to_the_next(
    world: World, bakery: Account, sink: Sink
) -> None:
    park_three(world, bakery)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    event.listen(db.session.registry(), "before_commit", die)
    with pytest.raises(KeyboardInterrupt):
        round_of(world)
    event.remove(db.session.registry(), "before_commit", die)
    db.session.rollback()

    assert notices() == []
    round_of(world)
    assert to_ada(sink) == ["3 sign-ups need a fix"]


@ONE_DATABASE
@pytest.mark.parametrize("cause", list(CAUSES))
def test_whoever_switched_a_cause_off_is_not_mailed(
    world: World, bakery: Account, sink: Sink, cause: str
) -> None:
    bob = users.with_email(BOB)
    assert bob
    wanted = [alert for alert in ALERTS if alert != cause]
    alert_choices.choose(bob.id, wanted, "off")
    park_three(world, bakery)
    hold_one(world, bakery)
    delete_list(world, bakery)
    fail_import(world, bakery)
    use_up(world, bakery)
    give_up(world, bakery)
    round_of(world)

    assert len(sink.to(ADA)) == len(CAUSES)
    assert len(sink.to(BOB)) == len(CAUSES) - 1
    assert cause not in {row.what for row in notices() if row.recipient == BOB}


@ONE_DATABASE
def test_a_clock_that_was_years_ahead_silences_nothing(
    world: World, bakery: Account, sink: Sink
) -> None:
    park_three(world, bakery)
    periodic.tell_daily(world.clock.now() + timedelta(days=900))
    hold_one(world, bakery)
    round_of(world)

    assert "1 sign-up is on hold" in to_ada(sink)


@ONE_DATABASE
def test_a_cause_that_cannot_be_looked_at_stops_no_other(
    world: World, bakery: Account, sink: Sink
) -> None:
    import_of(world, bakery, "done")
    with write_transaction() as session:
        session.execute(update(ImportPart).values(counters={"error_count": "many"}))
    give_up(world, bakery)
    round_of(world)

    assert to_ada(sink) == ["1 email could not be sent"]


@ONE_DATABASE
def test_between_looks_a_round_costs_one_statement(
    world: World, bakery: Account
) -> None:
    periodic.tell_daily(world.clock.now())
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    periodic.tell_daily(world.clock.now())
    event.remove(db.engine, "before_cursor_execute", note)

    assert len(asked) == 1, asked


# -- the day of alerts


@ONE_DATABASE
@pytest.mark.parametrize(
    ("zone", "now", "begins"),
    [
        ("UTC", (2026, 11, 30, 7, 59), (2026, 11, 29, 8)),
        ("UTC", (2026, 11, 30, 8, 0), (2026, 11, 30, 8)),
        ("America/New_York", (2026, 11, 30, 12, 59), (2026, 11, 29, 13)),
        ("America/New_York", (2026, 11, 30, 13, 0), (2026, 11, 30, 13)),
        # clocks went back on the 1st at two: eight is an hour later in UTC
        ("America/New_York", (2026, 11, 1, 12, 59), (2026, 10, 31, 12)),
        ("America/New_York", (2026, 11, 1, 13, 0), (2026, 11, 1, 13)),
    ],
)
def test_a_day_begins_at_eight_where_the_operator_is(
    make_app: Callable[..., Flask],
    zone: str,
    now: tuple[int, ...],
    begins: tuple[int, ...],
) -> None:
    with make_app(timezone=zone).app_context():
        began = alert_choices.begin_of_day(datetime(*now, tzinfo=UTC))  # type: ignore[misc]  # numbers

    assert began.astimezone(UTC) == datetime(*begins, tzinfo=UTC)  # type: ignore[misc]  # numbers
