"""An app and its owner at the simulator: what tests do over and over, in one place."""

import base64
import hashlib
import re
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from app.simulator.clock import Clock
from app.simulator.server import Running

from .openapi_check import watch

ROTATING = ("11111111-1111-4111-8111-111111111111", "simulator-rotating-secret")
LONG_LIVED = ("22222222-2222-4222-8222-222222222222", "simulator-long-lived-secret")
PUBLIC = "33333333-3333-4333-8333-333333333333"
DEVICE = "44444444-4444-4444-8444-444444444444"
CALLBACK = "http://127.0.0.1:8000/connect/callback"
BAKERY, FOOD_BANK, LIBRARY = "a07e1mplrye1", "a07e1opnhnd4", "a07e1frnlib5"
BAKER = "nora@mapleandrye.example"
INTERN = "intern@mapleandrye.example"
LONELY = "developer@sandbox.example"
SCOPES = "contact_data account_read offline_access"
# Seconds that only bound a hang: whatever a busy machine takes is shorter.
PATIENCE = 120
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)


class HeldClock(Clock):
    """Holds late answers back until they are released, however long they should take."""

    def __init__(self, stands_at: float) -> None:
        super().__init__(stands_at)
        self._holding, self._released = threading.Event(), threading.Event()

    def sleep(self, seconds: float) -> None:
        if seconds:
            self._holding.set()
            self._released.wait(PATIENCE)

    def until_holding(self) -> None:
        """Wait until an answer is held back."""
        assert self._holding.wait(PATIENCE)

    def release(self) -> None:
        self._released.set()


class SleeplessClock(Clock):
    """Lets late answers go at once, and keeps how late each should have been."""

    def __init__(self, stands_at: float) -> None:
        super().__init__(stands_at)
        self.delays: list[float] = []

    def sleep(self, seconds: float) -> None:
        if seconds:
            self.delays.append(seconds)


