"""The guard over https: a page of another site can make nobody's browser act here."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import invitations
from app.accounts.models import AuthorizationTransaction
from app.auth import first_admin, users
from app.database.session import db
from app.web import access
from tests.auth.acting import ADA, PASSWORD
from tests.world import ONE_DATABASE, World, csrf_of

HOME = "https://signup.example.org"
ELSEWHERE = {
    "Origin": "https://evil.example",
    "Referer": "https://evil.example/",
    "Sec-Fetch-Site": "cross-site",
}


@pytest.fixture
def ours(make_app: Callable[..., Flask], world: World) -> World:
    return World(make_app(public_url=HOME), world.simulator)


def addresses_of(app: Flask, known: dict[str, str]) -> list[str]:
    """Everything that can be posted to but visitors' forms, which carry a token of
    their own and no cookie.
    """
    return [
        re.sub(
            r"<(?:[^:>]+:)?([^>]+)>", lambda name: known.get(name[1], "none"), rule.rule
        )
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and access.guard_of(app, rule.endpoint)
        and not rule.endpoint.startswith("signups")
    ]


def signed_in_over_https(app: Flask) -> FlaskClient:
    """An admin's browser, whose cookie a page of another site would send along."""
    users.create(ADA, PASSWORD, "admin")
    browser = app.test_client()
    browser.post(
        "/sign-in",
        base_url=HOME,
        data={
            "email": ADA,
            "password": PASSWORD,
            "csrf_token": csrf_of(browser.get("/sign-in", base_url=HOME).text),
        },
    )
    assert browser.get("/setup", base_url=HOME).status_code == 200
    return browser


@ONE_DATABASE
def test_a_post_from_another_site_is_refused_at_every_door(ours: World) -> None:
    with ours.app.app_context():
        link = invitations.create("x", 7, "admin").address.rpartition("/")[2]
        doors = [
            *addresses_of(ours.app, {"token": link}),
            first_admin.link().removeprefix(HOME),
        ]
        admin = signed_in_over_https(ours.app)
        answers = {
            (door, token): (
                admin.post(
                    door,
                    base_url=HOME,
                    headers=ELSEWHERE,
                    data=token and {"csrf_token": token},
                ).status_code
            )
            for door in doors
            for token in ("", "guessed")
        }
        db.session.rollback()

        assert len(doors) > 12
        assert {where for where, status in answers.items() if status != 400} == set()
        assert db.session.scalars(select(AuthorizationTransaction)).all() == []


@ONE_DATABASE
def test_an_owners_page_sends_no_referer_and_its_button_works_over_https(
    ours: World,
) -> None:
    with ours.app.app_context():
        path = invitations.create("x", 7, "admin").address.removeprefix(HOME)
        owner = ours.app.test_client()
        page = owner.get(path, base_url=HOME)
        answer = owner.post(
            path, base_url=HOME, data={"csrf_token": csrf_of(page.text)}
        )

    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert answer.status_code == 303
