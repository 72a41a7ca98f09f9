"""Whose turn it is: accounts take turns under the one shared pace.

In each, the longest-due sign-up goes first. Asked all day, so each statement is built
once, and written so that both databases walk a partial index of what waits and never
touch what is delivered, also before they have statistics: EXISTS becomes a join of all
that waits with all that waits, and a bound state does not match a partial index.
"""

from datetime import datetime
from functools import cache

from sqlalchemy import (
    ScalarSelect,
    Select,
    String,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.accounts.models import Account
from app.database.session import UtcTime
from app.signups.models import Attempt, Signup

WAITING, DELIVERED = (
    literal_column("'waiting'", String),
    literal_column("'delivered'", String),
)
NOW = bindparam("now", type_=UtcTime)
ACCOUNT = bindparam("account", type_=String)


def accounts(session: Session, now: datetime) -> list[str]:
    """Accounts that may be asked and for which something is due.

    Who had no turn for longest comes first.
    """
    return list(session.scalars(_accounts(), {"now": now}))


def next_of(
    session: Session, account_id: str, now: datetime, lock: bool = False
) -> str | None:
    """An account's longest-due sign-up that may go: its id.

    Its person has no older one waiting and none under way.
    """
    return session.scalar(_next_of(lock), {"now": now, "account": account_id})


@cache
def _accounts() -> Select[str]:
    """Walk from one account with something waiting to the next.

    So it costs as much as there are of those.
    """
    first = _smallest(None)
    walk = select(first.label("id")).cte("walk", recursive=True)
    walk = walk.union_all(select(_smallest(walk.c.id)).where(walk.c.id.is_not(None)))
    waiting = aliased(Signup)
    earliest = (
        select(func.min(waiting.due_at))
        .where(waiting.account_id == Account.id, waiting.state == WAITING)
        .correlate(Account)
        .scalar_subquery()
    )
    return (
        select(Account.id)
        .join(walk, walk.c.id == Account.id)
        .where(
            Account.disconnected_at.is_(None),
            or_(Account.hold_until.is_(None), Account.hold_until <= NOW),
            earliest <= NOW,
        )
        .order_by(Account.turn_at.is_not(None), Account.turn_at, Account.id)
    )


def _smallest(above: object) -> ScalarSelect[str]:
    waiting = aliased(Signup)
    query = select(waiting.account_id).where(waiting.state == WAITING)
    if above is not None:
        query = query.where(waiting.account_id > above)
    return query.order_by(waiting.account_id).limit(1).scalar_subquery()


@cache
def _next_of(lock: bool) -> Select[str]:
    query = (
        select(Signup.id)
        .where(
            Signup.account_id == ACCOUNT,
            Signup.state == WAITING,
            Signup.due_at <= NOW,
            Signup.id == _first_of_person(),
            _under_way_for_person() == 0,
        )
        .order_by(Signup.due_at)
        .limit(1)
    )
    if lock:
        query = query.with_for_update(skip_locked=True, of=Signup)
    return query


def _first_of_person() -> ScalarSelect[str]:
    older = aliased(Signup)
    return (
        select(older.id)
        .where(
            older.account_id == Signup.account_id,
            older.person == Signup.person,
            older.state == WAITING,
        )
        .order_by(older.created_at, older.id)
        .limit(1)
        .correlate(Signup)
        .scalar_subquery()
    )


def _under_way_for_person() -> ScalarSelect[int]:
    """Count the person's sign-ups that are on their way.

    An older one can come back, sent again, while a newer one is under way.
    """
    leased, begun = aliased(Signup), aliased(Attempt)
    still_open = (
        select(func.count())
        .select_from(begun)
        .where(
            begun.signup_id == leased.id,
            begun.number == leased.attempts,
            begun.ended_at.is_(None),
        )
        .correlate(leased)
        .scalar_subquery()
    )
    return (
        select(func.count())
        .select_from(leased)
        .where(
            leased.account_id == Signup.account_id,
            leased.person == Signup.person,
            leased.due_at > NOW,
            still_open == 1,
        )
        .correlate(Signup)
        .scalar_subquery()
    )
