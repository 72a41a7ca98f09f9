"""People sign up while workers and the web are killed: every thanked-for one ends as the rules say."""

import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from app.accounts import facts
from app.accounts.models import Account
from app.config import Settings
from app.dashboard.queries import balance
from app.db import db
from app.forms.models import Form
from app.signups import ticket
from app.signups.models import Signup, State
from tests.serving.processes import Process, environment, free_port, until_ready
from tests.world import World, until

pytestmark = pytest.mark.slow
SEED = 20_261_121
PRESSES, BROWSERS = 300, 6
PATIENCE = 60.0  # seconds; only a sick run takes that long
GIVEN = ["Zoë", "Łucja", "Ана", "Юрій", "María José", "美咲", "अनन्या", "ليلى", "O’Brien", "Nguyễn", "Ada 🌱", "Ἑλένη"]
FAMILY = ["O’Brien-Łukasiewicz", "Müller", "Іваненко", "佐藤", "शर्मा", "حداد", "D’Angelo", "Ó Súilleabháin", ""]


@dataclass
class Press:
    """Somebody fills in a form once. `token` is set when the form was shown, `thanked` when the answer came."""

    form_id: str
    account_id: str
    email: str
    first: str
    last: str
    lists: list[str]
    token: str = ""
    thanked: bool = False

    @property
    def person(self) -> tuple[str, str]:
        return self.account_id, self.email.lower()


@dataclass
class Town:
    """Everybody and everything of one run."""

    seed: int
    accounts: list[Account] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    left: set[tuple[str, str]] = field(default_factory=set)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    presses: list[Press] = field(default_factory=list)


def test_300_sign_ups_survive_four_kills(world: World, settings: Settings, tmp_path: Path) -> None:
    town = build(world, SEED)
    print(f"seed {town.seed}")  # shown when it fails

    go_through(town, settings, tmp_path)

    rows = list(db.session.scalars(select(Signup).order_by(Signup.created_at)))
    nobody_is_lost_or_doubled(town, rows)
    everybody_ended_as_the_rules_say(town, rows)
    the_provider_holds_what_was_typed(world, town, rows)


# -- what must be true at the end


def nobody_is_lost_or_doubled(town: Town, rows: list[Signup]) -> None:
    asked = Counter((one.form_id, one.email.lower(), press_id(one)) for one in town.presses)
    stored = Counter((row.form_id, row.person, row.press_id.partition(".")[0]) for row in rows)

    assert all(one.thanked for one in town.presses)
    assert stored == asked
    assert set(stored.values()) == {1}
    assert balance().holds
    assert balance().accepted == PRESSES


def press_id(press: Press) -> str:
    held = ticket.read(press.token, press.form_id)
    assert held
    return held.press_id


def everybody_ended_as_the_rules_say(town: Town, rows: list[Signup]) -> None:
    wrong = [(row.email, row.state, row.reason) for row in rows
             if (row.state, row.reason == "opted_out") != expected(town, row)]

    assert wrong == []
    assert {row.state for row in rows} == {State.DELIVERED, State.HELD}


def expected(town: Town, row: Signup) -> tuple[State, bool]:
    held = (row.account_id, row.person) in town.left
    return (State.HELD, True) if held else (State.DELIVERED, False)


def the_provider_holds_what_was_typed(world: World, town: Town, rows: list[Signup]) -> None:
    for account in town.accounts:
        contacts = world.contacts(account)
        for person in {row.person for row in rows if row.account_id == account.id}:
            theirs = [row for row in rows if (row.account_id, row.person) == (account.id, person)]
            if (account.id, person) in town.left:
                assert contacts[person]["email_address"]["permission_to_send"] == "unsubscribed"
                assert contacts[person]["list_memberships"] == []
            else:
                arrived(contacts[person], theirs)


def arrived(contact: dict[str, Any], rows: list[Signup]) -> None:
    """Explicit, restored, on every list of every sign-up, under the names that were typed last."""
    names = {key: value for row in rows for key, value in row.body.items() if key in ("first_name", "last_name")}
    assert contact["email_address"]["permission_to_send"] == "explicit"
    assert "deleted_at" not in contact
    assert {list_id for row in rows for list_id in row.body["list_memberships"]} <= set(contact["list_memberships"])
    assert {key: contact.get(key) for key in names} == names


# -- the town


