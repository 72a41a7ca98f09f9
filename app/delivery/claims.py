"""Who may act on a sign-up, and what became of it. Beside `decisions` the only author of its state and due time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Select, String, bindparam, func, literal_column, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Account, Occurrence
from app.db import UtcTime, changed, db, writing
from app.delivery.verdicts import AccountWaits, Delivered, Held, Later, NotYet, Parked, Verdict
from app.ground import backoff, ground
from app.signups.models import Attempt, Signup, State

MOST_DEATHS = 5
MAYBE_THE_ROWS = {"provider_down", "nonsense", "unanswered"}
WAITING = literal_column("'waiting'", String)
NOW = bindparam("now", type_=UtcTime)


@dataclass(frozen=True)
class Job:
    """A claimed sign-up. `attempt` is the fence: only the newest claim may settle."""

    id: str
    attempt: int
    account_id: str
    email: str
    body: dict[str, Any]
    may_resubscribe: bool
    connected_at: datetime  # when its account was: another fence, for verdicts on the account


def claim(now: datetime) -> Job | None:
    """Take the longest-due sign-up that may be sent now, for one lease; or None."""
    if db.session.scalar(_due(), {"now": now}) is None:  # a look costs no write
        db.session.rollback()
        return None
    until = now + timedelta(seconds=ground().settings.delivery_lease)
    with writing() as session:
        id = session.scalar(_due(for_update=True), {"now": now})
        if id is None:
            return None
        row = session.get_one(Signup, id)
        if not _account_lets(session, row.account_id, now, until):
            return None
        row.attempts, row.due_at = row.attempts + 1, until
        if _deaths(session, id) >= MOST_DEATHS:
            row.state, row.reason, row.due_at, row.settled_at = State.PARKED, "kills_worker", None, now
            return None
        session.add(Attempt(signup_id=id, number=row.attempts, started_at=now))
        return Job(id, row.attempts, row.account_id, row.email, row.body, row.may_resubscribe,
                   row.account.connected_at)


def settle(job: Job, verdict: Verdict) -> bool:
    """Write down what became of an attempt; False when the claim was lost meanwhile, and nothing is changed."""
    now = ground().clock.now()
    with writing() as session:
        row = session.scalar(select(Signup).where(Signup.id == job.id, Signup.attempts == job.attempt,
                                                  Signup.state == State.WAITING).with_for_update())
        if row is None:
            return False
        _close_attempt(session, job, verdict, now)
        verdict = _of_the_old_connection(row, job, verdict, now) or _own_trouble(session, row, verdict) or verdict
        _apply(row, verdict, now)
        _note_account(session, row.account_id, verdict, now)
        return True


@cache
def _due(for_update: bool = False) -> Select[str]:
    """The next sign-up whose account may be asked, whose person has no older one waiting and none under way.

    Asked all day, so built once, and written so that both databases walk `ix_signup_due` in order and look each
    person up by an index, also before they have statistics: EXISTS becomes a join of all that waits with all that
    waits, a bound state does not match the partial index, and a plain state leads SQLite to the index of states.
    """
    due = (select(Signup.id).join(Account, Account.id == Signup.account_id)
           .where(Signup.due_at <= NOW, Signup.state.concat("") == WAITING, Account.disconnected_at.is_(None),
                  or_(Account.hold_until.is_(None), Account.hold_until <= NOW),
                  Signup.id == _first_of_person(), _under_way_for_person() == 0)
           .order_by(Signup.due_at).limit(1))
    return due.with_for_update(skip_locked=True, of=Signup) if for_update else due


def _first_of_person() -> ScalarSelect[str]:
    older = aliased(Signup)
    return (select(older.id).where(older.account_id == Signup.account_id, older.person == Signup.person,
                                   older.state == WAITING)
            .order_by(older.created_at, older.id).limit(1).correlate(Signup).scalar_subquery())


def _under_way_for_person() -> ScalarSelect[int]:
    """An older sign-up can come back, sent again, while a newer one of the same person is on its way."""
    leased, begun = aliased(Signup), aliased(Attempt)
    still_open = (select(func.count()).select_from(begun)
                  .where(begun.signup_id == leased.id, begun.number == leased.attempts, begun.ended_at.is_(None))
                  .correlate(leased).scalar_subquery())
    return (select(func.count()).select_from(leased)
            .where(leased.account_id == Signup.account_id, leased.person == Signup.person,
                   leased.due_at > NOW, still_open == 1).correlate(Signup).scalar_subquery())


def _account_lets(session: Session, account_id: str, now: datetime, until: datetime) -> bool:
    """While an account is in trouble one sign-up at a time is its probe: of many, whoever moves `hold_until` first."""
    probing = changed(session, update(Account).where(
        Account.id == account_id, Account.trouble.is_not(None),
        or_(Account.hold_until.is_(None), Account.hold_until <= now)).values(hold_until=until)) == 1
    return probing or session.scalar(select(Account.trouble).where(Account.id == account_id)) is None


def _deaths(session: Session, id: str) -> int:
    """Attempts that nobody closed: each cost a worker its life, or its lease."""
    return session.scalar(select(func.count()).select_from(Attempt)
                          .where(Attempt.signup_id == id, Attempt.ended_at.is_(None))) or 0


def _close_attempt(session: Session, job: Job, verdict: Verdict, now: datetime) -> None:
    session.execute(update(Attempt).where(Attempt.signup_id == job.id, Attempt.number == job.attempt)
                    .values(ended_at=now, outcome=verdict.reason, detail=verdict.detail,
                            request_id=verdict.request_id))


def _of_the_old_connection(row: Signup, job: Job, verdict: Verdict, now: datetime) -> NotYet | None:
    """The account was connected again while this was under way: its trouble is over, and the row may go at once."""
    again = isinstance(verdict, AccountWaits) and row.account.connected_at != job.connected_at
    return NotYet("refreshing", until=now) if again else None


def _own_trouble(session: Session, row: Signup, verdict: Verdict) -> Later | None:
    """Trouble that this row alone meets is its own: others of its account were delivered since it last failed."""
    if not isinstance(verdict, AccountWaits) or verdict.reason not in MAYBE_THE_ROWS or row.failing_since is None:
        return None
    others = session.scalar(select(Signup.id).where(
        Signup.account_id == row.account_id, Signup.state == State.DELIVERED,
        Signup.settled_at > row.failing_since).limit(1))
    return Later(verdict.reason, verdict.detail, verdict.request_id) if others else None


def _apply(row: Signup, verdict: Verdict, now: datetime) -> None:
    row.reason = verdict.reason
    match verdict:
        case Delivered():
            row.state, row.due_at, row.settled_at = State.DELIVERED, None, now
            row.contact_id, row.action, row.failing_since = verdict.contact_id, verdict.reason, None
        case Held():
            row.state, row.due_at, row.settled_at = State.HELD, None, now
        case Parked():
            row.state, row.due_at, row.settled_at = State.PARKED, None, now
        case Later():
            _again_or_park(row, verdict, now)
        case NotYet():
            row.due_at = verdict.until
        case _:
            row.due_at, row.failing_since = now, now


def _again_or_park(row: Signup, verdict: Later, now: datetime) -> None:
    settings = ground().settings
    row.failing_since = row.failing_since or now
    if now - row.failing_since > timedelta(days=settings.park_after_days):
        row.state, row.reason, row.due_at, row.settled_at = State.PARKED, "kept_failing", None, now
    else:
        row.due_at = verdict.until or now + backoff(row.attempts)


def _note_account(session: Session, account_id: str, verdict: Verdict, now: datetime) -> None:
    account = session.get_one(Account, account_id)
    if verdict.reason == "list_missing":
        account.facts_read_at = None  # read afresh soon: then the form's page says which one is gone
    if account.disconnected_at:
        return
    if isinstance(verdict, AccountWaits):
        account.trouble_count += 1
        if account.trouble != verdict.reason:
            account.trouble_since = account.trouble_since or now
            session.add(Occurrence(account_id=account_id, at=now, what="trouble", detail=verdict.reason))
        account.trouble, account.trouble_detail = verdict.reason, verdict.detail
        account.hold_until = verdict.until or now + backoff(account.trouble_count)
    elif account.trouble and not isinstance(verdict, NotYet):
        account.end_trouble()
        session.add(Occurrence(account_id=account_id, at=now, what="mended"))
