"""Log lines: JSON objects, or short ones in a terminal; secrets blanked by name and by
shape, addresses never in the access log.
"""

import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from app.core import logs
from app.core.crypto import Cipher, new_key
from app.core.logs import BLANK, log, redact
from tests.accounts.owner import one_database
from tests.house import ROOT

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub3JhIn0.c2lnbmF0dXJlLW9mLWl0"
Lines = Callable[[], list[dict[str, object]]]
Listen = Callable[[], Lines]


@pytest.fixture
def listen(app: Flask, capsys: pytest.CaptureFixture[str]) -> Listen:
    """Begin to listen; what this gives reads what was logged since the last look."""

    def read() -> list[dict[str, object]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    def begin() -> Lines:
        # the handler writes to the standard error of this very test
        logs.init(Flask("another"), "DEBUG")
        capsys.readouterr()
        return read

    return begin


@pytest.mark.parametrize(
    "name",
    [
        "token",
        "access_token",
        "refresh_token",
        "client_secret",
        "password",
        "code",
        "code_verifier",
        "key",
        "authorization",
        "Authorization",
        "cookie",
        "Set-Cookie",
        "email",
        "email_address",
        "mail",
        "state_digest",
    ],
)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert redact(None, "", {name: "anything"})[name] == BLANK


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        "Bearer abc.def-123",
        "Basic dXNlcjpwYXNz",
        "https://x/cb?code=abc123&state=def456",
        "?refresh_token=xyz",
        "/connect/" + "A-b_" * 10,
        "/first-admin/" + "A-b_" * 10,
        "/confirm/" + "A-b_" * 10,
        "zoe+news@example.com",
        Cipher([new_key()]).encrypt("x", "t", "i", "c"),
    ],
)
def test_a_secret_is_known_by_its_shape(secret: str) -> None:
    said = str(redact(None, "", {"event": f"it was {secret} at that time"})["event"])

    assert said.startswith("it was ")
    assert said.endswith(" at that time")
    assert BLANK in said
    for part in (
        "abc123",
        "def456",
        "abc.def",
        "dXNlcj",
        "xyz",
        "A-b_A",
        "zoe",
        "gAAAA",
        JWT[-10:],
    ):
        assert part not in said


def test_secrets_are_blanked_inside_lists_and_objects_too() -> None:
    event = redact(
        None,
        "",
        {
            "detail": {
                "refresh_token": "r-1",
                "list": ["zoe@example.com", {"code": "c-1"}],
                "n": 7,
            }
        },
    )

    assert event == {
        "detail": {"refresh_token": BLANK, "list": [BLANK, {"code": BLANK}], "n": 7}
    }


def test_what_is_harmless_stays() -> None:
    event = {
        "event": "request",
        "route": "/connect/<token>",
        "status": 200,
        "ms": 1.5,
        "reason": "provider_down",
        "status_code": 503,
        "account": "0f0b",
    }

    assert redact(None, "", dict(event)) == event


@one_database
def test_our_lines_and_the_libraries_are_json_with_secrets_blanked(
    listen: Listen,
) -> None:
    lines = listen()
    log.warning(
        "refresh_put_off", account="a-1", refresh_token="r-1", note=f"said {JWT}"
    )
    logging.getLogger("some.library").error("could not mail %s", "zoe@example.com")
    ours, theirs = lines()

    assert (ours["event"], ours["level"], ours["account"]) == (
        "refresh_put_off",
        "warning",
        "a-1",
    )
    assert (ours["refresh_token"], ours["note"]) == (BLANK, f"said {BLANK}")
    assert theirs["event"] == f"could not mail {BLANK}"
    assert str(ours["timestamp"]).endswith("Z")


@one_database
def test_an_exceptions_text_is_blanked(listen: Listen) -> None:
    lines = listen()
    try:
        raise ValueError(f"no good: {JWT} for zoe@example.com")
    except ValueError:
        log.exception("unexpected")
    said = json.dumps(lines())

    assert "ValueError" in said
    assert JWT not in said
    assert "zoe@" not in said


@one_database
def test_chatty_libraries_are_quiet_even_when_debugging(listen: Listen) -> None:
    lines = listen()
    for name in logs.LIBRARY_LEVELS:
        logging.getLogger(name).debug("code_verifier is abc")

    assert lines() == []


