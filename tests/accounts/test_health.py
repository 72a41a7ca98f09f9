"""One word for an account's state, each with its cause."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from app import messages
from app.accounts import health, tokens
from app.accounts.models import Account, TokenSet
from app.accounts.tokens import NeedsOwner, NotNow
from app.database.session import write_transaction
from tests.accounts.owner import one_database
from tests.world import World

TOKEN = "/oauth2/default/v1/token"


def of(world: World, account: Account) -> health.Health:
    return health.of(world.again(account), world.clock.now())


@one_database
def test_a_connected_account_is_healthy(world: World) -> None:
    assert of(world, world.account()) == health.Health("healthy")


@one_database
@pytest.mark.parametrize(
    ("late", "state"), [(-60, "healthy"), (5 * 60, "healthy"), (11 * 60, "ageing")]
)
def test_an_account_ages_when_its_renewal_is_late(
    world: World, late: int, state: str
) -> None:
    account = world.account()
    due = world.clock.now() - timedelta(seconds=late)
    world.token_set(account, refresh_due_at=due)

    assert of(world, account).state == state


@one_database
@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        ("provider_down", "retrying"),
        ("unreachable", "retrying"),
        ("unanswered", "retrying"),
        ("nonsense", "retrying"),
        ("unauthorized", "retrying"),
        ("grant_refused", "needs_owner"),
        ("forbidden", "needs_owner"),
        ("client_refused", "needs_owner"),
        ("cannot_open", "needs_owner"),
    ],
)
def test_trouble_is_retried_unless_only_a_person_can_mend_it(
    world: World, trouble: str, state: str
) -> None:
    began = world.clock.now()
    account = world.account(
        trouble=trouble, trouble_since=began, hold_until=began + timedelta(minutes=5)
    )

    assert of(world, account) == health.Health(
        state, trouble, began, began + timedelta(minutes=5)
    )


@one_database
@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        ({"status": 503}, "retrying", "provider_down"),
        ({"status": 429}, "retrying", "throttled"),
        ({"status": 401}, "needs_owner", "client_refused"),
        ({"status": 403, "body": {"error": "access_denied"}}, "retrying", "forbidden"),
        ({"status": 403}, "retrying", "provider_down"),
        ({"reset": True}, "retrying", "unanswered"),
        ({"status": 200, "body": {}}, "retrying", "nonsense"),
    ],
)
def test_a_failing_renewal_says_what_failed_and_when_it_is_tried_again(
    world: World, fault: dict[str, Any], state: str, reason: str
) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, **fault)
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)
    found = of(world, account)

    assert (found.state, found.reason, found.next_at) == (
        state,
        reason,
        not_now.value.until,
    )


@one_database
def test_a_refused_grant_needs_the_owner(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.control("revoke", account=account.provider_id)
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)

    assert (of(world, account).state, of(world, account).reason) == (
        "needs_owner",
        "grant_refused",
    )


@one_database
def test_a_renewal_makes_an_account_healthy_again(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, status=503, times=1)
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)
    world.clock.advance(seconds=30)
    tokens.fresh_token(account.id)

    assert of(world, account) == health.Health("healthy")


@one_database
def test_a_disconnected_account_is_just_that(world: World) -> None:
    gone = world.clock.now()
    account = world.account(disconnected_at=gone, trouble="forbidden")

    assert of(world, account) == health.Health("disconnected", "disconnected", gone)


@one_database
def test_an_account_without_a_token_set_is_disconnected(world: World) -> None:
    account = world.account()
    with write_transaction() as session:
        session.execute(delete(TokenSet))

    assert of(world, account).state == "disconnected"


def test_the_worst_comes_first() -> None:
    ranks = [
        health.Health(state).rank
        for state in ("needs_owner", "retrying", "ageing", "healthy")
    ]

    assert ranks == sorted(ranks)


def test_every_state_has_a_word() -> None:
    assert set(health.ORDER) <= set(messages.STATES)
    assert set(messages.REASONS) >= health.ONLY_A_PERSON


@one_database
def test_days_are_counted_until_an_unused_refresh_token_dies(world: World) -> None:
    account = world.account()
    now = world.clock.now()

    assert health.days_left(account, now) == 180
    assert health.days_left(account, now + timedelta(days=179, hours=1)) == 1
    assert health.days_left(account, now + timedelta(days=400)) == 0


@one_database
def test_a_refused_token_has_no_days_left_and_is_unused_when_it_lay_for_180(
    world: World,
) -> None:
    account = world.account()
    now = world.clock.now()
    reasons = []
    for idle in (timedelta(days=179), timedelta(days=180)):
        world.token_set(account, refused_at=now, obtained_at=now - idle)
        reasons.append(of(world, account).reason)

    assert reasons == ["grant_refused", "unused"]
    assert health.days_left(world.again(account), now - timedelta(days=100)) == 0
