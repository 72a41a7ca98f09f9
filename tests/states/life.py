"""A full life by the real doors, with all the trouble that a provider and people can
make, for the scan of canaries.
"""

import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, text

from app.accounts.models import Account
from app.cli.commands import latchkey
from app.database.session import db, write_transaction
from app.forms.models import Form
from app.signups.models import Signup
from app.worker import runner
from tests.accounts.owner import BAKER, YOGI, Owner, asked_for, consent
from tests.auth.acting import ADA, PASSWORD, fill_in, link, sign_in
from tests.mail.acting import round_of
from tests.mail.sink import Sink
from tests.states.acting import SIGN_UP, TOKEN, while_answering
from tests.world import PUBLIC_URL, ROTATING, World, csrf_of

METRICS_TOKEN = "a token for whoever draws curves"
WRONG_PASSWORD, WRONG_SECRET = (
    "five words which are wrong",
    "a-wrong-secret-of-the-portal",
)


class Life:
    """One installation from its first admin to a disconnected account."""

    def __init__(self, world: World, sink: Sink) -> None:
        self.world, self.sink = world, sink
        self.ada: FlaskClient = world.app.test_client()
        self.owner = Owner(world)
        self.said: list[str] = []  # by commands
        self.seen: dict[str, Any] = {}  # rows of sign-ups as Ada saw them last

    def live(self) -> None:
        self.settle_in()
        self.connect()
        self.collect()
        self.suffer()
        self.end()
        self.look_around()

    # -- the house is set up

    def settle_in(self) -> None:
        path = link()
        fill_in(self.ada, path, password_again=WRONG_PASSWORD)
        fill_in(self.ada, path)
        sign_in(self.world.app.test_client(), ADA, WRONG_PASSWORD)
        self.ada = self.world.app.test_client()
        assert sign_in(self.ada, ADA, PASSWORD)
        self.press("/setup", client_id=ROTATING.client_id, client_secret=WRONG_SECRET)
        self.press("/setup", client_id="short", client_secret=ROTATING.client_secret)
        self.ada.post(
            "/setup",
            data={"csrf_token": "stale", "client_secret": ROTATING.client_secret},
        )
        self.press(
            "/setup", client_id=ROTATING.client_id, client_secret=ROTATING.client_secret
        )
        self.press("/setup/check", "/setup")
        self.press("/setup/mail", "/setup")
        # from now on the mail server refuses to log us in
        self.sink.login_wanted = False
        self.press("/setup/mail", "/setup")
        self.sink.login_wanted = True

    def connect(self) -> None:
        """Denied, with a wrong code, in a wrong browser, amid trouble, then well and
        once more.
        """
        invitation = self.link_shown_by(
            "/accounts/links", "/accounts", label="Bakery", days="7"
        )
        stranger = Owner(self.world)
        denied = self.owner.connect(invitation, allow=False)
        state = asked_for(self.owner.press("", denied.text).headers["Location"])[
            "state"
        ]
        refused = self.owner.come_back(
            f"/connect/callback?code=a-code-that-nobody-made&state={state}"
        )
        self.world.fault(TOKEN, status=200, body={}, times=1)
        nonsense = self.owner.come_back(self.again(refused.text))
        callback = self.again(nonsense.text)
        stranger.come_back(callback)
        done = self.owner.come_back(callback)
        assert "is connected" in done.text
        self.owner.come_back(callback)
        kept = self.owner.press(
            "", done.text, re.search(r"/connect/done/[^\"]+/status-page", done.text)[0]
        )  # type: ignore[index]
        self.status_page = kept.headers["Location"]
        self.account = db.session.scalars(select(Account)).one()

    def again(self, page: str) -> str:
        """Start again: the callback of an owner who allows it."""
        return consent(
            self.owner.theirs, self.owner.press("", page).headers["Location"]
        )

    # -- sign-ups come and go out

    def collect(self) -> None:
        self.form = self.world.form(self.account)
        for name in ("zoe", "opted-out", "404-then-ok+max"):
            self.somebody(f"{name}@example.com")
        runner.drain()
        self.later(hours=21)
        self.world.fault(SIGN_UP, status=401, times=1)
        self.somebody("yan@example.com")
        runner.drain()
        row = db.session.scalars(select(Signup)).first()
        assert row
        self.press(f"/signups/{row.id}/look-up", f"/signups/{row.id}")
        self.press(f"/accounts/{self.account.id}/read", f"/accounts/{self.account.id}")

    def somebody(self, email: str) -> None:
        self.world.press(self.world.app.test_client(), self.form, email_address=email)

    def later(self, **when: float) -> None:
        self.world.clock.advance(**when)
        round_of(self.world)
        runner.drain()

    # -- trouble

    def suffer(self) -> None:
        for fault in (
            {"status": 503},
            {"status": 429},
            {"reset": True},
            {"status": 200, "body": "<h1>Welcome"},
            {"status": 401},
            {"status": 200, "body": {"access_token": 7}},
        ):
            self.world.expired(self.account)
            self.world.fault(TOKEN, times=1, **fault)
            self.later(minutes=10)
            self.see_the_account()
        self.break_the_house()
        self.world.control("revoke", account=self.account.provider_id)
        self.world.expired(self.account)
        self.somebody("una@example.com")
        self.later(minutes=10)
        self.later(minutes=10)
        mailed = re.search(rf"{PUBLIC_URL}(/connect/\S+)", self.sink.to(BAKER)[-1].text)
        assert mailed
        Owner(self.world).connect(mailed[1], login=YOGI)
        self.owner.connect(mailed[1])
        self.later(minutes=1)

    def break_the_house(self) -> None:
        """A page that fails, and a database that is gone while tokens are at hand."""
        good = self.form.fields
        self.change_form(fields=[{"broken": 1}])
        assert self.world.app.test_client().get(f"/f/{self.form.id}").status_code == 500
        self.change_form(fields=good)
        again = self.link_shown_by(
            f"/accounts/{self.account.id}/link", f"/accounts/{self.account.id}"
        )
        callback = consent(self.owner.theirs, self.owner.leave(again))
        with while_answering(
            self.world, TOKEN, lambda: self.rename("token_set", "gone")
        ):
            assert self.owner.open(callback).status_code == 303
        self.rename("gone", "token_set")
        self.world.control("limits", grace=0)
        self.owner.connect(again)

    def rename(self, name: str, to: str) -> None:
        with self.world.app.app_context(), write_transaction() as session:
            session.execute(text(f"ALTER TABLE {name} RENAME TO {to}"))

    def change_form(self, **values: Any) -> None:
        with write_transaction() as session:
            for name, value in values.items():
                setattr(session.get_one(Form, self.form.id), name, value)

    # -- the end, and a look at everything

    def end(self) -> None:
        page = self.owner.open(self.status_page)
        self.owner.press("", page.text, f"{self.status_page}/disconnect")
        self.later(minutes=1)
        self.owner.press(
            "", self.owner.open(self.status_page).text, f"{self.status_page}/reconnect"
        )
        self.later(minutes=1)

    def look_around(self) -> None:
        for path in (
            "/",
            "/accounts",
            "/forms",
            f"/forms/{self.form.id}/share",
            "/signups",
            "/setup",
            "/metrics",
            "/healthz",
            "/readyz",
            self.status_page,
            f"{self.status_page}/nowhere",
            "/connect/callback",
            f"/accounts/{self.account.id}/move",
        ):
            self.ada.get(path)
        self.world.app.test_client().get(
            "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}
        )
        self.see_the_account()
        self.doctor()
        self.press("/sign-out", "/")

    def doctor(self) -> None:
        self.said.append(
            self.world.app.test_cli_runner().invoke(latchkey, ["doctor"]).output
        )

    def see_the_account(self) -> None:
        for path in ("", "/life"):
            self.ada.get(f"/accounts/{self.account.id}{path}")
        Owner(self.world).open(self.status_page)

    # -- what Ada does

    def press(self, action: str, page: str = "", **typed: Any) -> str:
        token = csrf_of(self.ada.get(page or action).text)
        return self.ada.post(
            action, data={"csrf_token": token, **typed}, follow_redirects=True
        ).text

    def link_shown_by(self, action: str, page: str, **typed: Any) -> str:
        found = re.search(
            rf'value="{PUBLIC_URL}(/(?:connect|owner)/[^"]+)"',
            self.press(action, page, **typed),
        )
        assert found
        return found[1]
