"""The owner of an account: one browser that walks between our pages and the provider's,
over real HTTP there.
"""

import re
import threading
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import invitations
from tests.world import PATIENCE, PUBLIC_URL, World, csrf_of

# where its kind does not matter
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

BAKER, MANAGER = "nora@mapleandrye.example", "tom@mapleandrye.example"
INTERN, LONELY = "intern@mapleandrye.example", "developer@sandbox.example"
YOGI, LIBRARIAN = "priya@quiettide.example", "librarian@fernhill-library.example"


class Owner:
    """`seen` collects every page and every address our side sent to this browser."""

    def __init__(self, world: World, ours: FlaskClient | None = None) -> None:
        self.world = world
        self.ours = ours or world.app.test_client()
        self.theirs = requests.Session()
        self.theirs.trust_env = False
        self.seen: list[str] = []

    def link(self, label: str = "Bakery newsletter", days: int = 7) -> str:
        """The path of a new invitation."""
        return invitations.create(
            label, days, "admin@example.com"
        ).address.removeprefix(PUBLIC_URL)

    def open(self, path: str) -> TestResponse:
        return self._keep(self.ours.get(path))

    def press(self, path: str, page: str, action: str | None = None) -> TestResponse:
        """Send the one form of a page."""
        found = re.search(r'<form[^>]*action="([^"]+)"', page)
        return self._keep(
            self.ours.post(
                action or (found[1] if found else path),
                data={"csrf_token": csrf_of(page)},
            )
        )

    def leave(self, link: str) -> str:
        """Open an invitation and press its button: the provider's address."""
        return self.press(link, self.open(link).text).headers["Location"]

    def connect(
        self, link: str, login: str = BAKER, allow: bool = True
    ) -> TestResponse:
        """The whole trip, up to the page that says how it went."""
        return self.come_back(consent(self.theirs, self.leave(link), login, allow))

    def come_back(self, callback: str) -> TestResponse:
        """Follow the provider's redirect to us, and ours to the page that tells; on a
        slow machine that page is loaded again when the work has ended.
        """
        response = self.open(callback)
        if response.status_code != 303:
            return response
        page = self.open(response.headers["Location"])
        if "Refresh" not in page.headers:
            return page
        for thread in threading.enumerate():
            if thread.name == "background":
                thread.join(PATIENCE)
        return self.open(response.headers["Location"])

    def _keep(self, response: TestResponse) -> TestResponse:
        # but for the one that leaves for the provider
        if not response.headers.get("Location", "").startswith("http"):
            self.seen.extend([response.headers.get("Location", ""), response.text])
        return response


def consent(
    theirs: requests.Session, authorize_url: str, login: str = BAKER, allow: bool = True
) -> str:
    """Sign in at the provider, if it asks, and decide: the callback that the browser is
    sent to, as a path.
    """
    page = theirs.get(authorize_url, timeout=PATIENCE)
    if "/signin" in page.url:
        page = theirs.post(
            page.url, data={"login": login, "password": "any"}, timeout=PATIENCE
        )
    decision = {"decision": "allow" if allow else "deny"}
    answer = theirs.post(
        page.url, data=decision, allow_redirects=False, timeout=PATIENCE
    )
    callback = answer.headers["Location"]
    assert callback.startswith(f"{PUBLIC_URL}/connect/callback?"), answer.text
    return callback.removeprefix(PUBLIC_URL)


def asked_for(authorize_url: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    found = parse_qs(urlsplit(authorize_url).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}
