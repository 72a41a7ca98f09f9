"""Named things for tests to talk about: a connected account, a form, a sign-up in some
state.
"""

import fcntl
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update

from app.accounts import facts, tokens
from app.accounts.models import Account, AccountField, TokenSet
from app.auth import sessions
from app.auth.models import Role, User
from app.constant_contact.oauth import Tokens, claims_of
from app.core.clock import Clock
from app.database.session import db, new_id, write_transaction
from app.forms import service
from app.forms.draft import Draft
from app.forms.models import Form
from app.signups import intake
from app.signups.models import Signup, Tally
from app.signups.screening.verdict import Action, Verdict
from app.simulator.server import Running
from tests import control
from tests import facts as facts_as_read

PUBLIC_URL = "http://127.0.0.1:8111"
SCOPES = "contact_data account_read offline_access"
# For rules that no database has a part in: running them twice would only take time.
ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# Seconds that only bound a hang: whatever a busy machine takes is shorter.
PATIENCE = 120
# Of a call to the provider and of a token set's lease, also in seconds.
HTTP_DEADLINE = 20
TOKEN_LEASE = 25
# How fast the shared clock runs beside the machine's.
SLOWLY = 1 / 20


When = Literal["before", "after"]  # the provider acts on a call


@dataclass(frozen=True)
class App:
    client_id: str
    client_secret: str


ROTATING = App("11111111-1111-4111-8111-111111111111", "simulator-rotating-secret")
LONG_LIVED = App("22222222-2222-4222-8222-222222222222", "simulator-long-lived-secret")


class _Offset:
    """The simulator's side of the shared clock: epoch seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Start a test: from now on this clock runs slowly, so that a busy machine ends
        no lease.
        """
        self._began, self._speed, self.seconds = time.time(), SLOWLY, 0.0

    def follow_machine(self) -> None:
        """Run with the machine's clock, which other processes read."""
        self._speed = 1.0

    def now(self) -> float:
        passed = (time.time() - self._began) * self._speed
        return self._began + passed + self.seconds

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds

    def sleep(self, seconds: float) -> None:
        """Hold an answer of the simulator back, in real time: its caller waits."""
        time.sleep(seconds)

    def reach(self, moment: float) -> None:
        """Advance to this moment, unless somebody else did already."""
        with self._lock:
            self.seconds += max(0.0, moment - self.now())


class SharedClock(Clock):
    """One time for Latchkey and the simulator, which passes slowly unless a test
    advances it.

    Sleeps advance it; the short ones also take their time.
    """

    simulators = _Offset()
    shared = True

    @classmethod
    def reset(cls) -> None:
        cls.simulators.reset()

    @classmethod
    def follow_machine(cls) -> None:
        """Run with the machine's clock from here on, since other processes read that."""
        cls.simulators.follow_machine()

    @classmethod
    def advance(cls, **delta: float) -> None:
        cls.simulators.advance(timedelta(**delta).total_seconds())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.simulators.now(), UTC)

    def sleep(self, seconds: float) -> None:
        wakes_at = self.simulators.now() + seconds
        if seconds < 0.1:
            super().sleep(seconds)
        self.simulators.reach(wakes_at)


class HeldCall:
    """A call to the provider that is held back until it is released."""

    def __init__(self) -> None:
        self._arrived, self._released = threading.Event(), threading.Event()

    def hold(self) -> None:
        self._arrived.set()
        assert self._released.wait(PATIENCE)

    def until_arrived(self) -> None:
        """Wait until somebody has made the call."""
        assert self._arrived.wait(PATIENCE)

    def release(self) -> None:
        self._released.set()


