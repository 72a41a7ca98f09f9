"""Rows of connecting: what an owner and an admin see when the trip to the provider goes
wrong.
"""

from collections.abc import Callable
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import Account, TokenSet
from app.config.settings import SettingsError, load
from app.database.session import db
from app.signups.models import SignupState
from app.worker import runner
from tests.accounts.owner import BAKER, INTERN, LONELY, YOGI, Owner, asked_for, consent
from tests.conftest import KEY
from tests.dashboard.reading import heading_of, text_of
from tests.resilience.rehearsal.acting import (
    TOKEN,
    counted,
    doctor,
    press,
    read,
    sealed,
)
from tests.world import ONE_DATABASE, PATIENCE, PUBLIC_URL, ROTATING, World, csrf_of

pytestmark = ONE_DATABASE
CALLBACK = f"{PUBLIC_URL}/connect/callback"


def nothing_stored() -> bool:
    return counted(Account) == counted(TokenSet) == 0


def bakery() -> Account:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Account)).one()


def test_row_01_html_400_instead_of_login_when_the_redirect_uri_is_not_registered(
    world: World, owner: Owner, admin: FlaskClient
) -> None:
    almost = [f"{CALLBACK}/", CALLBACK.replace("http:", "https:"), "/connect/callback"]
    world.control("apps", client_id=ROTATING.client_id, redirect_uris=almost)
    link = owner.link()
    theirs = owner.theirs.get(owner.leave(link), timeout=PATIENCE)
    invitation, setup = (
        text_of(owner.open(link).text),
        press(admin, "/setup", "/setup/check"),
    )
    to_copy, said = admin.get("/accounts").text, doctor(world)
    world.control("apps", client_id=ROTATING.client_id, redirect_uris=[CALLBACK])
    done = owner.connect(link)

    assert (theirs.status_code, theirs.headers["Content-Type"].partition(";")[0]) == (
        400,
        "text/html",
    )
    assert "must be a Login redirect URI in the client app settings" in unescape(
        theirs.text
    )
    assert (
        "If Constant Contact shows an error page instead, nothing was changed"
        in invitation
    )
    assert "Constant Contact refused the redirect URI" in setup
    assert "BAD   Redirect URI: Constant Contact refused the redirect URI" in said
    assert f'value="{CALLBACK}"' in to_copy
    assert heading_of(done.text) == "Maple & Rye Bakery is connected"


def test_row_01_the_redirect_uri_is_built_from_the_settings_and_not_from_the_host_header(
    owner: Owner,
) -> None:
    link, elsewhere = owner.link(), {"base_url": "http://elsewhere.example"}
    token = csrf_of(owner.ours.get(link, **elsewhere).text)
    leaves_for = owner.ours.post(link, data={"csrf_token": token}, **elsewhere).headers[
        "Location"
    ]

    assert asked_for(leaves_for)["redirect_uri"] == CALLBACK


def test_row_02_connected_but_lost_after_24_hours_unless_offline_access_was_asked_for(
    world: World, owner: Owner
) -> None:
    link = owner.link()
    address = owner.leave(link)
    refused = owner.come_back(
        consent(owner.theirs, address.replace("+offline_access", ""))
    )
    stored = counted(TokenSet)
    owner.connect(link)
    row = world.signup(world.form(bakery()))
    world.clock.advance(hours=25)
    runner.drain()

    assert "offline_access" in asked_for(address)["scope"].split()
    assert heading_of(refused.text) == "The connection would have ended tomorrow"
    assert "so the connection wasn’t saved" in text_of(refused.text)
    assert stored == 0
    assert world.again(row).state == SignupState.DELIVERED


@pytest.mark.parametrize("trouble", ["six minutes old", "loaded again", "pasted twice"])
def test_row_05_invalid_grant_at_first_connect_when_the_code_is_old_or_used(
    world: World, owner: Owner, trouble: str
) -> None:
    link = owner.link()
    callback = consent(owner.theirs, owner.leave(link))
    if trouble == "six minutes old":
        world.clock.advance(minutes=6)
    else:
        owner.come_back(callback)
    if trouble == "pasted twice":
        state = asked_for(owner.leave(owner.link("Once more")))["state"]
        callback = f"{callback.partition('&state=')[0]}&state={state}"
    before = sealed()
    page = owner.come_back(callback)

    if trouble == "loaded again":
        assert heading_of(page.text) == "Maple & Rye Bakery is connected"
        assert len(world.calls(TOKEN)) == 1
    else:
        assert heading_of(page.text) == "Constant Contact’s answer expired"
        assert "Start again" in page.text
        assert world.calls(TOKEN)[-1]["status"] == 400
    assert sealed() == before


