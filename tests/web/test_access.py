"""The guard over https: a page of another site can make nobody's browser act here."""

import io
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
    """Everything that can be posted to but what visitors press: their forms carry a
    token of their own, a mail's link is one, and neither has a cookie.
    """
    return [
        re.sub(
            r"<(?:[^:>]+:)?([^>]+)>", lambda name: known.get(name[1], "none"), rule.rule
        )
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and access.guard_of(app, rule.endpoint)
        and not rule.endpoint.startswith(("signups", "confirmation"))
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
def test_a_path_that_a_stranger_names_leads_nowhere(
    visitor: FlaskClient, ours: World
) -> None:
    """gunicorn takes SCRIPT_NAME from a header when the proxy is on its host."""
    for browser in (visitor, ours.app.test_client()):
        answer = browser.get("/", environ_overrides={"SCRIPT_NAME": "//evil.example"})

        assert answer.location == "/sign-in"


def in_chunks(browser: FlaskClient, address: str, body: bytes) -> int:
    """Post a form without saying how long it is, as gunicorn hands it on."""
    answer = browser.post(
        address,
        input_stream=io.BytesIO(body),
        headers={"Transfer-Encoding": "chunked"},
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True},
    )
    return answer.status_code


@ONE_DATABASE
def test_a_body_in_chunks_is_taken_whole_or_refused(
    world: World, visitor: FlaskClient
) -> None:
    form, admin = world.form(world.account()), world.signed_in()
    typed = b"email_address=zoe%40example.com&last="
    statuses = [
        in_chunks(visitor, f"/f/{form.id}", typed + b"x" * more)
        for more in (10, access.MAX_BODY - len(typed), access.MAX_BODY)
    ]

    assert statuses == [422, 422, 413]
    assert in_chunks(visitor, "/sign-in", b"x" * (access.MAX_BODY + 1)) == 413
    assert in_chunks(admin, "/imports", b"x") == 411


@ONE_DATABASE
@pytest.mark.parametrize(
    "path", ["/f/{form}", "/f/{form}/thanks", "/sign-in", "/nowhere", "/accounts"]
)
def test_search_engines_are_told_to_keep_nothing(
    world: World, visitor: FlaskClient, path: str
) -> None:
    answer = visitor.get(path.format(form=world.form(world.account()).id))

    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


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
