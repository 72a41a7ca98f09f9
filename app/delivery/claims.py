"""Who may act on a sign-up, and what became of it.

Beside `decisions` the only author of its state and due time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.models import Account, Occurrence
from app.db import changed, db, writing
from app.delivery import breaker, same_person, turns
from app.delivery.verdicts import (
    AccountWaits,
    Delivered,
    Held,
    Later,
    NotYet,
    Parked,
    Verdict,
)
from app.ground import backoff, ground
from app.signups.models import Attempt, Signup, State

MOST_DEATHS = 5
MAYBE_THE_ROWS = {"provider_down", "nonsense", "unanswered"}
# the effect may be there all the same
UNKNOWN = ("unanswered", "unexpected", "nonsense", "provider_down")
SAYS_NOTHING = (*MAYBE_THE_ROWS, "unexpected")  # of an account that it is well
# sign-ups that one claim may find to be put off, merged or dead before it gives up for
# now
MOST_LOOKS = 50


@dataclass(frozen=True)
class Job:
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


def claim(now: datetime) -> Job | None:
    """Take the longest-due sign-up of the account whose turn it is, for one lease; or
    None.
    """
    for _ in range(MOST_LOOKS):
        account_id = _whose_turn(now)
        db.session.rollback()
        if account_id is None:
            return None
        with writing() as session:
            id = turns.next_of(session, account_id, now, lock=True)
            job = id and _take(session, session.get_one(Signup, id), now)
        if isinstance(job, Job):
            return job
        if id is None or job is None:
            return None  # somebody was quicker, or is the probe
    return None


def _whose_turn(now: datetime) -> str | None:
    """A look costs no write."""
    session = db.session()
    return next(
        (id for id in turns.accounts(session, now) if turns.next_of(session, id, now)),
        None,
    )


def _take(session: Session, row: Signup, now: datetime) -> Job | str | None:
    """The job; why the row was laid aside instead; or None when nobody may call for its
    account now.
    """
    until = now + timedelta(seconds=ground().settings.delivery_lease)
    if _deaths(session, row.id) >= MOST_DEATHS:
        row.state, row.reason, row.due_at, row.settled_at = (
            State.PARKED,
            "kills_worker",
            None,
            now,
        )
        return "kills_worker"
    if wait := same_person.too_often_until(session, row, now):
        row.reason, row.due_at = "too_often", wait
        return "too_often"
    if not breaker.lets(session, now, until) or not _account_lets(
        session, row.account_id, now, until
    ):
        session.rollback()
        return None
    unknown = _unknown(session, row.id)
    row.attempts, row.due_at = row.attempts + 1, until
    session.add(Attempt(signup_id=row.id, number=row.attempts, started_at=now))
    account = row.account
    account.turn_at = now
    return Job(
        row.id,
        row.attempts,
        row.account_id,
        row.email,
        row.person,
        row.body,
        row.may_resubscribe,
        unknown,
        until,
        account.connected_at,
    )


def settle(job: Job, verdict: Verdict) -> bool:
    """Write down what became of an attempt; False when the claim was lost meanwhile,
    and nothing is changed.
    """
    now = ground().clock.now()
    with writing() as session:
        row = session.scalar(
            select(Signup)
            .where(
                Signup.id == job.id,
                Signup.attempts == job.attempt,
                Signup.state == State.WAITING,
            )
            .with_for_update()
        )
        if row is None:
            return False
        _close_attempt(session, job, verdict, now)
        verdict = (
            _of_the_old_connection(row, job, verdict, now)
            or _own_trouble(session, row, verdict)
            or verdict
        )
        verdict = same_person.flagged(session, row, verdict, now) or verdict
        breaker.note(session, row.account_id, verdict, now)
        _apply(row, verdict, now)
        if isinstance(verdict, Delivered):  # only what arrived stands for others
            _merge(session, same_person.saying_the_same(session, row), now)
        _note_account(session, job, row.account_id, verdict, now)
        return True


def _merge(session: Session, ids: list[str], now: datetime) -> None:
    if ids:
        session.execute(
            update(Signup)
            .where(Signup.id.in_(ids), Signup.state == State.WAITING)
            .values(state=State.CLOSED, reason="merged", due_at=None, settled_at=now)
        )


def _account_lets(
    session: Session, account_id: str, now: datetime, until: datetime
) -> bool:
    """While an account is in trouble one sign-up at a time is its probe: of many,
    whoever moves `hold_until` first.
    """
    probing = (
        changed(
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


def _close_attempt(session: Session, job: Job, verdict: Verdict, now: datetime) -> None:
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
    row: Signup, job: Job, verdict: Verdict, now: datetime
) -> NotYet | None:
    """The account was connected again while this was under way: its trouble is over,
    and the row may go at once.
    """
    again = (
        isinstance(verdict, AccountWaits)
        and row.account.connected_at != job.connected_at
    )
    return NotYet("refreshing", until=now) if again else None


def _own_trouble(session: Session, row: Signup, verdict: Verdict) -> Later | None:
    """Trouble that this row alone meets is its own: others of its account were
    delivered since it last failed.
    """
    if not isinstance(verdict, AccountWaits) or verdict.reason not in MAYBE_THE_ROWS:
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
            Signup.state == State.WAITING,
            Signup.id != row.id,
            Attempt.number == Signup.attempts,
            Attempt.outcome.in_(MAYBE_THE_ROWS),
        )
    )
    if row.failing_since and anybodys is None:
        # known to be its own
        return Later(verdict.reason, verdict.detail, verdict.request_id)
    since = max(its_last, anybodys or its_last)
    others = session.scalar(
        select(Signup.id)
        .where(
            Signup.account_id == row.account_id,
            Signup.state == State.DELIVERED,
            Signup.settled_at > since,
        )
        .limit(1)
    )
    return Later(verdict.reason, verdict.detail, verdict.request_id) if others else None


def _apply(row: Signup, verdict: Verdict, now: datetime) -> None:
    row.reason = verdict.reason
    match verdict:
        case Delivered():
            row.state, row.due_at, row.settled_at = State.DELIVERED, None, now
            row.contact_id, row.action, row.failing_since = (
                verdict.contact_id,
                verdict.reason,
                None,
            )
        case Held():
            row.state, row.due_at, row.settled_at = State.HELD, None, now
        case Parked():
            row.state, row.due_at, row.settled_at = State.PARKED, None, now
        case Later():
            _again_or_park(row, verdict, now)
        case NotYet():
            row.due_at = verdict.until
        case _ if _waited_too_long(row, now):
            row.state, row.reason, row.due_at, row.settled_at = (
                State.PARKED,
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
    return now - began > timedelta(days=ground().settings.wait_days)


def _again_or_park(row: Signup, verdict: Later, now: datetime) -> None:
    settings = ground().settings
    row.failing_since = row.failing_since or now
    if now - row.failing_since > timedelta(days=settings.park_after_days):
        row.state, row.reason, row.due_at, row.settled_at = (
            State.PARKED,
            "kept_failing",
            None,
            now,
        )
    else:
        row.due_at = verdict.until or now + backoff(row.attempts)


def _note_account(
    session: Session, job: Job, account_id: str, verdict: Verdict, now: datetime
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
    if isinstance(verdict, AccountWaits):
        account.trouble_count += 1
        if account.trouble != verdict.reason:
            account.trouble_since = account.trouble_since or now
            session.add(
                Occurrence(
                    account_id=account_id, at=now, what="trouble", detail=verdict.reason
                )
            )
        account.trouble, account.trouble_detail = verdict.reason, verdict.detail
        account.hold_until = verdict.until or now + backoff(account.trouble_count)
    elif (
        account.trouble
        and not isinstance(verdict, NotYet)
        and verdict.reason not in SAYS_NOTHING
    ):
        account.end_trouble()
        session.add(Occurrence(account_id=account_id, at=now, what="mended"))
