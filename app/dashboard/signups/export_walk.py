"""Going through sign-ups by the hundred thousand: in short steps over an index, with
nothing held in between.

Each step is a statement of its own, so no writer waits for more than one of them, and
no snapshot is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, exists, or_, select

from app.dashboard import queries
from app.database.session import db
from app.forms.models import Form
from app.signups.models import Signup, SignupState
from app.stats import counts

KEYS = (Signup.person, Signup.created_at, Signup.id)  # the first of what a walk reads


@dataclass
class Walk:
    """What a search finds of what was there at a moment, in the order of the page."""

    search: queries.Search
    until: datetime
    columns: Sequence[Any] = ()
    size: int = 500
    last: Row[Any] | None = field(default=None, init=False)

    def step(self) -> list[Row[Any]]:
        """The next rows: person, created_at, id, then `columns`. Empty at the end."""
        rows = list(
            db.session.execute(self._onward().order_by(*self._order()).limit(self.size))
        )
        db.session.rollback()
        self.last = rows[-1] if rows else self.last
        return rows

    @property
    def _by_person(self) -> bool:
        return bool(self.search.text.strip())

    def _order(self) -> tuple[Any, ...]:
        by_time = (Signup.created_at.desc(), Signup.id)
        return (queries.by_person(), *by_time) if self._by_person else by_time

    def _onward(self) -> Select[Any]:
        """What is behind the last row.

        Of one bound alone SQLite goes to its place in the index: hence no second.
        """
        query, last = select(*KEYS, *self.columns), self.last
        search = replace(
            self.search, before=min(self.search.before or self.until, self.until)
        )
        if last is None:
            return queries.filtered(query, search)
        later = or_(
            Signup.created_at < last.created_at,
            and_(Signup.created_at == last.created_at, Signup.id > last.id),
        )
        if not self._by_person:
            return queries.filtered(
                query, replace(search, before=last.created_at)
            ).where(later)
        return queries.filtered(query, search, onward=last.person).where(
            or_(Signup.person != last.person, later)
        )


def survey(
    search: queries.Search, until: datetime, most: int = queries.MAX
) -> tuple[int | None, set[str]]:
    """(how many there are, the forms that they came by), without going through many.

    Of more than `most` the number is None where nobody has counted, and the forms may
    be more than needed.
    """
    few = queries.filtered(
        select(Signup.form_id),
        replace(search, before=min(search.before or until, until)),
    )
    forms = list(db.session.scalars(few.limit(most + 1)))
    if len(forms) <= most:
        return len(forms), set(forms)
    if search.form_id:
        return counted(search), {search.form_id}
    used = exists(select(Signup.id).where(Signup.form_id == Form.id)).correlate(Form)
    return counted(search), set(db.session.scalars(select(Form.id).where(used)))


def counted(search: queries.Search) -> int | None:
    """How many there are by what is counted already; None where a search is for
    something that nobody counts.
    """
    if search.text.strip() or search.reason or search.since or search.before:
        return None
    numbers = (
        counts.states_of_form(search.form_id)
        if search.form_id
        else counts.balance().by_state
    )
    return (
        numbers.get(search.state, 0)
        if search.state in set(SignupState)
        else sum(numbers.values())
    )
