"""What is done, or goes wrong, before a page is photographed."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page
from pydantic import SecretStr
from sqlalchemy import delete, insert, select, update

from app.accounts.api_rate import Governor
from app.accounts.models import Account, AccountList, TokenSet
from app.auth.models import role_of_user
from app.database.session import db, write_transaction
from app.database.sqlite_lock import locked
from app.delivery.models import Heartbeat
from app.forms.models import Form, FormDay, FormView
from app.mail.models import Notice
from app.services import Services, services
from app.signups.intake import day_of
from app.signups.models import Signup, Tally
from app.signups.view_counts import OTHER
from app.web.access import lock
from app.web.limits import limiter
from tests.shots.stage import ARABIC, LONG, Stage, beat
from tests.world import ROTATING

Act = Callable[[Page], None]
Meanwhile = Callable[[Stage], AbstractContextManager[None]]


def stay(page: Page) -> None:
    """Let a page that loads itself again stay as it is."""
    page.evaluate("window.stop()")


def invite(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Maple & Rye Bakery newsletter")
    page.get_by_role("button", name="Create connect link").click()
    page.get_by_label("Connect link", exact=True).wait_for()


def invite_badly(page: Page) -> None:
    page.get_by_label("Expires after (days)").fill("400")
    page.get_by_role("button", name="Create connect link").click()


def sign_in_badly(page: Page) -> None:
    page.get_by_label("Email address").fill("zoe@example.com")
    page.get_by_label("Password").fill("not the right one")
    page.get_by_role("button", name="Sign in").click()


def choose_badly(page: Page) -> None:
    page.get_by_label("Email address").fill("zoe+bakery@@example.com")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Confirm password").fill("another one")
    page.get_by_role("button", name="Create account").click()


def save_nothing(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("heading", name="Consent and privacy").click()
    page.get_by_label("Consent sentence").fill("")
    page.get_by_role("button", name="Create form").click()


def open_confirmations(page: Page) -> None:
    page.evaluate(
        "for (const one of document.querySelectorAll('main details')) one.open = true"
    )


def link_for_owner(page: Page) -> None:
    page.get_by_role("button", name="Get reconnect link").click()
    page.get_by_label("Reconnect link", exact=True).wait_for()


def move_nothing(page: Page) -> None:
    for one in page.get_by_role("combobox").all():
        one.select_option("")
    page.get_by_role("button", name="Move everything").click()
    page.get_by_role("alert").wait_for()


def look_up(page: Page) -> None:
    page.get_by_role("button", name="Look it up at Constant Contact").click()
    page.get_by_text("On the lists").wait_for()


def press_at_once(page: Page) -> None:
    limiter.reset()
    press(page)


def press(page: Page) -> None:
    """The visitor's button; its form asks whether anybody is there before it leaves."""
    with page.expect_navigation():
        page.get_by_role("button").click()


def fill_in(page: Page) -> None:
    """As a visitor who makes one mistake and types much."""
    page.locator("#email_address").fill("zoe+bakery@@example.com")
    page.locator("#first_name").fill(LONG[:40])
    press_at_once(page)


def sign_up(page: Page) -> None:
    limiter.reset()
    fill_well(page)
    press(page)


def sign_up_in_vain(page: Page) -> None:
    sign_up(page)
    typed = (
        page.locator("#email_address").input_value(),
        page.locator("#first_name").input_value(),
    )
    assert "Nothing you typed is lost" in page.get_by_role("alert").inner_text()
    assert typed[0].startswith("zoe")
    assert typed[1] == "Zoë"
    assert page.locator("#consent").is_checked()


def fill_well(page: Page) -> None:
    page.locator("#email_address").fill(f"zoe{time.time_ns()}@example.com")
    page.locator("#first_name").fill("Zoë")
    page.locator("#consent").check()
    if page.locator("#lists-0").count():
        page.locator("#lists-0").check()


def press_too_often(page: Page) -> None:
    for _ in range(8):
        page.request.post(page.url, form={"email_address": ""})
    fill_well(page)
    press(page)


