"""From an invitation to a connected account, and every other way that trip can end."""

import base64
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from flask import current_app
from sqlalchemy import func, select

from app import messages
from app.accounts import facts, invitations, tokens
from app.accounts.models import (
    Account,
    AccountEvent,
    AuthorizationTransaction,
    ConnectLink,
    TokenSet,
)
from app.database.session import db
from tests.accounts.owner import (
    BAKER,
    INTERN,
    LIBRARIAN,
    LONELY,
    MANAGER,
    YOGI,
    Owner,
    asked_for,
    consent,
    one_database,
)
from tests.constant_contact.endpoint import Answer, endpoint
from tests.world import PATIENCE, PUBLIC_URL, ROTATING, World, locked, text_fields

TOKEN = "/oauth2/default/v1/token"


def accounts() -> list[Account]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Account).order_by(Account.name)))


def outcome() -> str | None:
    db.session.rollback()
    return db.session.scalars(
        select(AuthorizationTransaction.outcome).order_by(
            AuthorizationTransaction.created_at.desc()
        )
    ).first()


def link_row() -> ConnectLink:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(ConnectLink)).one()


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found, page
    return unescape(re.sub(r"<[^>]+>", "", found[1])).strip()


def title(reason: str) -> str:
    return say(messages.CONNECTING[reason][0])


def say(sentence: Any) -> str:
    """A sentence as a page would say it: which language is asked of the request."""
    with current_app.test_request_context():
        return str(sentence)


def exact(page: str) -> str:
    found = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    return found[1] if found else ""


def tokens_stored() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(TokenSet)) or 0


# -- the good end


@one_database
def test_the_invitation_says_who_asks_for_what_in_plain_words(owner: Owner) -> None:
    page = owner.open(owner.link("Bakery newsletter")).text

    assert "admin@example.com" in re.sub(r"<[^>]+>", "", page)
    assert "Bakery newsletter" in page
    for scope in ("contact_data", "account_read", "offline_access"):
        assert say(messages.SCOPES[scope]) in page
        assert scope not in page
    assert page.count("<button") == 1
    assert "Connect Constant Contact</button>" in page


def test_an_owner_connects_their_account(owner: Owner, world: World) -> None:
    done = owner.connect(owner.link())
    account, link = accounts()[0], link_row()
    held = account.token_set

    assert done.status_code == 200
    assert heading(done.text) == "Maple & Rye Bakery is connected"
    for sentence in messages.CHECKLIST.values():
        assert say(sentence) in done.text
    assert "4 found" in done.text
    assert (account.provider_id, account.name, account.login) == (
        "a07e1mplrye1",
        "Maple & Rye Bakery",
        BAKER,
    )
    assert account.facts_read_at is not None
    assert held is not None
    assert (held.version, held.kind, held.refused_at) == (1, "unknown", None)
    assert set(held.scopes.split()) == {
        "contact_data",
        "account_read",
        "offline_access",
    }
    assert (invitations.state(link, world.clock.now()), link.account_id) == (
        "used",
        account.id,
    )
    assert [(o.what, o.detail) for o in db.session.scalars(select(AccountEvent))] == [
        ("connected", BAKER)
    ]
    assert [item.name for item in facts.lists_of(account.id)] == [
        "Baking Classes",
        "Newsletter",
        "Saturday Specials",
        "Wholesale Customers",
    ]


def test_lists_are_read_through_every_page(owner: Owner, world: World) -> None:
    done = owner.connect(owner.link(), LIBRARIAN)
    account = accounts()[0]

    assert "120 found" in done.text
    assert len(facts.lists_of(account.id)) == 120
    assert len(text_fields(account.id)) >= 1


