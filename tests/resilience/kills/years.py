"""Many accounts kept fresh for as long as it takes, on one clock that the simulator
shares and nobody waits for.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select, update

from app.accounts import facts, tokens
from app.accounts.api_client import client
from app.accounts.models import Account, TokenSet
from app.constant_contact.oauth import claims_of
from app.database.session import db, write_transaction
from app.services import services
from app.worker import periodic
from tests.accounts.acting import TOKEN
from tests.world import World

# The provider's own limits, and our own times as they are shipped.
LIMITS = {"token_calls_per_second": 1, "calls_per_second": 4, "calls_per_day": 10_000}
SETTINGS = {
    "token_gap": 1.25,
    "call_gap": 0.27,
    "calls_per_day": 10_000,
    "http_deadline": 10,
    "token_lease": 15,
}


@dataclass
class Log:
    """The provider's token calls, read as they come: it forgets old ones."""

    world: World
    seen: int = 0
    at: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def read(self) -> int:
        """How many came since the last look."""
        received = self.world.simulator.simulator.received
        new = [
            call
            for call in reversed(received.latest(received.total - self.seen))
            if call["path"] == TOKEN
        ]
        self.seen = received.total
        self.at += [call["at"] for call in new]
        self.statuses.update(call["status"] for call in new)
        return len(new)

    @property
    def closest(self) -> float:
        """The shortest time between two calls, in seconds."""
        return min(later - sooner for sooner, later in pairwise(self.at))


def connect(world: World, many: int) -> list[Account]:
    """So many organisations at the provider, all connected; their lists are not read
    daily, which takes long.
    """
    state = world.simulator.state
    first = next(iter(state.accounts.values()))
    owner = next(login for login in state.logins.values() if login.account == first.id)
    for number in range(many - len(state.accounts)):
        id = f"a07branch{number:03}"
        state.accounts[id] = replace(
            first,
            id=id,
            contacts={},
            summary={
                **first.summary,
                "encoded_account_id": id,
                "organization_name": f"Branch {number}",
            },
        )
        state.logins[f"owner{number}@branch.example"] = replace(
            owner,
            name=f"owner{number}@branch.example",
            account=id,
            user_id=f"user-{number}",
            uid=f"00u{number}",
        )
    accounts = [world.account(number) for number in range(many)]
    world.control("limits", **LIMITS)
    with write_transaction() as session:
        session.execute(
            update(Account).values(
                facts_read_at=world.clock.now() + timedelta(days=1000)
            )
        )
    return accounts


def live(world: World, log: Log, span: timedelta, step: timedelta) -> None:
    """The worker's own steps, so often; before and after each, every account must hold
    a token that works.
    """
    ends = world.clock.now() + span
    while world.clock.now() < ends:
        assert over(world) == []
        chores(world)
        log.read()
        assert over(world) == []
        world.clock.advance(seconds=step.total_seconds())


def chores(world: World) -> None:
    """The chores, and again as a worker does every five seconds, while there is
    something left to renew.
    """
    periodic.run_due(world.clock.now())
    while db.session.scalar(
        select(func.count()).where(TokenSet.refresh_due_at <= world.clock.now())
    ):
        world.clock.advance(seconds=5)
        periodic.run_due(world.clock.now())


def over(world: World) -> list[str]:
    """Accounts whose access token has come to its end, as the provider's token itself
    says.
    """
    db.session.rollback()
    return [
        held.account_id
        for held in db.session.scalars(select(TokenSet))
        if _end(held) <= world.clock.now()
    ]


def _end(held: TokenSet) -> Any:
    return claims_of(
        services().cipher.decrypt(
            held.access_token, "token_set", held.id, "access_token"
        )
    ).expires_at


def refused(accounts: Iterable[Account]) -> list[str]:
    """Accounts whose token the provider does not take."""
    there = []
    for account in accounts:
        try:
            facts.read_lists(
                account.id, client(tokens.fresh_token(account.id, patience=0))
            )
        except Exception as error:
            there.append(f"{account.name}: {error}")
    return there
