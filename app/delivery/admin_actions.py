"""What people decide about sign-ups that nobody delivered.

They send them again, refuse them, close them, or hand them to another account. Beside
`claims` the only author of a sign-up's state, attempts and due time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountEvent
from app.database.session import db, rowcount, write_transaction
from app.delivery.repair import leave_out_what_is_gone
from app.services import services
from app.signups import blocked
from app.signups.models import (
    Attempt,
    Signup,
    SignupEvent,
    SignupState,
)

MAX_IN_A_STATEMENT = 500  # ids
# what a person may decide about
OPEN = (SignupState.PARKED, SignupState.HELD, SignupState.CONFIRMING)
CORRECTABLE = (SignupState.PARKED, SignupState.HELD)
SUSPECTS = (SignupState.HELD, SignupState.CONFIRMING)
# only the person can end these
THEIR_OWN_WORD = ("opted_out", "came_back")


@dataclass(frozen=True)
class Which:
    """All held, parked or confirming sign-ups of one reason, one signal or both.

    Of one form if it is named, since and until some moment.
    """

    state: str
    reason: str
    form_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    signal: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether it names more than a state."""
        return bool(self.reason or self.signal)

    @property
    def may_be_resent(self) -> bool:
        """Whether all of it can be sent again, or closed, by one press: one reason, or
        what needs a fix of one form.
        """
        if self.state == SignupState.PARKED:
            return bool(self.reason or self.form_id)
        return self.state == SignupState.HELD and self.reason not in ("", "opted_out")

    def conditions(self) -> list[ColumnElement[bool]]:
        laid_aside = func.coalesce(Signup.settled_at, Signup.created_at)
        conditions = [Signup.state == self.state, ~Signup.counted]
        if self.reason:
            conditions.append(Signup.reason == self.reason)
        if self.signal:
            conditions.append(
                Signup.signals.contains(f",{self.signal},", autoescape=True)
            )
        if self.form_id:
            conditions.append(Signup.form_id == self.form_id)
        if self.since:
            conditions.append(laid_aside >= self.since)
        if self.until:
            conditions.append(laid_aside <= self.until)
        return conditions


def send_again(
    ids: list[str],
    resubscribe: bool = False,
    in_bulk: bool = False,
    who: str = "",
    lists: tuple[str, ...] = (),
) -> int:
    """Make parked and held sign-ups due now; return how many.

    Who was held, or has not confirmed, need not confirm any more. `resubscribe`: the
    person asked `who` for it. In bulk nobody who opted out is sent: each
    of them has to ask, so each is decided alone. Those that name a list or field which
    is gone go without it, or with `lists` in its place. Attempts that nobody closed are closed without an outcome, so
    that five deaths are not counted for ever.
    """
    values: dict[str, Any] = {
        "state": SignupState.WAITING,
        "reason": "sent_again",
        "failing_since": None,
        "settled_at": None,
        "due_at": services().clock.now(),
        "vouched": or_(Signup.vouched, Signup.state != SignupState.PARKED),
    }
    if in_bulk:
        return _move(ids, CORRECTABLE, values, spared="opted_out", lists=lists)
    if resubscribe:
        values["may_resubscribe"] = True
        return _move(ids, OPEN, values, event=("resubscribed", who))
    return _move(ids, OPEN, values)


def opted_out_among(ids: list[str]) -> list[str]:
    """Return which of these wait because the person opted out."""
    query = select(Signup.id).where(
        Signup.id.in_(ids[:MAX_IN_A_STATEMENT]),
        Signup.state.in_(SUSPECTS),
        Signup.reason.in_(THEIR_OWN_WORD),
    )
    return list(db.session.scalars(query))


def close_waiting(account_id: str) -> int:
    """Close what waits for a disconnected account; return how many.

    Somebody decided not to send it.
    """
    now = services().clock.now()
    lists_went = Signup.contact_id.is_not(None)
    with write_transaction() as session:
        gone = select(Account.id).where(
            Account.id == account_id, Account.disconnected_at.is_not(None)
        )
        closed = rowcount(
            session,
            update(Signup)
            .where(
                Signup.account_id.in_(gone),
                Signup.state.in_((SignupState.WAITING, SignupState.CONFIRMING)),
                ~_under_way(now),
            )
            .values(
                state=case(
                    (lists_went, SignupState.DELIVERED), else_=SignupState.CLOSED
                ),
                reason=case((lists_went, "lists_only"), else_="not_sent"),
                due_at=None,
                settled_at=now,
            ),
        )
        if closed:
            session.add(
                AccountEvent(
                    account_id=account_id, at=now, what="not_sent", detail=str(closed)
                )
            )
        return closed


def hand_over(
    session: Session, rows: list[Row[Any]], account_id: str, bodies: dict[str, Any]
) -> None:
    """Let another account have these undelivered sign-ups (id, state, attempts,
    due_at, contact_id).

    Attempts under way settle nothing. A decision to re-subscribe somebody was about the
    old account's list, so it does not go along.
    """
    now, ids = services().clock.now(), [row.id for row in rows]
    for start in range(0, len(ids), MAX_IN_A_STATEMENT):
        batch = ids[start : start + MAX_IN_A_STATEMENT]
        session.execute(
            update(Attempt)
            .where(Attempt.signup_id.in_(batch), Attempt.ended_at.is_(None))
            .values(ended_at=now, outcome="moved")
        )
    moved = []
    for row in rows:
        values = {
            "id": row.id,
            "account_id": account_id,
            "body": bodies[row.id],
            "attempts": row.attempts + 1,
            "failing_since": None,
            "may_resubscribe": False,
            "due_at": None,
        }
        if row.state == SignupState.WAITING:
            values["due_at"] = now
        if row.state == SignupState.CONFIRMING:
            values["due_at"] = row.due_at
            if row.contact_id:  # its lists went to the old account
                values |= {"state": SignupState.WAITING, "due_at": now}
                values["contact_id"] = None
        moved.append(values)
    if moved:
        session.execute(update(Signup), moved)


