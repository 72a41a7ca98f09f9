"""People sign up while web and workers are killed and the provider has bad days: for a
test, and for the benchmark.
"""

import random
import re
import resource
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from app.config.settings import Settings
from app.database.session import db
from app.signups.models import Signup, SignupState
from app.signups.screening.signals import TOKEN_PEOPLE
from tests.resilience.chaos.judging import (
    SIGN_UP,
    SLOTS,
    calls_too_many,
    everybody_ended_as_the_rules_say,
    nobody_is_lost_or_doubled,
    subscribed_again,
    the_provider_holds_what_was_typed,
)
from tests.resilience.chaos.town import Plan, Press, Town, build
from tests.serving.processes import Process, environment, free_port, until_ready
from tests.world import PATIENCE, SharedClock, World, locked, until

BROWSERS = 6
PARKING = ({"status": 404}, {"status": 415})
WEATHER: tuple[dict[str, Any], ...] = (
    *PARKING,
    {"status": 500},
    {"status": 503, "times": 5},
    {"status": 502, "body": "<html>Bad Gateway</html>"},
    {"status": 429},
    {"status": 401},
    {"status": 409},
    {"status": 200, "body": ""},
    {"status": 200, "body": "<html>"},
    {"status": 302, "body": ""},
    {"reset": True},
    {"reset": True, "when": "after"},
    {"status": 503, "when": "after"},
    {"latency_ms": 2500},
    {"status": 403},
)


def run(world: World, plan: Plan, settings: Settings, folder: Path) -> str:
    """All of it, judged; what it was, in words."""
    town = build(world, plan)
    print(f"seed {plan.seed}")  # shown when it fails
    go_through(world, town, settings, folder)
    world.mend()
    rows = list(db.session.scalars(select(Signup).order_by(Signup.created_at)))
    nobody_is_lost_or_doubled(town, rows)
    everybody_ended_as_the_rules_say(town, rows)
    extra = calls_too_many(world, town, rows)
    again = subscribed_again(world, town)
    the_provider_holds_what_was_typed(world, town, rows)
    states = Counter(row.state for row in rows)
    return (
        f"{len(rows)} acknowledged, {plan.kills} kills, {dict(states)}, none lost,"
        f" {extra} extra calls for {town.kills} killed workers, {again} of"
        f" {len(town.left) + len(town.left_meanwhile)} subscribed again"
    )


def go_through(world: World, town: Town, settings: Settings, folder: Path) -> None:
    port, plan, dice = free_port(), town.plan, random.Random(town.plan.seed)
    url = f"http://127.0.0.1:{port}"
    env = environment(
        settings,
        LATCHKEY_PUBLIC_URL=url,
        LATCHKEY_WORKER="off",
        LATCHKEY_WORKER_THREADS=SLOTS,
        LATCHKEY_HTTP_DEADLINE=2,
        LATCHKEY_TOKEN_LEASE=3,
        LATCHKEY_DELIVERY_LEASE=4.5,
        LATCHKEY_RETRY_FIRST=0.3,
        LATCHKEY_RETRY_MOST=1,
        LATCHKEY_OPTOUTS_MAX_AGE=1,
    )
    web = Child(
        [
            "gunicorn",
            "wsgi:app",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "2",
            "--preload",
        ],
        env,
        folder / "web.log",
    )
    worker = Child(["flask", "latchkey", "worker"], env, folder / "worker.log")
    moments = sorted(
        (dice.uniform(0.1, 0.9) * plan.presses, "web" if n % 4 == 1 else "worker")
        for n in range(plan.kills)
    )
    moments += [(plan.presses * 0.3, "lock")] + [
        (plan.presses * 0.6, "full disk")
    ] * plan.disk_full
    with ExitStack() as ends, ThreadPoolExecutor(BROWSERS) as browsers:
        for child in (web, worker):
            ends.callback(child.end)
            child.start()
        until_ready(web.process, url)
        all_pressed = [
            browsers.submit(keep_pressing, url, town.presses[n::BROWSERS])
            for n in range(BROWSERS)
        ]
        weather = ends.enter_context(bad_weather(world, town, dice))
        for at, what in sorted(moments):
            until(lambda at=at: thanked(town) >= at, PATIENCE + plan.presses / 20)
            strike(world, town, what, web, worker)
        for browser in all_pressed:
            browser.result(PATIENCE + plan.presses / 10)
        weather.set()
        world.mend()
        while left := waiting():
            until(lambda left=left: waiting() < left, PATIENCE)


