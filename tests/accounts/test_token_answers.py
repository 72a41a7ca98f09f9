"""No bad answer of the token endpoint overwrites a stored pair."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import TokenSet
from app.accounts.tokens import NotNow
from app.database.session import db
from tests.accounts.acting import TOKEN, pair, reply, stored
from tests.accounts.owner import one_database
from tests.constant_contact.endpoint import Answer, Endpoint
from tests.world import ROTATING, TOKEN_LEASE, World

# `exp` in milliseconds
AT_THE_END_OF_TIME = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOiAxOTAwMDAwMDAwMDAwfQ.c2ln"


# -- every bad answer


@one_database
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"status": 500}, "provider_down"),
        ({"status": 503, "body": "<h1>503</h1>"}, "provider_down"),
        ({"status": 429}, "throttled"),
        ({"status": 401}, "client_refused"),
        ({"status": 400, "body": {"error": "invalid_request"}}, "nonsense"),
        ({"status": 200, "body": {}}, "nonsense"),
        ({"status": 200, "body": []}, "nonsense"),
        (
            {
                "status": 200,
                "body": '{"access_token": "x',
                "content_type": "application/json",
            },
            "nonsense",
        ),
        (
            {
                "status": 200,
                "body": {"access_token": 7, "token_type": "Bearer", "expires_in": 5},
            },
            "nonsense",
        ),
        ({"status": 200, "body": "x" * 5_000_000}, "nonsense"),
        ({"status": 302}, "nonsense"),
        ({"reset": True}, "unanswered"),
        ({"reset": True, "when": "after"}, "unanswered"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_answer_never_overwrites_the_stored_pair(
    world: World, fault: dict[str, Any], reason: str
) -> None:
    account = world.account()
    before = pair(account)
    world.expired(account)
    world.fault(TOKEN, times=1, **fault)

    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)
    held = stored(account)
    assert not_now.value.reason == reason
    assert not_now.value.until > world.clock.now()
    assert pair(account) == before
    assert (held.version, held.failures, held.failure, held.refused_at) == (
        1,
        1,
        reason,
        None,
    )
    assert held.lease_until is None
    assert (held.intent_at is None) is (reason in ("throttled", "client_refused"))
    assert held.next_attempt_at == not_now.value.until
    assert len(world.calls(TOKEN)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"scope": "contact_data " + "x" * 300},
        {"scope": "contact_data\0"},
        {"scope": ["contact_data"]},
        {"scope": None},
        {"access_token": AT_THE_END_OF_TIME},
        {"token_type": None},
        {"expires_in": None},
        {"expires_in": -1},
        {"expires_in": "soon"},
    ],
    ids=str,
)
def test_an_odd_ornament_of_a_good_answer_does_not_lose_the_pair(
    world: World, odd: dict[str, Any]
) -> None:
    account = world.account()
    world.expired(account)
    world.fault(
        TOKEN,
        times=1,
        status=200,
        body={
            "token_type": "Bearer",
            "access_token": "new access",
            "refresh_token": "new refresh",
            "expires_in": 86_400,
            **odd,
        },
    )

    given = tokens.fresh_token(account.id)

    assert pair(account) == (given, "new refresh")
    assert stored(account).version == 2


@one_database
def test_after_a_bad_answer_nobody_asks_again_before_its_time(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, status=503)
    waits = []
    for _ in range(4):
        for _ in range(5):
            with pytest.raises(NotNow) as not_now:
                tokens.fresh_token(account.id)
        waits.append((not_now.value.until - world.clock.now()).total_seconds())
        world.clock.advance(seconds=waits[-1] + 0.1)
    world.mend()

    assert len(world.calls(TOKEN)) == 4
    assert (
        0 < waits[0] <= TOKEN_LEASE
    )  # what is left of the lease: one replay is prompt
    assert waits[1:] == pytest.approx([30, 60, 120], rel=0.3)
    assert tokens.fresh_token(account.id)
    assert (stored(account).failures, stored(account).failure) == (0, None)


@one_database
def test_a_six_hour_outage_costs_few_calls_and_no_connection(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, status=503)
    ends = world.clock.now() + timedelta(hours=6)
    while world.clock.now() < ends:
        with pytest.raises(NotNow) as not_now:
            tokens.fresh_token(account.id, patience=0)
        world.clock.advance(
            seconds=max(1, (not_now.value.until - world.clock.now()).total_seconds())
        )

    assert len(world.calls(TOKEN)) <= 100
    assert stored(account).refused_at is None
    world.mend()
    assert tokens.fresh_token(account.id)


def test_trouble_while_the_old_token_still_works_is_nobodys_problem(
    world: World,
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.clock.advance(hours=21)
    world.fault(TOKEN, status=503)
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)

    assert tokens.fresh_token(account.id) == access
    assert len(world.calls(TOKEN)) == 1


@one_database
def test_a_throttled_refresh_is_tried_again_in_two_seconds(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, status=429, times=1)
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)

    assert not_now.value.until - world.clock.now() <= timedelta(seconds=2)
    world.clock.advance(seconds=2)
    assert tokens.fresh_token(account.id)


@one_database
def test_a_wrong_secret_keeps_the_tokens_until_it_is_put_right(world: World) -> None:
    account = world.account()
    before = pair(account)
    world.expired(account)
    world.control("apps", client_id=ROTATING.client_id, client_secret="regenerated")
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)
    kept = pair(account)
    world.control(
        "apps", client_id=ROTATING.client_id, client_secret=ROTATING.client_secret
    )
    world.clock.advance(seconds=60)

    assert not_now.value.reason == "client_refused"
    assert kept == before
    assert stored(account).refused_at is None
    assert tokens.fresh_token(account.id) == pair(account)[0]


def test_a_reply_without_a_refresh_token_keeps_the_old_one(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    _, refresh = pair(account)
    world.expired(account)
    without = reply()
    del without["refresh_token"]
    fake.usual = Answer(200, without)

    assert tokens.fresh_token(account.id) == "fake-access"
    assert pair(account) == ("fake-access", refresh)


@one_database
def test_an_opaque_access_token_goes_by_what_the_reply_says(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    world.expired(account)
    fake.usual = Answer(200, reply(expires_in=28_800))
    tokens.fresh_token(account.id)

    assert stored(account).expires_at - world.clock.now() == pytest.approx(
        timedelta(hours=8), abs=timedelta(seconds=2)
    )
    assert stored(account).scopes == "contact_data offline_access"


@one_database
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, reply(), missing=20),
        Answer(200, b"\x00\xff"),
        Answer(200, "null"),
        Answer(200, reply(token_type="mac")),
        Answer(200, reply(error="oops")),
        Answer(200, b"[" * 100_000),
        Answer(204, b""),
        Answer(418, "teapot"),
    ],
    ids=lambda answer: f"{answer.status}-{answer.payload[:40]!r}",
)
def test_odd_answers_leave_the_pair_alone_too(
    fake: Endpoint, make_world: Callable[..., World], answer: Answer
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    before = pair(account)
    world.expired(account)
    fake.usual = answer
    with pytest.raises(NotNow):
        tokens.fresh_token(account.id)

    assert pair(account) == before
    assert len(fake.requests) == 1


@one_database
def test_where_no_token_endpoint_listens_nothing_was_spent(
    make_world: Callable[..., World],
) -> None:
    from tests.constant_contact.endpoint import unused_port

    world = make_world(auth_url=f"http://127.0.0.1:{unused_port()}")
    account = world.account()
    world.expired(account)
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)

    assert not_now.value.reason == "unreachable"
    assert stored(account).intent_at is None


def test_the_intent_is_written_before_the_token_is_spent(
    fake: Endpoint, make_world: Callable[..., World]
) -> None:
    world = make_world(auth_url=fake.url)
    account = world.account()
    _, refresh = pair(account)
    world.expired(account)
    seen: list[Any] = []

    def look() -> None:
        with world.app.app_context():
            held = db.session.scalars(select(TokenSet)).one()
            seen.extend(
                [
                    held.intent_at is not None,
                    held.intent_fingerprint,
                    held.lease_until,
                    held.lease_by,
                ]
            )

    fake.usual = Answer(200, reply(), first=look)
    tokens.fresh_token(account.id)
    vault = world.app.extensions["latchkey"].cipher

    assert seen[0] is True
    assert seen[1] == vault.fingerprint(refresh)
    assert seen[2] > world.clock.now()
    assert seen[3] == tokens.whoami()