def test_an_account_connected_again_is_renewed_in_place(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    before = accounts()[0]
    form = world.form(before)
    id, grant, obtained = (
        before.id,
        before.token_set.grant_id,
        before.token_set.obtained_at,
    )  # type: ignore[union-attr]
    world.token_set(
        before, refused_at=world.clock.now(), failures=3, failure="grant_refused"
    )
    world.clock.advance(minutes=1)

    done = owner.connect(owner.link("Again"), MANAGER)
    after = accounts()
    held = after[0].token_set

    assert done.status_code == 200
    assert [account.id for account in after] == [id]
    assert world.again(form).account_id == id
    assert held is not None
    assert held.grant_id != grant
    assert held.obtained_at > obtained
    assert (held.refused_at, held.failures, held.failure) == (None, 0, None)
    assert tokens_stored() == 1
    assert sorted(o.what for o in db.session.scalars(select(AccountEvent))) == [
        "connected",
        "reconnected",
    ]


def test_a_disconnected_account_comes_back_with_its_forms(
    owner: Owner, world: World
) -> None:
    account = world.account(
        disconnected_at=world.clock.now(), trouble="grant_refused", trouble_count=4
    )
    owner.connect(owner.link())
    after = world.again(account)

    assert (after.disconnected_at, after.trouble, after.trouble_count) == (
        None,
        None,
        0,
    )


def test_several_accounts_live_side_by_side(owner: Owner, world: World) -> None:
    owner.connect(owner.link("One"))
    Owner(world).connect(owner.link("Two"), YOGI)
    Owner(world).connect(owner.link("Three"), LIBRARIAN)

    assert [account.name for account in accounts()] == [
        "Fernhill Public Library",
        "Maple & Rye Bakery",
        "Quiet Tide Yoga",
    ]
    assert tokens_stored() == 3


def test_an_admin_connects_without_a_link(world: World) -> None:
    admin = Owner(world, world.signed_in())
    page = admin.open("/accounts").text
    answer = admin.press("/accounts", page, "/accounts/connect")
    done = admin.come_back(consent(admin.theirs, answer.headers["Location"]))

    assert done.status_code == 200
    assert "Make a form" in done.text
    assert [account.name for account in accounts()] == ["Maple & Rye Bakery"]


@one_database
def test_lists_that_cannot_be_read_do_not_spoil_the_connection(
    owner: Owner, world: World
) -> None:
    world.fault("/v3/contact_lists", status=503)
    done = owner.connect(owner.link())
    account = accounts()[0]

    assert done.status_code == 200
    assert "It is read again by itself in a moment" in done.text
    assert account.facts_read_at is None
    assert facts.unread(world.clock.now(), world.clock.now()) == [account.id]


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
    house: Callable[..., World],
) -> None:
    owner = Owner(house(pkce=False))
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
    house: Callable[..., World],
) -> None:
    owner = Owner(house(scopes="contact_data  offline_access"))
    link = owner.link()

    assert asked_for(owner.leave(link))["scope"] == "contact_data offline_access"


@one_database
def test_without_account_read_the_user_is_the_identity(
    house: Callable[..., World],
) -> None:
    owner = Owner(house(scopes="contact_data offline_access"))
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
    house: Callable[..., World], public_url: str
) -> None:
    with endpoint() as fake:
        fake.usual = Answer(400, {"error": "invalid_grant"})
        owner = Owner(house(public_url=public_url, auth_url=fake.url))
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
    house: Callable[..., World],
) -> None:
    with endpoint() as fake:
        fake.usual = Answer(400, {"error": "invalid_grant"})
        owner = Owner(house(auth_url=fake.url))
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
def test_over_https_the_cookie_is_secure(house: Callable[..., World]) -> None:
    world = house(public_url="https://signup.example.org")
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
        if value.startswith("latchkey_connect=")
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


# -- every other end


def nothing_was_stored() -> bool:
    link = link_row()
    return (
        accounts() == []
        and tokens_stored() == 0
        and link.used_at is None
        and link.account_id is None
    )


def test_saying_no_is_fine(owner: Owner, world: World) -> None:
    page = owner.connect(owner.link(), allow=False)

    assert (page.status_code, heading(page.text)) == (400, title("denied"))
    assert "Start again" in page.text
    assert outcome() == "denied"
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


