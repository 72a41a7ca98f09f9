"""What happens in the catalogue: a house at work, a fault at a chosen instant, and what
everybody sees of it.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.models import Account, AccountEvent, TokenSet
from app.core.clock import Clock
from app.database.session import db
from app.services import services
from app.signups.models import Signup, SignupState
from app.worker import runner
from tests.dashboard.reading import text_of
from tests.mail.acting import ADA, OWNER, round_of, told
from tests.mail.sink import Sink
from tests.world import ROTATING, App, World

TOKEN, SIGN_UP = "/oauth2/default/v1/token", "/contacts/sign_up_form"
Pair = tuple[str, str]


class Scene:
    """A connected account, its form, its owner's address and an admin; the world of one
    row.
    """

    def __init__(self, world: World, number: int = 0, app: App = ROTATING) -> None:
        self.world = world
        self.admin = world.signed_in(
            "admin", ADA if number == 0 else f"admin{number}@example.com"
        )
        self.account: Account = world.account(number, app, notify_email=OWNER)
        self.form, self.people = world.form(self.account), 0

    # -- what happens

    def due(self) -> None:
        """The token set wants a renewal, and its access token still works."""
        self.world.token_set(self.account, refresh_due_at=self.world.clock.now())

    def ended(self) -> None:
        """The access token is past its end."""
        self.world.expired(self.account)

    def somebody_signs_up(self) -> Signup:
        """By the form, as a visitor; thanked."""
        self.people += 1
        email = f"visitor{self.people}@example.com"
        answer = self.world.press(
            self.world.app.test_client(), self.form, email_address=email
        )
        assert answer.status_code == 303, answer.text
        db.session.rollback()
        return db.session.scalars(
            select(Signup).where(Signup.email == email, Signup.form_id == self.form.id)
        ).one()

    def work(self, **later: float) -> None:
        """So much later the worker comes by: its chores, all sign-ups and mails that
        are due.
        """
        self.world.clock.advance(**later)
        round_of(self.world)
        runner.drain()

    # -- what is seen

    def page(self) -> str:
        """The words of the account's page."""
        return text_of(self.admin.get(f"/accounts/{self.account.id}").text)

    def pair(self) -> Pair:
        """The stored pair, opened."""
        held = self.held()
        vault = services().cipher
        return (
            vault.decrypt(held.access_token, "token_set", held.id, "access_token"),
            vault.decrypt(held.refresh_token, "token_set", held.id, "refresh_token"),
        )

    def held(self) -> TokenSet:
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalars(
            select(TokenSet).where(TokenSet.account_id == self.account.id)
        ).one()

    def is_well(self) -> bool:
        """The page says so, nobody is told of anything, and one more visitor is
        delivered.
        """
        row = self.somebody_signs_up()
        self.work()
        return (
            "Healthy" in self.page()
            and told() == {}
            and self.state_of(row) == SignupState.DELIVERED
        )

    def state_of(self, row: Signup) -> str:
        return str(self.world.again(row).state)

    def life(self) -> list[str]:
        """What happened to the account, oldest first."""
        db.session.rollback()
        return list(
            db.session.scalars(
                select(AccountEvent.what)
                .where(AccountEvent.account_id == self.account.id)
                .order_by(AccountEvent.at)
            )
        )

    def token_calls(self) -> list[int]:
        """The provider's answers at the token endpoint, oldest first; 0 where it was
        cut.
        """
        return [call["status"] for call in self.world.calls(TOKEN)]


def told_by_mail(sink: Sink) -> list[tuple[str, str]]:
    """(recipient, subject) of every mail, by recipient."""
    return sorted(
        (one.recipients[0], str(one.message["Subject"])) for one in sink.taken
    )


# -- a fault at a chosen instant


@contextmanager
def while_answering(
    world: World, path: str, happens: Callable[[], None]
) -> Iterator[None]:
    """Let something happen once after the provider has acted on a call to `path`,
    before its answer goes out.
    """
    provider: Any = world.simulator.app
    inner, once = provider.wsgi_app, threading.Lock()

    def pausing(environ: dict[str, Any], start_response: Any) -> Any:
        answer = inner(environ, start_response)
        if environ["PATH_INFO"].endswith(path) and once.acquire(blocking=False):
            happens()
        return answer

    provider.wsgi_app = pausing
    try:
        yield
    finally:
        provider.wsgi_app = inner


def at_once(world: World, *acts: Callable[[], Any]) -> list[Any]:
    """What each of these comes to, all begun in the same instant, each in a thread of
    its own.
    """
    together = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        with world.app.app_context():
            together.wait()
            try:
                return one()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


class Host(Clock):
    """Another machine's clock, some minutes off; `jump` sets it anew.

    Long sleeps pass at once.
    """

    def __init__(self, inner: Clock, minutes: float = 0) -> None:
        self._inner, self._off, self.shared = (
            inner,
            timedelta(minutes=minutes),
            inner.shared,
        )

    def jump(self, minutes: float) -> None:
        self._off += timedelta(minutes=minutes)

    def now(self) -> Any:
        return self._inner.now() + self._off

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)
