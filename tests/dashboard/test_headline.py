"""What the first screen says, state by state: the exact heading and its cards.

Each state alone, and the pairs that could mislead. Times are written TIME.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, update

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor
from app.accounts.models import Account, AccountList, TokenSet
from app.dashboard.overview import accounts as overview_accounts
from app.dashboard.overview import situation
from app.database.session import db, new_id, write_transaction
from app.delivery.models import Arrival, Heartbeat
from app.forms.models import Form
from app.imports.models import ContactImport, ImportState
from app.mail import outbox
from app.mail.models import Notice
from app.services import services
from app.signups.models import Signup, SignupState
from app.status import machine
from tests.dashboard.reading import text_of
from tests.world import ONE_DATABASE, World

HOUR = timedelta(hours=1)
TIME = re.compile(r"\d\d?:\d\d( [AP]M)?")


@dataclass
class House:
    """Three connected accounts, one form each, and a worker that lives."""

    world: World
    accounts: list[Account] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)

    def connect(self, number: int = 3) -> None:
        for place in range(number):
            account = self.world.account(place)
            self.accounts.append(account)
            self.forms.append(self.world.form(account, name=f"Form {place}"))

    def worker(self, ahead: timedelta = timedelta()) -> None:
        seen_at = self.world.clock.now() + ahead
        with write_transaction() as session:
            session.add(Heartbeat(worker="one", seen_at=seen_at))

    def signups(self, number: int, account: int = 0, **values: Any) -> list[Signup]:
        """Accept so many sign-ups of an account, by default due now."""
        rows = []
        for place in range(number):
            email = f"p{account}-{place}-{new_id()}@example.com"
            rows.append(self.world.signup(self.forms[account], email, **values))
        return rows

    def account(self, number: int, **values: Any) -> None:
        self._update(Account, Account.id == self.accounts[number].id, values)

    def tokens(self, number: int, **values: Any) -> None:
        self._update(TokenSet, TokenSet.account_id == self.accounts[number].id, values)

    def form(self, number: int, **values: Any) -> None:
        self._update(Form, Form.id == self.forms[number].id, values)

    def pace(self, **values: Any) -> None:
        if pace().today() is None:
            pace().acquire()
        self._update(Governor, Governor.api_key.is_not(None), values)

    def down(self) -> None:
        now = self.world.clock.now()
        self.pace(down_since=now - HOUR, probe_at=now + HOUR)

    def spent(self) -> None:
        self.pace(used=services().settings.calls_per_day)

    def mail(self, **values: Any) -> None:
        with write_transaction() as session:
            outbox.put(session, "installation", "x", "a@example.org", "It", "Look.")
        self._update(Notice, Notice.id.is_not(None), values)

    def imported(self, state: ImportState) -> None:
        now = self.world.clock.now()
        with write_transaction() as session:
            session.execute(
                insert(ContactImport).values(
                    id=new_id(),
                    account_id=self.accounts[0].id,
                    file_name="people.csv",
                    state=state,
                    made_by="a@example.org",
                    changed_at=now,
                    good=3,
                    created_at=now,
                )
            )

    def delete_list(self, form: int) -> None:
        """Let a form's list be gone at Constant Contact, as read there last."""
        id = self.forms[form].lists[0]["list_id"]
        now = self.world.clock.now()
        self._update(AccountList, AccountList.list_id == id, {"gone_at": now})

    def lost(self, number: int) -> None:
        """Delete rows behind Latchkey's back."""
        for row in self.signups(number):
            with write_transaction() as session:
                session.execute(delete(Signup).where(Signup.id == row.id))

    def drifted(self) -> None:
        row = self.signups(1, state=SignupState.DELIVERED, due_at=None)[0]
        with write_transaction() as session:
            session.add(
                Arrival(
                    signup_id=row.id,
                    account_id=row.account_id,
                    checked_at=self.world.clock.now(),
                    found="missing",
                )
            )

    def _update(self, model: Any, which: Any, values: dict[str, Any]) -> None:
        with write_transaction() as session:
            session.execute(update(model).where(which).values(**values))
        db.session.expire_all()


Arrange = Callable[[House], object]


@dataclass(frozen=True)
class State:
    name: str
    arrange: tuple[Arrange, ...]
    heading: str
    cards: tuple[str, ...] = ()
    worker: bool = True
    accounts: int = 3


def do(method: Callable[..., Any], *args: Any, **values: Any) -> Arrange:
    """Make one step of a state: a method of the house, and what it is called with."""
    return lambda house: method(house, *args, **values)


