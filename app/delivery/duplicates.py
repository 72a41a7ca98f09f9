"""The same person again: one sign-up where two say the same.

And no more of them a day than the provider bears. Constant Contact takes more than five
sign-ups or updates of one address in 24 hours for abuse, flags the address for 48 hours
and calls it invalid meanwhile (contract 4.3).
"""

import re
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.database.session import db
from app.delivery.outcomes import Outcome, Rejected, RetryLater
from app.delivery.queue_order import DELIVERED, WAITING
from app.signups.models import Signup, SignupState

MAX_A_DAY = 5
DAY, FLAGGED_FOR = timedelta(days=1), timedelta(days=2)
MAX_MERGED = 100
# as in "Email address is invalid", the word for a flag
ADDRESS = re.compile("e-?mail|address", re.IGNORECASE)


def saying_the_same(session: Session, row: Signup, is_whole: bool) -> list[str]:
    """Ids of untried sign-ups of the same person for which this one can stand.

    They say no more than it does, and may send no more: where only its lists went
    (`is_whole` is false), it does not stand for one that the person confirmed. Only up
    to the first that says something else: behind it the same words would be the last
    ones.
    """
    others = session.execute(
        select(
            Signup.id,
            Signup.body,
            Signup.may_resubscribe,
            Signup.attempts,
            _is_whole().label("is_whole"),
        )
        .where(
            Signup.account_id == row.account_id,
            Signup.person == row.person,
            Signup.state == WAITING,
            Signup.id != row.id,
            Signup.created_at >= row.created_at,
        )
        .order_by(Signup.created_at, Signup.id)
        .limit(MAX_MERGED)
    ).all()
    return [
        one.id
        for one in takewhile(lambda one: one.body == row.body, others)
        if one.attempts == 0
        and one.may_resubscribe <= row.may_resubscribe
        and one.is_whole <= is_whole
    ]


def _is_whole() -> ColumnElement[bool]:
    """See `Signup.may_send_all`."""
    return or_(~Signup.lists_only, Signup.confirmed_at.is_not(None), Signup.vouched)


def too_often_until(session: Session, row: Signup, now: datetime) -> datetime | None:
    """When the person may be sent again, when five were delivered within a day."""
    fifth = session.scalar(
        select(Signup.settled_at)
        .where(*_delivered(row, now - DAY))
        .order_by(Signup.settled_at.desc())
        .offset(MAX_A_DAY - 1)
        .limit(1)
    )
    if fifth is None:
        return None
    return fifth + DAY


def delivered_since(account_id: str, person: str, since: datetime) -> bool:
    """Tell whether a sign-up of this person, or its lists, was delivered since then."""
    delivered = select(Signup.id).where(*_of(account_id, person, since)).limit(1)
    lists_went = (
        select(Signup.id)
        .where(
            Signup.person == person,
            Signup.account_id == account_id,
            Signup.state.in_((SignupState.CONFIRMING, SignupState.WAITING)),
            Signup.contact_id.is_not(None),
            Signup.settled_at > since,
        )
        .limit(1)
    )
    queries = (delivered, lists_went)
    is_delivered = any(db.session.scalar(query) is not None for query in queries)
    db.session.rollback()
    return is_delivered


def flagged(
    session: Session, row: Signup, verdict: Outcome, now: datetime
) -> RetryLater | None:
    """Recognise an address that is flagged, so that waiting helps.

    It was good a moment ago and is called invalid. Of an answer that is refused the
    provider says something else.
    """
    if (
        not isinstance(verdict, Rejected)
        or verdict.reason != "invalid"
        or not ADDRESS.search(verdict.detail)
    ):
        return None
    lately = session.scalar(
        select(func.count())
        .select_from(Signup)
        .where(*_delivered(row, now - FLAGGED_FOR))
    )
    if not lately:
        return None
    return RetryLater("flagged", verdict.detail, verdict.request_id, now + FLAGGED_FOR)


def _delivered(row: Signup, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return _of(row.account_id, row.person, since)


def _of(
    account_id: str, person: str, since: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        Signup.account_id == account_id,
        Signup.person == person,
        Signup.state == DELIVERED,
        Signup.settled_at > since,
    )
