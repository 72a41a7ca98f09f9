"""Read everything that the first screen speaks of, in one request and in constant cost."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.dashboard import queries as queries_of_forms
from app.delivery import read_back
from app.forms import gone
from app.forms.models import Form
from app.imports import queries as queries_of_imports
from app.mail import outbox
from app.monitoring import api_usage
from app.services import services
from app.stats import account_ranking, attacks, counts
from app.stats.account_ranking import ClosedDoor
from app.status import machine, waiting
from app.status.waiting import Waiting

MAX_OWNERS = 5  # one card each; the others share one
WEEK = 7  # days


@dataclass(frozen=True)
class ImportForSomebody:
    """An import that ended with errors, or that waits for somebody to begin it."""

    id: str
    file: str
    account: str
    state: str
    good: int


@dataclass(frozen=True)
class Situation:
    """How everything is at this moment, in numbers and names."""

    now: datetime
    balance: counts.Balance
    waiting: Waiting
    accounts: account_ranking.Summary
    # id and name of those that only their owner can mend, the first few
    need_owners: list[tuple[str, str]]
    # disconnected accounts whose forms still take sign-ups, or whose people wait
    closed_doors: list[ClosedDoor]
    # open forms that use a deleted list or field: the first few, and how many
    uses_of_gone: list[gone.Use]
    number_of_gone: int
    low_disk: int | None
    clock_off: timedelta | None
    allowance: api_usage.Allowance
    imports: list[ImportForSomebody]
    mails_late: int
    mails_given_up: int
    attacked: list[Form]
    # ids of delivered sign-ups that were not as sent when read back, of so many
    drifted: list[str]
    read_back: int
    # ids of forms that could be protected better
    unprotected: list[str]
    per_day: list[tuple[date, int]]

    @property
    def week(self) -> int:
        """How many signed up within seven days."""
        return sum(number for _day, number in self.per_day[-WEEK:])

    @property
    def is_welcome(self) -> bool:
        """Whether there is no account yet."""
        return not any(self.accounts.by_state.values())

    @property
    def is_certain(self) -> bool:
        """Whether everything that was accepted is here and a worker delivers it."""
        return self.balance.holds and self.waiting.gate.worker == waiting.Cause.NEXT


def read(now: datetime) -> Situation:
    """Read how everything is."""
    summary = account_ranking.summary(now)
    late, given_up = outbox.trouble(now)
    drifted = read_back.drifted(now)
    unprotected = []
    if services().settings.mails:
        unprotected = queries_of_forms.offering_protection()
    uses, number_of_gone = gone.uses()
    who_waits = waiting.waiting(now)
    in_queue = who_waits.total
    if who_waits.gate.limit_until:
        in_queue = who_waits.of(waiting.Cause.DAILY_LIMIT)
    return Situation(
        now=now,
        balance=counts.balance(),
        waiting=who_waits,
        accounts=summary,
        need_owners=account_ranking.need_their_owner(now, MAX_OWNERS),
        closed_doors=account_ranking.closed_doors(now),
        uses_of_gone=uses,
        number_of_gone=number_of_gone,
        low_disk=machine.low_disk(),
        clock_off=machine.clock_off(now),
        allowance=api_usage.today(now, in_queue),
        imports=[ImportForSomebody(*row) for row in queries_of_imports.for_somebody()],
        mails_late=late,
        mails_given_up=given_up,
        attacked=attacks.under_attack(now),
        drifted=drifted,
        read_back=sum(read_back.lately(now).values()) if drifted else 0,
        unprotected=unprotected,
        per_day=counts.per_day(),
    )