def build(world: World, seed: int) -> Town:
    town, dice = Town(seed), random.Random(seed)
    for number in range(3):
        town.accounts.append(account := world.account(number))
        lists = [{"list_id": item.list_id, "label": item.name} for item in facts.lists_of(account.id)]
        town.forms.append(world.form(account, name="Newsletter", lists=lists[:1]))
        town.forms.append(world.form(account, name="Choices", lists=lists[1:], visitor_chooses=True))
        for n in range(8):
            for status, group in (("unsubscribed", town.left), ("deleted", town.deleted)):
                world.control("contacts", account=account.provider_id, email=f"{status}{n}@town.example",
                              status=status)
                group.add((account.id, f"{status}{n}@town.example"))
    known = [email for _account, email in town.left | town.deleted]
    people = sorted(set(known)) + [f"neighbour{n}@example.org" for n in range(1, 13)]
    people += [f"person.{n}{dice.choice(('', '', '+news', '+a+b'))}@town.example" for n in range(280)]
    town.presses = [press(dice, dice.choice(town.forms), dice.choice(people)) for _ in range(PRESSES)]
    return town


def press(dice: random.Random, form: Form, email: str) -> Press:
    offered = [item["list_id"] for item in form.lists]
    chosen = dice.sample(offered, dice.randint(1, len(offered)))
    typed = email.upper() if dice.random() < 0.15 else email
    return Press(form.id, form.account_id, typed, dice.choice(GIVEN), dice.choice(FAMILY), chosen)


# -- the run


def go_through(town: Town, settings: Settings, folder: Path) -> None:
    port, dice = free_port(), random.Random(town.seed)
    url = f"http://127.0.0.1:{port}"
    env = environment(settings, LATCHKEY_PUBLIC_URL=url, LATCHKEY_WORKER="off", LATCHKEY_WORKER_THREADS=3,
                      LATCHKEY_HTTP_DEADLINE=2, LATCHKEY_TOKEN_LEASE=3, LATCHKEY_DELIVERY_LEASE=4.5,
                      LATCHKEY_RETRY_FIRST=0.3, LATCHKEY_RETRY_MOST=1)
    web = Child(["gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload"], env,
                folder / "web.log")
    worker = Child(["flask", "latchkey", "worker"], env, folder / "worker.log")
    kills = sorted((dice.randint(PRESSES // 10, PRESSES * 9 // 10), who) for who in ("worker",) * 3 + ("web",))
    with ExitStack() as ends, ThreadPoolExecutor(BROWSERS) as browsers:
        for child in (web, worker):
            ends.callback(child.end)
            child.start()
        until_ready(web.process, url)
        all_pressed = [browsers.submit(keep_pressing, url, town.presses[n::BROWSERS]) for n in range(BROWSERS)]
        for thanked, who in kills:
            until(lambda at=thanked: sum(one.thanked for one in town.presses) >= at, PATIENCE)
            (web if who == "web" else worker).kill_and_start()
        for browser in all_pressed:
            browser.result(PATIENCE)
        until(nobody_waits, PATIENCE)


class Child:
    """A process that is started again after each kill."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._how = (command, env, log)
        self.process: Process

    def start(self) -> None:
        self.process = Process(*self._how)

    def kill_and_start(self) -> None:
        assert self.process.alive(), self.process.output
        self.process.kill()
        self.start()

    def end(self) -> None:
        self.process.kill()


def keep_pressing(url: str, presses: list[Press]) -> None:
    """What was not acknowledged is pressed again, on the very page that was shown."""
    shown: dict[str, str] = {}  # the page of each form, until somebody comes back to it: then a new one
    used: set[tuple[str, tuple[str, str]]] = set()
    with requests.Session() as browser:
        for one in presses:
            ends = time.monotonic() + PATIENCE
            if (one.form_id, one.person) in used:
                shown.pop(one.form_id, None)
            used.add((one.form_id, one.person))
            while not one.thanked:
                assert time.monotonic() < ends, f"{one} was never thanked"
                with suppress(requests.RequestException):
                    shown[one.form_id] = one.token = shown.get(one.form_id) or shown_token(browser, url, one)
                    one.thanked = pressed(browser, url, one) == 303
                if not one.thanked:
                    time.sleep(0.05)


def shown_token(browser: requests.Session, url: str, one: Press) -> str:
    page = browser.get(f"{url}/f/{one.form_id}", timeout=10)
    found = re.search(r'name="form_token"[^>]*value="([^"]+)"', page.text)
    return unescape(found[1]) if found else ""


def pressed(browser: requests.Session, url: str, one: Press) -> int:
    return browser.post(f"{url}/f/{one.form_id}", timeout=10, allow_redirects=False, data={
        "form_token": one.token, "consent": "y", "email_address": one.email, "first_name": one.first,
        "last_name": one.last, "lists": one.lists}).status_code


def nobody_waits() -> bool:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Signup).where(Signup.state == State.WAITING)) == 0
