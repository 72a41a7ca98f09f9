"""Setting up: the API key is entered, tried at once, kept sealed, and a wrong one is
told in words.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select, text, update

from app.accounts import api_key, invitations, tokens
from app.accounts.models import Account, StoredApiKey, TokenSet
from app.database.session import db, write_transaction
from app.simulator.server import Running
from tests.constant_contact.endpoint import Answer, endpoint
from tests.dashboard.reading import text_of
from tests.world import LONG_LIVED, ONE_DATABASE, PUBLIC_URL, ROTATING, World, csrf_of

UNKNOWN = "99999999-9999-4999-8999-999999999999"


@pytest.fixture
def bare(make_app: Callable[..., Flask], simulator: Running) -> Any:
    """The house without an API key in its environment."""
    app = make_app(client_id="", client_secret=SecretStr(""))
    with app.app_context():
        yield World(app, simulator)


def enter(browser: FlaskClient, client_id: str, client_secret: str, **more: str) -> str:
    """Fill in the form; the page that the admin sees then."""
    token = csrf_of(browser.get("/setup").text)
    return text_of(
        browser.post(
            "/setup",
            follow_redirects=True,
            data={
                "csrf_token": token,
                "client_id": client_id,
                "client_secret": client_secret,
                **more,
            },
        ).text
    )


def stored() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(StoredApiKey.client_id)))


def test_an_api_key_is_entered_tried_and_used(bare: World) -> None:
    page = enter(
        bare.signed_in(), f"  {ROTATING.client_id} ", f"{ROTATING.client_secret}\n"
    )

    assert "Constant Contact accepts this API key and secret." in page
    assert "didn’t reject the redirect URI" in page
    assert stored() == [ROTATING.client_id]
    assert api_key.credentials().client_secret == ROTATING.client_secret
    account = bare.expired(bare.account()).account
    assert tokens.fresh_token(account.id)


def test_the_secret_is_sealed_and_on_no_page(bare: World) -> None:
    admin = bare.signed_in()
    page = enter(admin, ROTATING.client_id, ROTATING.client_secret)
    column = db.session.scalar(text("SELECT client_secret FROM api_key"))

    assert ROTATING.client_secret not in str(column) + page + admin.get("/setup").text
    assert ROTATING.client_id in admin.get("/setup").text


@ONE_DATABASE
def test_a_secret_that_cannot_be_stored_is_not_shown_either(
    bare: World, data_dir: Path
) -> None:
    admin, lock = bare.signed_in(), data_dir / "latchkey.db.lock"
    lock.unlink()
    lock.mkdir()
    page = enter(admin, ROTATING.client_id, ROTATING.client_secret)

    assert "We can’t save this right now" in page
    assert ROTATING.client_id in page
    assert ROTATING.client_secret not in page


def test_of_several_who_store_one_at_once_the_last_one_wins(bare: World) -> None:
    with ThreadPoolExecutor(4) as crowd:
        pages = list(
            crowd.map(
                lambda admin: enter(admin, ROTATING.client_id, ROTATING.client_secret),
                [bare.signed_in() for _ in range(4)],
            )
        )

    assert all("The API key and secret are saved" in page for page in pages)
    assert stored() == [ROTATING.client_id]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("client_id", "secret"),
    [(ROTATING.client_id, "not-its-secret"), (UNKNOWN, "any-secret")],
)
def test_a_wrong_api_key_is_told_in_words_and_not_stored(
    bare: World, client_id: str, secret: str
) -> None:
    page = enter(bare.signed_in(), client_id, secret)

    assert "Constant Contact doesn’t accept this API key with this secret." in page
    assert "Full answer" in page
    assert stored() == []


@ONE_DATABASE
@pytest.mark.parametrize(
    ("client_id", "secret", "words"),
    [
        ("", "a-good-secret", "Copy the API key from"),
        ("a-good-key", "", "Copy the secret from"),
        ("two words of it", "a-good-secret", "An API key has no spaces"),
        ("schlüssel", "a-good-secret", "no spaces"),
        ("a-good-key", "ein geheimnis", "A secret has no spaces"),
        ("short", "a-good-secret", "8 to 80"),
        ("k" * 81, "a-good-secret", "8 to 80"),
        ("a-good-key", "s" * 201, "8 to 200"),
    ],
)
def test_what_cannot_be_an_api_key_is_not_even_tried(
    bare: World, client_id: str, secret: str, words: str
) -> None:
    page = enter(bare.signed_in(), client_id, secret)

    assert words in page
    assert stored() == []
    assert bare.calls("/token") == []


@ONE_DATABASE
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 503}, "doesn’t know yet if the API key works"),
        ({"status": 429}, "Try again in a moment"),
        (
            {"status": 200, "body": "<p>Welcome"},
            "CTCT_AUTH_URL answered, but not as Constant Contact’s sign-in does",
        ),
    ],
)
def test_an_api_key_that_cannot_be_tried_is_kept_and_said_to_be_untried(
    bare: World, fault: Any, words: str
) -> None:
    bare.fault("/token", **fault)
    page = enter(bare.signed_in(), ROTATING.client_id, ROTATING.client_secret)

    assert words in page
    assert stored() == [ROTATING.client_id]


@ONE_DATABASE
def test_an_unreachable_provider_is_said_too(
    make_app: Callable[..., Flask], simulator: Running
) -> None:
    app = make_app(
        client_id="", client_secret=SecretStr(""), auth_url="http://127.0.0.1:1"
    )
    with app.app_context():
        page = enter(
            World(app, simulator).signed_in(),
            ROTATING.client_id,
            ROTATING.client_secret,
        )

    assert "couldn’t reach Constant Contact" in page


@ONE_DATABASE
def test_a_redirect_uri_that_is_not_registered_is_noticed_without_a_browser(
    bare: World,
) -> None:
    bare.control(
        "apps",
        client_id=ROTATING.client_id,
        redirect_uris=["https://elsewhere.example.org/callback"],
    )
    page = enter(bare.signed_in(), ROTATING.client_id, ROTATING.client_secret)

    assert "Constant Contact refused the redirect URI" in page
    assert stored() == [ROTATING.client_id]


@ONE_DATABASE
def test_another_api_key_needs_a_second_word_while_accounts_are_connected(
    bare: World,
) -> None:
    admin = bare.signed_in()
    enter(admin, ROTATING.client_id, ROTATING.client_secret)
    bare.account()
    asked = enter(admin, LONG_LIVED.client_id, LONG_LIVED.client_secret)
    before = stored()
    enter(admin, LONG_LIVED.client_id, LONG_LIVED.client_secret, reconnect="y")

    assert "1 account is connected with the current API key." in asked
    assert before == [ROTATING.client_id]
    assert stored() == [LONG_LIVED.client_id]


@ONE_DATABASE
def test_a_new_secret_of_the_same_key_lets_what_waited_go_on_at_once(
    bare: World,
) -> None:
    admin = bare.signed_in()
    enter(admin, ROTATING.client_id, ROTATING.client_secret)
    later = bare.clock.now().replace(year=2100)
    account = bare.account(trouble="client_refused", hold_until=later)
    bare.token_set(account, failure="client_refused", next_attempt_at=later)
    bare.control("apps", client_id=ROTATING.client_id, client_secret="the-new-secret")
    page = enter(admin, ROTATING.client_id, "the-new-secret")

    assert "accepts this API key" in page
    db.session.rollback()
    assert db.session.scalars(select(TokenSet.next_attempt_at)).one() is None
    assert db.session.scalars(select(Account.hold_until)).one() is None


@ONE_DATABASE
def test_what_the_environment_says_wins_and_cannot_be_overwritten(
    bare: World, world: World
) -> None:
    enter(bare.signed_in(), LONG_LIVED.client_id, LONG_LIVED.client_secret)
    with world.app.app_context():
        page = enter(world.signed_in(), LONG_LIVED.client_id, LONG_LIVED.client_secret)
        used = api_key.credentials().client_id

    assert used == ROTATING.client_id
    assert "CTCT_CLIENT_ID and CTCT_CLIENT_SECRET" in page


@pytest.fixture
def shut(bare: World) -> FlaskClient:
    """An admin of a house whose stored secret does not open, as when the key that
    sealed it left the ring.
    """
    admin = bare.signed_in()
    enter(admin, ROTATING.client_id, ROTATING.client_secret)
    with write_transaction() as session:
        session.execute(
            update(StoredApiKey).values(client_secret="sealed-with-a-key-that-is-gone")
        )
    return admin


@ONE_DATABASE
def test_a_renewal_without_a_secret_sends_nothing_and_waits_for_one(
    bare: World, shut: FlaskClient
) -> None:
    account = bare.account()
    bare.expired(account)
    before = len(bare.calls("/token"))
    with pytest.raises(tokens.NotNow, match="client_refused"):
        tokens.fresh_token(account.id)
    waiting = bare.token_set(account)

    assert len(bare.calls("/token")) == before
    assert (waiting.failure, waiting.intent_at, waiting.lease_until) == (
        "client_refused",
        None,
        None,
    )
    assert "refused this installation’s API key" in text_of(shut.get("/").text)
    enter(shut, ROTATING.client_id, ROTATING.client_secret)
    assert tokens.fresh_token(account.id)


@ONE_DATABASE
def test_trying_a_secret_that_does_not_open_says_so(
    bare: World, shut: FlaskClient
) -> None:
    page = text_of(
        shut.post(
            "/setup/check",
            follow_redirects=True,
            data={"csrf_token": csrf_of(shut.get("/setup").text)},
        ).text
    )

    assert "The stored secret can’t be decrypted with this LATCHKEY_KEY." in page


@ONE_DATABASE
def test_an_owner_who_comes_back_meanwhile_is_told(bare: World) -> None:
    admin = bare.signed_in()
    enter(admin, ROTATING.client_id, ROTATING.client_secret)
    trip = admin.post(
        "/accounts/connect", data={"csrf_token": csrf_of(admin.get("/accounts").text)}
    )
    state = parse_qs(urlsplit(trip.location).query)["state"][0]
    with write_transaction() as session:
        session.execute(
            update(StoredApiKey).values(client_secret="sealed-with-a-key-that-is-gone")
        )
    page = admin.get(
        f"/connect/callback?code=any&state={state}", follow_redirects=True
    ).text

    assert "Constant Contact refused our API key" in text_of(page)


@ONE_DATABASE
def test_without_a_usable_api_key_nobody_is_sent_away(bare: World) -> None:
    path = invitations.create("x", 7, "admin").address.removeprefix(PUBLIC_URL)
    owner, admin = bare.app.test_client(), bare.signed_in()
    before = owner.post(path, data={"csrf_token": csrf_of(owner.get(path).text)})
    enter(admin, ROTATING.client_id, ROTATING.client_secret)
    with write_transaction() as session:
        session.execute(
            update(StoredApiKey).values(client_secret="sealed-with-a-key-that-is-gone")
        )
    shut = admin.post(
        "/accounts/connect", data={"csrf_token": csrf_of(admin.get("/accounts").text)}
    )

    for answer in (before, shut):
        assert answer.status_code == 400
        assert "Constant Contact refused our API key" in text_of(answer.text)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("page", "kind"),
    [
        # searched to their ends they would hold somebody up, and speak of the key
        ("<head" * 300_000 + "client_id", "text/html"),
        ("<" * 1_000_000 + "client_id", "text/html"),
        ("<p>no", "text/html; charset=idna"),
    ],
)
def test_a_page_that_no_provider_would_send_holds_nobody_up(
    make_app: Callable[..., Flask], simulator: Running, page: str, kind: str
) -> None:
    with endpoint() as odd:
        app = make_app(client_id="", client_secret=SecretStr(""), auth_url=odd.url)
        odd.answers.append(Answer(400, {"error": "invalid_grant"}))
        odd.usual = Answer(400, page, {"Content-Type": kind})
        with app.app_context():
            said = enter(
                World(app, simulator).signed_in(),
                ROTATING.client_id,
                ROTATING.client_secret,
            )

    assert "Constant Contact refused the redirect URI" in said


@ONE_DATABASE
def test_it_can_be_tried_again_at_any_time(world: World) -> None:
    admin = world.signed_in()
    world.control("apps", client_id=ROTATING.client_id, active=False)
    page = text_of(
        admin.post(
            "/setup/check",
            follow_redirects=True,
            data={"csrf_token": csrf_of(admin.get("/setup").text)},
        ).text
    )

    assert "doesn’t accept this API key" in page


@ONE_DATABASE
def test_the_page_shows_the_exact_redirect_uri_and_whom_to_have_at_hand(
    bare: World,
) -> None:
    page = bare.signed_in().get("/setup").text

    assert f'value="{escape(PUBLIC_URL)}/connect/callback"' in page
    for words in (
        "It can’t contain “Constant Contact”",
        "Authorization Code Flow and Implicit Flow",
        "Long Lived",
        "It’s shown only once",
        "asks for a code",
        "Campaign Creator",
        "this installation only",
    ):
        assert words in text_of(page)


@ONE_DATABASE
def test_only_an_admin_may_set_up(bare: World) -> None:
    viewer = bare.signed_in("viewer")

    assert viewer.get("/setup").status_code == 403
    assert (
        viewer.post(
            "/setup", data={"csrf_token": csrf_of(viewer.get("/signups").text)}
        ).status_code
        == 403
    )


@ONE_DATABASE
def test_an_empty_house_begins_with_the_setup(bare: World) -> None:
    page = bare.signed_in().get("/").text

    assert "Begin the setup" in page
    assert 'href="/setup"' in page
