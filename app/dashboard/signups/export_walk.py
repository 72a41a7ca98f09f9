"""Go through sign-ups by the hundred thousand, in short steps over an index.

Each step is a statement of its own: no writer waits for more than one of them, and no
snapshot is kept in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, or_, select, true

from app.dashboard import search as signup_search
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup

KEYS = (Signup.person, Signup.created_at, Signup.id)  # the first of what a walk reads


@dataclass
class Walk:
    """The sign-ups that a search finds, stored until a moment, in the page's order."""

    search: signup_search.Search
    until: datetime
    columns: Sequence[Any] = ()
    size: int = 500
    last: Row[Any] | None = field(default=None, init=False)

    def step(self) -> list[Row[Any]]:
        """Return the next rows: person, created_at, id, `columns`; none at the end."""
        query = self._onward().order_by(*self._order()).limit(self.size)
        rows = list(db.session.execute(query))
        db.session.rollback()
        if rows:
            self.last = rows[-1]
        return rows

    @property
    def _by_person(self) -> bool:
        return bool(self.search.words) and not self.search.by_table

    def _order(self) -> tuple[Any, ...]:
        return signup_search.order_of(self.search)

    def _onward(self) -> Select[Any]:
        """Select what comes after the last row.

        There is one bound only, since SQLite goes to its place in the index for one.
        """
        query, last = select(*KEYS, *self.columns), self.last
        search = _until(self.search, self.until)
        if last is None:
            return signup_search.filtered(query, search, behind=true())
        same_time = Signup.created_at == last.created_at
        is_later = or_(
            Signup.created_at < last.created_at,
            and_(same_time, Signup.id > last.id),
        )
        if not self._by_person:
            search = replace(search, before=last.created_at)
            return signup_search.filtered(query, search, behind=is_later)
        is_behind = or_(Signup.person != last.person, is_later)
        return signup_search.filtered(query, search, last.person, is_behind)


def _until(search: signup_search.Search, until: datetime) -> signup_search.Search:
    return replace(search, before=min(search.before or until, until))


def survey(
    search: signup_search.Search, until: datetime, most: int = signup_search.MAX
) -> tuple[int | None, set[str]]:
    """Return how many a search finds, and the forms they came by, without many reads.

    Of more than `most` the number is None where nobody has counted, and the forms may
    be more than needed.
    """
    search_until = _until(search, until)
    query = signup_search.filtered(select(Signup.form_id), search_until, behind=true())
    forms = list(db.session.scalars(query.limit(most + 1)))
    if len(forms) <= most:
        return len(forms), set(forms)
    if search.form_id:
        return counted(search), {search.form_id}
    is_used = exists(select(Signup.id).where(Signup.form_id == Form.id))
    used = select(Form.id).where(is_used.correlate(Form))
    return counted(search), set(db.session.scalars(used))


def counted(search: signup_search.Search) -> int | None:
    """Return how many a search finds by the counts; None for what nobody counts."""
    return signup_search.known_total(search)
