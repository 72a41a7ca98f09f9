"""All sign-ups of one kind decided about by one press of a button, in small
transactions: what is left over goes by pressing once more.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import func, select

from app.database.session import db
from app.delivery.admin_actions import (
    SUSPECTS,
    THEIR_OWN_WORD,
    Which,
    is_not,
    refuse,
    send_again,
)
from app.services import services
from app.signups.models import Signup

BATCH = 200  # sign-ups in one transaction
MAX_AT_ONCE = 5000  # by one press of a button: a second or two


def send_all_again(
    which: Which,
    most: int = MAX_AT_ONCE,
    batch: int = BATCH,
    lists: tuple[str, ...] = (),
) -> int:
    """Make all of one kind due now, in small transactions; return how many.

    What is left over is sent by pressing once more. Nobody who opted out: each of them
    has to ask. `lists` take the place of those that are gone.
    """
    if not which.may_be_resent:
        return 0
    send = partial(send_again, in_bulk=True, lists=lists)
    return _in_batches(which, send, most, batch, spared=THEIR_OWN_WORD)


def number_of(which: Which) -> int:
    """Count what a decision about all of a kind moves: not who has to ask."""
    query = select(func.count()).select_from(Signup)
    query = query.where(*which.conditions(), is_not(THEIR_OWN_WORD))
    return db.session.scalar(query) or 0


def close_all(which: Which, most: int = MAX_AT_ONCE, batch: int = BATCH) -> int:
    """Close all of one kind for good, in small transactions; return how many."""
    if not which.may_be_resent:
        return 0
    return _in_batches(which, refuse, most, batch)


def _in_batches(
    which: Which,
    decide: Callable[[list[str]], int],
    most: int,
    batch: int,
    spared: tuple[str, ...] = (),
) -> int:
    """Decide about all of a kind, the oldest first, in small transactions; return how
    many there were.
    """
    # what is laid aside anew meanwhile does not go in circles
    which = replace(which, until=which.until or services().clock.now())
    done = 0
    while done < most:
        query = (
            select(Signup.id)
            .where(*which.conditions(), is_not(spared))
            .order_by(Signup.created_at, Signup.id)
            .limit(min(batch, most - done))
        )
        ids = list(db.session.scalars(query))
        moved = decide(ids) if ids else 0
        if not moved:
            break
        done += moved
    return done


def judge_all(
    which: Which,
    decide: Callable[[list[str], str], int],
    who: str,
    most: int = MAX_AT_ONCE,
    batch: int = BATCH,
) -> int:
    """Release, or close as spam, all suspicious sign-ups of one kind, in small
    transactions; return how many.
    """
    if which.state not in SUSPECTS or not which.is_narrow:
        return 0

    def decide_these(ids: list[str]) -> int:
        return decide(ids, who)

    return _in_batches(which, decide_these, most, batch, spared=THEIR_OWN_WORD)