@contextmanager
def locked_database(made: Stage) -> Iterator[None]:
    """Nothing can be written: another process holds the lock for longer than anybody
    waits.
    """
    limiter.reset()
    with made.app.app_context():
        path = f"{db.engine.url.database}.lock"
    with locked(path, time.monotonic() + 5):
        yield


@contextmanager
def broken_balance(made: Stage) -> Iterator[None]:
    """A row that went missing behind the app's back, and no worker."""
    _tallied(made, +3)
    with made.app.app_context(), write_transaction() as session:
        session.execute(delete(Heartbeat))
    yield
    _tallied(made, -3)
    with made.app.app_context():
        beat()


@contextmanager
def no_worker(made: Stage) -> Iterator[None]:
    with made.app.app_context(), write_transaction() as session:
        session.execute(delete(Heartbeat))
    yield


@contextmanager
def provider_down(made: Stage) -> Iterator[None]:
    """Constant Contact has not answered for six hours."""
    with made.app.app_context():
        now = services().clock.now()
    down = {
        "down_since": now - timedelta(hours=6),
        "probe_at": now + timedelta(hours=1),
    }
    with _pace(made, down):
        yield


@contextmanager
def limit_used_up(made: Stage) -> Iterator[None]:
    """Another installation used up the day's calls."""
    with made.app.app_context():
        until = services().clock.now() + timedelta(hours=5)
    with _pace(made, {"paused_until": until, "paused_for": "quota_exceeded"}):
        yield


@contextmanager
def _pace(made: Stage, values: dict[str, Any]) -> Iterator[None]:
    for now in (values, dict.fromkeys(values)):
        with made.app.app_context(), write_transaction() as session:
            session.execute(update(Governor).values(**now))
        if now is values:
            yield


@contextmanager
def disconnected(made: Stage) -> Iterator[None]:
    """The bakery was disconnected, and its form is still open."""
    with made.app.app_context():
        form = db.session.get_one(Form, made.names["form_choice"])
        account_id, now = form.account_id, services().clock.now()
        db.session.remove()
    for moment in (now, None):
        with made.app.app_context(), write_transaction() as session:
            session.execute(
                update(Account)
                .where(Account.id == account_id)
                .values(disconnected_at=moment)
            )
        if moment:
            yield


@contextmanager
def nobody_yet(made: Stage) -> Iterator[None]:
    """Before the first admin: all users step aside with their sessions, and are back
    afterwards.
    """
    names = db.metadata.tables
    tables = (names["user_account"], role_of_user, names["user_session"])
    with made.app.app_context(), write_transaction() as session:
        rows = [session.execute(select(table)).mappings().all() for table in tables]
        for table in reversed(tables):
            session.execute(delete(table))
    yield
    with made.app.app_context(), write_transaction() as session:
        for table, were in zip(tables, rows, strict=True):
            session.execute(insert(table), [dict(row) for row in were])


@contextmanager
def without_api_key(made: Stage) -> Iterator[None]:
    """An installation whose environment names no API key."""
    whole = made.app.extensions["latchkey"]
    bare = whole.settings.model_copy(
        update={"client_id": "", "client_secret": SecretStr("")}
    )
    made.app.extensions["latchkey"] = replace(whole, settings=bare)
    yield
    made.app.extensions["latchkey"] = whole


