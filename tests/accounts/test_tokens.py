"""A token set's life: renewed ahead of time, by one of many, never overwritten by
nonsense, never stored in clear.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from app.accounts import token_refresh, token_store, tokens
from app.accounts.models import Account, AccountEvent, TokenSet
from app.accounts.tokens import NeedsOwner, NotNow
from app.constant_contact import oauth
from app.core.crypto import CannotDecrypt
from app.database.session import db, write_transaction
from tests import stranger
from tests.accounts.owner import MANAGER, Owner, one_database
from tests.conftest import KEY
from tests.constant_contact.endpoint import Answer, Endpoint, endpoint
from tests.dashboard.reading import text_of
from tests.world import LONG_LIVED, PATIENCE, ROTATING, TOKEN_LEASE, SharedClock, World

TOKEN = "/oauth2/default/v1/token"
ROOT = Path(__file__).resolve().parents[2]
# `exp` in milliseconds
AT_THE_END_OF_TIME = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOiAxOTAwMDAwMDAwMDAwfQ.c2ln"


def pair(account: Account) -> tuple[str, str]:
    """The stored pair, opened."""
    db.session.rollback()
    db.session.expire_all()
    held = db.session.scalars(
        select(TokenSet).where(TokenSet.account_id == account.id)
    ).one()
    return opened(held, "access_token"), opened(held, "refresh_token")


def opened(held: TokenSet, column: str) -> str:
    from app.services import services

    return services().cipher.decrypt(
        getattr(held, column), "token_set", held.id, column
    )


def stored(account: Account) -> TokenSet:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(
        select(TokenSet).where(TokenSet.account_id == account.id)
    ).one()


def happened(account: Account) -> list[str]:
    return list(
        db.session.scalars(
            select(AccountEvent.what).where(AccountEvent.account_id == account.id)
        )
    )


def wanted_by(world: World, account: Account, many: int) -> list[str]:
    """What so many threads get that ask at once."""
    together = threading.Barrier(many)

    def want(_: int) -> str:
        with world.app.app_context():
            together.wait()
            return tokens.fresh_token(account.id)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(want, range(many)))


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
    world: World, house: Callable[..., World]
) -> None:
    there = house(
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


# -- one of many


def test_whoever_loses_uses_the_token_that_still_works(world: World) -> None:
    account = world.account()
    access, _ = pair(account)
    world.clock.advance(hours=21)
    world.token_set(
        account,
        lease_until=world.clock.now() + timedelta(seconds=5),
        lease_by="somebody else",
    )

    assert tokens.fresh_token(account.id, patience=0) == access
    assert world.calls(TOKEN) == []


def test_whoever_loses_is_told_until_when_when_nothing_works(world: World) -> None:
    account = world.account()
    world.expired(account)
    until = world.clock.now() + timedelta(seconds=5)
    world.token_set(account, lease_until=until, lease_by="somebody else")

    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id, patience=0)
    assert (not_now.value.reason, not_now.value.until) == ("refreshing", until)
    assert world.calls(TOKEN) == []


def test_sixteen_threads_at_a_slow_token_endpoint_make_one_call(world: World) -> None:
    account = world.account()
    world.expired(account)
    world.fault(TOKEN, latency_ms=2500)
    got = wanted_by(world, account, 16)

    assert set(got) == {pair(account)[0]}
    assert [call["status"] for call in world.calls(TOKEN)] == [200]


@pytest.mark.slow
def test_sixteen_threads_in_each_of_three_processes_make_one_call(
    world: World, database: str, tmp_path: Path
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.expired(account)
    world.fault(TOKEN, latency_ms=300)
    given = {
        "database": database,
        "simulator": world.simulator.url,
        "folder": str(tmp_path),
        "account": account.id,
        "threads": 16,
        "settings": {"key": KEY},
    }
    processes = [started("tests.accounts.refreshers", given) for _ in range(3)]
    for process in processes:
        assert say(process) == "ready"
    for process in processes:
        tell(process, "go")
    got = [token for process in processes for token in json.loads(say(process))]
    for process in processes:
        assert ended(process) == 0

    assert len(got) == 48
    assert set(got) == {pair(account)[0]}
    assert access not in got
    assert [call["status"] for call in world.calls(TOKEN)] == [200]
    assert stored(account).version == 2


def started(module: str, given: dict[str, Any]) -> subprocess.Popen[str]:
    SharedClock.follow_machine()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    tell(process, json.dumps(given))
    return process


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def say(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> int:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.stdout.close()
    return process.wait(PATIENCE)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "grace", "ends"),
    [("before", 0, "renewed"), ("after", 60, "renewed"), ("after", 0, "needs owner")],
)
def test_a_process_killed_during_a_refresh_blocks_nobody_for_longer_than_its_lease(
    world: World, database: str, tmp_path: Path, when: str, grace: int, ends: str
) -> None:
    account = world.account()
    access, _ = pair(account)
    world.control("limits", grace=grace)
    world.expired(account)
    world.fault(TOKEN, reset=True, when=when, times=1)
    given = {
        "database": database,
        "simulator": world.simulator.url,
        "folder": str(tmp_path),
        "account": account.id,
        "threads": 1,
        "settings": {"key": KEY},
    }
    process = started("tests.accounts.refreshers", given)
    assert say(process) == "ready"
    with world.holding(TOKEN, when) as call:
        tell(process, "go")
        call.until_arrived()
        process.kill()
        ended(process)

    assert rotated(world) == (when == "after")
    assert stored(account).intent_at is not None
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id, patience=0)
    assert not_now.value.reason == "refreshing"
    assert stored(account).intent_fingerprint is not None

    world.clock.advance(seconds=TOKEN_LEASE + 1)
    if ends == "renewed":
        assert tokens.fresh_token(account.id) not in ("", access)
        assert stored(account).intent_at is None
        return
    with pytest.raises(NeedsOwner):
        tokens.fresh_token(account.id)
    # the trace of what went wrong stays readable
    assert stored(account).intent_at is not None


def rotated(world: World) -> bool:
    return any(grant.rotated_out for grant in world.simulator.state.grants.values())


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
        (
            {"status": 200, "body": {"access_token": "x", "token_type": "Bearer"}},
            "nonsense",
        ),
        (
            {"status": 200, "body": {"access_token": "x", "expires_in": 86_400}},
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
        {"access_token": AT_THE_END_OF_TIME},
    ],
)
def test_an_odd_ornament_of_a_good_answer_does_not_lose_the_pair(
    world: World, odd: dict[str, str]
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
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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


# -- shapes the pretend provider does not speak


@pytest.fixture
def fake() -> Iterator[Endpoint]:
    with endpoint() as running:
        yield running


def reply(**changes: Any) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access_token": "fake-access",
        "expires_in": 86_400,
        "refresh_token": "fake-refresh",
        "scope": "contact_data offline_access",
    } | changes


def test_a_reply_without_a_refresh_token_keeps_the_old_one(
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
        Answer(200, reply(expires_in=-1)),
        Answer(200, reply(refresh_token=["x"])),
        Answer(200, reply(token_type="mac")),
        Answer(200, reply(error="oops")),
        Answer(200, b"[" * 100_000),
        Answer(204, b""),
        Answer(418, "teapot"),
    ],
    ids=lambda answer: f"{answer.status}-{answer.payload[:40]!r}",
)
def test_odd_answers_leave_the_pair_alone_too(
    fake: Endpoint, house: Callable[..., World], answer: Answer
) -> None:
    world = house(auth_url=fake.url)
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
    house: Callable[..., World],
) -> None:
    from tests.constant_contact.endpoint import unused_port

    world = house(auth_url=f"http://127.0.0.1:{unused_port()}")
    account = world.account()
    world.expired(account)
    with pytest.raises(NotNow) as not_now:
        tokens.fresh_token(account.id)

    assert not_now.value.reason == "unreachable"
    assert stored(account).intent_at is None


def test_the_intent_is_written_before_the_token_is_spent(
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
    world: World, house: Callable[..., World]
) -> None:
    from app.core.crypto import new_key

    account = world.account()
    access, _ = pair(account)
    ring = house(key=f"{new_key()},{KEY}")
    kept = tokens.fresh_token(account.id)
    ring.expired(account)
    renewed = tokens.fresh_token(account.id)
    house(key=KEY)

    assert kept == access
    assert renewed != access
    with pytest.raises(CannotDecrypt):
        tokens.fresh_token(account.id)


def test_a_database_gone_for_good_is_an_error_that_says_so(
    fake: Endpoint, house: Callable[..., World]
) -> None:
    world = house(auth_url=fake.url)
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
    assert "was lost on its way" in page


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


# -- another API key


@one_database
def test_with_another_api_key_a_token_is_not_offered_and_with_its_own_it_goes_on(
    world: World, house: Callable[..., World]
) -> None:
    account = world.account()
    world.expired(account)
    other = house(
        client_id=LONG_LIVED.client_id,
        client_secret=SecretStr(LONG_LIVED.client_secret),
    )
    with other.app.app_context():
        with pytest.raises(NotNow) as not_now:
            tokens.fresh_token(account.id)
        page = text_of(other.signed_in().get(f"/accounts/{account.id}").text)
    row = stored(account)

    assert not_now.value.reason == "other_key"
    assert "connected with another API key" in page
    assert "Make a link for the owner" in page
    assert world.calls(TOKEN) == []
    assert (row.refused_at, row.intent_at) == (None, None)
    world.clock.advance(minutes=6)
    with world.app.app_context():
        assert tokens.fresh_token(account.id)


# -- one call a second at the token endpoint


@one_database
def test_accounts_that_are_due_at_once_take_turns_at_the_token_endpoint(
    house: Callable[..., World],
) -> None:
    world = house(token_gap=5, token_lease=60)
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
    house: Callable[..., World],
) -> None:
    world = house(token_gap=60, token_lease=60)
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
