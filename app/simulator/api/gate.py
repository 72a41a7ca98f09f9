"""Who may call the API (contract 9.2).

It is checked in the provider's order: token, throttle, scope, privilege.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response, request

from app.simulator.api.roles import privileges
from app.simulator.errors import forbidden, quota_exceeded, throttled, unauthorized
from app.simulator.limits import day_left
from app.simulator.models import Account, Login
from app.simulator.oauth.access_tokens import read
from app.simulator.simulator import Simulator, simulator


@dataclass(frozen=True)
class Caller:
    """Whose call this is. `account` is None for a login without one."""

    here: Simulator
    client_id: str
    scopes: frozenset[str]
    login: Login
    attached: Account | None

    @property
    def account(self) -> Account:
        """The account, on routes that ask for a privilege, which nobody else has."""
        if self.attached is None:
            raise forbidden()
        return self.attached


def gated(
    scope: str | None, privilege: str | None
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """A view that gets its Caller first and runs with the lock held."""

    def gate(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def checked(**values: Any) -> Response:
            here = simulator()
            with here.lock:
                return view(_admitted(here, scope, privilege), **values)

        return checked

    return gate


def _admitted(here: Simulator, scope: str | None, privilege: str | None) -> Caller:
    caller = holder(here, _bearer())
    request.environ["simulator.client_id"] = caller.client_id
    request.environ["simulator.account"] = caller.login.account
    _within_limits(here, caller.client_id)
    if not here.state.apps[caller.client_id].active or (
        scope and scope not in caller.scopes
    ):
        raise forbidden()
    if privilege and privilege not in privileges(caller.login):
        raise forbidden()
    return caller


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized()
    return token.strip()


def holder(here: Simulator, token: str) -> Caller:
    """Return who calls with this access token.

    401 when it is not ours, has expired or was taken back.
    """
    claims = read(here, token)
    grant = here.state.grants.get(claims["jti"].split(".")[1])
    login = here.state.logins.get(claims["sub"])
    if (
        not grant
        or grant.access_ended
        or not login
        or claims["cid"] not in here.state.apps
    ):
        raise unauthorized()
    account = here.state.accounts.get(login.account or "")
    return Caller(here, claims["cid"], frozenset(claims["scp"]), login, account)


def _within_limits(here: Simulator, client_id: str) -> None:
    now, settings = here.clock.now(), here.settings
    if not here.limits.let_through("api", client_id, now, settings.calls_per_second):
        raise throttled()
    if not day_left(here.state, client_id, now, settings.calls_per_day):
        raise quota_exceeded()
