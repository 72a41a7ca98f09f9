"""Every page, accepting and claiming: beside a million delivered sign-ups, and beside a
thousand.

Both houses stand side by side and are asked in turns, so that a noisy machine is noisy
for both. The rows are written by the database itself, and counted as an upgrade counts
them.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from app.accounts import tokens
from app.accounts.models import Account
from app.cli.doctor.checks import CHECKS
from app.constant_contact.oauth import Tokens
from app.database.session import db, write_transaction
from app.delivery import claims
from app.forms.models import ConsentWording, Form
from app.signups.models import Attempt, Signup, SignupState
from app.stats import counts, rollup, search_table
from app.status import waiting
from app.worker import periodic
from tests.bench.accepting import accept
from tests.bench.place import DATABASES, Place, place
from tests.world import SharedClock

ROUNDS = 15
DAYS = 120  # over which the sign-ups came
EVERY_ROW = "doctor, every row counted"
UNCOUNTED = 1000  # so many are left to the worker's own counting

NUMBERS = {
    "sqlite": (
        "WITH RECURSIVE counter(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM counter"
        " WHERE n + 1 < :high) "
    ),
    "postgresql": (
        "WITH counter AS (SELECT n FROM generate_series(CAST(:low AS int), CAST(:high"
        " AS int) - 1) AS n) "
    ),
}
ID = {
    "sqlite": "printf('%08x-0000-4000-8000-%012x', n * 2654435761 % 4294967296, n)",
    "postgresql": (
        "lpad(to_hex(n * 2654435761 % 4294967296), 8, '0') || '-0000-4000-8000-' || "
        "lpad(to_hex(n), 12, '0')"
    ),
}
METRICS_TOKEN = "a token of the bench"
AGO = ":days * 86400.0 * (:all - n) / :all + 60"
BEFORE = {
    "sqlite": f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({AGO}) || ' seconds')",
    "postgresql": f"now() - make_interval(secs => {AGO})",
}
# one form has a tenth of all, so that each list is full
FORM = "(CASE WHEN n % 10 = 0 THEN 0 ELSE n % :forms END)"


@dataclass(frozen=True)
class Size:
    signups: int
    accounts: int
    forms: int


SMALL, LARGE = Size(1_000, 10, 50), Size(1_000_000, 1_000, 5_000)


@dataclass
class House:
    """A filled house, with somebody signed in."""

    place: Place
    size: Size
    admin: FlaskClient

    def inside(self, what: Callable[["House"], object]) -> float:
        """How long it takes, in milliseconds."""
        with self.place.world.app.app_context():
            began = time.perf_counter()
            what(self)
            taken = (time.perf_counter() - began) * 1000
            db.session.remove()
            return taken

    def get(self, path: str) -> None:
        answer = self.admin.get(path)
        assert answer.status_code == 200, (path, answer.status_code)


def main() -> None:
    for kind in DATABASES:
        with ExitStack() as ends:
            houses = [ends.enter_context(_house(kind, size)) for size in (SMALL, LARGE)]
            print(
                f"{kind}: {LARGE.signups:,} sign-ups, {LARGE.accounts:,} accounts,"
                f" {LARGE.forms:,} forms beside {SMALL.signups:,}, {SMALL.accounts} and"
                f" {SMALL.forms}",
                flush=True,
            )
            for name, what in PAGES.items():
                _compare(name, what, houses)


def _compare(name: str, what: Callable[[House], object], houses: list[House]) -> None:
    taken: list[list[float]] = [[] for _ in houses]
    for house in houses:
        house.inside(what)  # once to warm up
    for _ in range(ROUNDS if what is not PAGES[EVERY_ROW] else 3):
        for times, house in zip(taken, houses, strict=True):
            times.append(house.inside(what))
    small, large = map(statistics.median, taken)
    print(
        f"  {name:34} {small:8.2f} ms  {large:8.2f} ms   {large / small:5.2f} x",
        flush=True,
    )


def _of_page(path: str) -> Callable[[House], object]:
    return lambda house: house.get(path.format(account=_account(0), form=_form(0)))


def _quick_parts(_house: House) -> None:
    for check in CHECKS:
        if not (check.costly or check.online):
            check.look()


def _why_they_wait(_house: House) -> None:
    """Work out every cause; the parts sum to what waits at this size too."""
    found = waiting.waiting(SharedClock().now())
    waits = counts.balance().by_state[SignupState.WAITING]
    assert found.total == sum(found.by_cause().values()) == waits


def _accept(_house: House) -> None:
    for _ in range(10):
        accept(db.session.get_one(Form, _form(1)))


def _claim(_house: House) -> None:
    for _ in range(10):
        job = claims.claim(SharedClock().now())
        assert job
        with write_transaction() as session:
            session.execute(
                Signup.__table__.update()
                .where(Signup.id == job.id)
                .values(
                    state=SignupState.DELIVERED,
                    due_at=None,
                    settled_at=SharedClock().now(),
                )
            )


PAGES: dict[str, Callable[[House], object]] = {
    "overview": _of_page("/"),
    "why people wait": _why_they_wait,
    "accounts": _of_page("/accounts"),
    "accounts, not healthy": _of_page("/accounts?show=attention"),
    "accounts, by name": _of_page("/accounts?q=account"),
    "forms": _of_page("/forms"),
    "sign-ups": _of_page("/signups"),
    "sign-ups, page 10": _of_page("/signups?page=10"),
    "sign-ups, delivered": _of_page("/signups?state=delivered"),
    "sign-ups, held": _of_page("/signups?state=held"),
    "sign-ups, next in line": _of_page("/signups?state=waiting&cause=next"),
    "sign-ups, of a form": _of_page("/signups?form={form}"),
    "sign-ups, of an account": _of_page("/signups?account={account}"),
    "sign-ups, waiting of an account": _of_page(
        "/signups?account={account}&state=waiting"
    ),
    "sign-ups, two months": _of_page("/signups?since=2026-09-01&to=2026-10-31"),
    "sign-ups, how an address begins": _of_page("/signups?q=pe"),
    "sign-ups, one address": _of_page("/signups?q=person123@example.com"),
    "sign-ups, part of an address": _of_page("/signups?q=son123@ex"),
    "sign-ups, a domain": _of_page("/signups?q=%40example.com"),
    "sign-ups, a domain, of a form": _of_page("/signups?q=%40example.com&form={form}"),
    "sign-ups, a domain, of an account": _of_page(
        "/signups?q=%40example.com&account={account}"
    ),
    "sign-ups, nobody": _of_page("/signups?q=nobody%20at%20all"),
    "one account": _of_page("/accounts/{account}"),
    "one form": _of_page("/forms/{form}/share"),
    "/readyz": lambda house: house.admin.get("/readyz"),
    "/metrics": lambda house: house.admin.get(
        "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
    ),
    "doctor, quick parts": _quick_parts,
    EVERY_ROW: lambda _house: counts.audit(),
    "accept, ten": _accept,
    "claim, ten": _claim,
}


@contextmanager
def _house(kind: str, size: Size) -> Iterator[House]:
    with place(kind, metrics_token=METRICS_TOKEN) as made:
        began = time.perf_counter()
        _people_and_forms(size)
        db.session.rollback()
        _signups(kind, size)
        filled = time.perf_counter()
        rollup.fold(SharedClock().now(), least=1)
        counted = time.perf_counter()
        _make_searchable()
        searchable = time.perf_counter()
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        assert counts.balance().holds
        assert counts.balance().by_state[SignupState.DELIVERED] == size.signups
        print(
            f"{kind}: {size.signups:,} written in {filled - began:.0f} s, the last"
            f" {UNCOUNTED:,} of them counted in {counted - filled:.1f} s, made searchable"
            f" in {searchable - counted:.0f} s",
            flush=True,
        )
        admin = made.world.signed_in()
        periodic.beat(SharedClock().now())
        db.session.remove()
        yield House(made, size, admin)


def _make_searchable() -> None:
    """Fill the search table as the worker does, in larger steps without pauses."""
    search_table.PAUSE, search_table.MAX_BATCHES = 0, 10**6
    search_table.BATCH = 5000
    search_table.fill(SharedClock().now())
    search_table.start_again()
    search_table.fill(SharedClock().now())
    assert search_table.filled_since() is None


def _account(number: int) -> str:
    return f"account-{number:06}"


def _form(number: int) -> str:
    return f"form-{number:06}"


def _people_and_forms(size: Size) -> None:
    now = SharedClock().now()
    began = now - timedelta(days=DAYS)
    with write_transaction() as session:
        for n in range(size.accounts):
            session.add(
                Account(
                    id=_account(n),
                    provider_id=f"provider-{n}",
                    name=f"Account {n}",
                    created_at=began,
                    connected_at=began,
                    facts_read_at=now,
                    trouble="forbidden" if n % 100 == 7 else None,
                    trouble_since=now if n % 100 == 7 else None,
                )
            )
        session.flush()
        for n in range(size.accounts):
            tokens.store_grant(
                session,
                _account(n),
                Tokens("x" * 1100, "y" * 43, ("contact_data",), timedelta(days=1)),
                now,
            )
        for n in range(size.forms):
            session.add(
                Form(
                    id=_form(n),
                    account_id=_account(n % size.accounts),
                    name=f"Form {n}",
                    heading="Join",
                    button="Go",
                    success="Thanks",
                    fields=[],
                    lists=[],
                    consent_id=f"wording-{n}",
                    created_at=began,
                    updated_at=began,
                )
            )
        session.flush()
        for n in range(size.forms):
            session.add(
                ConsentWording(
                    id=f"wording-{n}",
                    form_id=_form(n),
                    version=1,
                    text="Yes",
                    created_at=began,
                )
            )


def _signups(kind: str, size: Size) -> None:
    """All of them counted already, as the migration does it, but for the last."""
    values = {
        "all": size.signups,
        "forms": size.forms,
        "accounts": size.accounts,
        "days": DAYS,
        "low": 0,
        "high": size.signups,
    }
    padded = (
        "substr('000000' || ({}), -6)"
        if kind == "sqlite"
        else "lpad(CAST(({}) AS text), 6, '0')"
    )
    form, account = (padded.format(what) for what in (FORM, f"{FORM} % :accounts"))
    numbers, id, when = NUMBERS[kind], ID[kind], BEFORE[kind]
    false = "0" if kind == "sqlite" else "false"
    counted = f"n < {size.signups - UNCOUNTED}"
    day = (
        "date(created_at)"
        if kind == "sqlite"
        else "CAST(created_at AT TIME ZONE 'UTC' AS date)"
    )
    with db.engine.connect() as connection, _without_indexes(kind, connection):
        connection.execute(
            text(
                f"""{numbers} INSERT INTO signup (id, form_id, account_id, consent_id, press_id, email, person, body,
            host_page, created_at, state, reason, attempts, may_resubscribe, settled_at, contact_id, action, counted)
            SELECT {id}, 'form-' || {form}, 'account-' || {account}, 'wording-' || {FORM}, 'press-' || n,
            'person' || n || '@example.com', 'person' || n || '@example.com', '{{}}', '', {when}, 'delivered',
            'created', 1, {false}, {when}, {id}, 'created', {counted} FROM counter"""
            ),
            values,
        )
        connection.execute(
            text(
                f"""{numbers} INSERT INTO attempt (signup_id, number, started_at, ended_at, outcome, detail, request_id)
            SELECT {id}, 1, {when}, {when}, 'created', '', 'request' FROM counter"""
            ),
            values,
        )
        connection.execute(
            text(
                "INSERT INTO tally (form_id, day, accepted, folded) SELECT form_id,"
                f" {day}, count(*), count(*) FROM signup GROUP BY form_id, {day}"
            )
        )
        for statement in import_module("migrations.versions.0007_counts").COUNT:
            connection.execute(
                text(
                    statement.replace(
                        "WHERE state IN ('delivered', 'closed')", "WHERE counted"
                    )
                )
            )


@contextmanager
def _without_indexes(kind: str, connection: Connection) -> Iterator[None]:
    """A million rows are written ten times as fast when they are put in order
    afterwards.
    """
    indexes = [
        index
        for table in (Signup.__table__, Attempt.__table__)
        for index in table.indexes
    ]
    if kind == "sqlite":
        for pragma in (
            "foreign_keys = OFF",
            "synchronous = OFF",
            "cache_size = -400000",
        ):
            connection.execute(text(f"PRAGMA {pragma}"))
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
    connection.commit()
    connection.invalidate()
