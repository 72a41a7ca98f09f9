"""Rows of the token set: what an admin sees when renewing fails, and that what is
stored is kept.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from app.accounts import tokens
from app.accounts.models import Account
from app.signups.models import SignupState
from app.worker import periodic, runner
from tests.accounts.owner import Owner
from tests.resilience.rehearsal.acting import (
    TOKEN,
    press,
    read,
    renewed_elsewhere,
    sealed,
)
from tests.world import ONE_DATABASE, PUBLIC_URL, ROTATING, SCOPES, World, csrf_of

pytestmark = ONE_DATABASE


def refused_and_mended(world: World, account: Account) -> str:
    """The words of the account's page once its grant is refused; then its owner uses
    the link that is made there.
    """
    admin, row = world.signed_in(), world.signup(world.form(account))
    world.clock.advance(hours=25)
    periodic.run_due(world.clock.now())
    runner.drain()
    waited, overview, here = (
        world.again(row).state,
        read(admin, "/"),
        f"/accounts/{account.id}",
    )
    page = read(admin, here)
    Owner(world).connect(link_made_on(admin, here))
    runner.drain()

    assert waited == SignupState.WAITING
    assert (
        f"{account.name} needs its owner 1 person is waiting. Send the owner a link to"
        " reconnect." in overview
    )
    assert "1 person is waiting." in page
    assert "Expires if unused After 180 days (0 left)" in page
    assert world.again(row).state == SignupState.DELIVERED
    assert "Healthy" in read(admin, here)
    return page


def link_made_on(admin: FlaskClient, page: str) -> str:
    made = admin.post(
        f"{page}/link", data={"csrf_token": csrf_of(admin.get(page).text)}
    ).text
    found = re.search(rf'value="{PUBLIC_URL}(/connect/[^"]+)"', made)
    assert found, made
    return found[1]


def said_of_a_refused_grant(page: str) -> bool:
    return all(
        sentence in page
        for sentence in (
            (
                "Constant Contact no longer accepts this connection. The owner needs to"
                " reconnect."
            ),
            "Another installation connected this account with the same API key",
            "Use a separate API key for each installation.",
            "A copy of this installation was running, perhaps from a restored backup.",
            "A rotating refresh token works once",
            "Applications with long-lived refresh tokens",
            "Get reconnect link",
        )
    )


def test_row_03_invalid_grant_on_refresh_when_a_copy_spent_the_rotating_token(
    world: World,
) -> None:
    account = world.account()
    there = renewed_elsewhere(world, account)
    page = refused_and_mended(world, account)

    assert (
        [call["status"] for call in world.calls(TOKEN)][:2]
        == [there.status_code, 400]
        == [200, 400]
    )
    assert said_of_a_refused_grant(page)


def test_row_04_invalid_grant_after_a_quiet_half_year(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    here, before = f"/accounts/{account.id}", sealed()
    world.clock.advance(days=181)
    periodic.run_due(world.clock.now())
    page = read(admin, here)

    assert world.calls(TOKEN)[0]["status"] == 400
    assert (
        "Constant Contact ended this connection because it wasn’t used for 180 days."
        in page
    )
    assert "Get reconnect link" in page
    assert "Expires if unused After 180 days (0 left)" in page
    assert sealed() == before


def test_row_04_a_worker_keeps_an_idle_account_alive_and_counts_down_while_it_cannot(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    here, kept = f"/accounts/{account.id}", []
    for _ in range(4):
        world.clock.advance(days=80)
        periodic.run_due(world.clock.now())
        kept.append(
            "(179 left)" in read(admin, here) or "(180 left)" in read(admin, here)
        )
    world.fault(TOKEN, status=503)
    world.clock.advance(days=170, hours=1)
    periodic.run_due(world.clock.now())
    late = read(admin, here)
    world.mend()
    world.clock.advance(minutes=10)
    periodic.run_due(world.clock.now())

    assert kept == [True] * 4
    assert "The connection ends for good in 10 days." in late
    assert "After 180 days (10 left)" in late
    assert "Healthy" in read(admin, here)


def test_row_08_invalid_client_is_told_once_and_every_token_is_kept(
    world: World, make_app: Callable[..., Flask]
) -> None:
    app = make_app(client_id="", client_secret=SecretStr(""))
    with app.app_context():
        there = World(app, world.simulator)
        admin = there.signed_in()
        key = {"client_id": ROTATING.client_id, "client_secret": ROTATING.client_secret}
        press(admin, "/setup", "/setup", **key)
        accounts = [there.account(number) for number in (0, 1)]
        row = there.signup(there.form(accounts[0]))
        there.control(
            "apps",
            client_id=ROTATING.client_id,
            client_secret="made-anew-in-the-portal",
        )
        for account in accounts:
            there.expired(account)
        before = sealed()
        periodic.run_due(there.clock.now())
        runner.drain()
        overview, page = read(admin, "/"), admin.get(f"/accounts/{accounts[0].id}").text
        kept = sealed() == before
        told = press(
            admin,
            "/setup",
            "/setup",
            **key | {"client_secret": "made-anew-in-the-portal"},
        )
        there.clock.advance(minutes=10)
        periodic.run_due(there.clock.now())
        runner.drain()
        state, after = there.again(row).state, read(admin, "/accounts")

    refused = "Constant Contact refused this installation’s API key"
    assert overview.count(f"{refused} 2 accounts") == 1
    assert "2 accounts can’t be served. 1 person is waiting." in overview
    assert "Every connection is kept." in overview
    assert "Open setup" in overview
    assert 'href="/setup">' in page
    assert "Needs you, not the owner" in page
    assert "Get reconnect link" not in page
    assert kept
    assert "Constant Contact accepts this API key and secret." in told
    assert state == SignupState.DELIVERED
    assert "Needs its owner" not in after


def test_row_21_429_on_the_token_endpoint_when_many_want_a_token(
    world: World, admin: FlaskClient
) -> None:
    world.control("limits", token_calls_per_second=1)
    account, other = world.account(), world.account(1)
    form = world.form(account)
    rows = [world.signup(form, f"zoe{number}@example.com") for number in range(6)]
    runner.drain()
    while_young = len(world.calls(TOKEN))
    for one in (account, other):
        world.expired(one)

    def want(_: int) -> str:
        with world.app.app_context():
            return tokens.fresh_token(account.id)

    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(want, range(8)))
    periodic.run_due(world.clock.now())
    page, before = read(admin, f"/accounts/{other.id}"), sealed()
    world.clock.advance(seconds=3)
    periodic.run_due(world.clock.now())

    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert while_young == 0
    assert len(got) == 1
    assert (
        "Constant Contact asked Latchkey to slow down. Latchkey will try again in a"
        " moment."
    ) in page
    assert [call["status"] for call in world.calls(TOKEN)] == [200, 429, 200]
    # the second account's pair was kept, then renewed
    assert len(set(before) & set(sealed())) == 1
    assert "Healthy" in read(admin, f"/accounts/{other.id}")


def test_row_24_a_second_site_with_the_same_api_key_breaks_the_first(
    world: World, admin: FlaskClient
) -> None:
    account = world.account()
    world.control(
        "grants",
        account=account.provider_id,
        client_id=ROTATING.client_id,
        scopes=SCOPES.split(),
    )
    page = refused_and_mended(world, account)

    assert said_of_a_refused_grant(page)
    assert "Use this API key for this installation only." in read(admin, "/setup")
