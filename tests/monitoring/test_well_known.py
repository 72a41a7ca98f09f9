"""What search engines and people who found a hole look for."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from tests.world import ONE_DATABASE, PUBLIC_URL, World

pytestmark = ONE_DATABASE
SECURITY = "/.well-known/security.txt"


def test_search_engines_may_read_that_nothing_is_for_them(
    visitor: FlaskClient,
) -> None:
    answer = visitor.get("/robots.txt")

    assert answer.mimetype == "text/plain"
    assert "User-agent: *\nDisallow:\n" in answer.text


@pytest.mark.parametrize(
    ("contact", "line"),
    [
        ("security@example.org", "Contact: mailto:security@example.org"),
        ("https://example.org/holes", "Contact: https://example.org/holes"),
    ],
)
def test_who_found_a_hole_is_told_whom_to_write_to(
    world: World, make_app: Callable[..., Flask], contact: str, line: str
) -> None:
    browser = make_app(security_contact=contact).test_client()
    lines = browser.get(SECURITY).text.splitlines()
    fields = dict(each.split(": ", 1) for each in lines)
    left = datetime.fromisoformat(fields["Expires"]) - world.clock.now()

    assert line in lines
    assert fields["Canonical"] == f"{PUBLIC_URL}{SECURITY}"
    assert 170 < left.days <= 180


def test_without_anybody_named_it_is_who_sends_our_mails_or_nobody(
    visitor: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    mails = make_app(
        smtp_url=SecretStr("smtp://localhost"), mail_from="latchkey@example.org"
    )

    assert visitor.get(SECURITY).status_code == 404
    assert (
        "Contact: mailto:latchkey@example.org" in mails.test_client().get(SECURITY).text
    )