@dataclass
class Actor:
    """One client of a running simulator: `owner` is a browser, `http` the app's own
    connection.
    """

    running: Running
    http: requests.Session = field(default_factory=requests.Session)
    owner: requests.Session = field(default_factory=requests.Session)
    bearer: str = ""

    def __post_init__(self) -> None:
        self._watch = watch(self.running)

    @property
    def clock(self) -> Clock:
        assert isinstance(self.running.clock, Clock)
        return self.running.clock

    def close(self) -> None:
        """AssertionError when an answer was not what the OpenAPI file declares."""
        self.http.close()
        self.owner.close()
        self._watch.complain()

    def url(self, path: str) -> str:
        return self.running.url + path

    # the owner's browser

    def authorize(self, **changes: str | None) -> requests.Response:
        """Follow an app's link; None leaves a parameter out."""
        usual = {
            "client_id": ROTATING[0],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": "s-1",
        }
        sent = {
            name: value
            for name, value in {**usual, "scope": SCOPES, **changes}.items()
            if value is not None
        }
        first = self.owner.get(
            self.url("/oauth2/default/v1/authorize"), params=sent, allow_redirects=False
        )
        return self.follow(first) if first.status_code == 302 else first

    def follow(self, response: requests.Response) -> requests.Response:
        return self.owner.get(
            self.running.url + response.headers["Location"], allow_redirects=False
        )

    def sign_in(
        self, page: requests.Response, login: str = BAKER, password: str = "x"
    ) -> requests.Response:
        return self.owner.post(
            page.url, data={"login": login, "password": password}, allow_redirects=False
        )

    def decide(
        self, page: requests.Response, decision: str = "allow"
    ) -> requests.Response:
        return self.owner.post(
            page.url, data={"decision": decision}, allow_redirects=False
        )

    def consented(
        self, login: str = BAKER, decision: str = "allow", **changes: str | None
    ) -> dict[str, str]:
        """What the app's redirect URI gets after a fresh sign-in and a decision."""
        sign_in = self.follow(self.authorize(prompt="login", **changes))
        consent = self.follow(self.sign_in(sign_in, login))
        return answer_in(self.decide(consent, decision))

    # the token endpoint

    def token(
        self,
        app: tuple[str, str] | None = ROTATING,
        headers: dict[str, str] | None = None,
        **sent: str,
    ) -> requests.Response:
        return self.http.post(
            self.url("/oauth2/default/v1/token"), data=sent, auth=app, headers=headers
        )

    def exchange(
        self, code: str, app: tuple[str, str] = ROTATING, **more: str
    ) -> requests.Response:
        return self.token(
            app,
            grant_type="authorization_code",
            code=code,
            **{"redirect_uri": CALLBACK, **more},
        )

    def connect(
        self, app: tuple[str, str] = ROTATING, login: str = BAKER, scope: str = SCOPES
    ) -> dict[str, Any]:
        """A token set, all the way through the browser."""
        code = self.consented(login, client_id=app[0], scope=scope)["code"]
        return dict(self.exchange(code, app).json())

    def refresh(
        self, refresh_token: str, app: tuple[str, str] = ROTATING, **more: str
    ) -> requests.Response:
        return self.token(
            app, grant_type="refresh_token", refresh_token=refresh_token, **more
        )

    # the API

    def granted(
        self,
        account: str = BAKERY,
        scopes: str = SCOPES,
        app: tuple[str, str] = ROTATING,
        **more: str,
    ) -> "Actor":
        """This actor with an access token, by the control API."""
        sent = {
            "account": account,
            "client_id": app[0],
            "scopes": scopes.split(),
            **more,
        }
        self.bearer = self.control("grants", sent)["access_token"]
        return self

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        headers = {
            "Authorization": f"Bearer {self.bearer}",
            **kwargs.pop("headers", {}),
        }
        return self.http.request(
            method, self.url("/v3" + path), headers=headers, **kwargs
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def sign_up(
        self, address: str | None = "visitor@example.com", **sent: Any
    ) -> requests.Response:
        """A sign-up for the account's first list, unless told otherwise."""
        body = {
            "email_address": address,
            "list_memberships": [self.first_list()],
            **sent,
        }
        return self.call("POST", "/contacts/sign_up_form", json=body)

    def account_id(self) -> str:
        claims = self.running.state.grants[self.grant_id()]
        assert claims.account
        return claims.account

    def grant_id(self) -> str:
        payload = self.bearer.split(".")[1]
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
        found = re.search(r'"jti":"AT\.(\w+)\.', text)
        assert found
        return found[1]

    def first_list(self) -> str:
        return next(iter(self.running.state.accounts[self.account_id()].lists))

    def fields(self) -> dict[str, str]:
        """Custom field ids by label."""
        return {
            f["label"]: f["custom_field_id"]
            for f in self.get("/contact_custom_fields").json()["custom_fields"]
        }

    def contact(self, address: str) -> dict[str, Any]:
        """The whole contact as the control API shows it."""
        held = self.control("contacts", account=self.account_id())["contacts"]
        return next(
            c
            for c in held
            if c.get("email_address", {}).get("address", "").lower() == address.lower()
        )

    # the control API

    def control(
        self, name: str, sent: dict[str, Any] | None = None, **params: str
    ) -> dict[str, Any]:
        url = self.url(f"/_control/{name}")
        response = (
            self.http.get(url, params=params)
            if sent is None
            else self.http.post(url, json=sent)
        )
        assert response.status_code == 200, response.text
        return dict(response.json())


def answer_in(response: requests.Response) -> dict[str, str]:
    """The parameters a redirect carries back to the app."""
    assert response.status_code == 302, response.text
    location = response.headers["Location"]
    assert location.startswith(CALLBACK + "?"), location
    return {
        name: values[0] for name, values in parse_qs(urlsplit(location).query).items()
    }
