"""How both databases go about what is asked often: beside thousands of delivered
sign-ups none of it reads them all.

Every statement that a page runs is explained, with the very values it ran with and
statistics as they are in operation.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from app.dashboard import search as signup_search
from app.dashboard.signups import export_walk
from app.dashboard.signups.export_columns import COLUMNS
from app.database.session import db, new_id, write_transaction
from app.forms.models import Form
from app.signups import intake
from app.signups.models import Attempt, Signup, SignupState, Tally
from app.stats import counts, rollup, search_index, search_table
from app.status import worker_health
from tests.world import World

DELIVERED, WAITING, FORMS, DAYS = 6_000, 40, 20, 300
NEVER_READ_WHOLE = ("signup", "attempt", "tally")


@pytest.fixture
def filled(world: World) -> World:
    """Thousands of delivered sign-ups over three hundred days, a few that wait, and
    statistics of them.
    """
    account, now = world.account(), world.clock.now()
    small = world.account(1)
    forms = [world.form(small, name="Form 0")]
    forms += [world.form(account, name=f"Form {n}") for n in range(1, FORMS)]
    rows = [
        {
            "id": new_id(),
            "form_id": forms[n % FORMS].id,
            "account_id": forms[n % FORMS].account_id,
            "email": f"zoe{n}@example.com",
            "consent_id": forms[n % FORMS].consent_id,
            "press_id": f"{n}",
            "person": f"zoe{n}@example.com",
            "body": {},
            "host_page": "",
            "created_at": now - timedelta(minutes=n * 72),
            "state": SignupState.DELIVERED,
            "attempts": 1,
            "reason": "created",
            "settled_at": now - timedelta(minutes=n * 72),
            "may_resubscribe": False,
        }
        for n in range(DELIVERED)
    ]
    tries = [
        {
            "signup_id": row["id"],
            "number": 1,
            "started_at": row["created_at"],
            "ended_at": row["created_at"],
            "outcome": "created",
            "detail": "",
            "request_id": "",
        }
        for row in rows
    ]
    days = [
        {
            "form_id": form.id,
            "day": (now - timedelta(days=day)).date(),
            "accepted": DELIVERED // FORMS // DAYS,
            "folded": 0,
        }
        for form in forms
        for day in range(DAYS)
    ]
    with write_transaction() as session:
        for table, values in ((Signup, rows), (Attempt, tries), (Tally, days)):
            session.execute(insert(table), values)
    search_table.fill(now)
    rollup.fold(now, least=1)
    for n in range(WAITING):
        world.signup(forms[n % FORMS], f"max{n}@example.com")
    db.session.rollback()
    with db.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(
            text(
                "REINDEX INDEX ix_signup_uncounted"
                if connection.dialect.name == "postgresql"
                # in operation a few rows at a time go through it
                else "REINDEX ix_signup_uncounted"
            )
        )
        connection.execute(
            text(
                "VACUUM ANALYZE"
                if connection.dialect.name == "postgresql"
                else "ANALYZE"
            )
        )
    return world


@contextmanager
def overheard() -> Iterator[list[tuple[str, Any]]]:
    """Every statement that runs meanwhile, with its values."""
    said: list[tuple[str, Any]] = []

    def hear(
        _connection: Any,
        _cursor: Any,
        statement: str,
        values: Any,
        _context: Any,
        many: bool,
    ) -> None:
        if not many and statement.split(None, 1)[0] in (
            "SELECT",
            "WITH",
            "INSERT",
            "UPDATE",
        ):
            said.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def plan_of(statement: str, values: Any) -> list[str]:
    db.session.rollback()
    with db.engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        plan = connection.exec_driver_sql(
            f"{'EXPLAIN QUERY PLAN' if lite else 'EXPLAIN'} {statement}", values
        ).all()
        connection.rollback()
    return [str(line[-1] if lite else line[0]) for line in plan]


def reads_whole(statement: str, values: Any) -> list[str]:
    """The lines of the plan that go over all rows of a large table."""
    lines, bad = plan_of(statement, values), r"Seq Scan on ({})\b"
    tables = "|".join(NEVER_READ_WHOLE)
    if db.engine.dialect.name == "sqlite":
        # the search table too; the PostgreSQL of the tests has no pg_trgm
        bad, tables = r"SCAN ({})\b|ANY\(", f"{tables}|signup_search"
    # a partial index holds only what is not settled or not counted
    return [
        line
        for line in lines
        if re.search(bad.format(tables), line)
        and not any(
            index in line
            for index in ("ix_signup_uncounted", "ix_signup_turn", "ix_tally_gained")
        )
        and not (
            "SCAN signup USING" in line
            and "LIMIT" in statement
            and "WHERE" not in statement
        )
    ]


def address(world: World, path: str) -> str:
    form = db.session.scalars(select(Form).where(Form.name == "Form 0")).one()
    return path.format(form=form.id, account=form.account_id)


PAGES = (
    "/",
    "/accounts",
    "/accounts?show=attention",
    "/accounts?q=a",
    "/forms",
    "/forms?q=form",
    "/signups",
    "/signups?page=7",
    "/signups?state=delivered",
    "/signups?state=waiting",
    "/signups?state=held",
    "/signups?state=parked&why=invalid&since=2026-01-01",
    "/signups?state=confirming&why=form_asks",
    "/signups?state=held&signal=no_proof",
    "/signups?state=waiting&signal=no_proof&form={form}",
    "/signups?form={form}",
    "/signups?form={form}&state=delivered",
    "/signups?q=ma",
    "/signups?since=2026-01-01&to=2026-11-11",
    "/signups?state=delivered&since=2026-01-01&to=2026-11-11",
    "/signups?account={account}&state=waiting",
    "/signups?before=2026-01-01",
    "/accounts/{account}",
    "/forms/{form}/share",
    "/forms/{form}/results",
    "/forms/{form}",
    "/readyz",
    "/f/{form}",
)


# Beside so few rows PostgreSQL is right to read them all: `make bench ONLY=scale` has a
# million.
BY_THE_SEARCH_TABLE = (
    "/signups?q=zoe1",
    "/signups?q=oe17&state=waiting",
    "/signups?q=zoe17@example.com",
    "/signups?q=example&state=delivered",
    "/signups?q=oe17&form={form}",
    "/signups?q=example&form={form}&state=delivered",
    "/signups?q=oe17&account={account}",
    "/signups?q=example&account={account}",
    "/signups?account={account}",
    "/signups?account={account}&state=delivered&page=3",
    "/signups?q=oe17&since=2026-01-01&to=2026-11-11",
)


def test_no_page_reads_all_sign_ups(filled: World) -> None:
    pages, admin = PAGES, filled.signed_in()
    if db.engine.dialect.name == "sqlite":
        pages += BY_THE_SEARCH_TABLE
    found = {}
    for path in pages:
        with overheard() as said:
            answer = admin.get(address(filled, path))
        assert answer.status_code in (200, 503), path
        found[path] = [
            (lines, statement)
            for statement, values in said
            if (lines := reads_whole(statement, values))
        ]

    assert {path: lines for path, lines in found.items() if lines} == {}


SEARCHES: tuple[dict[str, str], ...] = (
    {},
    {"state": "delivered"},
    {"state": "waiting"},
    {"state": "parked", "reason": "invalid"},
    {"text": "zoe1"},
    {"text": "zoe1", "state": "delivered"},
    {"form_id": "{form}"},
    {"form_id": "{form}", "state": "delivered"},
    {"text": "max", "form_id": "{form}"},
    {"text": "ma"},
    {"text": "ma", "form_id": "{form}"},
    {"account_id": "{account}"},
    {"account_id": "{account}", "text": "zoe1"},
)


def test_no_step_of_an_export_reads_or_sorts_all_sign_ups(filled: World) -> None:
    now, found = filled.clock.now(), {}
    for words in SEARCHES:
        values = {name: address(filled, value) for name, value in words.items()}
        search = signup_search.Search(**values)  # type: ignore[arg-type]
        if search.by_table and db.engine.dialect.name == "postgresql":
            continue
        search_index.has_trigrams()  # asked once by each process
        with overheard() as said:
            walk = export_walk.Walk(search, now, COLUMNS, size=20)
            walk.step(), walk.step()
        plans = [
            (plan_of(statement, values), reads_whole(statement, values))
            for statement, values in said
        ]
        # what the search table finds is sorted: no more than a step takes
        sorts = "nothing" if search.by_table else "USE TEMP B-TREE FOR ORDER BY"
        found[str(words)] = [plan for plan, whole in plans if whole or sorts in plan]
        assert len(plans) == 2

    assert {words: lines for words, lines in found.items() if lines} == {}


def test_what_runs_all_day_reads_only_its_own_rows(filled: World) -> None:
    form = db.session.scalars(select(Form)).first()
    assert form
    now = filled.clock.now()
    answers = intake.Answers("new@example.com", {}, new_id(), "")
    acts: dict[str, Callable[[], object]] = {
        "accept": lambda: intake.accept(form, answers),
        "oldest due": lambda: worker_health.oldest_due(now),
        "overdue": lambda: worker_health.overdue_seconds(now + timedelta(minutes=2)),
        "look whether to count": lambda: rollup.fold(now),
        "every row": counts.audit,
    }
    found = {}
    for what, act in acts.items():
        with overheard() as said:
            act()
        assert said, what
        found[what] = [
            lines
            for statement, values in said
            if (lines := reads_whole(statement, values))
        ]

    assert found.pop("every row")  # so the look itself can see
    assert {what: lines for what, lines in found.items() if lines} == {}
