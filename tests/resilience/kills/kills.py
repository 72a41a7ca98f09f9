"""Renewals under kill -9, and the judge who lays the provider's log beside our journal."""

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, AccountEvent
from app.database.session import db
from app.simulator.control.faults import Fault
from tests.accounts.acting import TOKEN, stored
from tests.conftest import KEY
from tests.resilience.kills.children import Nursery
from tests.world import ROTATING, World, until

ASKED = re.compile(r"Asked at (.{19}) UTC, never answered\.")


@dataclass
class Torture:
    """How it is done.

    Times in seconds; `delay` is the longest of the provider, as a share of the
    deadline.
    """

    seed: int
    refreshes: int
    grace: int = 0
    kind: str = "rotating"
    deadline: float = 1.2
    lease: float = 1.6
    delay: float = 0.5
    between_kills: float = 0.3
    processes: int = 4
    accounts: int = 7

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "key": KEY,
            "retry_first": 1,
            "http_deadline": self.deadline,
            "token_lease": self.lease,
        }


@dataclass
class Outcome:
    """What was seen: our journal by account, the provider's log, and when somebody was
    killed.
    """

    # each within these two moments
    kills: list[tuple[float, float]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    # by the provider's id, when a pair was stored
    stored: dict[str, list[float]] = field(default_factory=dict)
    # what is said of connections that ended so
    lost: list[str] = field(default_factory=list)
    # accounts that work no more at the end
    dead: list[str] = field(default_factory=list)

    @property
    def refreshes(self) -> int:
        return sum(map(len, self.stored.values()))

    def __str__(self) -> str:
        return (
            f"{self.refreshes} refreshes, {len(self.kills)} kills, {len(self.lost)}"
            " connections lost"
        )


def run(world: World, how: Torture, database: str, folder: Path) -> Outcome:
    """Renew under kills until there were enough; then let everything come to rest."""
    dice, seen = random.Random(how.seed), Outcome()
    world.control("limits", grace=how.grace)
    world.control("apps", client_id=ROTATING.client_id, refresh=how.kind)
    accounts = [world.account(number) for number in range(how.accounts)]
    given = {
        "database": database,
        "simulator": world.simulator.url,
        "folder": str(folder),
        "many": how.processes,
        "accounts": [account.id for account in accounts],
        "settings": how.settings,
    }
    with Nursery("refreshers", **given) as nursery:
        while _stored() < how.refreshes:
            _order_delays(world, how, dice)
            time.sleep(dice.expovariate(1 / how.between_kills))
            began = time.time()
            # and start another, which takes its time
            nursery.ask(f"kill {dice.randrange(how.processes)}")
            seen.kills.append((began, time.time()))
            _connect_again(world, accounts)
    world.mend()
    for account in accounts:
        until(lambda account=account: _came_to_rest(account), 4 * how.lease + 10)
        if not _works(account):
            seen.dead.append(account.name)
    _read(world, accounts, seen)
    return seen


def _stored() -> int:
    db.session.rollback()
    return (
        db.session.scalar(select(func.count()).where(AccountEvent.what == "refreshed"))
        or 0
    )


def _order_delays(world: World, how: Torture, dice: random.Random) -> None:
    """Each call to come gets a delay of its own, before the provider commits or after."""
    faults = world.simulator.simulator.faults
    for _ in range(60 - len(faults.all())):
        faults.add(
            Fault(
                TOKEN,
                latency_ms=1000 * how.deadline * how.delay * dice.random(),
                times=1,
                when=dice.choice(("before", "after")),
            )
        )


def _connect_again(world: World, accounts: list[Account]) -> None:
    for account in accounts:
        if stored(account).refused_at:
            world.connected_again(account)


def _came_to_rest(account: Account) -> bool:
    try:
        return bool(tokens.fresh_token(account.id, patience=0))
    except tokens.NeedsOwner:
        return True
    except tokens.NotNow:
        return False


def _works(account: Account) -> bool:
    """The provider itself takes the token."""
    try:
        return facts.read_lists(account.id, client(tokens.fresh_token(account.id))) > 0
    except tokens.NeedsOwner:
        return False


def _read(world: World, accounts: list[Account], seen: Outcome) -> None:
    db.session.rollback()
    seen.calls = world.calls(TOKEN)
    for account in accounts:
        lines = list(
            db.session.scalars(
                select(AccountEvent)
                .where(AccountEvent.account_id == account.id)
                .order_by(AccountEvent.at)
            )
        )
        seen.stored[account.provider_id] = [
            line.at.timestamp() for line in lines if line.what == "refreshed"
        ]
        seen.lost += [line.detail for line in lines if line.what == "answer_lost"]
        assert {line.what for line in lines} <= {"refreshed", "answer_lost"}


# -- the judge


def judge(how: Torture, seen: Outcome) -> None:
    """Every call is either stored, or its answer died with a process that was killed,
    and was asked for once more.
    """
    granted = [call for call in seen.calls if call["status"] == 200]
    refused = [call for call in seen.calls if call["status"] != 200]
    unstored = [call for chain in chains(granted, seen.stored) for call in chain[:-1]]

    assert {call["status"] for call in refused} <= {400}
    # refusals that died with who asked, so that somebody had to ask again
    again = len(refused) - len(seen.lost)
    assert (
        0 <= again <= sum(_killed_within(seen, call, how.deadline) for call in refused)
    )
    assert len(granted) - seen.refreshes == len(unstored) <= len(seen.kills)
    assert all(_killed_within(seen, call, how.deadline) for call in unstored), (
        "lost without a kill"
    )
    if how.grace or how.kind == "long_lived":
        assert (seen.lost, refused, seen.dead) == ([], [], [])
    else:
        assert len(unstored) == len(seen.lost)
        for words in seen.lost:
            assert _explained(words, how, unstored), words
    replays_are_paced(how, granted, seen.stored)


def _killed_within(seen: Outcome, call: dict[str, Any], seconds: float) -> bool:
    """Somebody was killed while this call was under way."""
    return any(
        call["at"] <= latest and earliest <= call["at"] + seconds
        for earliest, latest in seen.kills
    )


def chains(
    granted: list[dict[str, Any]], stored: dict[str, list[float]]
) -> Iterator[list[Any]]:
    """Calls for the same refresh, by account: all but the last of each chain brought an
    answer that was lost.

    The last of all is closed by None, since nobody stored what it brought.
    """
    for account, times in stored.items():
        calls = [call for call in granted if call["account"] == account]
        for stored_at in times:
            chain = [call for call in calls if call["at"] <= stored_at]
            calls = calls[len(chain) :]
            yield [*chain]
        yield [*calls, None]


def replays_are_paced(
    how: Torture, granted: list[dict[str, Any]], stored: dict[str, list[float]]
) -> None:
    """One replay when the lease has ended; each further one after a pause as well."""
    for chain in chains(granted, stored):
        times = [call["at"] for call in chain if call]
        for number, (sooner, later) in enumerate(pairwise(times)):
            least = how.deadline if number == 0 else how.lease + 0.5
            assert later - sooner >= least, f"asked again after {later - sooner:.2f} s"


def _explained(words: str, how: Torture, unstored: list[dict[str, Any]]) -> bool:
    """What the account is told names the second in which it was first asked for; who
    died may not have come to send.
    """
    found = ASKED.search(words)
    assert found, words
    asked = datetime.fromisoformat(found[1]).replace(tzinfo=UTC).timestamp()
    return any(asked <= call["at"] <= asked + 1 + 4 * how.lease for call in unstored)