@one_database
@pytest.mark.parametrize(
    ("error", "reason", "again"),
    [
        ("server_error", "provider_unavailable", True),
        ("temporarily_unavailable", "provider_unavailable", True),
        ("invalid_scope", "scope_refused", False),
        ("unauthorized_client", "client_refused", False),
        ("invalid_request", "provider_said", True),
        ("login_required", "provider_said", True),
        ("<script>alert(1)</script>", "provider_said", True),
    ],
)
def test_an_error_from_the_provider_has_its_page(
    owner: Owner, world: World, error: str, reason: str, again: bool
) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    said = f"error={quote(error)}&error_description=%3Cb%3Ebold%3C/b%3E"
    page = owner.come_back(f"/connect/callback?{said}&state={state}")

    assert (page.status_code, heading(page.text)) == (400, title(reason))
    assert ("Start again" in page.text) is again
    assert "&lt;b&gt;bold" in exact(page.text)
    assert "<script>alert" not in page.text
    assert "<b>bold" not in page.text
    assert outcome() == reason
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


@one_database
def test_an_error_beside_a_code_wins(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    page = owner.come_back(f"{callback}&error=access_denied")

    assert heading(page.text) == title("denied")
    assert world.calls(TOKEN) == []


@one_database
def test_an_answer_without_a_code_has_its_page(owner: Owner, world: World) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    page = owner.come_back(f"/connect/callback?state={state}")

    assert (page.status_code, heading(page.text)) == (400, title("no_code"))
    assert nothing_was_stored()
    assert world.calls(TOKEN) == []


def test_a_callback_loaded_again_repeats_nothing(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    first, second = owner.come_back(callback), owner.come_back(callback)

    assert first.status_code == second.status_code == 200
    assert heading(second.text) == "Maple & Rye Bakery is connected"
    assert len(world.calls(TOKEN)) == 1
    assert len(accounts()) == 1


def test_a_failed_callback_loaded_again_stays_failed(
    owner: Owner, world: World
) -> None:
    state = asked_for(owner.leave(owner.link()))["state"]
    owner.come_back(f"/connect/callback?error=access_denied&state={state}")
    page = owner.come_back(f"/connect/callback?code=stolen&state={state}")

    assert heading(page.text) == title("denied")
    assert world.calls(TOKEN) == []


def test_sixteen_callbacks_at_once_make_one_token_call(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    cookie = owner.ours.get_cookie("latchkey_connect", path="/connect")
    assert cookie
    together = threading.Barrier(16)

    def come(_: int) -> tuple[int, str]:
        browser = world.app.test_client()
        browser.set_cookie("latchkey_connect", cookie.value, path="/connect")
        together.wait()
        answer = browser.get(callback)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(come, range(16)))

    assert {status for status, _ in answers} == {303}
    assert len({where for _, where in answers}) == 1
    assert len(world.calls(TOKEN)) == 1
    assert len(accounts()) == tokens_stored() == 1


def test_another_browser_cannot_finish_the_trip(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    thief = Owner(world)
    thief.leave(owner.link("Thief’s own"))
    strangers = [Owner(world).come_back(callback), thief.come_back(callback)]

    for page in strangers:
        assert (page.status_code, heading(page.text)) == (400, title("other_browser"))
        assert "Start again" not in page.text
    assert world.calls(TOKEN) == []
    assert accounts() == []
    assert owner.come_back(callback).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=c",
        "?state=",
        "?code=c&state=never-made",
        "?error=access_denied",
        "?state=" + "x" * 5000,
        "?state=%00&code=%00",
        "?state[]=1&code[]=2",
    ],
)
def test_an_unknown_state_is_not_believed(
    owner: Owner, world: World, query: str
) -> None:
    owner.leave(owner.link())
    page = owner.open(f"/connect/callback{query}")

    assert (page.status_code, heading(page.text)) == (400, title("state_unknown"))
    assert world.calls(TOKEN) == []
    assert nothing_was_stored()


def test_a_trip_of_eleven_minutes_took_too_long(owner: Owner, world: World) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    world.clock.advance(minutes=11)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("too_late"))
    assert "Start again" in page.text
    assert world.calls(TOKEN) == []
    assert nothing_was_stored()


