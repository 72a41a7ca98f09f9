"""Why sign-ups wait: exactly one cause each, and the same one wherever it is asked."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.accounts.api_client import pace
from app.accounts.api_rate import Governor
from app.accounts.models import Account, TokenSet
from app.database.session import db, new_id, write_transaction
from app.delivery.models import Heartbeat
from app.forms.models import Form
from app.signups.models import Attempt, Signup, SignupState
from app.stats import counts
from app.status import waiting
from app.status.waiting import Cause, Gate
from tests.stats.test_account_ranking import an_account
from tests.world import World

HOUR = timedelta(hours=1)
PEOPLE = 8
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ONE_DAY = datetime(2099, 1, 1, tzinfo=UTC)
TROUBLES = (
    None,
    None,
    "unreachable",
    "provider_down",
    "forbidden",
    "client_refused",
    "cannot_open",
    "unauthorized",
    "unauthorized",
)
STATES = (*[SignupState.WAITING] * 5, *SignupState)
GATES = {
    "all is well": Gate(),
    "no worker": Gate(worker=Cause.NO_WORKER),
    "stuck worker": Gate(worker=Cause.STUCK_WORKER),
    "the provider is down": Gate(down_since=LONG_AGO),
    "the day is used up": Gate(limit_until=ONE_DAY),
    "a pause": Gate(paused_until=ONE_DAY),
    "an outage on a used-up day": Gate(down_since=LONG_AGO, limit_until=ONE_DAY),
}


@dataclass
class Town:
    """Accounts in every state, and their sign-ups in every state."""

    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    # ids of sign-ups whose newest attempt is open
    under_way: set[str] = field(default_factory=set)


def a_town(world: World, dice: random.Random, signups: int) -> Town:
    """Store accounts and sign-ups at random."""
    town, now = Town(), world.clock.now()
    form = world.form(world.account())
    for number in range(27):
        _add_account(town, number, now, dice)
    town.accounts[form.account_id] = {"trouble": None}
    attempts = []
    for number in range(signups):
        row = _a_row(number, list(town.accounts), form, now, dice)
        town.rows.append(row)
        if row["attempts"]:
            is_open = dice.random() < 0.4
            ended_at = None if is_open else now - HOUR
            attempts.append(
                {
                    "signup_id": row["id"],
                    "number": row["attempts"],
                    "started_at": now - HOUR,
                    "ended_at": ended_at,
                }
            )
            if is_open:
                town.under_way.add(row["id"])
    with write_transaction() as session:
        session.execute(insert(Signup), town.rows)
        session.execute(insert(Attempt), attempts)
    return town


def _add_account(town: Town, number: int, now: datetime, dice: random.Random) -> None:
    values = {
        "trouble": TROUBLES[number % len(TROUBLES)],
        "disconnected_at": dice.choice((None, None, None, now)),
    }
    tokens: dict[str, Any] | None = dice.choice(
        (
            {},
            {},
            None,
            {"refused_at": now, "expires_at": now - HOUR, "failure": "grant_refused"},
            {"refused_at": now, "expires_at": now + HOUR, "failure": "grant_refused"},
            {"refused_at": now, "expires_at": now - HOUR, "failure": "client_refused"},
        )
    )
    an_account(f"Account {number}", now, tokens, **values)
    id = db.session.scalars(
        select(Account.id).where(Account.name == f"Account {number}")
    ).one()
    town.accounts[id] = values | {"tokens": tokens}


def _a_row(
    number: int, accounts: list[str], form: Form, now: datetime, dice: random.Random
) -> dict[str, Any]:
    state = dice.choice(STATES)
    due_at = None
    if state in (SignupState.WAITING, SignupState.CONFIRMING):
        due_at = now + dice.choice((-2, -1, 0, 1, 30)) * HOUR
    person = f"person{dice.randrange(PEOPLE)}@example.com"
    return {
        "id": new_id(),
        "form_id": form.id,
        "account_id": dice.choice(accounts),
        "consent_id": form.consent_id,
        "press_id": new_id(),
        "email": person,
        "person": person,
        "body": {},
        "created_at": now - timedelta(seconds=number + 1),
        "state": state,
        "reason": dice.choice((None, "throttled", "quota_exceeded", "too_often")),
        "attempts": dice.choice((0, 0, 1)),
        "due_at": due_at,
    }


def expected(
    town: Town, row: dict[str, Any], gate: Gate, now: datetime
) -> Cause | None:
    """Say in plain Python what a sign-up waits for."""
    if row["state"] != SignupState.WAITING:
        return None
    account = town.accounts[row["account_id"]]
    tokens = account.get("tokens", {})
    trouble = account["trouble"]
    if account.get("disconnected_at") or tokens is None:
        return Cause.DISCONNECTED
    has_ended = "refused_at" in tokens and tokens["expires_at"] <= now
    stopping = {trouble, tokens["failure"] if has_ended else None}
    if stopping & {"client_refused", "cannot_open"}:
        return Cause.NEEDS_OPERATOR
    if trouble == "forbidden" or has_ended:
        return Cause.NEEDS_OWNER
    return _of_the_row(town, row, now) or _of_all(trouble, gate)


def _of_the_row(town: Town, row: dict[str, Any], now: datetime) -> Cause | None:
    if row["due_at"] > now:
        if row["id"] in town.under_way:
            return Cause.DELIVERING
        of_reason = {
            "quota_exceeded": Cause.DAILY_LIMIT,
            "throttled": Cause.PAUSED,
        }
        return of_reason.get(row["reason"], Cause.OWN_RETRY)
    for other in town.rows:
        if other["state"] != SignupState.WAITING or other["due_at"] <= now:
            continue
        is_same_person = (other["account_id"], other["person"]) == (
            row["account_id"],
            row["person"],
        )
        if is_same_person and other["created_at"] < row["created_at"]:
            return Cause.EARLIER_ONE
    return None


def _of_all(trouble: str | None, gate: Gate) -> Cause:
    if gate.worker != Cause.NEXT:
        return gate.worker
    if gate.down_since or trouble in ("unreachable", "provider_down"):
        return Cause.PROVIDER_DOWN
    if gate.limit_until:
        return Cause.DAILY_LIMIT
    if gate.paused_until:
        return Cause.PAUSED
    return Cause.ACCOUNT_RETRYING if trouble else Cause.NEXT


@pytest.mark.parametrize("seed", [1, 2])
def test_every_waiting_signup_has_exactly_one_cause_and_the_parts_sum_to_all(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    town, now = a_town(world, dice, signups=400), world.clock.now()
    seen: set[Cause] = set()

    for gate in GATES.values():
        monkeypatch.setattr(waiting, "gate", lambda _now, gate=gate: gate)
        numbers: dict[Cause, set[str]] = {}
        for row in town.rows:
            cause = expected(town, row, gate, now)
            if cause:
                numbers.setdefault(cause, set()).add(row["id"])
        found = waiting.waiting(now)

        assert found.by_cause() == {
            cause: len(numbers[cause]) for cause in Cause if cause in numbers
        }
        assert found.total == counts.balance().by_state[SignupState.WAITING]
        for cause in Cause:
            ids = db.session.scalars(
                select(Signup.id).where(waiting.having(cause, now))
            )
            assert set(ids) == numbers.get(cause, set())
        everybody = waiting.causes_of([row["id"] for row in town.rows], now)
        assert everybody == {id: cause for cause, ids in numbers.items() for id in ids}
        for row in dice.sample(town.rows, 20):
            signup = db.session.get_one(Signup, row["id"])
            reason = waiting.why(signup, now)
            assert (reason and reason.cause) == expected(town, row, gate, now)
            assert reason is None or reason.until is None or reason.until > now
        seen |= set(numbers)

    assert seen == set(Cause)


def the_pace(world: World, **values: Any) -> None:
    """Write what all processes know of the API key."""
    if pace().today() is None:
        pace().acquire()
    with write_transaction() as session:
        session.execute(update(Governor).values(**values))
    db.session.expire_all()


def alive(world: World) -> None:
    with write_transaction() as session:
        session.add(Heartbeat(worker="one", seen_at=world.clock.now()))


def test_what_holds_up_everybody_is_read_from_where_deliveries_read_it(
    world: World,
) -> None:
    now = world.clock.now()
    assert waiting.gate(now).worker == Cause.NO_WORKER
    alive(world)
    the_pace(world, down_since=now - HOUR, probe_at=now + HOUR)

    down = waiting.gate(now)
    the_pace(world, down_since=None, probe_at=None, used=10_000_000)
    spent_by_us = waiting.gate(now)
    the_pace(world, used=5, paused_until=now + HOUR, paused_for="quota_exceeded")
    spent_by_another = waiting.gate(now)
    the_pace(world, paused_for="throttled")
    paused = waiting.gate(now)
    the_pace(world, paused_until=now + timedelta(days=9))
    wrong_clock = waiting.gate(now)

    assert down == Gate(down_since=now - HOUR, probe_at=now + HOUR)
    assert spent_by_us.limit_is_ours
    assert spent_by_us.limit_until == (now + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    assert (spent_by_another.limit_until, spent_by_another.limit_is_ours) == (
        now + HOUR,
        False,
    )
    assert (paused.paused_until, paused.limit_until) == (now + HOUR, None)
    assert wrong_clock == Gate()


def test_a_moment_that_is_past_is_never_when_it_will_be_tried(world: World) -> None:
    alive(world)
    account = world.account()
    row = world.signup(world.form(account))
    now = world.clock.now()
    with write_transaction() as session:
        session.execute(
            update(Account).values(
                trouble="unauthorized", trouble_since=now, hold_until=row.created_at
            )
        )

    reason = waiting.why(world.again(row), now)

    assert reason == waiting.Why(
        Cause.ACCOUNT_RETRYING, since=now, until=None, reason="unauthorized"
    )


def test_a_refused_grant_stops_nobody_while_its_access_token_works(
    world: World,
) -> None:
    alive(world)
    account = world.account()
    world.signup(world.form(account))
    now = world.clock.now()
    refused = {"refused_at": now, "failure": "grant_refused"}
    world.token_set(account, **refused, expires_at=now + HOUR)

    before = waiting.waiting(now).by_cause()
    world.token_set(account, expires_at=now)
    after = waiting.waiting(now).by_cause()

    assert before == {Cause.NEXT: 1}
    assert after == {Cause.NEEDS_OWNER: 1}
    assert db.session.scalars(select(TokenSet.failure)).one() == "grant_refused"
