"""The app behind a real server, with a worker, and a browser before it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.config.settings import Settings
from app.simulator.server import Running
from app.worker.runner import Worker
from tests.browser.window import Spot, Window, open_browser
from tests.conftest import test_settings as settings_of
from tests.world import ROTATING, World


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def spot() -> Iterator[Spot]:
    taken = Spot()
    yield taken
    taken.close()


@pytest.fixture
def settings(database: str, simulator: Running, data_dir: Path, spot: Spot) -> Settings:
    """As in other tests, but the app knows the address that it is served on, and the
    provider has it registered.
    """
    return settings_of(
        database,
        simulator.url,
        data_dir,
        public_url=spot.url,
        worker_poll=0.05,
        signup_limits="6 per minute",
    )


@pytest.fixture
def served(app: Flask, world: World, spot: Spot) -> Iterator[str]:
    """The address of the app, delivering as it would in production."""
    world.control(
        "apps",
        client_id=ROTATING.client_id,
        redirect_uris=[f"{spot.url}/connect/callback"],
    )
    worker = Worker(app)
    with spot.serve(app) as url:
        worker.start()
        yield url
        worker.stop()


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Opens windows, each somebody's own; none may complain of anything."""
    opened: list[Window] = []

    def open_one(**options: Any) -> Window:
        opened.append(Window(browser, **options))
        return opened[-1]

    yield open_one
    complaints = [said for one in opened for said in one.complaints]
    for one in opened:
        one.close()
    assert complaints == []


@pytest.fixture
def admin(served: str, app: Flask, world: World, window: Callable[..., Window]) -> Page:
    """The page of somebody who is signed in."""
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = world.signed_in().get_cookie(name)
    assert cookie
    opened = window()
    opened.context.add_cookies([{"name": name, "value": cookie.value, "url": served}])
    return opened.page
