"""What tests of people do: type a command, sign in, open the first admin's link."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.auth import first_admin
from tests.world import PUBLIC_URL, csrf_of

ADA, BOB, PASSWORD = "ada@example.com", "bob@example.com", "four words in a row"


def command(app: Flask, *words: str, typed: str | None = None) -> tuple[int, str]:
    """`flask latchkey users …`: its exit status and all it said."""
    ended = app.test_cli_runner().invoke(
        args=["latchkey", "users", *words], input=typed
    )
    assert ended.exception is None or isinstance(ended.exception, SystemExit), (
        ended.exception
    )
    return ended.exit_code, ended.output


def sign_in(browser: FlaskClient, email: str, password: str) -> bool:
    """Whether that opened the dashboard."""
    browser.post(
        "/sign-in",
        data={
            "csrf_token": csrf_of(browser.get("/sign-in").text),
            "email": email,
            "password": password,
        },
    )
    return browser.get("/").status_code == 200


def link() -> str:
    """The path of the link that a server starting now would print."""
    return first_admin.link().removeprefix(PUBLIC_URL)


def fill_in(browser: FlaskClient, path: str, token: str = "", **typed: str) -> Any:
    """Open the page, unless its CSRF token is at hand, and send what was typed."""
    token = token or csrf_of(browser.get(path).text)
    return browser.post(
        path,
        data={
            "csrf_token": token,
            "email": ADA,
            "password": PASSWORD,
            "password_again": PASSWORD,
            **typed,
        },
    )
