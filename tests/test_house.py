"""The rules of the house: floors and keys, guards, settings and sizes."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import invitations
from app.auth.users import ROLES
from app.config import settings
from app.database.session import db
from app.web import access
from tests import house
from tests.accounts.owner import Owner
from tests.house import ROOT, File, files, violations
from tests.imports.acting import Importing, people
from tests.world import World

ALL = list(files())
MAX_LINES, MAX_LINES_OF_FUNCTION = 440, 75
MAX_COLUMNS = 120  # of a template


# -- floors and keys


def test_every_room_is_on_the_plan() -> None:
    assert {file.room for file in ALL} <= set(house.MAY_SEE)


def test_imports_go_downstairs_and_locked_rooms_stay_locked() -> None:
    assert [sentence for file in ALL for sentence in violations(file)] == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "signups/views",
            "from app.constant_contact.client import Client",
            "signups/views.py has no key to constant_contact",
        ),
        (
            "signups/views",
            "from app.constant_contact import client",
            "signups/views.py must not see constant_contact: imports go downstairs only",
        ),
        (
            "forms/service",
            "import app.constant_contact.oauth",
            "forms/service.py has no key to constant_contact",
        ),
        (
            "signups/intake",
            "from app.accounts import tokens",
            (
                "signups/intake.py sees app.accounts.tokens, but of accounts only facts"
                " and models are its business"
            ),
        ),
        (
            "signups/intake",
            "from ..accounts.tokens import fresh_token",
            "signups/intake.py sees app.accounts.tokens",
        ),
        (
            "accounts/facts",
            "from app.signups import intake",
            "accounts/facts.py must not see signups",
        ),
        (
            "accounts/facts",
            "import requests",
            "accounts/facts.py has no key to requests",
        ),
        (
            "dashboard/queries",
            "from cryptography.fernet import Fernet",
            "dashboard/queries.py has no key to cryptography",
        ),
        (
            "accounts/invitations",
            "import os\nprint(os.environ['X'])",
            "accounts/invitations.py has no key to os.environ",
        ),
        (
            "dashboard/queries",
            "import sqlite3",
            "dashboard/queries.py has no key to sqlite3",
        ),
        (
            "imports/rows",
            "from pysqlite3 import dbapi2",
            "imports/rows.py has no key to pysqlite3",
        ),
        (
            "cli/doctor",
            "open(db.engine.url.database)",
            "cli/doctor.py asks for the path of the database",
        ),
        (
            "signups/views",
            "def f():\n    from time import sleep",
            "signups/views.py has no key to time.sleep",
        ),
        (
            "signups/views",
            "import time\ntime.sleep(1)",
            "signups/views.py has no key to time.sleep",
        ),
        (
            "dashboard/forms/views",
            "import threading",
            "dashboard/forms/views.py has no key to threading",
        ),
        (
            "accounts/tokens",
            "from flask import request",
            "accounts/tokens.py has no key to flask.request",
        ),
        (
            "delivery/deliver",
            "import flask\nflask.render_template('x')",
            "delivery/deliver.py has no key to flask.render_template",
        ),
        (
            "simulator/server",
            "from app.database import session",
            "simulator/server.py must not see database",
        ),
        (
            "core/crypto",
            "from app.accounts import invitations",
            "core/crypto.py must not see accounts",
        ),
        (
            "dashboard/signups/views",
            (
                "from app.signups.models import Signup\ndef f(row: Signup): row.state ="
                " 'held'"
            ),
            "dashboard/signups/views.py writes a sign-up's state, which only delivery/claims",
        ),
        (
            "dashboard/signups/views",
            "from x import Signup\nupdate(Signup).where(True).values(due_at=None)",
            "dashboard/signups/views.py writes a sign-up's due_at",
        ),
        (
            "dashboard/signups/views",
            "from x import Signup\nsession.add(Signup(attempts=3))",
            "dashboard/signups/views.py writes a sign-up's attempts",
        ),
        (
            "dashboard/signups/views",
            "from x import Signup\nLEASE = Lease(Signup, Signup.id, until=Signup.due_at)",
            "dashboard/signups/views.py writes a sign-up's due_at",
        ),
    ],
)
def test_the_checker_itself_catches_a_violation(
    name: str, text: str, sentence: str
) -> None:
    assert any(found.startswith(sentence) for found in violations(File(name, text)))


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house.circle(ALL) == []


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (
            {
                "forms/service": "from app.forms import validation",
                "forms/validation": "from app.forms.fields import STANDARD",
                "forms/fields": "import app.forms.service",
            },
            {"forms/service", "forms/validation", "forms/fields"},
        ),
        (
            {
                "forms/service": "from . import validation",
                "forms/validation": (
                    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
                    "    from app.forms.service import Draft"
                ),
            },
            {"forms/service", "forms/validation"},
        ),
        (
            {
                "messages": "from app.messages.short import in_short",
                "messages/short": "from app.messages import REASONS",
            },
            {"messages", "messages/short"},
        ),
        (
            {
                "forms/service": "from app.forms import validation",
                "forms/validation": (
                    "def problems():\n    from app.forms.service import Draft"
                ),
                "__init__": "from app.forms import service",
            },
            set(),
        ),
    ],
)
def test_a_circle_of_imports_is_seen(texts: dict[str, str], names: set[str]) -> None:
    files = [File(name, text) for name, text in texts.items()]

    assert set(house.circle(files)) == names


# -- guards


def rules(app: Flask) -> Iterator[Any]:
    return app.url_map.iter_rules()


def test_every_route_has_a_guard(app: Flask) -> None:
    unguarded = {
        rule.endpoint
        for rule in rules(app)
        if access.guard_of(app, rule.endpoint) is None
    }

    assert {access.guard_of(app, rule.endpoint) for rule in rules(app)} - {None} == {
        "public",
        "viewer",
        "admin",
    }
    assert {name for name in unguarded if not name.startswith("security.")} == set()


def address_of(rule: Any) -> str:
    return re.sub(r"<[^>]+>", "00000000-0000-4000-8000-000000000000", rule.rule)


def test_routes_answer_strangers_as_their_guard_says(app: Flask) -> None:
    stranger = app.test_client()
    for rule in rules(app):
        guard = access.guard_of(app, rule.endpoint)
        if guard == "public" or "GET" not in rule.methods:
            continue
        answer = stranger.get(address_of(rule))
        expected = (404,) if guard is None else (303,)

        assert answer.status_code in expected, rule.rule


def test_a_viewer_may_not_what_only_admins_may(app: Flask, world: World) -> None:
    viewer = Owner(world, world.signed_in("viewer"))
    csrf = re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', viewer.open("/accounts").text
    )
    for rule in rules(app):
        if access.guard_of(app, rule.endpoint) == "admin":
            for method in rule.methods & {"GET", "POST"}:
                answer = viewer.ours.open(
                    address_of(rule),
                    method=method,
                    data={"csrf_token": csrf[1] if csrf else ""},
                )

                assert answer.status_code in ((403,) if csrf else (400, 403)), (
                    method,
                    rule.rule,
                )


def test_there_are_exactly_the_roles_that_guards_know() -> None:
    assert set(ROLES) == {"admin", "viewer"}


# -- reading changes nothing


def rows() -> dict[str, list[Any]]:
    db.session.rollback()
    return {
        table.name: sorted(map(str, db.session.execute(select(table))))
        for table in db.metadata.sorted_tables
        if table.name != "form_view"
    }  # looks are counted


def test_reading_changes_nothing(app: Flask, world: World) -> None:
    account = world.account()
    form = world.form(account)
    signup = world.signup(form)
    link = invitations.create("x", 7, "admin").address.rpartition("/")[2]
    imported = Importing(world, account).checked(people(2))
    admin = world.signed_in()
    app.test_client().get(f"/connect/{link}")  # that it was opened is noted once
    before = rows()
    known = {
        "form_id": form.id,
        "account_id": account.id,
        "signup_id": signup.id,
        "token": link,
        "filename": "css/app.css",
        "transaction_id": "none",
        "link_id": "none",
        "import_id": imported.id,
    }
    reached = {}
    for browser in (admin, app.test_client()):
        for rule in rules(app):
            if "GET" in rule.methods and set(rule.arguments) <= {*known, "embed"}:
                address = re.sub(
                    r"<(?:[^:>]+:)?([^>]+)>", lambda name: known[name[1]], rule.rule
                )
                with browser.get(address) as answer, browser.head(address):
                    reached[rule.rule] = max(
                        answer.status_code, reached.get(rule.rule, 0)
                    )

    assert rows() == before
    assert len(reached) > 15
    # /readyz: no worker here
    assert {status for status in reached.values() if status >= 500} <= {503}


# -- settings


@pytest.mark.parametrize("name", sorted(settings.names().values()))
def test_every_setting_is_documented(name: str) -> None:
    example, reference = (
        (ROOT / ".env.example").read_text(),
        (ROOT / "docs" / "reference.md").read_text(),
    )
    line = re.search(rf"^\|\s*`{name}`\s*\|(.*)$", reference, re.MULTILINE)

    assert re.search(rf"^#? ?{name}=", example, re.MULTILINE), (
        f"{name} is missing in .env.example"
    )
    assert line, f"{name} is missing in docs/reference.md"
    assert len(line[1].split("|")[1].split()) >= 2, (
        f"{name} has no sentence in docs/reference.md"
    )


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {*settings.names().values(), *(f"{name}_FILE" for name in settings.SECRETS)}
    for path in (ROOT / ".env.example", ROOT / "docs" / "reference.md"):
        named = set(
            re.findall(
                r"^(?:\|\s*`|#? ?)((?:LATCHKEY|CTCT)_[A-Z_]+)",
                path.read_text(),
                re.MULTILINE,
            )
        )

        assert named - known == set(), path.name


def test_documented_defaults_are_the_true_ones() -> None:
    defaults = {
        settings._name(field): info.default
        for field, info in settings.Settings.model_fields.items()
    }
    for line in (ROOT / ".env.example").read_text().splitlines():
        found = re.fullmatch(r"# ?([A-Z_]+)=(.*)", line)
        if found and found[2]:
            default = defaults[found[1]]
            meant = (
                {True: "true", False: "false"}.get(default, default)
                if isinstance(default, bool)
                else default
            )

            assert found[2] in (str(meant), str(meant).removesuffix(".0")), found[1]


# -- size and manners


def test_no_line_of_a_template_is_longer_than_120_columns() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{number} has {len(line)} columns"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > MAX_COLUMNS
    ] == []


def test_every_file_says_what_it_is_for() -> None:
    assert [
        file.name for file in ALL if not (ast.get_docstring(file.tree) or "").strip()
    ] == []


def test_files_and_functions_stay_small() -> None:
    long_files = [file.name for file in ALL if len(file.text.splitlines()) > MAX_LINES]
    long_functions = [
        f"{file.name}: {node.name}"
        for file in ALL
        for node in file.nodes
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_LINES_OF_FUNCTION
    ]

    assert long_files == []
    assert long_functions == []