def test_row_06_401_when_the_code_is_taken_for_a_token(
    world: World, owner: Owner, admin: FlaskClient
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    code = asked_for(callback)["code"]
    mistaken = requests.get(
        f"{world.simulator.url}/v3/account/summary",
        timeout=PATIENCE,
        headers={"Authorization": f"Bearer {code}"},
    )
    before = len(world.calls(""))
    owner.come_back(callback)
    page = read(admin, f"/accounts/{bakery().id}")

    assert mistaken.status_code == 401
    assert {call["status"] for call in world.calls("")[before:]} == {200}
    assert "Access token expires" in page
    assert "Next renewal" in page
    assert all(
        code not in seen
        for seen in [*owner.seen, admin.get(f"/accounts/{bakery().id}").text]
    )


def test_row_07_200_with_html_when_an_address_is_mistyped(
    world: World, owner: Owner, admin: FlaskClient
) -> None:
    without_a_browser = requests.get(
        owner.leave(owner.link("For a script")), timeout=PATIENCE
    )
    account = world.expired(world.account(1)).account
    row, before = world.signup(world.form(account)), sealed()
    world.fault(
        "/token", status=200, body="<html><h1>E-mail marketing made easy</h1></html>"
    )
    page = owner.connect(owner.link())
    runner.drain()
    setup, shown = (
        press(admin, "/setup", "/setup/check"),
        read(admin, f"/accounts/{account.id}"),
    )
    unchanged, accounts = sealed() == before, counted(Account)
    world.mend()
    world.clock.advance(minutes=10)
    runner.drain()

    assert (
        without_a_browser.status_code,
        without_a_browser.headers["Content-Type"][:9],
    ) == (200, "text/html")
    assert heading_of(page.text) == "Constant Contact isn’t responding"
    assert "CTCT_AUTH_URL answered, but not as" in setup
    assert "Check that address." in setup
    assert (
        "Constant Contact’s answer couldn’t be read. Latchkey will try again." in shown
    )
    assert (unchanged, accounts) == (True, 1)
    assert world.again(row).state == SignupState.DELIVERED


def sent_back(owner: Owner, address: str) -> str:
    """Follow the provider's redirects until one leads to us; return that path."""
    while not address.startswith(PUBLIC_URL):
        sent = owner.theirs.get(address, timeout=PATIENCE, allow_redirects=False)
        address = urljoin(address, sent.headers["Location"])
    return address.removeprefix(PUBLIC_URL)


@pytest.mark.parametrize("joint", ["%2B", "%2C"])
def test_row_10_invalid_scope_when_scopes_are_joined_otherwise_or_misspelt(
    owner: Owner, make_app: Callable[..., Flask], joint: str
) -> None:
    address = owner.leave(owner.link())
    changed = address.replace("contact_data+", f"contact_data{joint}")
    page = owner.come_back(sent_back(owner, changed))
    misspelt = make_app(scopes="contact_data acount_read offline_access")
    with misspelt.app_context():
        other = Owner(World(misspelt, owner.world.simulator))
        theirs = other.come_back(sent_back(other, other.leave(other.link())))

    assert asked_for(address)["scope"] == "contact_data account_read offline_access"
    for shown in (page, theirs):
        assert heading_of(shown.text) == (
            "Constant Contact didn’t recognize a permission"
        )
        assert "to correct LATCHKEY_SCOPES" in text_of(shown.text)
        assert "invalid_scope: One or more scopes are not configured" in text_of(
            shown.text
        )
    assert nothing_stored()


@pytest.mark.parametrize(
    "scopes",
    ["contact_data+account_read+offline_access", "contact_data,offline_access"],
)
def test_row_10_such_scopes_do_not_even_start(scopes: str, database: str) -> None:
    with pytest.raises(
        SettingsError, match="LATCHKEY_SCOPES must be scope names separated by spaces"
    ):
        load(
            key=KEY,
            public_url=PUBLIC_URL,
            database_url=database,
            scopes=scopes,
            _env_file=None,
        )


def test_row_11_403_access_denied_when_a_campaign_creator_connects(
    world: World, owner: Owner
) -> None:
    link = owner.link()
    page = owner.connect(link, INTERN)
    stored = counted(Account)
    again = owner.press(link, page.text).headers["Location"]
    done = owner.come_back(consent(owner.theirs, again))

    assert heading_of(page.text) == "This login isn’t allowed to add contacts"
    assert "contacts:write" in text_of(page.text)
    assert stored == 0
    assert asked_for(again)["prompt"] == "login"
    assert heading_of(done.text) == "Maple & Rye Bakery is connected"


def test_row_12_token_fine_but_account_empty_when_the_login_belongs_to_none(
    world: World, owner: Owner, admin: FlaskClient
) -> None:
    link = owner.link()
    page = owner.connect(link, LONELY)
    stored = counted(Account)
    again = owner.press(link, page.text).headers["Location"]
    owner.come_back(consent(owner.theirs, again, BAKER))
    shown = read(admin, f"/accounts/{bakery().id}")

    assert heading_of(page.text) == "This login isn’t part of an account"
    assert "sign in as the account’s owner or manager" in text_of(page.text)
    assert stored == 0
    assert asked_for(again)["prompt"] == "login"
    assert "Maple & Rye Bakery" in shown
    assert BAKER in shown


def test_row_12_a_browser_that_reuses_an_old_session_is_noticed(
    world: World, owner: Owner
) -> None:
    owner.connect(owner.link(), BAKER)
    silently = owner.connect(owner.link("The yoga studio"), YOGI)
    admin = Owner(world, world.signed_in())
    another = admin.press(
        "/accounts", admin.open("/accounts").text, "/accounts/connect"
    ).headers["Location"]

    # not the studio: the page says so
    assert heading_of(silently.text) == "Maple & Rye Bakery is connected"
    assert asked_for(another)["prompt"] == "login"
    assert counted(Account) == counted(TokenSet) == 1


def test_row_25_login_asks_for_a_code_that_nobody_has(
    world: World, owner: Owner, admin: FlaskClient
) -> None:
    world.control("limits", mfa=True)
    link = owner.link()
    invitation, setup = text_of(owner.open(link).text), read(admin, "/setup")
    signing_in = owner.theirs.get(owner.leave(link), timeout=PATIENCE)
    asks = owner.theirs.post(
        signing_in.url, data={"login": BAKER, "password": "any"}, timeout=PATIENCE
    )
    without = owner.theirs.post(asks.url, data={"code": ""}, timeout=PATIENCE)
    stored = counted(Account)
    allowed = owner.theirs.post(asks.url, data={"code": "123456"}, timeout=PATIENCE)
    back = owner.theirs.post(
        allowed.url, data={"decision": "allow"}, timeout=PATIENCE, allow_redirects=False
    )
    done = owner.come_back(back.headers["Location"].removeprefix(PUBLIC_URL))

    assert (
        "It may ask for a code, for example from a phone, so have that phone ready."
        in invitation
    )
    assert "You need it only this once." in invitation
    assert (
        "Constant Contact asks for a code, so the owner of the login needs their phone."
        in setup
    )
    assert (
        asks.url.partition("?")[0]
        == without.url.partition("?")[0]
        == f"{world.simulator.url}/mfa"
    )
    assert stored == 0
    assert heading_of(done.text) == "Maple & Rye Bakery is connected"


# -- row 9 has two doors: an application nobody made anew, and an address from before


def test_row_09_unknown_client_id_for_an_application_that_was_not_made_anew(
    world: World, make_app: Callable[..., Flask]
) -> None:
    old = make_app(client_id="99999999-9999-4999-8999-999999999999")
    with old.app_context():
        there = World(old, world.simulator)
        owner = Owner(there)
        theirs = owner.theirs.get(owner.leave(owner.link()), timeout=PATIENCE)
        setup, said = press(there.signed_in(), "/setup", "/setup/check"), doctor(there)

    assert (
        theirs.status_code,
        "Invalid value for 'client_id' parameter." in unescape(theirs.text),
    ) == (400, True)
    assert "An application from before April 2022 can’t be used" in setup
    assert "BAD   API key: Constant Contact doesn’t accept this API key" in said
    assert nothing_stored()


LEGACY: list[dict[str, Any]] = [
    {
        "status": 401,
        "body": {
            "error": "invalid_client",
            "error_description": "Unknown or invalid client_id",
        },
    },
    {
        "status": 400,
        "body": {
            "error": "invalid_request",
            "error_description": "Unknown or invalid client_id",
        },
    },
]


@pytest.mark.parametrize("answer", LEGACY, ids=["401", "400"])
def test_row_09_unknown_or_invalid_client_id_on_an_address_from_before(
    world: World, owner: Owner, admin: FlaskClient, answer: dict[str, Any]
) -> None:
    world.fault(
        "/authorize",
        status=400,
        body="<html><h2>Unknown or invalid client_id</h2></html>",
    )
    signing_in = press(admin, "/setup", "/setup/check")
    callback = consent_in_spite_of(world, owner)
    world.fault("/token", **answer)
    page = owner.come_back(callback)
    setup = press(admin, "/setup", "/setup/check")

    assert (
        "sign-in doesn’t know this API key. Check whether CTCT_AUTH_URL is an address"
        " from before April 2022." in signing_in
    )
    assert heading_of(page.text) == "Constant Contact refused our API key"
    assert "Unknown or invalid client_id" in text_of(page.text)
    assert "An application from before April 2022 can’t be used" in setup
    assert nothing_stored()


def consent_in_spite_of(world: World, owner: Owner) -> str:
    world.mend()
    return consent(owner.theirs, owner.leave(owner.link()))
