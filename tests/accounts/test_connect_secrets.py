"""What a trip to the provider asks for and gives away: nothing secret, and no more than it
must.
"""

import base64
import re
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy import select

from app.accounts import invitations
from app.accounts.models import AuthorizationTransaction
from app.database.session import db
from tests.accounts.connecting import accounts, link_row
from tests.accounts.owner import (
    BAKER,
    Owner,
    asked_for,
    consent,
    one_database,
)
from tests.constant_contact.endpoint import Answer, endpoint
from tests.world import PUBLIC_URL, ROTATING, World

# -- what is asked of the provider


@one_database
def test_the_authorize_address_asks_for_exactly_what_it_should(owner: Owner) -> None:
    address = owner.leave(owner.link())
    asked = asked_for(address)

    assert address.startswith(
        f"{owner.world.simulator.url}/oauth2/default/v1/authorize?"
    )
    assert asked.pop("state")
    assert re.fullmatch(r"[\w-]{43}", asked.pop("code_challenge"))
    assert asked == {
        "client_id": ROTATING.client_id,
        "redirect_uri": f"{PUBLIC_URL}/connect/callback",
        "response_type": "code",
        "scope": "contact_data account_read offline_access",
        "code_challenge_method": "S256",
    }
    assert "%2B" not in address
    assert re.search(
        r"scope=contact_data(\+|%20)account_read(\+|%20)offline_access", address
    )
    assert f"redirect_uri={quote(PUBLIC_URL + '/connect/callback', safe='')}" in address


@one_database
def test_no_two_trips_share_state_or_challenge(owner: Owner) -> None:
    trips = [asked_for(owner.leave(owner.link(str(n)))) for n in range(3)]

    assert len({trip["state"] for trip in trips}) == 3
    assert len({trip["code_challenge"] for trip in trips}) == 3


@one_database
def test_without_pkce_no_challenge_goes_out_and_no_verifier_is_stored(
    make_world: Callable[..., World],
) -> None:
    owner = Owner(make_world(pkce=False))
    link = owner.link()
    asked = asked_for(owner.leave(link))

    assert "code_challenge" not in asked
    assert "code_challenge_method" not in asked
    assert db.session.scalars(select(AuthorizationTransaction.code_verifier)).all() == [
        None
    ]
    assert owner.connect(link).status_code == 200


@one_database
def test_scopes_come_from_the_settings_joined_by_blanks(
    make_world: Callable[..., World],
) -> None:
    owner = Owner(make_world(scopes="contact_data  offline_access"))
    link = owner.link()

    assert asked_for(owner.leave(link))["scope"] == "contact_data offline_access"


@one_database
def test_without_account_read_the_user_is_the_identity(
    make_world: Callable[..., World],
) -> None:
    owner = Owner(make_world(scopes="contact_data offline_access"))
    done = owner.connect(owner.link())
    account = accounts()[0]

    assert done.status_code == 200
    assert account.login == account.name == BAKER
    assert re.fullmatch(r"[0-9a-f-]{36}", account.provider_id)


@one_database
@pytest.mark.parametrize(
    "public_url",
    [
        "https://signup.example.org",
        "https://signup.example.org/",
        "https://xn--bcher-kva.example:8443",
        "http://localhost:8000",
    ],
)
def test_the_redirect_uri_is_byte_for_byte_that_of_the_settings(
    make_world: Callable[..., World], public_url: str
) -> None:
    with endpoint() as fake:
        fake.usual = Answer(400, {"error": "invalid_grant"})
        owner = Owner(make_world(public_url=public_url, auth_url=fake.url))
        token = invitations.create("x", 7, "admin").address.rpartition("/connect/")[2]
        browser = owner.world.app.test_client()
        page = browser.get(f"/connect/{token}", base_url=public_url)
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert csrf
        answer = browser.post(
            f"/connect/{token}", base_url=public_url, data={"csrf_token": csrf[1]}
        )
        asked = asked_for(answer.headers["Location"])
        browser.get(
            f"/connect/callback?code=c&state={asked['state']}", base_url=public_url
        )
    sent = parse_qs(fake.requests[0].body)

    assert asked["redirect_uri"] == f"{public_url.rstrip('/')}/connect/callback"
    assert sent["redirect_uri"] == [asked["redirect_uri"]]


