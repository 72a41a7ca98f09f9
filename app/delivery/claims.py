"""Who may act on a sign-up, and what became of it.

Beside `decisions` the only author of its state and due time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountEvent
from app.database.leases import Lease
from app.database.session import db, rowcount, write_transaction
from app.delivery import breaker, duplicates, own_trouble, queue_order, unconfirmed
from app.delivery.outcomes import (
    AccountBlocked,
    AskFirst,
    Delivered,
    Held,
    NotAttempted,
    Outcome,
    Rejected,
    RetryLater,
)
from app.services import backoff, services
from app.signups.models import Attempt, Signup, SignupState

MAX_DEATHS = 5
# outcomes of an attempt that may have had its effect all the same
UNKNOWN = ("unanswered", "unexpected", "nonsense", "provider_down")
# outcomes after which somebody decided, the person or an admin
DECIDED = ("opted_out", "came_back")
SAYS_NOTHING = (
    *own_trouble.MAYBE_THE_ROWS,
    "unexpected",
)  # of an account that it is well
# sign-ups that one claim may lay aside before it gives up for now
MAX_LOOKS = 50

LEASE = Lease(Signup, Signup.id, until=Signup.due_at, fence=Signup.attempts)


@dataclass(frozen=True)
class ClaimedSignup:
    """A claimed sign-up. `attempt` is the fence: only the newest claim may settle."""

    id: str
    attempt: int
    account_id: str
    email: str
    person: str
    body: dict[str, Any]
    may_resubscribe: bool
    unknown: bool  # an earlier attempt may have reached the provider: nobody knows
    until: datetime  # the end of the lease
    # when its account was: another fence, for verdicts on the account
    connected_at: datetime
    created_at: datetime
    # An earlier attempt was answered by something that says nothing. Not one whose worker
    # died: of that nothing is known but that it may die again.
    may_be_done: bool = False
    confirmed_at: datetime | None = None
    is_vouched_for: bool = False  # see `Signup`
    # the person has not confirmed: only the lists are in `body`
    lists_only: bool = False
    # and a contact that is known already is not changed
    asks_known: bool = False
    is_corrected: bool = False  # for the first time since an admin corrected it


@dataclass(frozen=True)
class LaidAside:
    """No claim: this sign-up was parked or put off. Another one may be claimed."""


@dataclass(frozen=True)
class NotNow:
    """No claim: somebody was quicker, or nobody may call for the account now."""


def claim(now: datetime) -> ClaimedSignup | None:
    """Take the longest-due sign-up of the account whose turn it is, for one lease.

    None when there is none, or when it cannot be taken now.
    """
    for _ in range(MAX_LOOKS):
        account_id = _whose_turn(now)
        db.session.rollback()
        if account_id is None:
            return None
        match _take_next_of(account_id, now):
            case ClaimedSignup() as job:
                return job
            case NotNow():
                return None
            case LaidAside():
                continue
    return None


def _whose_turn(now: datetime) -> str | None:
    """Look without writing: most looks find nothing."""
    session = db.session()
    for account_id in queue_order.accounts(session, now):
        if queue_order.next_of(session, account_id, now):
            return account_id
    return None


def _take_next_of(account_id: str, now: datetime) -> ClaimedSignup | LaidAside | NotNow:
    with write_transaction() as session:
        id = queue_order.next_of(session, account_id, now, lock=True)
        if id is None:
            return NotNow()
        row = session.get_one(Signup, id)
        if _lay_aside(session, row, now):
            return LaidAside()
        until = now + timedelta(seconds=services().settings.delivery_lease)
        if not _may_call(session, row.account_id, now, until):
            session.rollback()
            return NotNow()
        return _take(session, row, now, until)


def _lay_aside(session: Session, row: Signup, now: datetime) -> bool:
    """Park a sign-up that kills workers; put off one whose person had enough today.

    False when it is neither, and may be tried.
    """
    if _deaths(session, row.id) >= MAX_DEATHS:
        _park(row, now, reason="kills_worker")
        return True
    wait = duplicates.too_often_until(session, row, now)
    if wait:
        row.reason, row.due_at = "too_often", wait
    return wait is not None


def _may_call(
    session: Session, account_id: str, now: datetime, until: datetime
) -> bool:
    """Ask the provider's breaker, then the account's own; this may become a probe."""
    if not breaker.lets(session, now, until):
        return False
    return _account_lets(session, account_id, now, until)


def _take(
    session: Session, row: Signup, now: datetime, until: datetime
) -> ClaimedSignup:
    """Claim a sign-up whose row is locked, and open its attempt."""
    unheard_of, attempt = _unheard_of(session, row.id), row.attempts + 1
    LEASE.claim(
        session, row.id, LEASE.held_with(row.attempts), fence=attempt, until=until
    )
    session.add(Attempt(signup_id=row.id, number=attempt, started_at=now))
    row.account.turn_at = now
    return ClaimedSignup(
        id=row.id,
        attempt=attempt,
        account_id=row.account_id,
        email=row.email,
        person=row.person,
        body=unconfirmed.sendable(row),
        may_resubscribe=row.may_resubscribe,
        unknown=bool(unheard_of),
        until=until,
        connected_at=row.account.connected_at,
        may_be_done=not unheard_of <= {None},
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        is_vouched_for=row.is_vouched_for,
        lists_only=not row.may_send_all,
        asks_known=unconfirmed.asks_known(row),
        is_corrected=row.reason == "corrected",
    )


def settle(job: ClaimedSignup, verdict: Outcome) -> bool:
    """Write down what became of an attempt.

    False when the claim was lost meanwhile, and nothing is changed.
    """
    now = services().clock.now()
    with write_transaction() as session:
        row = LEASE.lock(
            session, job.id, job.attempt, Signup.state == SignupState.WAITING
        )
        if row is None:
            return False
        verdict = unconfirmed.held_if_nobody_can_ask(row, verdict)
        _close_attempt(session, job, verdict, now)
        verdict = (
            _of_the_old_connection(row, job, verdict, now)
            or own_trouble.of(session, row, verdict)
            or verdict
        )
        verdict = duplicates.flagged(session, row, verdict, now) or verdict
        breaker.note(session, row.account_id, verdict, now)
        _apply(row, verdict, now)
        if isinstance(verdict, Delivered):  # only what arrived stands for others
            is_whole = not job.lists_only
            _merge(session, duplicates.saying_the_same(session, row, is_whole), now)
            if job.lists_only:
                _answers_wait(row, now)
        _note_account(session, job, row.account_id, verdict, now)
        return True


def _answers_wait(row: Signup, now: datetime) -> None:
    """Ask for the answers of a sign-up of which only the lists went, or send them if
    the person has confirmed meanwhile.
    """
    if row.may_send_all:
        row.state, row.due_at = SignupState.WAITING, now
    elif services().settings.mails:
        row.state, row.reason, row.due_at = SignupState.CONFIRMING, "answers_wait", now
    else:
        row.reason = "lists_only"


def _merge(session: Session, ids: list[str], now: datetime) -> None:
    if ids:
        session.execute(
            update(Signup)
            .where(Signup.id.in_(ids), Signup.state == SignupState.WAITING)
            .values(
                state=SignupState.CLOSED, reason="merged", due_at=None, settled_at=now
            )
        )


def _account_lets(
    session: Session, account_id: str, now: datetime, until: datetime
) -> bool:
    """Let one sign-up at a time probe an account that is in trouble.

    Of many, whoever moves `hold_until` first is the probe.
    """
    become_its_probe = (
        update(Account)
        .where(
            Account.id == account_id,
            Account.trouble.is_not(None),
            or_(Account.hold_until.is_(None), Account.hold_until <= now),
        )
        .values(hold_until=until)
    )
    if rowcount(session, become_its_probe) == 1:
        return True
    trouble = session.scalar(select(Account.trouble).where(Account.id == account_id))
    return trouble is None


def _deaths(session: Session, id: str) -> int:
    """Count attempts that nobody closed: each cost a worker its life, or its lease."""
    query = (
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.signup_id == id, Attempt.ended_at.is_(None))
    )
    return session.scalar(query) or 0


def _unheard_of(session: Session, id: str) -> set[str | None]:
    """Return how attempts ended that may have reached the provider: nobody knows.

    None for one whose worker died. What was before a person's decision does not count.
    """
    decided = (
        select(func.coalesce(func.max(Attempt.number), 0))
        .where(Attempt.signup_id == id, Attempt.outcome.in_(DECIDED))
        .scalar_subquery()
    )
    outcomes = select(Attempt.outcome).where(
        Attempt.signup_id == id,
        Attempt.number > decided,
        or_(Attempt.outcome.is_(None), Attempt.outcome.in_(UNKNOWN)),
    )
    return set(session.scalars(outcomes.distinct()))


def _close_attempt(
    session: Session, job: ClaimedSignup, verdict: Outcome, now: datetime
) -> None:
    session.execute(
        update(Attempt)
        .where(Attempt.signup_id == job.id, Attempt.number == job.attempt)
        .values(
            ended_at=now,
            outcome=verdict.reason,
            detail=verdict.detail,
            request_id=verdict.request_id,
        )
    )


def _of_the_old_connection(
    row: Signup, job: ClaimedSignup, verdict: Outcome, now: datetime
) -> NotAttempted | None:
    """Let the row go at once when its account was connected again meanwhile.

    The account's trouble is over.
    """
    if not isinstance(verdict, AccountBlocked):
        return None
    if row.account.connected_at == job.connected_at:
        return None
    return NotAttempted("refreshing", until=now)


def _apply(row: Signup, verdict: Outcome, now: datetime) -> None:
    row.reason = verdict.reason
    match verdict:
        case Delivered():
            _finish(row, SignupState.DELIVERED, now)
            row.contact_id, row.action = verdict.contact_id, verdict.reason
            row.failing_since = None
        case AskFirst():
            row.state, row.due_at, row.failing_since = SignupState.CONFIRMING, now, None
        case Held():
            _finish(row, SignupState.HELD, now)
        case Rejected():
            _finish(row, SignupState.PARKED, now)
        case RetryLater():
            _again_or_park(row, verdict, now)
        case NotAttempted():
            row.due_at = verdict.until
        case AccountBlocked():
            _wait_for_account(row, now)
        case _:
            raise TypeError(f"no such verdict: {verdict!r}")


def _finish(row: Signup, state: SignupState, now: datetime) -> None:
    row.state, row.due_at, row.settled_at = state, None, now


def _park(row: Signup, now: datetime, reason: str) -> None:
    row.reason = reason
    _finish(row, SignupState.PARKED, now)


def _wait_for_account(row: Signup, now: datetime) -> None:
    """Leave it due with all others of its account; park it after a month of trouble.

    By then somebody should decide whether it is still wanted.
    """
    began = max(row.created_at, row.account.trouble_since or now)
    if now - began > timedelta(days=services().settings.wait_days):
        _park(row, now, reason="waited_too_long")
    else:
        row.due_at, row.failing_since = now, None


def _again_or_park(row: Signup, verdict: RetryLater, now: datetime) -> None:
    settings = services().settings
    row.failing_since = row.failing_since or now
    if now - row.failing_since > timedelta(days=settings.park_after_days):
        _park(row, now, reason="kept_failing")
    else:
        row.due_at = verdict.until or now + backoff(row.attempts)


def _note_account(
    session: Session,
    job: ClaimedSignup,
    account_id: str,
    verdict: Outcome,
    now: datetime,
) -> None:
    """Write down what a verdict says of the account.

    Unless it is of an earlier connection.
    """
    account = session.scalars(
        select(Account)
        .where(Account.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if verdict.reason == "list_missing":
        # read afresh soon: then the form's page says which one is gone
        account.facts_read_at = None
    if account.disconnected_at or account.connected_at != job.connected_at:
        return
    if isinstance(verdict, AccountBlocked):
        _note_trouble(session, account, verdict, now)
    elif account.trouble and _shows_that_it_is_well(verdict):
        account.end_trouble()
        session.add(AccountEvent(account_id=account_id, at=now, what="mended"))


def _note_trouble(
    session: Session, account: Account, verdict: AccountBlocked, now: datetime
) -> None:
    account.trouble_count += 1
    if account.trouble != verdict.reason:
        account.trouble_since = account.trouble_since or now
        session.add(
            AccountEvent(
                account_id=account.id, at=now, what="trouble", detail=verdict.reason
            )
        )
    account.trouble, account.trouble_detail = verdict.reason, verdict.detail
    account.hold_until = verdict.until or now + backoff(account.trouble_count)


def _shows_that_it_is_well(verdict: Outcome) -> bool:
    return not isinstance(verdict, NotAttempted) and verdict.reason not in SAYS_NOTHING
