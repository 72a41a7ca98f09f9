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
from app.delivery import breaker, duplicates, queue_order
from app.delivery.outcomes import (
    AccountBlocked,
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
MAYBE_THE_ROWS = {"provider_down", "nonsense", "unanswered"}
# the effect may be there all the same
UNKNOWN = ("unanswered", "unexpected", "nonsense", "provider_down")
SAYS_NOTHING = (*MAYBE_THE_ROWS, "unexpected")  # of an account that it is well
# sign-ups that one claim may find to be put off, merged or dead before it gives up for
# now
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


def claim(now: datetime) -> ClaimedSignup | None:
    """Take the longest-due sign-up of the account whose turn it is, for one lease; or
    None.
    """
    for _ in range(MAX_LOOKS):
        account_id = _whose_turn(now)
        db.session.rollback()
        if account_id is None:
            return None
        with write_transaction() as session:
            id = queue_order.next_of(session, account_id, now, lock=True)
            job = id and _take(session, session.get_one(Signup, id), now)
        if isinstance(job, ClaimedSignup):
            return job
        if id is None or job is None:
            return None  # somebody was quicker, or is the probe
    return None


def _whose_turn(now: datetime) -> str | None:
    """A look costs no write."""
    session = db.session()
    return next(
        (
            id
            for id in queue_order.accounts(session, now)
            if queue_order.next_of(session, id, now)
        ),
        None,
    )


def _take(session: Session, row: Signup, now: datetime) -> ClaimedSignup | str | None:
    """The job; why the row was laid aside instead; or None when nobody may call for its
    account now.
    """
    until = now + timedelta(seconds=services().settings.delivery_lease)
    if _deaths(session, row.id) >= MAX_DEATHS:
        row.state, row.reason, row.due_at, row.settled_at = (
            SignupState.PARKED,
            "kills_worker",
            None,
            now,
        )
        return "kills_worker"
    if wait := duplicates.too_often_until(session, row, now):
        row.reason, row.due_at = "too_often", wait
        return "too_often"
    if not breaker.lets(session, now, until) or not _account_lets(
        session, row.account_id, now, until
    ):
        session.rollback()
        return None
    unknown = _unknown(session, row.id)
    attempt = row.attempts + 1
    LEASE.claim(
        session, row.id, LEASE.held_with(row.attempts), fence=attempt, until=until
    )
    session.add(Attempt(signup_id=row.id, number=attempt, started_at=now))
    account = row.account
    account.turn_at = now
    return ClaimedSignup(
        row.id,
        attempt,
        row.account_id,
        row.email,
        row.person,
        row.body,
        row.may_resubscribe,
        unknown,
        until,
        account.connected_at,
    )


def settle(job: ClaimedSignup, verdict: Outcome) -> bool:
    """Write down what became of an attempt; False when the claim was lost meanwhile,
    and nothing is changed.
    """
    now = services().clock.now()
    with write_transaction() as session:
        row = LEASE.lock(
            session, job.id, job.attempt, Signup.state == SignupState.WAITING
        )
        if row is None:
            return False
        _close_attempt(session, job, verdict, now)
        verdict = (
            _of_the_old_connection(row, job, verdict, now)
            or _own_trouble(session, row, verdict)
            or verdict
        )
        verdict = duplicates.flagged(session, row, verdict, now) or verdict
        breaker.note(session, row.account_id, verdict, now)
        _apply(row, verdict, now)
        if isinstance(verdict, Delivered):  # only what arrived stands for others
            _merge(session, duplicates.saying_the_same(session, row), now)
        _note_account(session, job, row.account_id, verdict, now)
        return True


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
    """While an account is in trouble one sign-up at a time is its probe: of many,
    whoever moves `hold_until` first.
    """
    probing = (
        rowcount(
            session,
            update(Account)
            .where(
                Account.id == account_id,
                Account.trouble.is_not(None),
                or_(Account.hold_until.is_(None), Account.hold_until <= now),
            )
            .values(hold_until=until),
        )
        == 1
    )
    return (
        probing
        or session.scalar(select(Account.trouble).where(Account.id == account_id))
        is None
    )


def _deaths(session: Session, id: str) -> int:
    """Attempts that nobody closed: each cost a worker its life, or its lease."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(Attempt.signup_id == id, Attempt.ended_at.is_(None))
        )
        or 0
    )


def _unknown(session: Session, id: str) -> bool:
    """Whether any attempt may have reached the provider without anybody having heard
    how it ended.
    """
    looked = (
        select(func.coalesce(func.max(Attempt.number), 0))
        .where(
            # and a person decided since
            Attempt.signup_id == id,
            Attempt.outcome == "opted_out",
        )
        .scalar_subquery()
    )
    return (
        session.scalar(
            select(Attempt.number)
            .where(
                Attempt.signup_id == id,
                Attempt.number > looked,
                or_(Attempt.outcome.is_(None), Attempt.outcome.in_(UNKNOWN)),
            )
            .limit(1)
        )
        is not None
    )


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
    """The account was connected again while this was under way: its trouble is over,
    and the row may go at once.
    """
    again = (
        isinstance(verdict, AccountBlocked)
        and row.account.connected_at != job.connected_at
    )
    return NotAttempted("refreshing", until=now) if again else None


def _own_trouble(session: Session, row: Signup, verdict: Outcome) -> RetryLater | None:
    """Trouble that this row alone meets is its own: others of its account were
    delivered since it last failed.
    """
    if not isinstance(verdict, AccountBlocked) or verdict.reason not in MAYBE_THE_ROWS:
        return None
    failed = func.max(Attempt.ended_at)
    its_last = session.scalar(
        select(failed).where(
            Attempt.signup_id == row.id,
            Attempt.number < row.attempts,
            Attempt.outcome.in_(MAYBE_THE_ROWS),
        )
    )
    if its_last is None:
        return None
    anybodys = session.scalar(
        select(failed)
        .join(Attempt.signup)
        .where(
            Signup.account_id == row.account_id,
            Signup.state == SignupState.WAITING,
            Signup.id != row.id,
            Attempt.number == Signup.attempts,
            Attempt.outcome.in_(MAYBE_THE_ROWS),
        )
    )
    if row.failing_since and anybodys is None:
        # known to be its own
        return RetryLater(verdict.reason, verdict.detail, verdict.request_id)
    since = max(its_last, anybodys or its_last)
    others = session.scalar(
        select(Signup.id)
        .where(
            Signup.account_id == row.account_id,
            Signup.state == SignupState.DELIVERED,
            Signup.settled_at > since,
        )
        .limit(1)
    )
    return (
        RetryLater(verdict.reason, verdict.detail, verdict.request_id)
        if others
        else None
    )


def _apply(row: Signup, verdict: Outcome, now: datetime) -> None:
    row.reason = verdict.reason
    match verdict:
        case Delivered():
            row.state, row.due_at, row.settled_at = SignupState.DELIVERED, None, now
            row.contact_id, row.action, row.failing_since = (
                verdict.contact_id,
                verdict.reason,
                None,
            )
        case Held():
            row.state, row.due_at, row.settled_at = SignupState.HELD, None, now
        case Rejected():
            row.state, row.due_at, row.settled_at = SignupState.PARKED, None, now
        case RetryLater():
            _again_or_park(row, verdict, now)
        case NotAttempted():
            row.due_at = verdict.until
        case _ if _waited_too_long(row, now):
            row.state, row.reason, row.due_at, row.settled_at = (
                SignupState.PARKED,
                "waited_too_long",
                None,
                now,
            )
        case _:
            row.due_at, row.failing_since = now, None


def _waited_too_long(row: Signup, now: datetime) -> bool:
    """A month of trouble of the account or the provider: somebody should decide whether
    it is still wanted.
    """
    began = max(row.created_at, row.account.trouble_since or now)
    return now - began > timedelta(days=services().settings.wait_days)


def _again_or_park(row: Signup, verdict: RetryLater, now: datetime) -> None:
    settings = services().settings
    row.failing_since = row.failing_since or now
    if now - row.failing_since > timedelta(days=settings.park_after_days):
        row.state, row.reason, row.due_at, row.settled_at = (
            SignupState.PARKED,
            "kept_failing",
            None,
            now,
        )
    else:
        row.due_at = verdict.until or now + backoff(row.attempts)


def _note_account(
    session: Session,
    job: ClaimedSignup,
    account_id: str,
    verdict: Outcome,
    now: datetime,
) -> None:
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
        account.trouble_count += 1
        if account.trouble != verdict.reason:
            account.trouble_since = account.trouble_since or now
            session.add(
                AccountEvent(
                    account_id=account_id, at=now, what="trouble", detail=verdict.reason
                )
            )
        account.trouble, account.trouble_detail = verdict.reason, verdict.detail
        account.hold_until = verdict.until or now + backoff(account.trouble_count)
    elif (
        account.trouble
        and not isinstance(verdict, NotAttempted)
        and verdict.reason not in SAYS_NOTHING
    ):
        account.end_trouble()
        session.add(AccountEvent(account_id=account_id, at=now, what="mended"))
