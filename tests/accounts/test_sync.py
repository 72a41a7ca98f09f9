"""A look at an account: facts read afresh, the token's signature checked against the
published keys, and told.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from app.accounts import sync
from app.accounts.models import Account, TokenSet
from app.constant_contact import errors
from app.simulator.keys import SigningKey
from app.worker import periodic
from tests.accounts.owner import one_database
from tests.constant_contact.endpoint import Answer, endpoint
from tests.dashboard.reading import text_of
from tests.world import World, csrf_of

KEYS = "/v1/keys"
pytestmark = one_database


def found(world: World, account: Account) -> str | None:
    sync.look(account.id, patience=0)
    return signature(world, account)


def signature(world: World, account: Account) -> str | None:
    held: TokenSet = world.again(account.token_set)
    return held.signature


def published(*keys: dict[str, Any]) -> Answer:
    return Answer(200, {"keys": list(keys)})


def test_a_token_of_the_provider_is_known_as_genuine(world: World) -> None:
    first, second = world.account(), world.account(1)

    assert found(world, first) == found(world, second) == "genuine"
    assert len(world.calls(KEYS)) == 1
    assert "Signed by Constant Contact" in text_of(
        world.signed_in().get(f"/accounts/{first.id}").text
    )


def test_a_token_made_with_another_key_of_that_name_is_told(
    world: World, make_world: Callable[..., World]
) -> None:
    other = SigningKey(RSAKey.generate_key(2048)).public | {
        "kid": world.simulator.app.extensions["simulator"].key.kid
    }
    with endpoint() as fake:
        fake.usual = published(other)
        there = make_world(keys_url=f"{fake.url}/keys")
        account = there.account()

        assert found(there, account) == "forged"
        page = text_of(there.signed_in().get(f"/accounts/{account.id}").text)
        assert "The signature doesn’t match the key it names." in page


def test_a_key_that_is_new_is_asked_for_after_ten_minutes_and_not_before(
    make_world: Callable[..., World],
) -> None:
    with endpoint() as fake:
        fake.usual = published(SigningKey(RSAKey.generate_key(2048)).public)
        world = make_world(keys_url=f"{fake.url}/keys")
        account = world.account()
        before = [found(world, account) for _ in range(3)]
        fake.usual = published(world.simulator.app.extensions["simulator"].key.public)
        soon = found(world, account)
        asked = len(fake.requests)
        world.clock.advance(minutes=11)

        assert before == ["unknown_key"] * 3
        assert (soon, asked) == ("unknown_key", 1)
        assert found(world, account) == "genuine"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}),
        Answer(404, {}),
        Answer(200, {"keys": "none"}),
        Answer(200, ["a"]),
        Answer(200, "<html>"),
    ],
)
def test_keys_that_cannot_be_read_are_told_and_stop_nothing(
    make_world: Callable[..., World], answer: Answer
) -> None:
    with endpoint() as fake:
        fake.usual = answer
        world = make_world(keys_url=f"{fake.url}/keys")
        account = world.account()

        assert found(world, account) == "unreadable"
        assert world.again(account).facts_read_at is not None


def test_the_button_and_the_daily_round_both_look(world: World) -> None:
    account = world.account()
    admin = world.signed_in()
    token = csrf_of(admin.get(f"/accounts/{account.id}").text)
    admin.post(f"/accounts/{account.id}/read", data={"csrf_token": token})
    by_hand = signature(world, account)
    world.clock.advance(days=1, minutes=1)
    held = world.token_set(account, signature=None)
    periodic.run_due(world.clock.now())

    assert by_hand == "genuine"
    assert world.again(held).signature == "genuine"


@pytest.mark.parametrize(
    ("switch", "says"),
    [
        ("on", "token_info says: contact_data account_read."),
        ("forbidden", "token_info is turned off"),
        ("gone", "token_info is turned off"),
        ("gateway_403", "token_info is turned off"),
        ("gateway_404", "token_info is turned off"),
        ("gateway_405", "token_info is turned off"),
        ("gateway_410", "token_info is turned off"),
    ],
)
def test_token_info_stands_beside_what_each_call_needs_also_where_it_is_switched_off(
    world: World, switch: str, says: str
) -> None:
    account = world.account()
    world.control("limits", token_info=switch)
    before = text_of(world.signed_in().get(f"/accounts/{account.id}").text)
    sync.look(account.id, patience=0)
    page = text_of(world.signed_in().get(f"/accounts/{account.id}").text)

    assert "hasn’t asked Constant Contact’s token_info yet" in before
    assert says in page
    assert "Staying connected offline_access Yes" in page
    assert "The organization’s name account_read Yes" in page


@pytest.mark.parametrize("status", [500, 400, 200])
def test_whatever_token_info_says_rights_and_signature_are_kept(
    world: World, status: int
) -> None:
    account = world.account()
    world.token_set(account, signature=None)
    world.fault("/v3/token_info", status=status, body="<html>")
    with suppress(errors.ProviderError):
        sync.look(account.id, patience=0)

    assert signature(world, account) == "genuine"
    assert world.again(account).facts_read_at


@pytest.mark.parametrize("switch", ["gateway_403", "gateway_410"])
def test_check_now_succeeds_where_token_info_is_gone_for_good(
    world: World, switch: str
) -> None:
    account = world.account()
    world.control("limits", token_info=switch)
    admin = world.signed_in()
    token = csrf_of(admin.get(f"/accounts/{account.id}").text)
    page = admin.post(
        f"/accounts/{account.id}/read",
        data={"csrf_token": token},
        follow_redirects=True,
    )

    assert "couldn’t reach Constant Contact" not in page.text
    assert signature(world, account) == "genuine"


def permissions(world: World, account: Account) -> str:
    page = text_of(world.signed_in().get(f"/accounts/{account.id}").text)
    return page.partition("Permissions")[2]


def test_every_route_of_the_provider_has_its_scope_and_who_grants_it(
    world: World,
) -> None:
    account = world.account()
    sync.look(account.id, patience=0)
    table = permissions(world, account)

    assert "The organization’s name account_read Yes Yes Yes /account" in table
    assert "or with account_update" in table
    assert "Importing contacts contact_data Yes Yes Yes /activities" in table
    assert "Staying connected offline_access Yes Yes Unknown" in table
    assert "Not used campaign_data No No No /reports/email_reports" in table
    assert "Not used contact_data Yes Yes Yes /segments" in table
    assert "disagree" not in table


def test_sources_that_disagree_are_told(world: World) -> None:
    account = world.account()
    sync.look(account.id, patience=0)
    world.token_set(account, token_info="contact_data")

    assert "disagree about account_read" in permissions(world, account)


def test_what_was_refused_or_has_expired_is_not_called_granted(world: World) -> None:
    account = world.account()
    now = world.clock.now()
    world.token_set(account, refused_at=now, failure="grant_refused", expires_at=now)
    table = permissions(world, account)

    assert "Importing contacts contact_data Refused Expired" in table


def test_an_account_connected_today_has_180_days(world: World) -> None:
    account = world.account()
    page = text_of(world.signed_in().get(f"/accounts/{account.id}").text)

    assert "(180 left)" in page


def test_token_info_is_never_asked_about_an_expired_token(world: World) -> None:
    account = world.account()
    world.expired(account)
    sync.look(account.id, patience=0)

    assert [call["status"] for call in world.calls("/token_info")] == [200]
    assert len(world.calls("/oauth2/default/v1/token")) == 1
