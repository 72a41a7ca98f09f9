"""Refreshes that end a grant, or whose answer answer with the new token got lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.accounts import token_refresh, token_store, tokens
from app.accounts.models import Account, AccountEvent, TokenSet
from app.accounts.tokens import NeedsOwner, NotNow
from app.constant_contact import oauth
from app.database.session import db, write_transaction
from tests.accounts.acting import TOKEN, happened, pair, reply, stored
from tests.accounts.owner import MANAGER, Owner, one_database
from tests.constant_contact.endpoint import Answer, Endpoint
from tests.world import TOKEN_LEASE, World

# -- a refused grant


def test_a_refused_grant_needs_the_owner_and_is_not_asked_again(world: World) -> None:
    account = world.account()
    before = pair(account)
    world.expired(account)
    world.control("revoke", account=account.provider_id)
    for _ in range(3):
        with pytest.raises(NeedsOwner) as needs:
            tokens.fresh_token(account.id)
    held = stored(account)

    assert needs.value.reason == "grant_refused"
    assert len(world.calls(TOKEN)) == 1
    assert held.refused_at is not None
    assert pair(account) == before
    assert tokens.due(world.clock.now()) == []
    assert happened(account) == ["grant_refused"]


def test_after_a_refused_grant_the_access_token_serves_until_it_ends(
    world: World,
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.clock.advance(hours=21)
    world.control("revoke", account=account.provider_id, access_tokens=False)

    assert tokens.fresh_token(account.id) == access
    assert tokens.fresh_token(account.id) == access
    world.clock.advance(hours=4)
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)
    assert len(world.calls(TOKEN)) == 1


def test_a_refusal_ends_only_the_version_it_was_said_to(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    fake.answers.append(
        Answer(400, {"error": "invalid_grant"}, first=lambda: another_won(world, "won"))
    )

    assert tokens.fresh_token(account.id) == "won"
    assert stored(account).refused_at is None
    assert pair(account) == ("won", "won-refresh")
    assert len(fake.requests) == 1


def test_a_new_consent_during_a_refresh_wins(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    fake.answers.append(
        Answer(
            200, reply(access_token="late"), first=lambda: consented(world, "newest")
        )
    )

    assert tokens.fresh_token(account.id) == "newest"
    assert pair(account) == ("newest", "newest-refresh")
    assert happened(account) == []


def test_an_account_disconnected_during_a_refresh_stays_so(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)

    def disconnect() -> None:
        with world.app.app_context(), write_transaction() as session:
            session.execute(delete(TokenSet))

    fake.answers.append(Answer(200, reply(), first=disconnect))
    with pytest.raises(NeedsOwner) as needs:
        tokens.fresh_token(account.id)

    assert needs.value.reason == "disconnected"
    assert db.session.scalars(select(TokenSet)).all() == []


def another_won(world: World, name: str) -> None:
    """Another process stores its pair while ours is away."""
    with world.app.app_context():
        account = db.session.scalars(select(Account)).one()
        held = db.session.scalars(
            select(TokenSet).where(TokenSet.account_id == account.id)
        ).one()
        vault, now = world.app.extensions["latchkey"].cipher, world.clock.now()
        values = {
            column: vault.encrypt(text, "token_set", held.id, column)
            for column, text in (
                ("access_token", name),
                ("refresh_token", f"{name}-refresh"),
            )
        }
        world.token_set(
            account,
            version=held.version + 1,
            expires_at=now + timedelta(days=1),
            refresh_due_at=now + timedelta(hours=20),
            lease_until=None,
            **values,
        )


def consented(world: World, name: str) -> None:
    with world.app.app_context(), write_transaction() as session:
        account = session.scalars(select(Account)).one()
        tokens.store_grant(
            session,
            account.id,
            oauth.Tokens(name, f"{name}-refresh", (), timedelta(days=1)),
            world.clock.now(),
        )


def test_reconnecting_over_http_mends_a_refused_account(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.control("revoke", account=account.provider_id)
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)
    owner = Owner(world)
    owner.connect(owner.link(), MANAGER)

    assert tokens.fresh_token(account.id) == pair(account)[0]


# -- an answer that was lost


@one_database
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "when": "after"},
        {"reset": True, "when": "after"},
        {"status": 200, "body": "<h1>Welcome", "when": "after"},
    ],
)
def test_a_lost_answer_is_asked_for_once_more_when_the_lease_ends_and_told_when_it_is_gone(
    world: World, fault: dict[str, Any]
) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, times=1, **fault)
    asked_at = world.clock.now()
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)
    # the lease, not the pause after trouble
    until_replay = (not_now.value.until - asked_at).total_seconds()
    assert TOKEN_LEASE <= until_replay < TOKEN_LEASE + 5
    assert stored(account).refused_at is None

    world.clock.advance(seconds=TOKEN_LEASE + 1)
    with pytest.raises(NeedsOwner) as gone:
        tokens.fresh_token(account.id)
    line = db.session.scalars(
        select(AccountEvent).where(AccountEvent.what == "answer_lost")
    ).one()

    assert gone.value.reason == "answer_lost"
    assert f"{asked_at:%Y-%m-%d %H:%M}" in line.detail
    assert len(world.calls(TOKEN)) == 2
    page = world.signed_in().get(f"/accounts/{account.id}").text
    assert "answer with the new token got lost" in page


@one_database
def test_within_the_providers_grace_a_lost_answer_costs_nothing(world: World) -> None:
    account = world.account()
    world.control("limits", grace=30)
    world.expired(account)
    world.fault(TOKEN, reset=True, when="after", times=1)
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)
    world.clock.advance(seconds=TOKEN_LEASE + 1)

    assert tokens.fresh_token(account.id)
    row = stored(account)
    assert (row.intent_at, row.replays, row.failures, row.refused_at) == (
        None,
        0,
        0,
        None,
    )


@one_database
def test_after_one_prompt_replay_the_next_ones_are_paced_and_the_old_token_serves(
    world: World,
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.clock.advance(hours=21)
    world.fault(TOKEN, status=503)
    waits = []
    for _ in range(4):
        with pytest.raises(NotNow) as not_now:
            tokens.fresh_token(account.id)
        assert tokens.fresh_token(account.id) == access
        waits.append((not_now.value.until - world.clock.now()).total_seconds())
        world.clock.advance(seconds=waits[-1] + 0.1)

    assert waits[0] <= TOKEN_LEASE
    assert waits[1:] == pytest.approx([30, 60, 120], rel=0.3)
    assert stored(account).replays == 3


@one_database
def test_a_replay_that_was_not_sent_leaves_the_first_loss_known(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, reset=True, when="after", times=1)
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)
    began = stored(account).intent_at
    world.fault(TOKEN, status=429, times=1)
    world.clock.advance(seconds=TOKEN_LEASE + 1)
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)

    assert stored(account).intent_at == began
    world.clock.advance(seconds=3)
    with pytest.raises(NeedsOwner, match="answer_lost"):
        tokens.fresh_token(account.id)


@one_database
def test_a_replay_whose_process_dies_is_not_repeated_promptly(world: World) -> None:
    account = world.account()
    world.expired(account)
    for expected in (1, 2):
        world.clock.advance(minutes=10)
        held = token_store.read(account.id)
        assert held
        assert token_refresh.begin(held)  # and then kill -9
        world.clock.advance(seconds=TOKEN_LEASE + 1)
        held = token_store.read(account.id)
        assert held
        assert held.may_try(world.clock.now()) == (expected == 1)
