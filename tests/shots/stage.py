"""The app and the simulator, served for looking at: an empty house, or a full one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, abort
from playwright.sync_api import Browser

from app import create_app
from app.auth import first_admin
from app.auth.models import User
from app.config.settings import Settings
from app.core.clock import Clock
from app.core.crypto import new_key
from app.database.session import db, insert, write_transaction
from app.delivery.models import Heartbeat
from app.services import services
from app.simulator import SimulatorSettings
from app.simulator.server import Running, start
from app.web import access
from app.web.errors import problem
from tests.browser.window import Spot, Window
from tests.world import ROTATING, World

OUT = Path(__file__).parents[2] / "shots"
WIDTHS = (360, 768, 1280)
BROWSER = "the-browser-that-began-the-trip"
LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)
ARABIC = "مخبز الحيّ القديم للخبز والحلويات"


@dataclass
class Stage:
    """A served house, with the names of what is in it."""

    app: Flask
    url: str
    world: World
    names: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def window(self, browser: Browser, who: str, width: int = 1280) -> Window:
        """A window of an admin, a viewer, an account's owner or a visitor."""
        window = Window(browser, width)
        if who in self.cookies:
            name = self.app.config["SESSION_COOKIE_NAME"]
            window.context.add_cookies(
                [{"name": name, "value": self.cookies[who], "url": self.url}]
            )
        if who in ("owner", "admin"):
            window.context.add_cookies(
                [
                    {
                        "name": "latchkey_connect",
                        "value": BROWSER,
                        "url": f"{self.url}/connect",
                    }
                ]
            )
        return window


@contextmanager
def stage(folder: Path, **more: object) -> Iterator[Stage]:
    """An empty house.

    Its limits are loose but for the visitors' ninth press within a minute.
    """
    spot = Spot()
    there = start(
        SimulatorSettings(
            calls_per_second=400,
            calls_per_day=1_000_000,
            token_calls_per_second=400,
            abuse_limit=None,
            redirect_uris=(f"{spot.url}/connect/callback",),
        )
    )
    app = create_app(_settings(folder, spot.url, there, **more), Clock())
    app.config["TESTING"] = False
    _add_troubles(app)
    with app.app_context():
        made = Stage(app, spot.url, World(app, there))
        made.world.clock = (
            services().clock
        )  # the real one, whatever other tests advanced
        _sign_in(made)
        made.names["first_admin"] = first_admin.link().removeprefix(spot.url)
        beat()
    with spot.serve(app) as _url:
        yield made
    with app.app_context():
        db.engine.dispose()
    there.stop()
    spot.close()


def beat() -> None:
    """A worker gives a sign of life."""
    now = services().clock.now()
    with write_transaction() as session:
        session.execute(
            insert(Heartbeat)
            .values(worker="stage", seen_at=now)
            .on_conflict_do_update(index_elements=["worker"], set_={"seen_at": now})
        )


def _settings(folder: Path, url: str, there: Running, **more: object) -> Settings:
    return Settings(
        _env_file=None,
        **{
            "key": new_key(),
            "public_url": url,
            "data_dir": folder,
            "log_level": "ERROR",
            "worker": "off",
            "client_id": ROTATING.client_id,
            "client_secret": ROTATING.client_secret,
            "auth_url": f"{there.url}/oauth2/default/v1",
            "api_url": f"{there.url}/v3",
            "call_gap": 0.0025,
            "token_gap": 0.0025,
            "form_min_seconds": 0,
            "signup_limits": "8 per minute",
            "sign_in_limits": "1000 per minute",
            **more,
        },
    )


def _sign_in(made: Stage) -> None:
    for role in ("admin", "viewer"):
        browser = made.world.signed_in(role)
        cookie = browser.get_cookie(made.app.config["SESSION_COOKIE_NAME"])
        assert cookie
        made.cookies[role] = cookie.value
    with write_transaction() as session:
        for user in session.query(User):
            user.email = f"{user.roles[0].name}@example.com"


def _add_troubles(app: Flask) -> None:
    """Addresses that go wrong on purpose, so that every page of trouble can be seen."""

    @access.public
    def trouble(code: int) -> object:
        if code == 429:
            when = datetime.fromisoformat("2026-05-03T14:02:11+00:00")
            return problem(429, retry_at=when)
        if code == 503:
            return problem(
                503,
                kept=[
                    ("email_address", "zoe+bakery@example.com"),
                    ("first_name", "Zoë O’Brien-Łukasiewicz"),
                    ("label", LONG),
                ],
            )
        if code == 500:
            raise RuntimeError("on purpose")
        abort(code)

    app.add_url_rule("/_trouble/<int:code>", view_func=trouble)
