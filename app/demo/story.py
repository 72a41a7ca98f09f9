"""Thirty days of a small life, played in seconds: the real house on a clock of its own,
against the real simulator.

Connecting, signing up, delivering and renewing are what they always are; only the time
of day is moved.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import requests
from flask import Flask, Response
from sqlalchemy import select, update

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, AccountEvent, TokenSet
from app.constant_contact.oauth import Tokens, claims_of
from app.core.clock import Clock
from app.database.session import db, new_id, write_transaction
from app.demo.people import people
from app.forms import service
from app.forms.draft import Draft
from app.forms.models import Form
from app.imports import actions, step, upload
from app.services import services
from app.signups import intake, view_counts
from app.worker import periodic, runner

# sign-ups; those of the last hours are counted with the others
PER_DAY, AT_THE_END = 10, 24
CHORES_EVERY = timedelta(hours=8)
# half-way, so that the accounts' lives have something to tell
OUTAGE = timedelta(hours=9)
SHARES = (0.5, 0.3, 0.2)  # of the sign-ups, by form


class MovedClock(Clock):
    """A clock the story sets; nobody waits for it."""

    shared = True

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Provider:
    """The simulator's control."""

    url: str
    client_id: str

    def ask(self, path: str, **body: Any) -> Any:
        address = f"{self.url}/_control/{path}"
        answer = (
            requests.post(address, json=body, timeout=10)
            if body
            else requests.get(address, timeout=10)
        )
        answer.raise_for_status()
        return answer.json()

    def down(self, is_down: bool) -> None:
        """Its API answers 503 from now on, or no longer."""
        if is_down:
            self.ask("faults", route="/v3/*", status=503)
        else:
            requests.delete(
                f"{self.url}/_control/faults", timeout=10
            ).raise_for_status()


def play(app: Flask, clock: MovedClock, provider: Provider, days: int) -> None:
    """Fill an empty house: four accounts, three forms, ten sign-ups for each day."""
    end = datetime.now(UTC)
    clock.at = end - timedelta(days=days)
    with app.app_context():
        accounts = [
            _connect(provider, there)
            for there in provider.ask("accounts")["accounts"][:4]
        ]
        forms = [
            _form(account, *said)
            for account, said in zip(
                accounts,
                (
                    ("Website footer", "News from the oven", False),
                    ("Class schedule", "Be the first to know", False),
                    ("Visitors’ book", "Stay in touch", True),
                ),
                strict=False,
            )
        ]
        chores_at = clock.at
        down, bad_day = False, clock.at + (end - clock.at) / 2
        for at, form in _moments(forms, clock.at, end, PER_DAY * days - AT_THE_END):
            clock.at = max(clock.at, at)
            if down != (bad_day <= at < bad_day + OUTAGE):
                down = not down
                provider.down(down)
            if clock.at >= chores_at:
                periodic.run_due(clock.at)
                chores_at = clock.at + CHORES_EVERY
            page = _LOOKS.choices(PAGES, (4, 3, 2, 1))[0]
            for _ in range(_LOOKS.randrange(4, 18)):
                view_counts.looked(form.id, page, Response())
            _sign_up(form, next(_PEOPLE), page)
            runner.drain()
        view_counts.write()
        clock.at = end
        _last_hours(accounts, forms, provider)


def settle(app: Flask, clock: MovedClock) -> None:
    """Put the states that heal by themselves back, so that every start shows one
    account in each.
    """
    now = clock.at = datetime.now(UTC)
    with app.app_context():
        second, fourth = (account.id for account in _in_order()[1:4:2])
        with write_transaction() as session:
            session.execute(
                update(Account)
                .where(Account.id == second)
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
                .where(TokenSet.account_id == fourth)
                .values(
                    refresh_due_at=now - timedelta(minutes=40),
                    expires_at=now + timedelta(hours=4),
                    next_attempt_at=now + timedelta(hours=3),
                )
            )


_PEOPLE, _LOOKS = people(seed=7), random.Random(5)
PAGES = (
    "https://www.example.com/",
    "https://www.example.com/news",
    "",
    "https://blog.example.org/summer",
)