@one_database
def test_the_access_log_has_the_route_and_no_query(app: Flask, listen: Listen) -> None:
    lines = listen()
    app.test_client().get("/connect/callback?code=the-code&state=the-state")
    app.test_client().get("/nowhere/at/all?email=zoe@example.com")
    app.test_client().get("/static/nothing.css")
    first, second = lines()

    assert (first["event"], first["method"], first["route"], first["status"]) == (
        "request",
        "GET",
        "/connect/callback",
        400,
    )
    assert (second["route"], second["status"]) == ("none", 404)
    assert "code" not in json.dumps(first)
    assert "nowhere" not in json.dumps(second)


@one_database
def test_every_answer_carries_the_number_of_its_line(
    visitor: FlaskClient, listen: Listen
) -> None:
    lines = listen()
    answer = visitor.get("/healthz")
    other = visitor.get("/healthz")

    assert [line["request_id"] for line in lines()] == [
        answer.headers["X-Request-Id"],
        other.headers["X-Request-Id"],
    ]
    assert answer.headers["X-Request-Id"] != other.headers["X-Request-Id"]


# -- in a terminal


@pytest.fixture
def listen_to_console(app: Flask, capsys: pytest.CaptureFixture[str]) -> Callable:
    """Begin to listen; what this gives reads the lines that were logged since the last
    look.
    """

    def read() -> list[str]:
        return capsys.readouterr().err.splitlines()

    def begin() -> Callable[[], list[str]]:
        structlog.contextvars.clear_contextvars()  # an earlier test's request
        logs.init(Flask("another"), "DEBUG", "console")
        capsys.readouterr()
        return read

    return begin


@one_database
def test_on_a_console_a_request_is_one_short_line(
    app: Flask, listen_to_console: Callable
) -> None:
    lines = listen_to_console()
    app.test_client().get("/connect/callback?code=the-code&state=the-state")
    (line,) = lines()

    assert re.fullmatch(
        r"\d\d:\d\d:\d\d \[info\] GET /connect/callback 400 +ms=\d+\.\d"
        r" network=127\.0\.0\.1",
        line,
    )


@one_database
def test_on_a_console_secrets_are_blanked_too(listen_to_console: Callable) -> None:
    lines = listen_to_console()
    log.warning("refresh_put_off", account="a-1", refresh_token="r-1", note=JWT)
    logging.getLogger("some.library").error("could not mail %s", "zoe@example.com")
    try:
        raise ValueError(f"no good: {JWT} for zoe@example.com")
    except ValueError:
        log.exception("unexpected")
    ours, theirs, *exception = lines()

    assert ours.endswith(
        f"[warning] refresh_put_off account=a-1 refresh_token={BLANK} note={BLANK}"
    )
    assert f"[error] could not mail {BLANK}" in theirs
    assert "zoe@" not in theirs
    said = "\n".join(exception)
    assert f"ValueError: no good: {BLANK} for {BLANK}" in said
    assert JWT not in said
    assert "zoe@" not in said


ONE_LINE_IN_EACH_FORMAT = """
from flask import Flask
from app.core import logs
for log_format in ("auto", "json", "console"):
    logs.init(Flask("x"), "INFO", log_format)
    logs.log.info("hello", password="p-1")
"""


@pytest.mark.parametrize(
    ("terminal", "json_expected"),
    [(True, [False, True, False]), (False, [True, True, False])],
    ids=["a terminal", "a pipe"],
)
def test_where_it_writes_decides_unless_the_setting_does(
    terminal: bool, json_expected: list[bool]
) -> None:
    reading, writing = pty.openpty() if terminal else os.pipe()
    program = [sys.executable, "-c", ONE_LINE_IN_EACH_FORMAT]
    subprocess.run(program, stderr=writing, cwd=ROOT, check=True)
    lines = os.read(reading, 10_000).decode().splitlines()
    os.close(reading)
    os.close(writing)

    assert [line.startswith("{") for line in lines] == json_expected
    for line in lines:
        assert "hello" in line
        assert "p-1" not in line
        # colours are for terminals only
        assert ("\x1b[" in line) == (terminal and not line.startswith("{"))