def test_a_code_that_ran_out_at_the_provider_is_refused(
    owner: Owner, world: World
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    world.clock.advance(minutes=6)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("code_refused"))
    assert "The authorization code is invalid or has expired." in page.text
    assert nothing_was_stored()


@one_database
def test_a_wrong_secret_is_not_the_owners_fault(house: Callable[..., World]) -> None:
    owner = Owner(house(client_secret="wrong-secret-of-this-installation"))
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (400, title("client_refused"))
    assert "Start again" not in page.text
    assert "wrong-secret" not in page.text
    assert nothing_was_stored()


@one_database
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 500},
        {"status": 429},
        {"status": 503, "body": "<h1>down</h1>"},
        {"status": 200, "body": {}},
        {"status": 200, "body": "<html>"},
        {"reset": True},
        {"reset": True, "when": "after"},
    ],
    ids=str,
)
def test_trouble_at_the_token_endpoint_changes_nothing(
    owner: Owner, world: World, fault: dict[str, Any]
) -> None:
    world.fault(TOKEN, **fault)
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (
        400,
        title("provider_unavailable"),
    )
    assert "Start again" in page.text
    assert nothing_was_stored()
    assert len(world.calls(TOKEN)) == 1


def test_a_permission_for_one_day_only_is_not_stored(
    owner: Owner, world: World
) -> None:
    address = (
        owner.leave(owner.link())
        .replace("+offline_access", "")
        .replace("%20offline_access", "")
    )
    page = owner.come_back(consent(owner.theirs, address))

    assert (page.status_code, heading(page.text)) == (400, title("no_refresh_token"))
    assert nothing_was_stored()


def test_a_missing_permission_is_named(owner: Owner, world: World) -> None:
    address = (
        owner.leave(owner.link())
        .replace("account_read+", "")
        .replace("account_read%20", "")
    )
    page = owner.come_back(consent(owner.theirs, address))

    assert (page.status_code, heading(page.text)) == (400, title("scopes_missing"))
    assert exact(page.text) == "account_read"
    assert nothing_was_stored()


@one_database
def test_a_login_without_an_account_is_told_so(owner: Owner) -> None:
    page = owner.connect(owner.link(), LONELY)

    assert (page.status_code, heading(page.text)) == (400, title("unassigned"))
    assert nothing_was_stored()


@one_database
def test_a_login_that_may_not_add_contacts_is_told_what_is_missing(
    owner: Owner,
) -> None:
    page = owner.connect(owner.link(), INTERN)

    assert (page.status_code, heading(page.text)) == (400, title("privileges_missing"))
    assert exact(page.text) == "contacts:write"
    assert nothing_was_stored()


@one_database
@pytest.mark.parametrize(
    "route", ["/v3/account/summary", "/v3/account/user/privileges"]
)
@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 403}, {"status": 200, "body": {}}, {"reset": True}],
    ids=str,
)
def test_an_account_that_cannot_be_looked_at_is_not_stored(
    owner: Owner, world: World, route: str, fault: dict[str, Any]
) -> None:
    world.fault(route, **fault)
    page = owner.connect(owner.link())

    assert (page.status_code, heading(page.text)) == (400, title("account_unreadable"))
    assert "Start again" in page.text
    assert nothing_was_stored()


@pytest.mark.parametrize(
    "route", ["/v3/account/summary", "/v3/account/user/privileges"]
)
@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 200, "body": []}], ids=str
)
def test_a_connected_account_that_cannot_be_looked_at_gets_its_new_pair_all_the_same(
    owner: Owner, world: World, route: str, fault: dict[str, Any]
) -> None:
    """The provider ended the earlier grant by this consent, so only the new pair lives."""
    owner.connect(owner.link())
    account = accounts()[0]
    world.fault(route, **fault)
    page = owner.connect(owner.link("Again"))
    world.mend()
    world.expired(account)

    assert heading(page.text) == f"{account.name} is connected"
    assert tokens.fresh_token(account.id)