def needs_owner(number: int) -> Arrange:
    return do(House.account, number, trouble="forbidden")


def disconnected(number: int) -> Arrange:
    return lambda house: house.account(number, disconnected_at=house.world.clock.now())


def failing(number: int, trouble: str) -> Arrange:
    def arrange(house: House) -> None:
        now = house.world.clock.now()
        house.account(number, trouble=trouble, trouble_since=now, hold_until=now + HOUR)

    return arrange


def later(number: int, reason: str) -> Arrange:
    def arrange(house: House) -> None:
        due_at = house.world.clock.now() + HOUR
        house.signups(number, due_at=due_at, reason=reason)

    return arrange


def overdue(house: House) -> None:
    house.signups(2, due_at=house.world.clock.now() - HOUR)
    house.world.clock.advance(seconds=2)


def limit_of_another(house: House) -> None:
    until = house.world.clock.now() + HOUR
    house.pace(used=97, paused_until=until, paused_for="quota_exceeded")


def slower_pace(house: House) -> None:
    until = house.world.clock.now() + timedelta(seconds=20)
    house.pace(paused_until=until, paused_for="throttled")


def attacked(house: House) -> None:
    now = house.world.clock.now()
    house.form(0, attack_since=now, attack_until=now + HOUR)


def renewal_overdue(house: House) -> None:
    house.tokens(0, refresh_due_at=house.world.clock.now() - HOUR)


def refused_key(house: House) -> None:
    house.account(0, trouble="client_refused")
    house.account(1, trouble="client_refused")


def late_mail(house: House) -> None:
    house.mail(created_at=house.world.clock.now() - HOUR)


def lost_mail(house: House) -> None:
    now = house.world.clock.now()
    house.mail(state="given_up", settled_at=now, due_at=None)


def too_many_rows(house: House) -> None:
    row = house.signups(1, state=SignupState.DELIVERED, due_at=None)[0]
    columns = {c.name: getattr(row, c.name) for c in Signup.__table__.columns}
    with write_transaction() as session:
        more = columns | {"id": new_id(), "press_id": new_id()}
        session.execute(insert(Signup).values(**more))


WAITING_2, HELD, PARKED = (
    do(House.signups, 2),
    do(House.signups, 1, state=SignupState.HELD, due_at=None),
    do(House.signups, 3, state=SignupState.PARKED, due_at=None),
)
SAVED_KEY = (
    "The stored connections can’t be decrypted with this LATCHKEY_KEY. 2 people are"
    " waiting."
)
OTHER_CARDS = (
    "Four steps to the first sign-up",
    "Where every sign-up is",
    "Accounts",
)
MISSING = "Some sign-ups are not accounted for"
NOTHING_MOVES = "Nothing is being delivered"
OUTAGE = "Constant Contact isn’t answering"
LIMIT = "The daily API limit is used up"

