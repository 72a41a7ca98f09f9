"""Counting what changes no more, once.

So a page need not count it again beside a million rows. A row in a final state is
marked and added to `counted` in one transaction, and so is what a tally has gained: at
every moment what is counted and what is not yet add up exactly, whatever the clocks
say. A daily look compares both.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, literal_column, select, text, update
from sqlalchemy.orm import Session

from app.core.logs import log
from app.database.patience import unhurried
from app.database.session import Model, db, insert, write_transaction
from app.forms.models import Form, FormDay
from app.services import services
from app.signups import evidence, intake, models
from app.signups.models import FINAL, Counted, CountedDay, Signup, SignupState, Tally
from app.stats import search_table

BATCH = 200  # rows in one transaction: some 30 ms
MIN = 200  # fewer are left as they are: counting them on each page costs nothing
PAUSE = 0.01  # seconds between two transactions, so that a visitor's comes in between
RECOUNT_EVERY = timedelta(days=1)
ALL = ""  # in the place of a form or an account
HAS_GAINED: ColumnElement[Any] = literal_column(
    models.GAINED.replace("accepted", "tally.accepted").replace(
        "folded", "tally.folded"
    )
)

Key = tuple[str, str, str]  # form, account, state


def fold(_now: datetime, least: int = MIN) -> None:
    """Count what is settled or was accepted since the last time, unless that is few.

    What is settled gets its evidence.
    """
    while _are_there(_settled(), least):
        _fold_settled()
        services().clock.sleep(PAUSE)
    while _are_there(_gained(), least):
        with write_transaction() as session:
            _count_gained(session)
        services().clock.sleep(PAUSE)
    db.session.rollback()


def recount(now: datetime) -> None:
    """Correct once a day what differs from the rows, and say so.

    In each process, an hour after its start at first.
    """
    due: datetime = current_app.extensions.setdefault(
        "latchkey.recount_at", now + timedelta(hours=1)
    )
    if now >= due:
        current_app.extensions["latchkey.recount_at"] = now + RECOUNT_EVERY
        recount_all()
        fold(now, least=1)  # so that the evidence of few is written within a day
        search_table.check()


def recount_all() -> int:
    """Compare what is counted with the rows, form by form, and correct it.

    Returns by how many it was wrong.
    """
    wrong = 0
    for form_id in list(db.session.scalars(select(Form.id))):
        with write_transaction() as session, unhurried(session.connection()):
            wrong += _correct(session, form_id)
    if wrong:
        log.error(
            "counts_corrected",
            by=wrong,
            words=(
                "Rows that had been counted were changed or removed behind "
                "Latchkey's back. See: flask latchkey doctor"
            ),
        )
    return wrong


def _settled() -> Select[Any]:
    return select(Signup.id).where(~Signup.counted, Signup.state.in_(FINAL))


def _gained() -> Select[Any]:
    return select(Tally.form_id).where(HAS_GAINED)


def _are_there(query: Select[Any], least: int) -> bool:
    """Whether there are at least so many; no more of them are counted."""
    first_ones = query.limit(least).subquery()
    number = db.session.scalar(select(func.count()).select_from(first_ones)) or 0
    return number >= least


def _fold_settled() -> None:
    """Count some that are settled, write their evidence and make them searchable, in one
    transaction.

    What is written is made before, since nothing of these rows changes any more: a
    visitor waits for the writing alone.
    """
    ids = list(db.session.scalars(_settled().limit(BATCH)))
    rows, searchable = evidence.rows_of(ids), search_table.rows_of(ids)
    # what another worker has begun to count is left to it
    these = select(Signup.id).where(Signup.id.in_(ids), ~Signup.counted)
    with write_transaction() as session:
        taken = session.execute(
            update(Signup)
            .where(Signup.id.in_(these.with_for_update(skip_locked=True)))
            .values(counted=True)
            .returning(
                Signup.id,
                Signup.form_id,
                Signup.account_id,
                Signup.state,
                Signup.created_at,
            )
            .execution_options(synchronize_session=False)
        ).all()
        evidence.store(session, [rows[row.id] for row in taken if row.id in rows])
        search_table.store(session, [searchable[row.id] for row in taken])
        _add(
            session, Counter((row.form_id, row.account_id, row.state) for row in taken)
        )
        _add_delivered(session, taken)


def _add_delivered(session: Session, taken: Sequence[Any]) -> None:
    """Add to how many of a form's sign-ups of each day were delivered."""
    days = Counter(
        (row.form_id, intake.day_of(row.created_at))
        for row in taken
        if row.state == SignupState.DELIVERED
    )
    _raise(session, FormDay, ("form_id", "day"), FormDay.delivered, days)


def _count_gained(session: Session) -> None:
    rows = session.execute(
        select(Tally.form_id, Tally.day, Tally.accepted, Tally.folded, Form.account_id)
        .join(Form, Form.id == Tally.form_id)
        .where(HAS_GAINED)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Tally)
    ).all()
    if not rows:
        return
    session.execute(
        update(Tally),
        [
            {"form_id": row.form_id, "day": row.day, "folded": row.accepted}
            for row in rows
        ],
    )
    counts: Counter[Key] = Counter()
    days: Counter[tuple[str, date]] = Counter()
    for row in rows:
        gained = row.accepted - row.folded
        counts[row.form_id, row.account_id, "accepted"] += gained
        days[row.account_id, row.day] += gained
        days[ALL, row.day] += gained
    _add(session, counts)
    _raise(session, CountedDay, ("account_id", "day"), CountedDay.accepted, days)


def _add(session: Session, counts: Counter[Key]) -> None:
    """Add to the counts of the form, of its account and of all."""
    sums: Counter[Key] = Counter()
    for (form, account, state), number in counts.items():
        for key in ((form, account, state), (ALL, account, state), (ALL, ALL, state)):
            sums[key] += number
    _raise(session, Counted, ("form_id", "account_id", "state"), Counted.number, sums)


def _raise(
    session: Session,
    table: type[Model],
    key: tuple[str, ...],
    column: Any,
    sums: Counter[Any],
) -> None:
    """Add to the counts, in the same order always.

    Two that count at once wait for each other instead of locking each other out.
    """
    rows = [
        dict(zip(key, which, strict=True)) | {column.key: number}
        for which, number in sorted(sums.items())
    ]
    if rows:
        new = insert(table)
        session.execute(
            new.on_conflict_do_update(
                index_elements=list(key),
                set_={column.key: column + new.excluded[column.key]},
            ),
            rows,
        )


def _correct(session: Session, form_id: str) -> int:
    # a form's first fold has no row yet that could be locked
    if db.engine.dialect.name == "postgresql":
        session.execute(text("LOCK TABLE counted IN SHARE ROW EXCLUSIVE MODE"))
    stored: Counter[Key] = Counter(
        {
            (form_id, row.account_id, row.state): row.number
            for row in session.execute(
                select(Counted.account_id, Counted.state, Counted.number)
                .where(Counted.form_id == form_id, Counted.state.in_(FINAL))
                .with_for_update()
            )
        }
    )
    rows: Counter[Key] = Counter(
        {
            (form_id, row.account_id, row.state): row.number
            for row in session.execute(
                select(Signup.account_id, Signup.state, func.count().label("number"))
                .where(Signup.form_id == form_id, Signup.counted)
                .group_by(Signup.account_id, Signup.state)
            )
        }
    )
    rows.subtract(stored)
    missing: Counter[Key] = Counter(
        {key: number for key, number in rows.items() if number}
    )
    _add(session, missing)
    return sum(map(abs, missing.values()))