def refuse(ids: list[str]) -> int:
    """Close held, parked or unconfirmed sign-ups for good; return how many."""
    return _move(
        ids,
        OPEN,
        {
            "state": SignupState.CLOSED,
            "reason": "refused",
            "due_at": None,
            "settled_at": services().clock.now(),
        },
    )


def _move(
    ids: list[str],
    states: tuple[SignupState, ...],
    values: dict[str, Any],
    spared: str | None = None,
    event: tuple[str, str] | None = None,
    lists: tuple[str, ...] = (),
) -> int:
    these: list[ColumnElement[bool]] = [Signup.id.in_(ids), Signup.state.in_(states)]
    if spared:
        these.append(or_(Signup.reason.is_(None), Signup.reason != spared))
    with write_transaction() as session:
        if values["state"] == SignupState.WAITING:
            leave_out_what_is_gone(session, ids, lists)
            movable = select(Signup.id).where(*these)
            _close_attempts(session, Attempt.signup_id.in_(movable))
        if event:
            _add_events(
                session, list(session.scalars(select(Signup.id).where(*these))), *event
            )
        moved = rowcount(session, update(Signup).where(*these).values(**values))
    services().wakeup.set()
    return moved


def _close_attempts(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(
        update(Attempt)
        .where(which, Attempt.ended_at.is_(None))
        .values(ended_at=Attempt.started_at)
    )


def resend_corrected(
    session: Session,
    row: Signup,
    state: SignupState,
    reason: str,
    **corrected: Any,
) -> bool:
    """Write what an admin corrected and what becomes of it; False when the sign-up is
    no longer as it was read. A part of the caller's transaction.
    """
    now = services().clock.now()
    settled_at = now if state == SignupState.HELD else None
    due_at = None if state == SignupState.HELD else now
    _close_attempts(session, Attempt.signup_id == row.id)
    moved = rowcount(
        session,
        update(Signup)
        .where(
            Signup.id == row.id,
            Signup.state == row.state,
            Signup.state.in_(CORRECTABLE),
            Signup.attempts == row.attempts,
            Signup.email == row.email,
        )
        .values(
            state=state,
            reason=reason,
            due_at=due_at,
            settled_at=settled_at,
            failing_since=None,
            **corrected,
        ),
    )
    return moved == 1


def _add_events(session: Session, ids: list[str], what: str, who: str) -> None:
    now = services().clock.now()
    session.add_all(SignupEvent(signup_id=id, at=now, what=what, who=who) for id in ids)


def _under_way(now: datetime) -> ColumnElement[bool]:
    """An attempt whose lease runs: it may be at the provider at this moment."""
    return and_(
        Signup.due_at > now,
        exists(
            select(Attempt.number).where(
                Attempt.signup_id == Signup.id,
                Attempt.number == Signup.attempts,
                Attempt.ended_at.is_(None),
            )
        ),
    )


# -- what was fine after all, and what was spam


def release(ids: list[str], who: str) -> int:
    """Let suspicious sign-ups go on: this was fine. Return how many.

    Their addresses are no longer blocked as spam. Whoever unsubscribed has to ask.
    """
    with write_transaction() as session:
        rows = _suspects(session, ids, spared=THEIR_OWN_WORD)
        _judge(
            session,
            rows,
            who,
            "released",
            state=SignupState.WAITING,
            due_at=services().clock.now(),
            settled_at=None,
            failing_since=None,
            vouched=True,
        )
        for row in rows:
            blocked.no_spam(session, row.person)
    services().wakeup.set()
    return len(rows)


def close_as_spam(ids: list[str], who: str) -> int:
    """Close suspicious sign-ups as spam, and block their addresses; return how many."""
    now = services().clock.now()
    with write_transaction() as session:
        rows = _suspects(session, ids)
        _judge(
            session,
            rows,
            who,
            "spam",
            state=SignupState.CLOSED,
            due_at=None,
            settled_at=now,
        )
        for row in rows:
            blocked.add(session, row.person, blocked.SPAM, who=who)
    return len(rows)


def _suspects(
    session: Session, ids: list[str], spared: tuple[str, ...] = ()
) -> list[Row[Any]]:
    """Lock those of these sign-ups that can be judged."""
    query = select(Signup.id, Signup.person).where(
        Signup.id.in_(ids[:MAX_IN_A_STATEMENT]), Signup.state.in_(SUSPECTS)
    )
    if spared:
        query = query.where(is_not(spared))
    return list(session.execute(query.with_for_update()))


def is_not(reasons: tuple[str, ...]) -> ColumnElement[bool]:
    return func.coalesce(Signup.reason, "").not_in(reasons)


def _judge(
    session: Session, rows: list[Row[Any]], who: str, what: str, **values: Any
) -> None:
    """Write what was decided, and who decided it."""
    if not rows:
        return
    ids = [row.id for row in rows]
    session.execute(
        update(Signup).where(Signup.id.in_(ids)).values(reason=what, **values)
    )
    _add_events(session, ids, what, who)
