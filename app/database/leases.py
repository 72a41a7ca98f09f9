"""Leases: many may try, one may act, and a worker that dies must not block the others.

A row keeps its lease in two columns. `until` says how long it is taken, so a row whose
worker died is free again without anybody having to notice. `fence` gets another value
with every claim, and whoever writes what came of its work names the value it claimed
with: a worker that slept through its lease and was overtaken changes nothing.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database.session import Model, rowcount, write_transaction

Row = TypeVar("Row", bound=Model)
Condition = ColumnElement[bool]
# a lease that ends later than that was written by a clock that was wrong
LONGEST = timedelta(hours=25)


@dataclass(frozen=True)
class Lease(Generic[Row]):
    """Which columns of a table hold the lease of a row.

    Counters, random names and the end of the lease itself all serve as a fence.
    """

    table: type[Row]
    id: InstrumentedAttribute[str]
    until: InstrumentedAttribute[Any]
    fence: InstrumentedAttribute[Any]

    def claim(
        self,
        session: Session,
        id: str,
        *as_seen: Condition,
        fence: Any,
        until: datetime,
        **values: Any,
    ) -> bool:
        """Take a row if it is still `as_seen`; False when somebody was quicker.

        One conditional UPDATE: of many who saw the same row, one changes it.
        """
        taken = {self.fence.key: fence, self.until.key: until, **values}
        statement = update(self.table).where(self.id == id, *as_seen).values(taken)
        return rowcount(session, statement) == 1

    def held_with(self, fence: Any) -> Condition:
        """True of a row as long as nobody has claimed it after this fence."""
        still_mine: Condition = self.fence == fence
        return still_mine

    def lock(
        self, session: Session, id: str, fence: Any, *conditions: Condition
    ) -> Row | None:
        """Lock a claimed row in this transaction; None when the claim was lost."""
        query = (
            select(self.table)
            .where(self.id == id, self.held_with(fence), *conditions)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return session.scalar(query)

    def write(
        self,
        session: Session,
        id: str,
        fence: Any,
        *conditions: Condition,
        **values: Any,
    ) -> bool:
        """Write to a claimed row; False when the claim was lost, and nothing changes."""
        statement = (
            update(self.table)
            .where(self.id == id, self.held_with(fence), *conditions)
            .values(values)
        )
        return rowcount(session, statement) == 1

    def release(self, session: Session, id: str, fence: Any, **values: Any) -> bool:
        """Give a claimed row back and write to it; False when the claim was lost."""
        free = {self.fence.key: None, self.until.key: None}
        return self.write(session, id, fence, **free, **values)

    @contextmanager
    def hold(
        self, id: str, *as_seen: Condition, now: datetime, most: timedelta
    ) -> Iterator[str | None]:
        """Take a free row while the block runs; it gets the fence, or None.

        Should the block never end, the row is free again after `most`.
        """
        fence = new_fence()
        with write_transaction() as session:
            is_mine = self.claim(
                session,
                id,
                self.is_free(now),
                *as_seen,
                fence=fence,
                until=now + most,
            )
        if not is_mine:
            yield None
            return
        try:
            yield fence
        finally:
            with write_transaction() as session:
                self.release(session, id, fence)

    def put_off(
        self, session: Session, *rows: Condition, now: datetime, until: datetime
    ) -> None:
        """Let nobody take these rows before `until`, but for those already taken."""
        session.execute(
            update(self.table)
            .where(*rows, self.is_free(now))
            .values({self.fence.key: None, self.until.key: until})
        )

    def is_free(self, now: datetime) -> Condition:
        """True of a row that nobody has taken, or whose time has come."""
        return or_(self.until.is_(None), self.until <= now, self.until > now + LONGEST)


def new_fence() -> str:
    """A fence for rows that count nothing: a name that no other claim has."""
    return secrets.token_hex(8)