def test_a_login_with_too_few_rights_replaces_nothing_and_the_old_pair_is_proved_at_once(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    account = accounts()[0]
    before = world.token_set(account).access_token
    page = Owner(world).connect(owner.link("Again"), INTERN)

    assert heading(page.text) == title("privileges_missing")
    assert world.again(world.token_set(account)).access_token == before
    assert tokens.due(world.clock.now()) == [account.id]


def test_a_link_that_another_tab_has_used_meanwhile_does_not_cost_the_connection(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    first, second = owner.leave(link), owner.leave(link)
    owner.come_back(consent(owner.theirs, first))
    told = owner.come_back(consent(owner.theirs, second))
    account = accounts()[0]
    world.expired(account)

    assert heading(told.text) == title("link_closed")
    assert tokens.fresh_token(account.id)


def test_a_database_that_is_busy_when_the_pair_arrives_does_not_cost_it(
    owner: Owner, world: World
) -> None:
    owner.connect(owner.link())
    account = accounts()[0]
    callback = consent(owner.theirs, owner.leave(owner.link("Again")))
    done: list[str] = []

    def come_back() -> None:
        done.append(owner.come_back(callback).text)

    trip = threading.Thread(target=come_back)
    with world.holding(TOKEN, "after") as call:
        trip.start()
        call.until_arrived()
        with locked("account"):
            call.release()
            time.sleep(1)  # the pair arrives meanwhile
    trip.join()
    world.expired(account)

    assert heading(done[0]) == f"{account.name} is connected"
    assert tokens.fresh_token(account.id)


# -- starting again


@one_database
@pytest.mark.parametrize("trouble", ["denied", "late", "down", "intern"])
def test_start_again_leads_from_failure_to_success_with_the_same_link(
    owner: Owner, world: World, trouble: str
) -> None:
    link = owner.link()
    callback = consent(
        owner.theirs,
        owner.leave(link),
        INTERN if trouble == "intern" else BAKER,
        allow=trouble != "denied",
    )
    if trouble == "late":
        world.clock.advance(minutes=11)
    if trouble == "down":
        world.fault(TOKEN, status=503, times=1)
    failed = owner.come_back(callback)
    again = owner.press(link, failed.text)
    address = again.headers["Location"]
    done = owner.come_back(consent(owner.theirs, address))

    assert again.status_code == 303
    assert asked_for(address)["prompt"] == "login"
    assert heading(done.text) == "Maple & Rye Bakery is connected"
    assert link_row().used_at is not None


@one_database
def test_the_failure_page_may_be_left_for_the_provider_by_form(
    owner: Owner, world: World
) -> None:
    page = owner.connect(owner.link(), allow=False)

    assert world.simulator.url in page.headers["Content-Security-Policy"]


def test_only_the_browser_of_the_trip_may_start_it_again_or_see_its_end(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    failed = owner.connect(link, allow=False)
    action = re.search(r'action="(/connect/again/[^"]+)"', failed.text)
    assert action
    stranger = Owner(world)
    own_page = stranger.open(link).text

    assert stranger.press(link, own_page, action[1]).status_code == 404
    assert stranger.open(action[1].replace("again", "done")).status_code == 404


@one_database
def test_an_admins_trip_is_started_again_by_admins_only(world: World) -> None:
    admin = Owner(world, world.signed_in())
    answer = admin.press("/accounts", admin.open("/accounts").text, "/accounts/connect")
    failed = admin.come_back(
        consent(admin.theirs, answer.headers["Location"], allow=False)
    )
    action = re.search(r'action="(/connect/again/[^"]+)"', failed.text)
    assert action
    admin.ours.delete_cookie("latchkey")

    page = admin.open(owner_page(admin))
    assert admin.press("", page.text, action[1]).status_code == 403


def owner_page(owner: Owner) -> str:
    return owner.link("any page with a form")


def test_start_again_with_a_link_that_closed_meanwhile_goes_nowhere(
    owner: Owner, world: World
) -> None:
    link = owner.link()
    failed = owner.connect(link, allow=False)
    invitations.revoke(link_row().id)
    again = owner.press(link, failed.text)

    assert again.status_code == 303
    assert again.headers["Location"].startswith("/connect/done/")


# -- links


@pytest.mark.parametrize(
    ("close", "told"),
    [
        ("use", "This link has done its work"),
        ("revoke", "This link was withdrawn"),
        ("expire", "This link has run out"),
    ],
)
def test_a_closed_link_says_why_and_starts_nothing(
    owner: Owner, world: World, close: str, told: str
) -> None:
    link = owner.link()
    page = owner.open(link).text
    if close == "use":
        owner.connect(link)
    if close == "revoke":
        invitations.revoke(link_row().id)
    if close == "expire":
        world.clock.advance(days=8)
    before = len(world.calls("/authorize"))
    pressed = owner.press(link, page)
    shown = owner.open(link)

    assert heading(shown.text) == told
    assert "<button" not in shown.text
    assert (pressed.status_code, pressed.headers["Location"]) == (303, link)
    assert len(world.calls("/authorize")) == before


def test_two_browsers_racing_for_one_link_make_one_connection(
    owner: Owner, world: World
) -> None:
    link, other = owner.link(), Owner(world)
    mine = consent(owner.theirs, owner.leave(link))
    theirs = consent(other.theirs, other.leave(link), YOGI)
    together = threading.Barrier(2)

    def come(who: Owner, callback: str) -> str:
        together.wait()
        return who.come_back(callback).text

    with ThreadPoolExecutor(2) as pool:
        pages = sorted(
            heading(page) for page in pool.map(come, (owner, other), (mine, theirs))
        )
    stored = accounts()

    assert len(stored) == tokens_stored() == 1
    assert pages == sorted([f"{stored[0].name} is connected", title("link_closed")])
    assert link_row().account_id == stored[0].id


def test_a_link_withdrawn_while_the_owner_signs_in_connects_nothing(
    owner: Owner,
) -> None:
    callback = consent(owner.theirs, owner.leave(owner.link()))
    invitations.revoke(link_row().id)
    page = owner.come_back(callback)

    assert (page.status_code, heading(page.text)) == (400, title("link_closed"))
    assert "Start again" not in page.text
    assert accounts() == []


def test_an_unknown_link_is_not_found(owner: Owner) -> None:
    assert owner.open("/connect/never-made").status_code == 404


@one_database
def test_the_button_needs_the_page_it_stands_on(owner: Owner) -> None:
    link = owner.link()

    assert owner.ours.post(link).status_code == 400
    assert db.session.scalars(select(AuthorizationTransaction)).all() == []


def test_every_end_that_is_raised_has_words_and_only_those() -> None:
    from app.owner import connect

    assert set(messages.CONNECTING) >= connect.MAY_START_AGAIN
    assert set(connect.ERROR_REASONS.values()) <= set(messages.CONNECTING)


def test_trips_of_long_ago_are_swept_away(owner: Owner, world: World) -> None:
    owner.leave(owner.link())
    world.clock.advance(days=31)
    owner.leave(owner.link("Newer"))

    assert (
        db.session.scalar(select(func.count()).select_from(AuthorizationTransaction))
        == 1
    )


@one_database
def test_a_second_sign_in_is_asked_for_only_when_starting_again(owner: Owner) -> None:
    assert "prompt" not in asked_for(owner.leave(owner.link()))


@one_database
def test_the_consent_page_is_really_the_providers(owner: Owner) -> None:
    page = requests.get(owner.leave(owner.link()), timeout=PATIENCE)

    assert page.url.startswith(f"{owner.world.simulator.url}/signin")