def _connect(provider: Provider, there: dict[str, str]) -> str:
    """As the callback does after a consent, the consent itself being the simulator's
    grant.
    """
    granted = provider.ask(
        "grants",
        account=there["id"],
        client_id=provider.client_id,
        scopes=services().settings.scopes.split(),
    )
    held = Tokens(
        granted["access_token"],
        granted["refresh_token"],
        tuple(granted["scope"].split()),
        timedelta(seconds=granted["expires_in"]),
    )
    id, now = new_id(), services().clock.now()
    with write_transaction() as session:
        session.add(
            Account(
                id=id,
                provider_id=there["id"],
                name=there["name"],
                created_at=now,
                connected_at=now,
                login=claims_of(held.access_token).sub,
            )
        )
        session.flush()
        tokens.store_grant(session, id, held, now)
        session.add(
            AccountEvent(
                account_id=id,
                at=now,
                what="connected",
                detail=claims_of(held.access_token).sub,
            )
        )
    facts.read_all(id, client(held.access_token))
    return id


def _form(account_id: str, name: str, heading: str, exactly: bool) -> Form:
    lists = [
        {"list_id": item.list_id, "label": item.name}
        for item in facts.lists_of(account_id)[:3]
    ]
    draft = Draft(
        account_id=account_id,
        name=name,
        heading=heading,
        intro="A short letter every other Friday.",
        fields=[
            {"key": "first_name", "label": "First name", "required": False},
            {
                "key": "last_name",
                "label": "Last name",
                "required": False,
                "clears": exactly,
            },
        ],
        lists=lists,
        exactly=exactly,
        visitor_chooses=len(lists) > 1,
        consent="Yes, send me news by e-mail. I can unsubscribe at any time.",
        button="Sign me up",
        success="Thank you! The next letter is on its way to you.",
    )
    return db.session.get_one(Form, service.create(draft))


def _moments(
    forms: list[Form], begin: datetime, end: datetime, number: int
) -> Iterator[tuple[datetime, Form]]:
    """When somebody signs up where: more in the day than at night, more towards the
    end.
    """
    dice = random.Random(11)
    span = (end - begin - timedelta(hours=2)).total_seconds()
    moments = sorted(
        begin + timedelta(hours=1, seconds=span * dice.random() ** 0.8)
        for _ in range(number)
    )
    for at in moments:
        yield at, dice.choices(forms, SHARES)[0]


def _sign_up(form: Form, person: tuple[str, str, str], host_page: str = "") -> None:
    email, first, last = person
    view_counts.pressed(form.id, host_page)
    intake.accept(
        form,
        intake.Answers(
            email=email,
            press_id=uuid4().hex,
            host_page=host_page,
            looks_automatic=False,
            body={
                "first_name": first,
                "last_name": last,
                "list_memberships": [form.lists[0]["list_id"]],
            },
        ),
    )


def _last_hours(accounts: list[str], forms: list[Form], provider: Provider) -> None:
    """What an overview has to show: somebody who unsubscribed, some refused, one
    account that needs its owner.
    """
    for email in ("opted-out@example.com", "removed@example.com"):
        _sign_up(forms[0], (email, "Alex", "Berg"))
    runner.drain()
    provider.ask("faults", route="/v3/contacts/sign_up_form", status=400, times=2)
    for _ in range(2):
        _sign_up(forms[0], next(_PEOPLE))
    runner.drain()
    _waiting(forms[1], 7)
    third = _in_order()[2]
    provider.ask("revoke", account=third.provider_id)
    with write_transaction() as session:
        session.execute(
            update(TokenSet)
            .where(TokenSet.account_id == accounts[2])
            .values(
                refresh_due_at=services().clock.now(), expires_at=services().clock.now()
            )
        )
    _waiting(forms[2], 13)
    runner.drain()
    _import(accounts[0])


def _import(account_id: str) -> None:
    """A file that was checked: somebody may press its button.

    One row is wrong, and one is there twice.
    """
    rows = [",".join(next(_PEOPLE)) for _ in range(58)]
    file = "\n".join(
        [
            "E-mail,First name,Last name",
            *rows,
            "nobody at home,Nora,Niemand",
            rows[0],
            "",
        ]
    )
    id = upload.receive(
        BytesIO(file.encode()), "market stall.csv", account_id, "admin@example.com"
    )
    actions.map_columns(
        id,
        ["email", "first_name", "last_name"],
        dates="mdy",
        door="json",
        lists=[facts.lists_of(account_id)[0].list_id],
    )
    step.step()


def _waiting(form: Form, number: int) -> None:
    """Sign-ups that nobody may deliver yet."""
    with write_transaction() as session:
        session.execute(
            update(Account)
            .where(Account.id == form.account_id)
            .values(
                hold_until=(
                    services().clock.now() + timedelta(hours=3)
                    if form.account_id == _in_order()[1].id
                    else None
                )
            )
        )
    for _ in range(number):
        _sign_up(form, next(_PEOPLE))


def _in_order() -> list[Account]:
    return list(
        db.session.scalars(
            select(Account).order_by(Account.created_at, Account.provider_id)
        )
    )