STATES = (
    State(
        "no account yet",
        (),
        "Welcome. Connect your first account, then make a form.",
        accounts=0,
    ),
    State(
        "all is well",
        (do(House.signups, 4, state=SignupState.DELIVERED, due_at=None),),
        "All 3 accounts are healthy. 4 sign-ups in 7 days, none waiting.",
    ),
    State(
        "one account",
        (do(House.signups, 1, state=SignupState.DELIVERED, due_at=None),),
        "The account is healthy. 1 sign-up in 7 days, none waiting.",
        accounts=1,
    ),
    State(
        "next in line",
        (WAITING_2,),
        "All 3 accounts are healthy. 2 sign-ups in 7 days, 2 being delivered now.",
    ),
    State(
        "asked to confirm",
        (do(House.signups, 2, state=SignupState.CONFIRMING),),
        "All 3 accounts are healthy."
        " 2 sign-ups in 7 days, none waiting, 2 asked to confirm.",
    ),
    State(
        "to be tried again later, for its own reason",
        (later(1, "too_often"),),
        "All 3 accounts are healthy. 1 sign-up in 7 days, 1 waiting.",
    ),
    State(
        "a slower pace",
        (slower_pace, WAITING_2),
        "All 3 accounts are healthy. 2 sign-ups in 7 days, 2 waiting.",
    ),
    State(
        "vanished rows",
        (do(House.lost, 3),),
        "3 sign-ups are missing from the database. Check your backups first.",
        (MISSING,),
    ),
    State(
        "vanished rows, while others wait",
        (do(House.lost, 1), WAITING_2),
        "1 sign-up is missing from the database. Check your backups first.",
        (MISSING,),
    ),
    State(
        "rows that were never accepted",
        (too_many_rows,),
        "The database holds 1 sign-up that was never accepted."
        " Check your backups first.",
        (MISSING,),
    ),
    State(
        "no worker",
        (),
        "No worker is running, so nothing is being delivered. Nobody is waiting.",
        (NOTHING_MOVES,),
        worker=False,
    ),
    State(
        "no worker, and people wait",
        (WAITING_2,),
        "No worker is running, so nothing is being delivered. 2 people are waiting.",
        (NOTHING_MOVES,),
        worker=False,
    ),
    State(
        "a stuck worker",
        (overdue,),
        "A worker is running, but it isn’t delivering anything. 2 people are waiting.",
        (NOTHING_MOVES,),
    ),
    State(
        "the provider is down",
        (House.down, WAITING_2),
        "Constant Contact hasn’t answered since TIME."
        " 2 people are waiting, and nothing is lost.",
        (OUTAGE,),
    ),
    State(
        "the provider is down, and others wait for something else",
        (House.down, WAITING_2, later(1, "too_often")),
        "Constant Contact hasn’t answered since TIME."
        " 2 people are waiting, and nothing is lost."
        " 1 more person is waiting for another reason.",
        (OUTAGE,),
    ),
    State(
        "the provider is down, and nobody waits",
        (House.down,),
        "Constant Contact hasn’t answered since TIME. Nobody is waiting.",
        (OUTAGE,),
    ),
    State(
        "the provider does not answer for one account",
        (failing(0, "unreachable"), WAITING_2),
        "Constant Contact isn’t answering. 2 people are waiting, and nothing is lost.",
        (OUTAGE,),
    ),
    State(
        "the daily limit, used up by us",
        (House.spent, WAITING_2),
        "Today’s API limit is used up. 2 people are waiting until midnight UTC.",
        (LIMIT,),
    ),
    State(
        "the daily limit, used up by another installation",
        (limit_of_another, WAITING_2),
        "Something else used up today’s API limit."
        " 2 people are waiting until midnight UTC.",
        (LIMIT,),
    ),
    State(
        "the daily limit, and nobody waits",
        (House.spent,),
        "Today’s API limit is used up. Nobody is waiting for it.",
        (LIMIT,),
    ),
    State(
        "an owner is needed",
        (needs_owner(0), WAITING_2),
        "{a} needs its owner. 2 people are waiting.",
        ("{a} needs its owner",),
    ),
    State(
        "an owner is needed, and nobody waits",
        (needs_owner(0),),
        "{a} needs its owner. Nobody is waiting.",
        ("{a} needs its owner",),
    ),
    State(
        "two owners are needed",
        (needs_owner(0), needs_owner(1), WAITING_2, do(House.signups, 1, 1)),
        "2 accounts need their owners. 3 people are waiting.",
        ("{a} needs its owner", "{b} needs its owner"),
    ),
    State(
        "an owner is needed, and others wait in line",
        (needs_owner(0), WAITING_2, do(House.signups, 1, 1)),
        "{a} needs its owner. 2 people are waiting.",
        ("{a} needs its owner",),
    ),
    State(
        "the API key is refused",
        (refused_key, WAITING_2),
        "Constant Contact refused this installation’s API key. 2 people are waiting.",
        ("Constant Contact refused this installation’s API key",),
    ),
    State(
        "stored connections cannot be decrypted",
        (do(House.account, 0, trouble="cannot_open"), WAITING_2),
        SAVED_KEY,
        ("The stored connections can’t be decrypted with this LATCHKEY_KEY",),
    ),
    State(
        "disconnected with an open form, and people wait",
        (disconnected(0), do(House.signups, 15)),
        "{a} is disconnected, but its form “Form 0” still takes sign-ups."
        " 15 people are waiting.",
        ("{a} is disconnected",),
    ),
    State(
        "disconnected with an open form, and nobody waits",
        (disconnected(0),),
        "{a} is disconnected, but its form “Form 0” still takes sign-ups."
        " Nobody is waiting.",
        ("{a} is disconnected",),
    ),
    State(
        "disconnected with a closed form, and people wait",
        (disconnected(0), WAITING_2, do(House.form, 0, open=False)),
        "{a} is disconnected. 2 people are waiting.",
        ("{a} is disconnected",),
    ),
    State(
        "disconnected with a closed form, and nobody waits",
        (disconnected(0), do(House.form, 0, open=False)),
        "All 2 connected accounts are healthy. 0 sign-ups in 7 days, none waiting.",
    ),
    State(
        "two are disconnected",
        (disconnected(0), disconnected(1), WAITING_2),
        "2 accounts are disconnected. 2 people are waiting.",
        ("{a} is disconnected", "{b} is disconnected"),
    ),
    State(
        "the only account is disconnected",
        (disconnected(0), do(House.form, 0, open=False)),
        "No account is connected. 0 sign-ups in 7 days, none waiting.",
        accounts=1,
    ),
    State(
        "some need a fix",
        (PARKED,),
        "3 sign-ups need a fix before they can be delivered.",
        ("3 sign-ups need a fix",),
    ),
    State(
        "one is on hold",
        (HELD,),
        "1 sign-up is on hold until you decide.",
        ("1 sign-up is on hold",),
    ),
    State(
        "some need a fix, one is on hold",
        (PARKED, HELD),
        "3 sign-ups need a fix before they can be delivered.",
        ("3 sign-ups need a fix", "1 sign-up is on hold"),
    ),
    State(
        "an import ended with errors",
        (do(House.imported, ImportState.FAILED),),
        "An import for {a} finished with errors.",
        ("An import finished with errors",),
    ),
    State(
        "an import is ready",
        (do(House.imported, ImportState.CHECKED),),
        "All 3 accounts are healthy. 0 sign-ups in 7 days, none waiting.",
        ("An import is ready",),
    ),
    State(
        "an email is late",
        (late_mail,),
        "Some emails were not delivered.",
        ("Some emails were not delivered",),
    ),
    State(
        "an email was given up",
        (lost_mail,),
        "Some emails were not delivered.",
        ("Some emails were not delivered",),
    ),
    State(
        "a clock is wrong",
        (do(House.worker, 2 * HOUR),),
        "This machine’s clock is off by 2 hours.",
        ("A clock is wrong",),
        worker=False,
    ),
    State(
        "a form under attack",
        (attacked,),
        "The form “Form 0” is getting far more sign-ups than usual.",
        ("Far more sign-ups than usual",),
    ),
    State(
        "not as it was sent",
        (House.drifted,),
        "1 delivered sign-up is no longer as it was sent.",
        ("Some delivered sign-ups have changed",),
    ),
    State(
        "deliveries for one account fail",
        (failing(0, "unauthorized"), WAITING_2),
        "Deliveries for {a} are failing, and Latchkey keeps trying."
        " 2 people are waiting.",
    ),
    State(
        "a renewal is overdue",
        (renewal_overdue,),
        "The connection of {a} still works, but its renewal is overdue.",
    ),
    State(
        "a list is gone",
        (do(House.delete_list, 0),),
        "The list “{list}” was deleted at Constant Contact, but the form “Form 0” still"
        " adds people to it.",
        ("A list was deleted at Constant Contact",),
    ),
    State(
        "two lists are gone",
        (do(House.delete_list, 0), do(House.delete_list, 1)),
        "2 lists or fields that forms use were deleted at Constant Contact.",
        (
            "A list was deleted at Constant Contact",
            "A list was deleted at Constant Contact",
        ),
    ),
    # -- pairs that could mislead
    State(
        "a list is gone and people need a fix because of it",
        (do(House.delete_list, 0), PARKED),
        "The list “{list}” was deleted at Constant Contact, but the form “Form 0” still"
        " adds people to it.",
        ("A list was deleted at Constant Contact", "3 sign-ups need a fix"),
    ),
    State(
        "vanished rows while the provider is down: not “nothing is lost”",
        (do(House.lost, 1), House.down, WAITING_2),
        "1 sign-up is missing from the database. Check your backups first."
        " 2 people are waiting.",
        (MISSING, OUTAGE),
    ),
    State(
        "no worker while the provider is down: nobody would notice it come back",
        (House.down, WAITING_2),
        "No worker is running, so nothing is being delivered. 2 people are waiting.",
        (NOTHING_MOVES, OUTAGE),
        worker=False,
    ),
    State(
        "no worker while an owner is needed",
        (needs_owner(0), WAITING_2, do(House.signups, 1, 1)),
        "No worker is running, so nothing is being delivered. 3 people are waiting.",
        (NOTHING_MOVES, "{a} needs its owner"),
        worker=False,
    ),
    State(
        "the provider is down while an owner is needed elsewhere",
        (House.down, needs_owner(0), WAITING_2, do(House.signups, 1, 1)),
        "{a} needs its owner. 2 people are waiting."
        " 1 more person is waiting for another reason.",
        ("{a} needs its owner", OUTAGE),
    ),
    State(
        "an outage is said before what can wait",
        (House.down, WAITING_2, HELD),
        "Constant Contact hasn’t answered since TIME."
        " 2 people are waiting, and nothing is lost.",
        (OUTAGE, "1 sign-up is on hold"),
    ),
    State(
        "an outage on a day that is used up is one cause, not two",
        (House.down, House.spent, WAITING_2),
        "Constant Contact hasn’t answered since TIME."
        " 2 people are waiting, and nothing is lost.",
        (OUTAGE, LIMIT),
    ),
    State(
        "a disconnected account while the day is used up",
        (House.spent, disconnected(0), WAITING_2, do(House.signups, 1, 1)),
        "{a} is disconnected, but its form “Form 0” still takes sign-ups."
        " 2 people are waiting. 1 more person is waiting for another reason.",
        ("{a} is disconnected", LIMIT),
    ),
    State(
        "an attack whose sign-ups are on hold",
        (attacked, HELD),
        "The form “Form 0” is getting far more sign-ups than usual.",
        ("Far more sign-ups than usual", "1 sign-up is on hold"),
    ),
)


