"""When a token is refreshed, in turn with whom, and how it lies at rest: never in clear,
and only its own key opens it.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from app.accounts import tokens
from app.accounts.models import AccountEvent, TokenSet
from app.accounts.tokens import NeedsOwner, NotNow
from app.constant_contact import deadline, oauth
from app.core.crypto import CannotDecrypt
from app.database.session import db, write_transaction
from tests import stranger
from tests.accounts.acting import TOKEN, happened, pair, reply, stored
from tests.accounts.owner import one_database
from tests.conftest import KEY
from tests.constant_contact.endpoint import Answer, Endpoint
from tests.dashboard.reading import text_of
from tests.world import LONG_LIVED, PATIENCE, ROTATING, World

# -- when


def test_a_young_token_is_used_as_it_is(world: World) -> None:
    account = world.account()
    access, _ = pair(account)

    assert tokens.fresh_token(account.id) == access
    assert world.calls(TOKEN) == []
    assert tokens.due(world.clock.now()) == []


def test_a_token_is_renewed_once_it_is_due_and_long_before_it_ends(
    world: World,
) -> None:
    account = world.account()
    access, refresh = pair(account)
    world.clock.advance(hours=21)
    was_due = tokens.due(world.clock.now())
    fresh = tokens.fresh_token(account.id)
    held = stored(account)

    assert was_due == [account.id]
    assert fresh != access
    assert pair(account)[0] == fresh
    assert pair(account)[1] != refresh
    assert (held.version, held.kind, held.failures) == (2, "rotating", 0)
    assert (held.lease_until, held.intent_at, held.intent_fingerprint) == (
        None,
        None,
        None,
    )
    assert tokens.due(world.clock.now()) == []
    assert happened(account) == ["refreshed"]


def test_a_token_is_renewed_before_use_when_it_has_ended(world: World) -> None:
    account = world.account()
    world.clock.advance(hours=25)
    fresh = tokens.fresh_token(account.id)

    assert fresh == pair(account)[0]
    assert stored(account).expires_at > world.clock.now()
    assert len(world.calls(TOKEN)) == 1


@one_database
def test_a_renewal_carries_on_from_the_one_before(world: World) -> None:
    account = world.account()
    for _ in range(4):
        world.clock.advance(hours=23)
        tokens.fresh_token(account.id)

    assert stored(account).version == 5
    assert [call["status"] for call in world.calls(TOKEN)] == [200] * 4


@one_database
def test_a_long_lived_refresh_token_is_known_as_one(
    world: World, make_world: Callable[..., World]
) -> None:
    there = make_world(
        client_id=LONG_LIVED.client_id, client_secret=LONG_LIVED.client_secret
    )
    account = there.account(app=LONG_LIVED)
    _, refresh = pair(account)
    there.clock.advance(hours=25)
    tokens.fresh_token(account.id)

    assert stored(account).kind == "long_lived"
    assert pair(account)[1] == refresh


@one_database
def test_an_app_that_changes_its_kind_is_learnt_anew(world: World) -> None:
    account = world.account()
    world.expired(account)
    tokens.fresh_token(account.id)
    world.control("apps", client_id=ROTATING.client_id, refresh="long_lived")
    kinds = [stored(account).kind]
    world.expired(account)
    tokens.fresh_token(account.id)
    kinds.append(stored(account).kind)
    world.control("apps", client_id=ROTATING.client_id, refresh="rotating")
    world.expired(account)
    tokens.fresh_token(account.id)

    assert [*kinds, stored(account).kind] == ["rotating", "long_lived", "rotating"]


@one_database
def test_renewals_are_spread_around_four_fifths_of_a_tokens_life(world: World) -> None:
    account, now = world.account(), world.clock.now()
    granted = oauth.Tokens("x", "y", (), timedelta(hours=24))
    shares = []
    for _ in range(60):
        with write_transaction() as session:
            tokens.store_grant(session, account.id, granted, now)
        held = stored(account)
        shares.append((held.refresh_due_at - now) / (held.expires_at - now))

    assert all(0.75 <= share <= 0.85 for share in shares)
    assert len(set(shares)) > 50
    assert mean(shares) == pytest.approx(0.8, abs=0.02)


@one_database
def test_a_token_of_eight_hours_is_renewed_in_its_seventh(world: World) -> None:
    world.control("limits", expires_in=28_800)
    account, now = world.account(), world.clock.now()
    held = stored(account)

    assert held.expires_at - now == pytest.approx(
        timedelta(hours=8), abs=timedelta(seconds=5)
    )
    assert (
        timedelta(hours=6) - timedelta(seconds=5)
        <= held.refresh_due_at - now
        <= timedelta(hours=6.8)
    )


@one_database
def test_the_tokens_own_end_counts_when_it_is_earlier(world: World) -> None:
    world.control("limits", expires_in=3_600)
    account = world.account()
    access, _ = pair(account)
    now = world.clock.now()
    with write_transaction() as session:
        tokens.store_grant(
            session, account.id, oauth.Tokens(access, "y", (), timedelta(days=1)), now
        )

    assert stored(account).expires_at - now < timedelta(hours=1, seconds=1)


@one_database
def test_a_token_that_lives_a_minute_is_still_of_use(world: World) -> None:
    world.control("limits", expires_in=60)
    account = world.account()
    access, _ = pair(account)

    assert tokens.fresh_token(account.id) == access
    assert world.calls(TOKEN) == []


def test_a_token_refused_before_its_time_is_renewed_once(world: World) -> None:
    account = world.account()
    access, _ = pair(account)
    tokens.expire_now(account.id, access)
    fresh = tokens.fresh_token(account.id)
    tokens.expire_now(account.id, access)

    assert fresh != access
    assert tokens.fresh_token(account.id) == fresh
    assert len(world.calls(TOKEN)) == 1


def test_an_account_without_a_token_set_needs_its_owner(world: World) -> None:
    account = world.account()
    with write_transaction() as session:
        session.execute(delete(TokenSet))

    with pytest.raises(NeedsOwner) as needs:
        tokens.fresh_token(account.id)
    assert needs.value.reason == "disconnected"


# -- at rest


def test_no_token_lies_in_clear_in_the_database(
    world: World, database: str, data_dir: Path
) -> None:
    account = world.account()
    first = pair(account)
    world.expired(account)
    tokens.fresh_token(account.id)
    secrets = [*first, *pair(account)]
    if database.startswith("sqlite"):
        files = [str(path) for path in data_dir.glob("latchkey.db*")]
        written = b"".join(map(stranger.content, files))
    else:
        rows = db.session.execute(select(TokenSet.__table__)).all()
        rows += db.session.execute(select(AccountEvent.__table__)).all()
        written = str(rows).encode()

    assert len(written) > 500
    assert [secret for secret in secrets if secret.encode() in written] == []
    assert stored(account).access_token.startswith("gAAAA")


def test_a_ciphertext_of_another_row_or_column_does_not_open(world: World) -> None:
    mine, other = world.account(0), world.account(1)
    foreign = stored(other).access_token
    world.token_set(mine, access_token=foreign)
    with pytest.raises(CannotDecrypt):
        tokens.fresh_token(mine.id)
    world.token_set(mine, access_token=stored(mine).refresh_token)
    with pytest.raises(CannotDecrypt):
        tokens.fresh_token(mine.id)

    assert tokens.fresh_token(other.id)


def test_a_refresh_token_that_does_not_open_is_never_spent_nor_leased(
    world: World,
) -> None:
    account = world.account()
    world.expired(account)
    world.token_set(account, refresh_token=stored(world.account(1)).refresh_token)
    with pytest.raises(CannotDecrypt):
        tokens.fresh_token(account.id)

    assert stored(account).lease_until is None
    assert world.calls(TOKEN) == []


def test_a_new_key_opens_what_the_old_one_sealed(
    world: World, make_world: Callable[..., World]
) -> None:
    from app.core.crypto import new_key

    account = world.account()
    access, _ = pair(account)
    ring = make_world(key=f"{new_key()},{KEY}")
    kept = tokens.fresh_token(account.id)
    ring.expired(account)
    renewed = tokens.fresh_token(account.id)
    make_world(key=KEY)

    assert kept == access
    assert renewed != access
    with pytest.raises(CannotDecrypt):
        tokens.fresh_token(account.id)


def test_a_database_gone_for_good_is_an_error_that_says_so(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)

    def drop() -> None:
        with world.app.app_context(), write_transaction() as session:
            from sqlalchemy import text

            session.execute(text("ALTER TABLE token_set RENAME TO gone"))

    fake.usual = Answer(200, reply(), first=drop)
    with pytest.raises(Exception, match="token_set") as error:
        tokens.fresh_token(account.id)
    assert "fake-access" not in str(error.value)
    assert isinstance(error.value, OperationalError) or "UndefinedTable" in str(
        error.value
    )


# -- another API key


@one_database
def test_with_another_api_key_a_token_is_not_offered_and_with_its_own_it_goes_on(
    world: World, make_world: Callable[..., World]
) -> None:
    account = world.account()
    world.expired(account)
    other = make_world(
        client_id=LONG_LIVED.client_id,
        client_secret=SecretStr(LONG_LIVED.client_secret),
    )
    with other.app.app_context():
        with pytest.raises(NotNow) as not_now:
            tokens.fresh_token(account.id)
        page = text_of(other.signed_in().get(f"/accounts/{account.id}").text)
    row = stored(account)

    assert not_now.value.reason == "other_key"
    assert "connected with a different API key" in page
    assert "Get reconnect link" in page
    assert world.calls(TOKEN) == []
    assert (row.refused_at, row.intent_at) == (None, None)
    world.clock.advance(minutes=6)
    with world.app.app_context():
        assert tokens.fresh_token(account.id)


# -- one call a second at the token endpoint


@one_database
def test_accounts_that_are_due_at_once_take_turns_at_the_token_endpoint(
    make_world: Callable[..., World],
) -> None:
    world = make_world(token_gap=5, token_lease=60)
    accounts = [world.account(number) for number in range(7)]
    world.control("limits", token_calls_per_second=1)
    world.clock.advance(hours=21)
    renewed = {tokens.fresh_token(account.id) for account in accounts}
    calls = world.calls(TOKEN)
    gaps = [later["at"] - sooner["at"] for sooner, later in pairwise(calls)]

    assert len(renewed) == len(calls) == 7
    assert {call["status"] for call in calls} == {200}
    assert min(gaps) >= 4


@one_database
def test_who_would_wait_for_longer_than_the_lease_comes_again_later_and_costs_nobody_a_turn(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    # on a busy machine a connection may take so long that its turn is asked for again
    monkeypatch.setattr(deadline, "LATE_SECONDS", PATIENCE)
    world = make_world(token_gap=60, token_lease=60)
    first, second = world.account(), world.account(1)
    world.expired(first)
    world.expired(second)
    tokens.fresh_token(first.id)
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(second.id)
    row = stored(second)

    assert not_now.value.until - world.clock.now() > timedelta(seconds=50)
    assert (row.failures, row.lease_until, row.intent_at) == (0, None, None)
    world.clock.advance(seconds=61)
    assert tokens.fresh_token(second.id)


@one_database
def test_one_429_slows_every_account_down(world: World) -> None:
    first, second = world.account(), world.account(1)
    world.expired(first)
    world.expired(second)
    world.fault(TOKEN, status=429, times=1)
    for account in (first, second):
        with pytest.raises(NotNow) as not_now:
            tokens.fresh_token(account.id)

    assert not_now.value.reason == "throttled"
    assert len(world.calls(TOKEN)) == 1