@contextmanager
def with_mail(made: Stage) -> Iterator[None]:
    """Mails are sent: some were, one waits, one was given up.

    The server itself is not there.
    """
    whole = made.app.extensions["latchkey"]
    more = {
        "smtp_url": SecretStr("smtps://latchkey:secret@127.0.0.1:1"),
        "mail_from": "news@mapleandrye.example",
    }
    made.app.extensions["latchkey"] = replace(
        whole, settings=whole.settings.model_copy(update=more)
    )
    now = ground_of(made).clock.now()
    rows = [
        (
            "sent",
            "nora@mapleandrye.example",
            "Please reconnect Maple & Rye Bakery",
            None,
            "250 2.0.0 Ok",
        ),
        (
            "sent",
            "admin@example.com",
            f"{ARABIC} needs its owner",
            None,
            "250 2.0.0 Ok: queued as 4Zx1",
        ),
        (
            "waiting",
            "admin@example.com",
            "Quiet Tide Yoga works again",
            "not_now",
            "451 4.7.1 Greylisted",
        ),
        (
            "given_up",
            f"{LONG[:60].lower()}@example.org",
            f"Please reconnect {LONG}",
            "recipient_refused",
            (
                "550 5.1.1 <nobody>: Recipient address rejected: User unknown in"
                " virtual mailbox table"
            ),
        ),
    ]
    with made.app.app_context(), write_transaction() as session:
        for number, (state, recipient, subject, reason, detail) in enumerate(rows):
            session.add(
                Notice(
                    about="it",
                    what="needs_owner",
                    recipient=recipient,
                    subject=subject,
                    body="",
                    created_at=now - timedelta(minutes=9 * number),
                    state=state,
                    reason=reason,
                    detail=detail,
                    due_at=now + timedelta(minutes=4) if state == "waiting" else None,
                )
            )
    yield
    made.app.extensions["latchkey"] = whole
    with made.app.app_context(), write_transaction() as session:
        session.execute(delete(Notice))


def ground_of(made: Stage) -> Services:
    found: Services = made.app.extensions["latchkey"]
    return found


def send_test_mail(page: Page) -> None:
    page.get_by_role("button", name="Send a test email").click()
    page.get_by_role("alert").first.wait_for()


@contextmanager
def unconfirmed(made: Stage) -> Iterator[None]:
    """At the provider the looked-up person has not confirmed yet."""
    with made.app.app_context():
        row = db.session.get_one(Signup, made.names["signup_created"])
        made.world.control(
            "contacts",
            account=row.account.provider_id,
            email=row.email,
            status="pending_confirmation",
        )
        db.session.remove()
    yield


def correct_badly(page: Page) -> None:
    """Correct a sign-up with an address that looks mistyped, and a name too long."""
    page.get_by_label("Email address").fill("zoe@gmial.com")
    page.get_by_label("First name").fill("Zoe" * 30)
    page.get_by_role("button", name="Correct and resend").click()


@contextmanager
def list_gone(made: Stage) -> Iterator[None]:
    """The first list of the bakery's form was deleted in the account."""
    with made.app.app_context():
        gone, now = (
            db.session.get_one(Form, made.names["form_choice"]).lists[0]["list_id"],
            services().clock.now(),
        )
        db.session.remove()
    _gone(made, gone, now)
    yield
    _gone(made, gone, None)


@contextmanager
def api_key_refused(made: Stage) -> Iterator[None]:
    """Two accounts cannot be renewed: the API key's secret is not right any more."""
    _failing(made, "client_refused")
    yield
    _failing(made, None)


@contextmanager
def another_key(made: Stage) -> Iterator[None]:
    lock(made.app)
    yield
    made.app.extensions.pop("latchkey.locked")


def enter_api_key(page: Page, secret: str = ROTATING.client_secret) -> None:
    page.get_by_label("API key", exact=True).fill(ROTATING.client_id)
    page.get_by_label("Secret", exact=True).fill(secret)
    page.get_by_role("button", name="Check and save").click()
    page.get_by_role("alert").or_(page.get_by_role("status")).first.wait_for()


def _gone(made: Stage, list_id: str, gone_at: datetime | None) -> None:
    with made.app.app_context(), write_transaction() as session:
        session.execute(
            update(AccountList)
            .where(AccountList.list_id == list_id)
            .values(gone_at=gone_at)
        )


def _failing(made: Stage, reason: str | None) -> None:
    ids = [made.names["bakery"], made.names["library"]]
    with made.app.app_context(), write_transaction() as session:
        session.execute(
            update(TokenSet)
            .where(TokenSet.account_id.in_(ids))
            .values(failures=1 if reason else 0, failure=reason)
        )


def _tallied(made: Stage, more: int) -> None:
    with made.app.app_context():
        first = db.session.query(Tally).order_by(Tally.form_id, Tally.day).first()
        assert first
        key = (Tally.form_id == first.form_id, Tally.day == first.day)
        with write_transaction() as session:
            session.execute(
                update(Tally).where(*key).values(accepted=Tally.accepted + more)
            )