class World:
    """What a test puts into the house, and what it asks of the simulator."""

    def __init__(self, app: Flask, simulator: Running) -> None:
        self.app, self.simulator = app, simulator
        self.clock = SharedClock()

    # -- the provider

    def control(self, path: str, **body: Any) -> Any:
        """Ask the simulator's control: a POST when there is a body."""
        return control.ask(self.simulator, path, "POST" if body else "GET", body)

    def fault(self, route: str, **how: Any) -> None:
        self.control("faults", route=route, **how)

    def mend(self) -> None:
        control.ask(self.simulator, "faults", "DELETE", {})

    @contextmanager
    def holding(self, path: str, when: When = "before") -> Iterator[HeldCall]:
        """Hold the next call to a path that ends so, before the provider acts on it or
        after; the end of the block releases it, if nothing did before.
        """
        provider: Any = self.simulator.app
        inner, first, call = provider.wsgi_app, threading.Lock(), HeldCall()

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            is_ours = environ["PATH_INFO"].endswith(path)
            if not is_ours or not first.acquire(blocking=False):
                return inner(environ, start_response)
            if when == "before":
                call.hold()
            said = inner(environ, start_response)
            if when == "after":
                call.hold()
            return said

        provider.wsgi_app = answer
        try:
            yield call
        finally:
            call.release()
            provider.wsgi_app = inner

    def provider_accounts(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self.control("accounts")["accounts"]
        return found

    def contacts(self, account: Account) -> dict[str, dict[str, Any]]:
        """What the provider holds for an account, by lower-case address."""
        found = self.control(f"contacts?account={account.provider_id}")["contacts"]
        return {
            item["email_address"]["address"].lower(): item
            for item in found
            if item.get("email_address")
        }

    def calls(self, path: str) -> list[dict[str, Any]]:
        """The requests the provider got for paths ending so, oldest first."""
        found: list[dict[str, Any]] = self.control(f"requests?path={path}")["requests"]
        return found

    # -- ours

    def account(self, number: int = 0, app: App = ROTATING, **values: Any) -> Account:
        """A connected account with its facts read."""
        there = self.provider_accounts()[number]
        held, now, id = self.granted(there["id"], app), self.clock.now(), new_id()
        with write_transaction() as session:
            session.add(
                Account(
                    id=id,
                    provider_id=there["id"],
                    name=there["name"],
                    created_at=now,
                    connected_at=now,
                    login=claims_of(held.access_token).sub,
                    **values,
                )
            )
            session.flush()
            tokens.store_grant(session, id, held, now)
        account = db.session.get_one(Account, id)
        facts_as_read.read(self.simulator, account, held.access_token)
        return db.session.get_one(Account, id)

    def connected_again(self, account: Account, app: App = ROTATING) -> None:
        """The account with a token set that the provider knows."""
        held = self.granted(account.provider_id, app)
        with write_transaction() as session:
            tokens.store_grant(session, account.id, held, self.clock.now())

    def granted(self, provider_id: str, app: App) -> Tokens:
        granted = self.control(
            "grants",
            account=provider_id,
            client_id=app.client_id,
            scopes=SCOPES.split(),
        )
        return Tokens(
            granted["access_token"],
            granted["refresh_token"],
            tuple(granted["scope"].split()),
            timedelta(seconds=granted["expires_in"]),
        )

    def form(self, account: Account, **values: Any) -> Form:
        """A form that asks for the names and joins the account's first list."""
        lists = facts.lists_of(account.id)
        draft = {
            "account_id": account.id,
            "name": "Newsletter",
            "heading": "Join our newsletter",
            "intro": "",
            "fields": [
                {"key": "first_name", "label": "First name", "required": False},
                {"key": "last_name", "label": "Last name", "required": False},
            ],
            "lists": [{"list_id": lists[0].list_id, "label": lists[0].name}],
            "visitor_chooses": False,
            "consent": "Yes, send me news.",
            "button": "Sign me up",
            "success": "Thank you!",
            **values,
        }
        return db.session.get_one(Form, service.create(Draft(**draft)))

    def reworded(self, form: Form, consent: str) -> None:
        """Another consent sentence from now on."""
        values = {
            name: getattr(form, name)
            for name in (
                "account_id",
                "name",
                "heading",
                "intro",
                "fields",
                "lists",
                "visitor_chooses",
                "button",
                "success",
                "sites",
            )
        }
        service.change(form.id, Draft(**values, consent=consent))

    def signup(
        self, form: Form, email: str = "zoe@example.com", **values: Any
    ) -> Signup:
        """An accepted sign-up; other columns as named."""
        body = values.pop(
            "body", {"list_memberships": [item["list_id"] for item in form.lists]}
        )
        press = uuid4().hex
        verdict = Verdict(Action.ACCEPT)
        if values.pop("looks_automatic", False):
            verdict = Verdict(Action.HOLD, ("trap",), "looks_automatic")
        intake.accept(form, intake.Answers(email, body, press, "", verdict))
        row = db.session.scalars(
            select(Signup).where(Signup.press_id.startswith(press))
        ).one()
        if values:
            with write_transaction() as session:
                session.execute(
                    update(Signup).where(Signup.id == row.id).values(**values)
                )
        return db.session.get_one(Signup, row.id)

    def again(self, row: Any) -> Any:
        """The row as it is in the database now."""
        db.session.rollback()
        db.session.expire_all()
        return db.session.get_one(type(row), row.id)

    def token_set(self, account: Account, **values: Any) -> TokenSet:
        """The account's token set; other columns as named."""
        if values:
            with write_transaction() as session:
                session.execute(
                    update(TokenSet)
                    .where(TokenSet.account_id == account.id)
                    .values(**values)
                )
        return db.session.scalars(
            select(TokenSet).where(TokenSet.account_id == account.id)
        ).one()

    def expired(self, account: Account) -> TokenSet:
        """The account's token set, its access token past its end."""
        now = self.clock.now()
        return self.token_set(
            account,
            expires_at=now - timedelta(seconds=1),
            refresh_due_at=now - timedelta(hours=5),
        )

    # -- people

    def signed_in(self, role: str = "admin", email: str = "") -> FlaskClient:
        """A browser with somebody signed in; the password dance has tests of its own."""
        uniquifier = uuid4().hex
        with write_transaction() as session:
            found = session.scalar(select(Role).where(Role.name == role)) or Role(
                name=role
            )
            session.add(
                User(
                    id=(user_id := new_id()),
                    email=email or f"{uniquifier[:8]}@example.com",
                    fs_uniquifier=uniquifier,
                    roles=[found],
                    created_at=self.clock.now(),
                )
            )
        session_id = sessions.begin(user_id, "127.0.0.1")
        browser = self.app.test_client()
        with browser.session_transaction() as session_of_browser:
            session_of_browser.update(
                _user_id=uniquifier,
                _fresh=True,
                fs_cc="set",
                identity_id=uniquifier,
                session_id=session_id,
            )
        return browser

    def press(
        self, browser: FlaskClient, form: Form, embed: bool = False, **typed: Any
    ) -> Any:
        """Open a form, fill it in and press the button."""
        address = f"/f/{form.id}/embed" if embed else f"/f/{form.id}"
        page = browser.get(address).text
        token = re.search(r'name="form_token"[^>]*value="([^"]+)"', page)
        assert token, page
        return browser.post(
            address, data={"form_token": token[1], "consent": "y", **typed}
        )

    def tally(self, form: Form) -> int:
        return sum(
            db.session.scalars(select(Tally.accepted).where(Tally.form_id == form.id))
        )


def csrf_of(page: str) -> str:
    """The CSRF token of a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Somebody else writes and does not finish: the lock file on SQLite, one table on
    PostgreSQL.
    """
    if db.engine.dialect.name == "sqlite":
        with open(f"{db.engine.url.database}.lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with db.engine.connect() as other:
        other.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield
        other.rollback()


def all_forms() -> list[Form]:
    """Return the forms that are not deleted, by name."""
    standing = select(Form).where(Form.deleted_at.is_(None)).order_by(Form.name)
    return list(db.session.scalars(standing))


def text_fields(account_id: str) -> list[AccountField]:
    """The account's custom fields that take text."""
    return [one for one in facts.fields_of(account_id) if one.type in facts.TEXT_TYPES]


def until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Look until something holds that another thread or process brings about; fail when
    it does not.
    """
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come about in time"
        time.sleep(0.02)
