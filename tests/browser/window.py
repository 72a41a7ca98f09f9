"""A browser to look through, and the app served on an address that it knows before it
starts.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import (
    Browser,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.live_server import serving
from tests.world import PATIENCE

# Root in a container has no sandbox to give; the rest keeps the browser from phoning
# home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--test-third-party-cookie-phaseout",
]


expect.set_options(timeout=1000 * PATIENCE)


class Spot:
    """A free port of this machine, taken now and served later: the app has to know its
    own address first.
    """

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serve(self, app: Flask) -> Iterator[str]:
        with serving(app, self.port, self._socket.fileno()):
            yield self.url

    def close(self) -> None:
        self._socket.close()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """One Chromium: `CHROMIUM`, or the one on the PATH."""
    path = (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Window:
    """A browser window of one person, which keeps what its console complained of."""

    def __init__(self, browser: Browser, width: int = 1280, **options: Any) -> None:
        size = ViewportSize(width=width, height=800)
        self.context = browser.new_context(
            reduced_motion="reduce",
            viewport=size,
            timezone_id="Europe/Berlin",
            locale="en-GB",
            **options,
        )
        self.context.set_default_timeout(1000 * PATIENCE)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on(
            "console",
            lambda said: self._complain(said.text, said.type in ("error", "warning")),
        )
        self.page.on("pageerror", lambda error: self._complain(str(error)))
        self.page.on(
            "response",
            lambda answer: self._complain(
                f"{answer.url}: {answer.status}",
                answer.status >= 400 and not answer.request.is_navigation_request(),
            ),
        )

    def _complain(self, text: str, bad: bool = True) -> None:
        """A page that is itself an error, as asked for, is none of the browser's
        business.
        """
        if bad and not text.startswith("Failed to load resource"):
            self.complaints.append(f"{self.page.url}: {text}")

    def close(self) -> None:
        self.context.close()