@ONE_DATABASE
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_the_first_screen_says_what_is_so(
    world: World, admin: FlaskClient, state: State
) -> None:
    house = House(world)
    house.connect(state.accounts)
    if state.worker:
        house.worker()
    for arrange in state.arrange:
        arrange(house)

    page = admin.get("/").text

    names = {
        letter: account.name
        for letter, account in zip("abc", house.accounts, strict=False)
    }
    if house.forms:
        names["list"] = house.forms[0].lists[0]["label"]
    assert heading_of(page) == state.heading.format(**names)
    expected = [card.format(**names) for card in state.cards]
    assert cards_of(page) == expected


@ONE_DATABASE
def test_the_forecast_of_a_used_up_day_counts_only_those_who_wait_for_it(
    world: World, admin: FlaskClient
) -> None:
    house = House(world)
    house.connect(2)
    house.worker()
    house.spent()
    house.account(0, disconnected_at=world.clock.now())
    house.signups(4)
    house.signups(1, 1)

    words = text_of(admin.get("/").text)

    assert "The daily API limit is used up. 1 sign-up waits until" in words


@ONE_DATABASE
def test_moments_in_the_heading_and_cards_are_rewritten_in_the_readers_zone(
    world: World, admin: FlaskClient
) -> None:
    house = House(world)
    house.connect(1)
    house.worker()
    house.down()
    house.account(0, name="Maple & <Rye>")

    page = admin.get("/").text
    moments = re.findall(r'<time [^>]*data-time="clock">([^<]+)</time>', page)

    # as of, since, again
    assert len([moment for moment in moments if TIME.search(moment)]) >= 3
    assert "Maple &amp; &lt;Rye&gt;" in page


