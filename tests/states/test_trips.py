"""Rows of the trip to the provider and back: replayed, stolen, late, denied, alone, and
with too little allowed.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import Account, TokenSet
from app.database.session import db
from tests.accounts.owner import Owner, asked_for, consent
from tests.browser.window import Spot, open_browser
from tests.dashboard.reading import heading_of, text_of
from tests.states.acting import TOKEN, at_once
from tests.world import ONE_DATABASE, ROTATING, World, csrf_of

COOKIE, CONNECTED = "latchkey_connect", "Maple & Rye Bakery is connected"


def stored() -> tuple[int, int]:
    """How many accounts there are, and how many token sets."""
    db.session.rollback()
    return (
        db.session.scalar(select(func.count()).select_from(Account)) or 0,
        db.session.scalar(select(func.count()).select_from(TokenSet)) or 0,
    )


def came_back(owner: Owner) -> str:
    """The callback of an owner who allowed it, as a path."""
    return consent(owner.theirs, owner.leave(owner.link()))


def test_row_31_the_same_callback_many_times_and_at_once_makes_one_token_call(
    world: World, owner: Owner
) -> None:
    callback = came_back(owner)
    cookie = owner.ours.get_cookie(COOKIE, path="/connect")
    assert cookie

    def come() -> int:
        browser = world.app.test_client()
        browser.set_cookie(COOKIE, cookie.value, path="/connect")
        return int(browser.get(callback).status_code)

    answers = at_once(world, *[come] * 16)
    again = owner.come_back(callback)

    assert answers == [303] * 16
    assert (again.status_code, heading_of(again.text)) == (200, CONNECTED)
    assert [call["status"] for call in world.calls(TOKEN)] == [200]
    assert stored() == (1, 1)


@ONE_DATABASE
def test_row_32_a_state_of_another_browser_is_refused_and_noted(
    world: World, make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(log_level="INFO")
    there = World(app, world.simulator)
    with app.app_context():
        owner, thief = Owner(there), Owner(there)
        callback = came_back(owner)
        thief.leave(owner.link("The thief’s own"))
        capsys.readouterr()
        page = thief.come_back(callback)
        noted = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        refused = (heading_of(page.text), world.calls(TOKEN), stored())
        done = owner.come_back(callback)

    assert refused == ("Please continue in the browser you started with", [], (0, 0))
    assert [(line["route"], line["status"]) for line in noted] == [
        ("/connect/callback", 400)
    ]
    assert heading_of(done.text) == CONNECTED


@ONE_DATABASE
@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (11, "That took a little too long"),
        (6, "Constant Contact’s answer expired"),
    ],
)
def test_row_33_too_late_it_is_begun_again_with_one_press(
    world: World, owner: Owner, minutes: int, told: str
) -> None:
    callback = came_back(owner)
    world.clock.advance(minutes=minutes)
    late = owner.come_back(callback)
    before = stored()
    done = owner.come_back(
        consent(owner.theirs, owner.press("", late.text).headers["Location"])
    )

    assert heading_of(late.text) == told
    assert before == (0, 0)
    assert heading_of(done.text) == CONNECTED


@ONE_DATABASE
@pytest.mark.parametrize(
    ("brings", "told"),
    [
        ("error=access_denied", "You chose not to connect"),
        ("", "Constant Contact returned no answer"),
        ("error=access_denied&code=c", "You chose not to connect"),
        ("code=", "Constant Contact returned no answer"),
    ],
)
def test_row_34_whatever_the_callback_brings_it_is_explained_and_its_state_is_burnt(
    world: World, owner: Owner, brings: str, told: str
) -> None:
    callback = came_back(owner)
    state = asked_for(callback)["state"]
    page = owner.come_back(f"/connect/callback?{brings}&state={state}")
    with_the_real_code = owner.come_back(callback)

    assert told in heading_of(page.text)
    assert "Start again" in page.text
    assert heading_of(with_the_real_code.text) == heading_of(page.text)
    assert world.calls(TOKEN) == []
    assert stored() == (0, 0)


@ONE_DATABASE
def test_row_35_an_admin_whose_session_ended_meanwhile_still_connects_and_nobody_else_sees_of_it(
    world: World,
) -> None:
    admin, stranger = Owner(world, world.signed_in()), Owner(world)
    leaving = admin.press(
        "/accounts", admin.open("/accounts").text, "/accounts/connect"
    ).headers["Location"]
    callback = consent(admin.theirs, leaving)
    admin.ours.delete_cookie("latchkey")
    before = stranger.come_back(callback)
    landed = admin.open(callback)
    done, dashboard = admin.open(landed.headers["Location"]), admin.open("/accounts")
    after = [stranger.open(callback), stranger.open(landed.headers["Location"])]

    assert heading_of(done.text) == CONNECTED
    assert stored() == (1, 1)
    assert dashboard.headers["Location"].startswith("/sign-in")
    assert [page.status_code for page in (before, *after)] == [400, 400, 404]
    assert "Maple" not in "".join(page.text for page in (before, *after))


@ONE_DATABASE
def test_row_36_both_cookies_come_along_from_another_site(
    world: World, owner: Owner
) -> None:
    link, browser = owner.link(), world.app.test_client()
    kept = owner.press(link, owner.open(link).text).headers.getlist("Set-Cookie")
    kept += browser.post(
        "/sign-in", data={"csrf_token": csrf_of(browser.get("/sign-in").text)}
    ).headers.getlist("Set-Cookie") or browser.get("/sign-in").headers.getlist(
        "Set-Cookie"
    )
    ours = [cookie for cookie in kept if cookie.startswith("latchkey")]

    assert {cookie.partition("=")[0] for cookie in ours} >= {COOKIE}
    assert all("SameSite=Lax" in cookie for cookie in ours)
    assert "SameSite=Strict" not in "".join(kept)


@pytest.mark.browser
@ONE_DATABASE
def test_row_36_a_browser_that_comes_back_from_another_site_is_known(
    world: World, make_app: Callable[..., Flask]
) -> None:
    # another site to a browser
    spot, away = Spot(), world.simulator.url.replace("127.0.0.1", "localhost")
    app = make_app(public_url=spot.url, auth_url=f"{away}/oauth2/default/v1")
    world.control(
        "apps",
        client_id=ROTATING.client_id,
        redirect_uris=[f"{spot.url}/connect/callback"],
    )
    with app.app_context(), spot.serve(app), open_browser() as browser:
        owner = Owner(World(app, world.simulator))
        page = browser.new_page()
        page.goto(f"{spot.url}{owner.link().removeprefix(spot.url)}")
        for name in ("Connect Constant Contact", "Nora Lindqvist", "Allow"):
            page.get_by_role("button", name=name).click()
        page.wait_for_url(f"{spot.url}/connect/done/*")
        heading = page.locator("h1").inner_text()
    spot.close()

    assert heading == CONNECTED


@ONE_DATABASE
def test_row_37_without_offline_access_the_owner_is_told_at_once_and_nothing_is_stored(
    world: World, owner: Owner
) -> None:
    link = owner.link()
    page = owner.come_back(
        consent(owner.theirs, re.sub(r"(\+|%20)offline_access", "", owner.leave(link)))
    )
    before = stored()
    done: Any = owner.connect(link)

    assert heading_of(page.text) == "The connection would have ended tomorrow"
    assert (
        "Constant Contact gave access for only one day, so the connection wasn’t"
        " saved." in text_of(page.text)
    )
    assert before == (0, 0)
    assert heading_of(done.text) == CONNECTED
