"""Filling the search table: beside what is counted, and once with what was before.

What is counted changes no more, so neither does its row here. What is not counted yet
is searched where it is, in the few rows of `signup` that still change: so a correction
is found at once, and accepting a sign-up costs nothing for it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.orm import Session

from app.core.logs import log
from app.database.folding import folded
from app.database.session import db, insert, rowcount, write_transaction
from app.services import services
from app.signups.models import FINAL, Counted, Searchable, SearchFilling, Signup
from app.stats import search_index

BATCH = 100  # rows in one transaction: some 10 ms
MAX_BATCHES = 400  # before something else of the worker has its turn
PAUSE = 0.01  # seconds between two transactions, so that a visitor's comes in between
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TIES = 1000  # sign-ups of one microsecond that a bound on numbers allows for
LAST_ID = "~"  # behind every id


def number_of(moment: datetime) -> int:
    """Return the number of a sign-up of that moment, if it is the only one."""
    return (moment - EPOCH) // MICROSECOND


def rows_of(ids: list[str]) -> dict[str, dict[str, Any]]:
    """Read what is searched of these sign-ups, by id."""
    query = select(
        Signup.id, Signup.account_id, Signup.created_at, Signup.email, Signup.body
    )
    rows = db.session.execute(query.where(Signup.id.in_(ids)))
    return {row.id: _searchable(row) for row in rows}


def _searchable(row: Any) -> dict[str, Any]:
    names = (row.body.get(name) or "" for name in ("first_name", "last_name"))
    return {
        "number": number_of(row.created_at),
        "signup_id": row.id,
        "account_id": row.account_id,
        "text": folded(" ".join((*names, row.email))),
    }


def store(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Make sign-ups that are counted searchable; those that are already stay."""
    if not rows:
        return
    rows = sorted(rows, key=lambda row: row["signup_id"], reverse=True)
    rows = sorted(rows, key=lambda row: row["number"])
    taken = _taken(session, rows)
    last = 0
    for row in rows:
        row["number"] = max(row["number"], last + 1)
        while row["number"] in taken:
            row["number"] += 1
        last = row["number"]
    new = insert(Searchable)
    session.execute(new.on_conflict_do_nothing(index_elements=["signup_id"]), rows)


def _taken(session: Session, rows: Sequence[dict[str, Any]]) -> set[int]:
    low, high = rows[0]["number"], rows[-1]["number"] + len(rows) + TIES
    query = select(Searchable.number).where(Searchable.number.between(low, high))
    return set(session.scalars(query))


def forget(session: Session, ids: list[str]) -> None:
    """Take sign-ups out of the search, in the transaction that erases them."""
    session.execute(delete(Searchable).where(Searchable.signup_id.in_(ids)))


def filled_since() -> datetime | None:
    """Return since when sign-ups can be searched while older ones are being added."""
    return db.session.scalar(select(SearchFilling.before))


def fill(_now: datetime) -> None:
    """Make the index, and add some of what was counted before it was there."""
    if not search_index.settle():
        start_again()
    clock = services().clock
    for _ in range(MAX_BATCHES):
        if not _fill_some():
            break
        clock.sleep(PAUSE)
    db.session.rollback()


def start_again() -> None:
    """Go through all that is counted, from the newest on."""
    newest = db.session.scalar(select(func.max(Signup.created_at)))
    if newest is None:
        return
    row = {"id": 1, "before": newest, "signup_id": LAST_ID}
    with write_transaction() as session:
        new = insert(SearchFilling).values(row)
        session.execute(new.on_conflict_do_update(index_elements=["id"], set_=row))


def _fill_some() -> bool:
    """Add the next ones in one transaction; False when nothing is left to add.

    They are read before: a visitor waits for the writing alone.
    """
    filling = db.session.execute(
        select(SearchFilling.before, SearchFilling.signup_id)
    ).first()
    if filling is None:
        return False
    rows = db.session.execute(_next_ones(filling)).all()
    with write_transaction() as session:
        if not _take_turn(session, filling, rows):
            return True  # another worker was quicker
        store(session, [_searchable(row) for row in rows])
    return bool(rows)


def _next_ones(filling: Any) -> Any:
    query = select(
        Signup.id, Signup.account_id, Signup.created_at, Signup.email, Signup.body
    )
    is_older = tuple_(Signup.created_at, Signup.id) < tuple_(
        filling.before, filling.signup_id
    )
    return (
        query.where(Signup.counted, Signup.created_at <= filling.before, is_older)
        .order_by(Signup.created_at.desc(), Signup.id.desc())
        .limit(BATCH)
    )


def _take_turn(session: Session, filling: Any, rows: Sequence[Any]) -> bool:
    """Move the mark on, unless somebody else has moved it since it was read."""
    is_as_read: tuple[ColumnElement[bool], ...] = (
        SearchFilling.before == filling.before,
        SearchFilling.signup_id == filling.signup_id,
    )
    if not rows:
        return rowcount(session, delete(SearchFilling).where(*is_as_read)) == 1
    last = rows[-1]
    moved = (
        update(SearchFilling)
        .where(*is_as_read)
        .values(before=last.created_at, signup_id=last.id)
    )
    return rowcount(session, moved) == 1


def check() -> None:
    """Fill again when there are fewer rows than counted sign-ups, or more."""
    if db.session.scalar(select(exists().select_from(SearchFilling))):
        return
    counted = select(func.coalesce(func.sum(Counted.number), 0)).where(
        Counted.form_id == "", Counted.account_id == "", Counted.state.in_(FINAL)
    )
    searchable = select(func.count()).select_from(Searchable)
    missing = db.session.execute(
        select(counted.scalar_subquery() - searchable.scalar_subquery())
    ).scalar_one()
    db.session.rollback()
    if missing:
        log.warning("search_refilled", missing=int(missing))
        start_again()
