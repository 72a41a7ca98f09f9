"""What all sign-ups wait for: a token, their account, the provider, and the pace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts import health
from app.accounts.models import Account, TokenSet
from app.database import sqlite_lock
from app.database.session import write_transaction
from app.delivery import claims
from app.delivery.deliver import deliver
from app.signups.models import SignupState
from app.worker import runner
from tests.delivery.acting import SIGN_UP, governor, refreshes, tries
from tests.world import ONE_DATABASE, When, World, locked, until

# -- the token


@pytest.mark.parametrize("route", ["/v3/contacts", SIGN_UP])
def test_a_401_is_one_refresh_and_then_it_arrives(world: World, route: str) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(route, status=401, times=1)

    runner.drain()

    assert (world.again(row).state, row.attempts) == (SignupState.DELIVERED, 1)
    assert refreshes(world) == 1


@ONE_DATABASE
def test_a_401_twice_lets_the_account_wait_and_nothing_is_parked(world: World) -> None:
    account = world.account()
    rows = [world.signup(world.form(account), f"zoe{n}@example.com") for n in range(3)]
    world.fault("/v3/contacts", status=401)

    runner.drain()
    after_one_probe = refreshes(world)
    states = {(world.again(row).state) for row in rows}
    trouble = world.again(account).trouble
    world.mend()
    world.clock.advance(minutes=10)
    runner.drain()

    assert after_one_probe == 1
    assert states == {SignupState.WAITING}
    assert trouble == "unauthorized"
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}
    assert world.again(account).trouble is None


@ONE_DATABASE
def test_a_grant_the_owner_took_back_waits_for_the_owner_and_nothing_is_parked(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.control("revoke", account=account.provider_id)

    for _ in range(6):
        runner.drain()
        world.clock.advance(days=2)

    assert world.again(row).state == SignupState.WAITING
    assert refreshes(world) == 1
    assert health.of(world.again(account), world.clock.now()).state == "needs_owner"
    assert world.again(account).trouble == "grant_refused"


@ONE_DATABASE
def test_an_api_key_that_is_refused_waits_and_goes_on_once_corrected(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.expired(account)
    world.fault("/token", status=401)

    runner.drain()
    reason = world.again(account).trouble
    world.mend()
    world.clock.advance(minutes=10)
    runner.drain()

    assert reason == "client_refused"
    assert world.again(row).state == SignupState.DELIVERED


@ONE_DATABASE
def test_tokens_sealed_with_a_lost_key_wait_for_the_key(
    world: World, make_app: Callable[..., Flask]
) -> None:
    from pydantic import SecretStr

    from app.core.crypto import new_key

    account = world.account()
    row = world.signup(world.form(account))

    with make_app(key=(SecretStr(new_key()),)).app_context():
        runner.drain()
    reason = world.again(account).trouble
    world.clock.advance(minutes=10)
    runner.drain()

    assert reason == "cannot_open"
    assert world.again(row).state == SignupState.DELIVERED


# -- the account


@ONE_DATABASE
def test_a_403_waits_for_a_person(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.fault("/v3/contacts", status=403, times=1)

    runner.drain()

    (attempt,) = tries(row)
    assert world.again(row).state == SignupState.WAITING
    assert attempt.detail == "Request forbidden due to insufficient user privileges."
    assert health.of(world.again(account), world.clock.now()).state == "needs_owner"
    assert account.trouble_detail == attempt.detail


def test_a_disconnected_account_keeps_its_sign_ups_until_it_is_back(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    set_disconnected(account, world.clock.now())
    calls = len(world.calls(""))

    attempts = runner.drain()
    quiet = len(world.calls("")) == calls
    set_disconnected(account, None)
    runner.drain()

    assert (attempts, quiet) == (0, True)
    assert world.again(row).state == SignupState.DELIVERED


def set_disconnected(account: Account, at: Any) -> None:
    with write_transaction() as session:
        session.execute(
            update(Account).where(Account.id == account.id).values(disconnected_at=at)
        )


def test_an_account_without_tokens_waits(world: World) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    with write_transaction() as session:
        session.delete(
            session.scalars(
                select(TokenSet).where(TokenSet.account_id == account.id)
            ).one()
        )

    runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "disconnected")


def test_trouble_of_one_account_does_not_stop_another(world: World) -> None:
    ill, well = world.account(), world.account(1)
    waiting = [world.signup(world.form(ill), f"zoe{n}@example.com") for n in range(5)]
    world.control("revoke", account=ill.provider_id)
    fine = [world.signup(world.form(well), f"max{n}@example.com") for n in range(5)]

    runner.drain()

    assert {world.again(row).state for row in waiting} == {SignupState.WAITING}
    assert {world.again(row).state for row in fine} == {SignupState.DELIVERED}
    assert sum(len(tries(row)) for row in waiting) == 1


# -- the provider


SAYS = {
    "500 array": {"status": 500},
    "503 array": {"status": 503},
    "500 object": {"status": 500, "body": {"message": "Internal server error"}},
    "502 page": {"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>"},
    "504 empty": {"status": 504, "body": ""},
    "200 page": {"status": 200, "body": "<html>Sign in</html>"},
    "200 empty": {"status": 200, "body": ""},
    "200 other object": {"status": 200, "body": {"hello": "world"}},
    "200 array": {"status": 200, "body": []},
    "200 null": {"status": 200, "body": "null", "content_type": "application/json"},
    "302 elsewhere": {"status": 302, "body": ""},
}


@ONE_DATABASE
def test_trouble_of_the_provider_waits_whatever_it_says_and_passes_by_itself(
    world: World,
) -> None:
    account = world.account()
    row = world.signup(world.form(account))

    reasons = {}
    for name, answer in SAYS.items():
        world.fault(SIGN_UP, times=1, **answer)
        runner.drain()
        reasons[name] = (
            world.again(row).state,
            row.reason,
            world.again(account).trouble,
        )
        world.clock.advance(minutes=10)
    runner.drain()

    down, nonsense = "provider_down", "nonsense"
    assert reasons == {
        name: (SignupState.WAITING, reason, reason)
        for name, reason in {
            "500 array": down,
            "503 array": down,
            "500 object": down,
            "502 page": down,
            "504 empty": down,
            "200 page": nonsense,
            "200 empty": nonsense,
            "200 other object": nonsense,
            "200 array": nonsense,
            "200 null": nonsense,
            "302 elsewhere": nonsense,
        }.items()
    }
    assert (world.again(row).state, world.again(account).trouble) == (
        SignupState.DELIVERED,
        None,
    )
    assert len(tries(row)) == len(SAYS) + 1


@ONE_DATABASE
def test_a_look_that_fails_sends_nothing(world: World) -> None:
    row = world.signup(world.form(world.account()))

    reasons = []
    for answer in SAYS.values():
        world.fault("/v3/contacts", times=1, method="GET", **answer)
        runner.drain()
        reasons.append((world.again(row).state, row.reason))
        world.clock.advance(minutes=10)

    assert {state for state, _ in reasons} == {SignupState.WAITING}
    assert {reason for _, reason in reasons} == {"provider_down", "nonsense"}
    assert world.calls(SIGN_UP) == []


@ONE_DATABASE
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_answer_in_time_is_looked_up_and_tried_again(
    world: World, make_app: Callable[..., Flask], when: When
) -> None:
    account = world.account()
    row = world.signup(world.form(account))

    with world.holding(SIGN_UP, when), make_app(http_deadline=2).app_context():
        runner.drain()
    first = (world.again(row).state, row.reason)
    until(lambda: world.calls(SIGN_UP))  # written down when the slow answer is out
    world.clock.advance(minutes=10)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert world.again(row).state == SignupState.DELIVERED
    assert (
        len([one for one in world.contacts(account) if one == "zoe@example.com"]) == 1
    )


@pytest.mark.parametrize(
    ("when", "action"), [("before", "created"), ("after", "updated")]
)
def test_a_connection_cut_before_or_after_the_effect_ends_in_one_contact(
    world: World, when: str, action: str
) -> None:
    account = world.account()
    row = world.signup(world.form(account))
    world.fault(SIGN_UP, reset=True, when=when, times=1)

    runner.drain()
    first = (world.again(row).state, row.reason)
    world.clock.advance(minutes=10)
    runner.drain()

    assert first == (SignupState.WAITING, "unanswered")
    assert (world.again(row).state, row.action) == (SignupState.DELIVERED, action)
    assert [one.outcome for one in tries(row)] == ["unanswered", action]


@ONE_DATABASE
def test_a_provider_that_cannot_be_reached_waits(
    world: World, make_app: Callable[..., Flask]
) -> None:
    row = world.signup(world.form(world.account()))

    with make_app(api_url="http://127.0.0.1:9/v3").app_context():
        runner.drain()

    assert (world.again(row).state, row.reason) == (SignupState.WAITING, "unreachable")


# -- the pace


def test_a_429_pauses_everybody_for_a_moment(world: World) -> None:
    row = world.signup(world.form(world.account()))
    other = world.signup(world.form(world.account(1)), "max@example.com")
    world.fault(SIGN_UP, status=429, times=1)
    calls = len(world.calls(SIGN_UP))

    runner.drain()
    paused = governor()
    during = len(world.calls(SIGN_UP)) - calls
    wait = (paused.paused_until or world.clock.now()) - world.clock.now()
    world.clock.advance(seconds=3)
    runner.drain()

    assert during == 1
    assert paused.paused_for == "throttled"
    assert timedelta(seconds=0.5) < wait <= timedelta(seconds=2)
    assert (world.again(row).state, world.again(other).state) == (
        SignupState.DELIVERED,
        SignupState.DELIVERED,
    )
    assert world.again(row.account).trouble is None


def test_a_spent_day_pauses_until_midnight_utc(world: World) -> None:
    row = world.signup(world.form(world.account()))
    world.fault(
        SIGN_UP,
        status=429,
        times=1,
        body={"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
    )

    runner.drain()
    paused, now = governor(), world.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        days=1
    )
    first = (world.again(row).state, row.reason)
    until = paused.paused_until or now
    calls = len(world.calls(""))
    world.clock.advance(seconds=(midnight - now).total_seconds() - 5)
    early = runner.drain()
    quiet = len(world.calls("")) == calls
    world.clock.advance(seconds=40)
    runner.drain()

    assert first == (SignupState.WAITING, "quota_exceeded")
    assert midnight < until <= midnight + timedelta(seconds=30)
    assert (early, quiet) == (0, True)
    assert world.again(row).state == SignupState.DELIVERED


def test_the_days_allowance_is_never_overdrawn(
    world: World, make_app: Callable[..., Flask]
) -> None:
    form = world.form(world.account())
    rows = [world.signup(form, f"zoe{n}@example.com") for n in range(4)]
    used = governor().used
    calls = len(world.calls(""))
    small = make_app(calls_per_day=used + 5)

    with small.app_context():
        runner.drain()
    spent = len(world.calls("")) - calls
    waiting = [
        world.again(row)
        for row in rows
        if world.again(row).state == SignupState.WAITING
    ]
    reasons = {row.reason for row in waiting}
    world.clock.advance(days=1)
    runner.drain()

    assert spent == 5
    # the one in whose midst it was spent, and those not begun
    assert reasons <= {"quota_exceeded", None}
    assert {world.again(row).state for row in rows} == {SignupState.DELIVERED}


# -- our own database


@ONE_DATABASE
@pytest.mark.parametrize("exact", [False, True])
def test_a_database_that_cannot_be_used_is_no_fault_of_the_sign_up(
    world: World, exact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_lock, "BUSY_SECONDS", 0.05)
    row = world.signup(world.form(world.account(), exactly=exact))
    job = claims.claim(world.clock.now())
    assert job
    with locked("governor"):
        verdict = deliver(job)
    asked = world.calls("/contacts") + world.calls(SIGN_UP)
    claims.settle(job, verdict)
    world.clock.advance(seconds=5)
    runner.drain()
    first, second = tries(row)

    assert asked == []
    assert (first.outcome, second.outcome) == ("database_unusable", "created")
    assert world.again(row).failing_since is None
