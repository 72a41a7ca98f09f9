"""What the people of the rehearsal do and read, and what the simulator hears."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.accounts import tokens
from app.accounts.models import Account, TokenSet
from app.cli.commands import latchkey
from app.database.session import db
from app.services import services
from app.signups.models import Attempt, Signup
from tests.dashboard.reading import text_of
from tests.world import PATIENCE, ROTATING, World, csrf_of

TOKEN = "/oauth2/default/v1/token"
SIGN_UP = "/contacts/sign_up_form"


def read(browser: FlaskClient, path: str) -> str:
    """The words of a page."""
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return text_of(answer.text)


def press(browser: FlaskClient, page: str, action: str, **fields: Any) -> str:
    """Send one of a page's forms; the words of what is shown then."""
    token = csrf_of(browser.get(page).text)
    return text_of(
        browser.post(
            action, data={"csrf_token": token, **fields}, follow_redirects=True
        ).text
    )


def doctor(world: World) -> str:
    return world.app.test_cli_runner().invoke(latchkey, ["doctor"]).output


def asked(
    world: World, account: Account, method: str, path: str, **more: Any
) -> requests.Response:
    """What some other program would be told that uses the account's access token."""
    headers = {
        "Authorization": f"Bearer {tokens.fresh_token(account.id)}",
        **more.pop("headers", {}),
    }
    return requests.request(
        method,
        f"{world.simulator.url}/v3{path}",
        headers=headers,
        timeout=PATIENCE,
        **more,
    )


def renewed_elsewhere(world: World, account: Account) -> requests.Response:
    """A copy of this installation spends the refresh token it holds."""
    held = world.token_set(account)
    spent = services().cipher.decrypt(
        held.refresh_token, "token_set", held.id, "refresh_token"
    )
    return requests.post(
        f"{world.simulator.url}{TOKEN}",
        timeout=PATIENCE,
        auth=(ROTATING.client_id, ROTATING.client_secret),
        data={"grant_type": "refresh_token", "refresh_token": spent},
    )


def sealed() -> list[tuple[str, str]]:
    """Every stored pair, still sealed."""
    db.session.rollback()
    return [
        (row[0], row[1])
        for row in db.session.execute(
            select(TokenSet.access_token, TokenSet.refresh_token).order_by(
                TokenSet.account_id
            )
        )
    ]


def counted(
    table: type[Account] | type[TokenSet] | type[Signup] | type[Attempt],
) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@dataclass(frozen=True)
class Heard:
    """A request as it reached the simulator."""

    method: str
    path: str
    content_type: str
    body: bytes


@contextmanager
def listening(world: World) -> Iterator[list[Heard]]:
    """What reaches the simulator meanwhile, with its body."""
    heard: list[Heard] = []
    traffic: Any = world.simulator.app.wsgi_app
    inner = traffic.app

    def ear(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].getvalue()
        heard.append(
            Heard(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ.get("CONTENT_TYPE", ""),
                body,
            )
        )
        return inner(environ, start_response)

    traffic.app = ear
    try:
        yield heard
    finally:
        traffic.app = inner