@ONE_DATABASE
def test_an_owner_who_reconnects_while_the_page_is_read_breaks_nothing(
    world: World,
) -> None:
    house = House(world)
    house.connect(1)
    house.account(0, trouble="forbidden")
    before = situation.read(world.clock.now())
    named_later = replace(before, need_owners=[])

    assert before.accounts.by_state["needs_owner"] == 1
    assert overview_accounts.needing_owner(named_later) == []


@ONE_DATABASE
def test_a_disk_that_cannot_be_asked_is_not_called_full(
    world: World, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with make_app(data_dir=tmp_path / "nowhere").app_context():
        assert machine.low_disk() is None


@ONE_DATABASE
def test_a_nearly_full_disk_is_said_before_signups_are_lost(
    world: World, admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(world)
    house.connect(1)
    house.worker()
    monkeypatch.setattr(machine, "MIN_FREE", 1 << 60)

    page = admin.get("/").text

    assert re.fullmatch(r"The disk is nearly full: [\d,]+ MB left\.", heading_of(page))
    assert cards_of(page) == ["The disk is nearly full"]


def heading_of(page: str) -> str:
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S)
    assert heading
    return TIME.sub("TIME", text_of(heading[1]))


def cards_of(page: str) -> list[str]:
    """Return the titles of the cards above everything else."""
    _before, _marker, cards = page.partition('data-fresh="needs"')
    titles = []
    for title in re.findall(r'class="card-title">(.*?)</h2>', cards, re.S):
        if text_of(title) in OTHER_CARDS:
            break
        titles.append(text_of(title))
    return titles