@one_database
def test_the_exchange_proves_the_client_in_the_header_and_nothing_travels_in_an_address(
    make_world: Callable[..., World],
) -> None:
    with endpoint() as fake:
        fake.usual = Answer(400, {"error": "invalid_grant"})
        owner = Owner(make_world(auth_url=fake.url))
        asked = asked_for(owner.leave(owner.link()))
        owner.come_back(f"/connect/callback?code=the-code&state={asked['state']}")
    request = fake.requests[0]
    sent = {name: values[0] for name, values in parse_qs(request.body).items()}
    challenge = (
        base64.urlsafe_b64encode(sha256(sent["code_verifier"].encode()).digest())
        .rstrip(b"=")
        .decode()
    )
    basic = base64.b64encode(
        f"{ROTATING.client_id}:{ROTATING.client_secret}".encode()
    ).decode()

    assert (request.method, request.path) == ("POST", "/token")
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert set(sent) == {"grant_type", "code", "redirect_uri", "code_verifier"}
    assert (sent["grant_type"], sent["code"]) == ("authorization_code", "the-code")
    assert challenge == asked["code_challenge"]
    assert 43 <= len(sent["code_verifier"]) <= 128


@one_database
def test_no_call_to_the_provider_carries_anything_secret_in_its_query(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    calls = [
        call for call in world.calls("") if not call["path"].endswith("/authorize")
    ]
    queries = {
        urlsplit(f"?{call['query']}").query
        for call in calls
        if call["path"].startswith(("/oauth2", "/v3"))
    }

    assert queries <= {"", "limit=500", "limit=100"} | {
        query for query in queries if "cursor" in query
    }


# -- what our pages give away


@one_database
def test_cookies_are_short_lived_and_bound_to_the_trip(owner: Owner) -> None:
    link = owner.link()
    answer = owner.press(link, owner.open(link).text)
    cookie = next(
        value
        for value in answer.headers.getlist("Set-Cookie")
        if value.startswith("latchkey_connect=")
    )

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/connect" in cookie
    assert "Max-Age=3600" in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie


@one_database
def test_over_https_the_cookie_is_secure(make_world: Callable[..., World]) -> None:
    world = make_world(public_url="https://signup.example.org")
    link = "/connect/" + invitations.create("x", 7, "admin").address.rpartition("/")[2]
    browser = world.app.test_client()
    page = browser.get(link, base_url="https://signup.example.org").text
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert csrf
    answer = browser.post(
        link,
        base_url="https://signup.example.org",
        data={"csrf_token": csrf[1]},
        headers={"Referer": "https://signup.example.org/"},
    )
    cookie = next(
        value
        for value in answer.headers.getlist("Set-Cookie")
        if value.startswith("__Host-latchkey_connect=")
    )

    assert "Secure" in cookie


@one_database
def test_pages_of_the_trip_tell_no_other_site_where_they_are(owner: Owner) -> None:
    link = owner.link()
    invitation = owner.open(link)
    leaving = owner.press(link, invitation.text)
    callback = consent(owner.theirs, leaving.headers["Location"])
    landing = owner.open(callback)
    done = owner.open(landing.headers["Location"])

    for response in (
        invitation,
        leaving,
        landing,
        done,
        owner.open("/connect/callback"),
        owner.open("/connect/nope"),
    ):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


@one_database
def test_the_invitation_may_be_left_for_the_provider_by_form(
    owner: Owner, world: World
) -> None:
    policy = owner.open(owner.link()).headers["Content-Security-Policy"]

    assert f"form-action 'self' https: {world.simulator.url}" in policy


def test_no_secret_shows_in_any_page_or_redirect_of_ours(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    address = owner.leave(link)
    state = asked_for(address)["state"]
    callback = consent(owner.theirs, address)
    code = parse_qs(urlsplit(callback).query)["code"][0]
    owner.come_back(callback)
    owner.come_back(callback)
    owner.come_back(f"/connect/callback?code={code}&state=foreign")
    held = accounts()[0].token_set
    assert held is not None
    vault = world.app.extensions["latchkey"].cipher
    pair = [
        vault.decrypt(getattr(held, column), "token_set", held.id, column)
        for column in ("access_token", "refresh_token")
    ]
    secrets = [state, code, ROTATING.client_secret, *pair]
    said = "\n".join(owner.seen)

    assert len(said) > 1000
    assert [secret for secret in secrets if secret in said] == []


def test_the_verifier_is_sealed_and_gone_once_used(owner: Owner) -> None:
    link = owner.link()
    address = owner.leave(link)
    sealed = db.session.scalars(select(AuthorizationTransaction.code_verifier)).one()
    owner.come_back(consent(owner.theirs, address))
    db.session.rollback()

    assert str(sealed).startswith("gAAAA")
    assert db.session.scalars(select(AuthorizationTransaction.code_verifier)).all() == [
        None
    ]


def test_state_link_and_browser_are_stored_as_digests_only(owner: Owner) -> None:
    link = owner.link()
    state = asked_for(owner.leave(link))["state"]
    cookie = owner.ours.get_cookie("latchkey_connect", path="/connect")
    row = db.session.scalars(select(AuthorizationTransaction)).one()
    assert cookie

    assert row.state_digest == sha256(state.encode()).hexdigest()
    assert row.browser_digest == sha256(cookie.value.encode()).hexdigest()
    assert link_row().digest == sha256(link.rpartition("/")[2].encode()).hexdigest()