def thanked(town: Town) -> int:
    return sum(one.thanked for one in town.presses)


def strike(world: World, town: Town, what: str, web: "Child", worker: "Child") -> None:
    if what == "lock":
        with locked("signup"):
            time.sleep(town.plan.locked)
    elif what == "full disk":
        for child in (web, worker):
            child.may_write(False)
        time.sleep(2)
        for child in (web, worker):
            child.may_write(True)
    else:
        town.kills += what == "worker"
        (web if what == "web" else worker).kill_and_start()


@contextmanager
def bad_weather(
    world: World, town: Town, dice: random.Random
) -> Iterator[threading.Event]:
    """The provider throws faults, one after the other, and people leave; until the
    event is set.
    """
    over, leaving = (
        threading.Event(),
        [one.person for one in town.presses if one.person not in town.left],
    )
    logins = {account.id: account.provider_id for account in town.accounts}

    def blow() -> None:
        while not over.wait(town.plan.weather):
            fault = dice.choice(WEATHER)
            town.parking += fault in PARKING
            with suppress(requests.RequestException):
                world.fault(
                    SIGN_UP if dice.random() < 0.8 else "/v3/contacts",
                    **{"times": 1, **fault},
                )
                if len(town.left_meanwhile) < town.plan.leaving:
                    person = dice.choice(leaving)
                    world.control(
                        "contacts",
                        account=logins[person[0]],
                        email=person[1],
                        status="unsubscribed",
                    )
                    town.left_meanwhile[person] = SharedClock.simulators.now()

    thread = threading.Thread(target=blow, daemon=True)
    thread.start()
    try:
        yield over
    finally:
        over.set()
        thread.join(10)


class Child:
    """A process that is started again after each kill."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._how = (command, env, log)
        self.process: Process

    def start(self) -> None:
        self.process = Process(*self._how)

    def kill_and_start(self) -> None:
        assert self.process.alive(), (
            f"ended by itself with {self.process.wait(1)}: {self.process.output}"
        )
        self.process.kill()
        self.start()

    def may_write(self, may: bool) -> None:
        """No file of it or of its children may grow, as on a full disk."""
        most = resource.RLIM_INFINITY if may else 0
        for pid in (self.process.pid, *self.process.children()):
            with suppress(ProcessLookupError):
                resource.prlimit(
                    pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)
                )

    def end(self) -> None:
        self.process.kill()


def keep_pressing(url: str, presses: list[Press]) -> None:
    """What was not acknowledged is pressed again, on the very page that was shown."""
    # the page of each form, until somebody comes back to it, or it has served as many
    # people as it may: then a new one
    shown: dict[str, str] = {}
    people: Counter[str] = Counter()
    used: set[tuple[str, tuple[str, str]]] = set()
    with requests.Session() as browser:
        for one in presses:
            ends = time.monotonic() + PATIENCE
            came_back = (one.form_id, one.person) in used
            if came_back or people[one.form_id] == TOKEN_PEOPLE:
                shown.pop(one.form_id, None)
                people[one.form_id] = 0
            used.add((one.form_id, one.person))
            people[one.form_id] += 1
            while not one.thanked:
                assert time.monotonic() < ends, f"{one} was never thanked"
                with suppress(requests.RequestException):
                    shown[one.form_id] = one.token = shown.get(
                        one.form_id
                    ) or shown_token(browser, url, one)
                    one.thanked = pressed(browser, url, one) == 303
                if not one.thanked:
                    time.sleep(0.05)


def shown_token(browser: requests.Session, url: str, one: Press) -> str:
    page = browser.get(f"{url}/f/{one.form_id}", timeout=PATIENCE)
    found = re.search(r'name="form_token"[^>]*value="([^"]+)"', page.text)
    return unescape(found[1]) if found else ""


def pressed(browser: requests.Session, url: str, one: Press) -> int:
    return browser.post(
        f"{url}/f/{one.form_id}",
        timeout=PATIENCE,
        allow_redirects=False,
        data={
            "form_token": one.token,
            "consent": "y",
            "email_address": one.email,
            "first_name": one.first,
            "last_name": one.last,
            "lists": one.lists,
        },
    ).status_code


def waiting() -> int:
    db.session.rollback()
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Signup)
            .where(Signup.state == SignupState.WAITING)
        )
        or 0
    )
