"""A month of a small life in seconds: written as rows up to the day before yesterday,
then played by the real app, on a clock of its own, against the real simulator.

In the played days connecting, signing up, delivering and renewing are what they always
are; only the time of day is moved.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts import facts
from app.accounts.models import Account, AccountEvent, TokenSet
from app.database.session import db, write_transaction
from app.demo import history
from app.demo.control import Control, MovedClock
from app.demo.people import Person, people
from app.demo.stage import Connection, connect, make_forms
from app.demo.visits import Visit, body_of, count, visits
from app.forms.models import Form
from app.imports import actions, step, upload
from app.services import services
from app.signups import intake, view_counts
from app.worker import periodic, runner

# sign-ups; those of the last hours are counted with the others
PER_DAY, AT_THE_END = 10, 24
PLAYED = timedelta(days=2)
CHORES_EVERY = timedelta(hours=8)


def play(app: Flask, clock: MovedClock, control: Control, days: int) -> None:
    """Fill an empty database: four accounts, three forms, ten sign-ups for each day."""
    end = datetime.now(UTC)
    begin, played_from = end - timedelta(days=days), end - PLAYED
    clock.at = begin
    with app.app_context():
        guests = people(seed=7)
        organisations = control.get("accounts")["accounts"][:4]
        connections = [connect(control, each) for each in organisations]
        forms = make_forms([each.account_id for each in connections])
        number = PER_DAY * days - AT_THE_END
        planned = list(visits(forms, guests, begin, end, number))
        past = [visit for visit in planned if visit.at < played_from]
        _write_past(past, connections, clock, begin, played_from)
        _play_recent(planned[len(past) :], clock, played_from)
        clock.at = end
        _play_last_hours(connections, forms, guests, control)


def settle(app: Flask, clock: MovedClock) -> None:
    """Restore the states that heal by themselves, so that every start shows one account
    in each.
    """
    now = clock.at = datetime.now(UTC)
    with app.app_context():
        _, second, _, fourth, *_ = _accounts()
        with write_transaction() as session:
            _say_that_it_is_staged(session, [second.id, fourth.id], now)
            if second.trouble is None:
                session.add(
                    AccountEvent(
                        account_id=second.id,
                        at=now - timedelta(minutes=25),
                        what="trouble",
                        detail="provider_down",
                    )
                )
            session.execute(
                update(Account)
                .where(Account.id == second.id)
                .values(
                    trouble="provider_down",
                    trouble_since=now - timedelta(minutes=25),
                    trouble_count=7,
                    trouble_detail="Service Unavailable",
                    hold_until=now + timedelta(hours=3),
                )
            )
            session.execute(
                update(TokenSet)
                .where(TokenSet.account_id == fourth.id)
                .values(
                    refresh_due_at=now - timedelta(minutes=40),
                    expires_at=now + timedelta(hours=4),
                    next_attempt_at=now + timedelta(hours=3),
                )
            )


def _say_that_it_is_staged(
    session: Session, account_ids: list[str], now: datetime
) -> None:
    """Tell on each account's page, once, that nothing is wrong with it."""
    about_these = AccountEvent.account_id.in_(account_ids)
    session.execute(
        delete(AccountEvent).where(AccountEvent.what == "staged", about_these)
    )
    for account_id in account_ids:
        session.add(AccountEvent(account_id=account_id, at=now, what="staged"))


def _write_past(
    past: list[Visit],
    connections: list[Connection],
    clock: MovedClock,
    begin: datetime,
    end: datetime,
) -> None:
    history.write(past, connections, begin, end)
    for visit in past:
        clock.at = visit.at
        count(visit)
    view_counts.write()


def _play_recent(recent: list[Visit], clock: MovedClock, begin: datetime) -> None:
    chores_at = begin
    for visit in recent:
        clock.at = max(clock.at, visit.at)
        if clock.at >= chores_at:
            periodic.run_due(clock.at)
            chores_at = clock.at + CHORES_EVERY
        count(visit)
        _sign_up(visit.form, visit.person, visit.page)
        runner.drain()
    view_counts.write()


def _sign_up(form: Form, person: Person, host_page: str = "") -> None:
    intake.accept(
        form,
        intake.Answers(
            email=person.email,
            press_id=uuid4().hex,
            host_page=host_page,
            body=body_of(form, person),
        ),
    )


def _play_last_hours(
    connections: list[Connection],
    forms: list[Form],
    guests: Iterator[Person],
    control: Control,
) -> None:
    """Play what an overview has to show: people who unsubscribed, refused sign-ups, an
    account that needs its owner, a file to import.
    """
    bakery, yoga, museum, _ = connections
    for email in ("opted-out@example.com", "removed@example.com"):
        _sign_up(forms[0], Person(email, "Alex", "Berg"))
    runner.drain()
    control.post("faults", route="/v3/contacts/sign_up_form", status=400, times=2)
    for _ in range(2):
        _sign_up(forms[0], next(guests))
    runner.drain()
    _hold(yoga.account_id)
    for _ in range(7):
        _sign_up(forms[1], next(guests))
    _revoke(museum.account_id, control)
    for _ in range(13):
        _sign_up(forms[2], next(guests))
    runner.drain()
    _import(bakery.account_id, guests)


def _hold(account_id: str) -> None:
    """Let no sign-up of an account be delivered for hours."""
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == account_id)
            .values(hold_until=services().clock.now() + timedelta(hours=3))
        )


def _revoke(account_id: str, control: Control) -> None:
    """Take an account's permission back, which its next renewal will find out."""
    account = db.session.get_one(Account, account_id)
    control.post("revoke", account=account.provider_id)
    now = services().clock.now()
    with write_transaction() as session:
        session.execute(
            update(TokenSet)
            .where(TokenSet.account_id == account_id)
            .values(refresh_due_at=now, expires_at=now)
        )


def _import(account_id: str, guests: Iterator[Person]) -> None:
    """Have a file checked, so that somebody may press its button.

    One row is wrong, and one is there twice.
    """
    rows = [",".join(next(guests)) for _ in range(58)]
    headings, wrong = "E-mail,First name,Last name", "nobody at home,Nora,Niemand"
    file = "\n".join([headings, *rows, wrong, rows[0], ""])
    import_id = upload.receive(
        BytesIO(file.encode()), "market stall.csv", account_id, "admin@example.com"
    )
    step.step()
    actions.map_columns(
        import_id,
        ["email", "first_name", "last_name"],
        dates="mdy",
        door="json",
        lists=[facts.lists_of(account_id)[0].list_id],
    )
    step.step()


def _accounts() -> list[Account]:
    """Return all accounts in the order in which they were connected."""
    in_order = select(Account).order_by(Account.created_at, Account.provider_id)
    return list(db.session.scalars(in_order))