@contextmanager
def form_deleted(made: Stage) -> Iterator[None]:
    """One form is in the list of deleted ones, and may be brought back."""
    one = Form.id == made.names["form_closed"]
    with made.app.app_context(), write_transaction() as session:
        session.execute(
            update(Form).where(one).values(deleted_at=services().clock.now())
        )
    yield
    with made.app.app_context(), write_transaction() as session:
        session.execute(update(Form).where(one).values(deleted_at=None))


@contextmanager
def looked_at(made: Stage) -> Iterator[None]:
    """A form was looked at every day, in several places: one says more than a line, one
    reads from the right.
    """
    of = made.names["form_choice"]
    places = [
        "",
        "https://maple-and-rye.example/news",
        "https://مخبز.example/أخبار",
        "https://x.example/" + "long-" * 30,
        OTHER,
    ]
    with made.app.app_context(), write_transaction() as session:
        today = day_of(services().clock.now())
        session.execute(delete(FormView).where(FormView.form_id == of))
        session.execute(delete(FormDay).where(FormDay.form_id == of))
        session.execute(
            insert(FormDay),
            [
                {
                    "form_id": of,
                    "day": today - timedelta(days=day),
                    "begun": 40 + day,
                    "turned_away": day % 3,
                    "held": 2 * day,
                    "asked": 12 - day,
                    "confirmed": 9 - day,
                    "delivered": 30,
                }
                for day in range(7)
            ],
        )
        session.execute(
            insert(FormView),
            [
                {
                    "form_id": of,
                    "day": today - timedelta(days=ago),
                    "host_page": place,
                    "views": (ago * 7 + at * 5) % 31,
                    "signups": 9 if at == 0 and not ago else (ago + at) % 3,
                }
                for ago in range(30)
                for at, place in enumerate(places)
            ],
        )
    yield
    with made.app.app_context(), write_transaction() as session:
        session.execute(delete(FormView).where(FormView.form_id == of))


def build_much(page: Page) -> None:
    """A custom field with all that can be said of it, a pale colour, and a list that
    the visitor may choose.
    """
    page.get_by_label("Add a field").select_option(label="How did you hear about us")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("li[data-row^=cf_] summary").last.click()
    page.get_by_role("heading", name="Look").click()
    page.locator("#accent").fill("#ffd54a")
    page.get_by_label("Newsletter", exact=True).check()
    page.get_by_text("Too pale for white").wait_for()


def export(page: Page) -> None:
    """The panel of an export that has only begun."""
    page.route("**/signups.csv*", lambda _route: None, times=1)
    page.locator("[data-export]").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped. Nothing was saved.").last.wait_for()


def upload_nothing(page: Page) -> None:
    page.get_by_role("button", name="Upload").click()


def map_nothing(page: Page) -> None:
    page.locator("#column_0").select_option("")
    page.get_by_role("button", name="Check all rows").last.click()


@contextmanager
def attacked(made: Stage) -> Iterator[None]:
    """A form from before there was protection is under attack, while a crowd is
    expected there.
    """
    with with_mail(made):
        now = ground_of(made).clock.now()
        _going_on(
            made,
            attack_since=now,
            attack_until=now + timedelta(hours=1),
            event_until=now + timedelta(hours=9),
            offers_protection=True,
        )
        yield
        _going_on(
            made,
            attack_since=None,
            attack_until=None,
            event_until=None,
            offers_protection=False,
        )


def _going_on(made: Stage, **values: Any) -> None:
    with made.app.app_context(), write_transaction() as session:
        of = made.names["form_choice"]
        session.execute(update(Form).where(Form.id == of).values(**values))


def find_evidence(page: Page) -> None:
    """Look for everything that an address signed up for."""
    page.get_by_label("Email address").fill("nobody-at-all@example.com")
    page.get_by_role("button", name="Find evidence").click()


def open_email(page: Page) -> None:
    """Unfold the confirmation email in the builder."""
    page.get_by_role("heading", name="Protection").click()
    page.get_by_text("The confirmation email", exact=True).click()
