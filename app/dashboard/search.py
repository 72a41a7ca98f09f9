"""Find sign-ups by everything that their list can be narrowed by."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, case, func, select
from sqlalchemy import text as text_of_sql
from sqlalchemy.orm import joinedload

from app.dashboard.filters import Narrowing
from app.dashboard.queries import DECIDABLE, PAGE
from app.database.patience import TookTooLong, at_most
from app.database.session import db
from app.delivery.admin_actions import Which
from app.signups.models import FINAL, Signup, SignupState
from app.stats import counts, search_index
from app.stats import search as by_table

MAX = 1000  # sign-ups that a search counts and pages through
SECONDS = 2.0  # that a search may take
LAST = "\U0010ffff"  # no letter comes behind it
# those that are searched by what screening saw: few beside all that are over
BY_SIGNAL = (*DECIDABLE, SignupState.WAITING)
SHOWN = (joinedload(Signup.form), joinedload(Signup.account))  # beside each row


@dataclass(frozen=True)
class Search:
    """What sign-ups are searched for.

    `reason` of `DECIDABLE` ones, `signal` of `BY_SIGNAL` ones. `more` are further
    filters (`filters.FILTERS`). With `begins` the text is how an address begins, however
    long it is.
    """

    text: str = ""
    state: str = ""
    form_id: str = ""
    account_id: str = ""
    reason: str = ""
    since: datetime | None = None
    before: datetime | None = None
    signal: str = ""
    more: tuple[Narrowing, ...] = ()
    begins: bool = False

    @property
    def words(self) -> list[str]:
        return by_table.words_of(self.text)

    @property
    def by_parts(self) -> bool:
        """Whether names and any part of the address are searched."""
        return not self.begins and by_table.finds_parts(self.words)

    @property
    def by_table(self) -> bool:
        """Whether the search table finds them."""
        return self.by_parts or bool(self.account_id and not self.words)

    @property
    def is_final(self) -> bool:
        """Whether there may be some among those that change no more."""
        return self.state not in set(SignupState) - set(FINAL)

    @property
    def is_narrowed(self) -> bool:
        """Whether something beside the text narrows those that change no more."""
        return bool(
            self.state or self.form_id or self.account_id or self.since or self.more
        )


@dataclass(frozen=True)
class SearchResult:
    """One page of sign-ups; `more` than `total` were found, or not.

    `looked_until`: only sign-ups back to then were looked through. `gave_up`: the
    search took too long, and these are found by how their address begins.
    """

    rows: list[Signup]
    total: int
    page: int
    more: bool = False
    looked_until: datetime | None = None
    gave_up: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Number:
    """How many there are; at least so many if `or_more`."""

    value: int
    or_more: bool = False


def signups(search: Search, page: int, most: int = MAX) -> SearchResult:
    """Return a page of what a search finds, without counting more than `most`.

    The newest come first; of addresses that begin with a text the exact one, then by
    address. Past the end it is the last page.
    """
    try:
        with at_most(db.session.connection(), SECONDS):
            return _page_of(search, page, most)
    except TookTooLong:
        begins = replace(search, begins=True)
        return replace(_page_of(begins, page, most), gave_up=True)


def _page_of(search: Search, page: int, most: int) -> SearchResult:
    if search.by_table:
        return _page_of_table(search, page, most)
    # the time, since it stands in the indexes that searches use: no row is read for it
    counted = filtered(select(Signup.created_at), search).limit(most + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    page = _within(page, min(total, most))
    query = filtered(select(Signup), search).order_by(*order_of(search))
    rows = db.session.scalars(
        query.options(*SHOWN).limit(PAGE).offset((page - 1) * PAGE)
    )
    return SearchResult(list(rows), min(total, most), page, more=total > most)


def _page_of_table(search: Search, page: int, most: int) -> SearchResult:
    """Return a page of what the search table finds; its rows alone are read whole."""
    wanted = _wanted(search)
    is_walked = _is_walked(search, wanted)
    known = known_total(search)
    if known is not None:  # then no more rows than this page needs are looked up
        page = _within(page, min(known, most))
        found = by_table.matching(wanted, page * PAGE).subquery()
    else:
        found = _found(wanted, is_walked).subquery()
    query = (
        select(found.c.id, func.count().over())
        .order_by(found.c.created_at.desc(), found.c.id)
        .limit(PAGE)
    )
    newest = db.session.execute(query).all()
    total = known
    if total is None:
        total = newest[0][1] if newest else 0
    page = _within(page, min(total, most))
    if page > 1:
        newest = db.session.execute(query.offset((page - 1) * PAGE)).all()
    ids = [id for id, _total in newest]
    by_id = {
        row.id: row
        for row in db.session.scalars(
            select(Signup).options(*SHOWN).where(Signup.id.in_(ids))
        )
    }
    rows = [by_id[id] for id in ids if id in by_id]
    more = total > most
    until = by_table.walked_until(wanted) if is_walked and not more else None
    return SearchResult(rows, min(total, most), page, more, until)


def known_total(search: Search) -> int | None:
    """Return how many a search finds by the counts; None for what nobody counts."""
    numbers = known_states(search)
    if not numbers or search.reason or search.signal:
        return None
    if search.state in set(SignupState):
        return numbers.get(search.state, 0)
    return sum(numbers.values())


def _within(page: int, total: int) -> int:
    return min(page, max(1, -(-total // PAGE)))


def _found(wanted: by_table.Wanted, is_walked: bool) -> Any:
    if is_walked:
        return by_table.matching_among_walked(wanted)
    return by_table.matching(wanted, MAX + 1)


def order_of(search: Search) -> tuple[Any, ...]:
    """Return the order of the list, in words that suit its indexes."""
    if search.by_table:
        return by_table.hidden(Signup.created_at).desc(), Signup.id
    by_time = (Signup.created_at.desc(), Signup.id)
    if search.words:
        return by_person(), *by_time
    return by_time


def states(search: Search, most: int = MAX) -> dict[str, Number]:
    """Count what a search finds by state, whatever its own state is.

    Exact up to `most` of those that change no more, counted from the newest on; always
    of the others. Empty when counting takes too long.
    """
    if numbers := known_states(search):
        known = {state: Number(number) for state, number in numbers.items()}
        return dict.fromkeys(SignupState, Number(0)) | known
    try:
        with at_most(db.session.connection(), SECONDS):
            return _counted_states(search, most)
    except TookTooLong:
        return {}


def known_states(search: Search) -> dict[str, int]:
    """Return the numbers that are counted anyway: of all, a form or an account."""
    if search.words or search.since or search.before or search.more:
        return {}
    if search.form_id and search.account_id:
        return {}
    if search.form_id:
        return counts.states_of_form(search.form_id)
    if search.account_id:
        return counts.states_of(search.account_id)
    return counts.balance().by_state


def _counted_states(search: Search, most: int) -> dict[str, Number]:
    wanted = _wanted(search)
    live = by_table.live(wanted, select(Signup.state))
    is_walked = _is_walked(search, wanted)
    if is_walked:
        newest = by_table.walked(wanted, Signup.state, Signup.counted).subquery()
        query = select(newest.c.state).where(
            newest.c.counted, by_table.has_words(newest.c.text, wanted)
        )
    elif search.by_table:
        query = by_table.counted(wanted, select(Signup.state)).limit(most + 1)
    else:
        query = (
            select(Signup.state)
            .where(Signup.counted, *wanted.conditions(False))
            .order_by(Signup.created_at.desc())
            .limit(most + 1)
        )
    numbers, settled = _by_state(live), _by_state(query)
    cut = sum(settled.values()) > most
    found: dict[str, Number] = {}
    for state in SignupState:
        number = numbers.get(state, 0) + settled.get(state, 0)
        or_more = number > most or (state in FINAL and cut)
        found[state] = Number(min(number, most), or_more)
    return found


def _by_state(query: Select[Any]) -> dict[str, int]:
    rows = query.subquery()
    grouped = select(rows.c.state, func.count()).group_by(rows.c.state)
    return dict(db.session.execute(grouped).all())


def filtered(
    query: Select[Any], search: Search, onward: str = "", behind: Any = None
) -> Select[Any]:
    """Narrow a query to what a search finds, in no order yet.

    Of addresses that begin with a text only those from the person `onward` on. For a
    walk that goes on `behind` a row it is narrowed to so many as a step may take.
    """
    if not search.by_table:
        conditions = conditions_of(search, onward=onward)
        if behind is not None:
            conditions = [*conditions, behind]
        return query.where(*conditions)
    wanted = _wanted(search, behind)
    if behind is None:
        found = _found(wanted, _is_walked(search, wanted)).subquery()
    else:
        found = by_table.matching_exactly(wanted, MAX).subquery()
    return query.where(Signup.id.in_(select(found.c.id)))


def conditions_of(
    search: Search, live: bool = False, onward: str = ""
) -> list[ColumnElement[bool]]:
    """Return what a search asks of a row, but for what the search table finds.

    `live`: of the few rows that are not counted.
    """
    hidden: Callable[[Any], Any] = by_table.hidden if live else _as_it_is
    conditions: list[ColumnElement[bool]] = []
    if search.words and not search.by_parts:
        conditions += _begins(search.text.strip().lower(), onward)
    if search.account_id and not search.by_table:
        conditions.append(by_table.hidden(Signup.account_id) == search.account_id)
    if search.state in set(SignupState):
        conditions.append(Signup.state == search.state)
    if not search.is_final:
        # SQLite then takes the partial index of these few, whatever its statistics
        conditions.append(~Signup.counted)
    if search.form_id:
        conditions.append(hidden(Signup.form_id) == search.form_id)
    if search.before:
        conditions.append(hidden(Signup.created_at) <= search.before)
    if search.state in BY_SIGNAL and (search.reason or search.signal):
        conditions += which_of(replace(search, since=None, form_id="")).conditions()
    if search.since:
        conditions.append(_since(search.state, live) >= search.since)
    conditions += [narrowing.condition for narrowing in search.more]
    return conditions


def _as_it_is(column: Any) -> Any:
    return column


def _since(state: str, live: bool) -> Any:
    """Return the moment that `since` means: when it was laid aside, or stored."""
    laid_aside = func.coalesce(Signup.settled_at, Signup.created_at)
    if state in DECIDABLE:
        return laid_aside
    if live and not state:
        is_laid_aside = Signup.state.in_(DECIDABLE)
        return case((is_laid_aside, laid_aside), else_=Signup.created_at)
    return by_table.hidden(Signup.created_at) if live else Signup.created_at


def _wanted(search: Search, behind: Any = None) -> by_table.Wanted:
    """Return what the search table is asked for."""

    def conditions(live: bool) -> list[ColumnElement[bool]]:
        extra = [] if behind is None else [behind]
        return [*conditions_of(search, live), *extra]

    return by_table.Wanted(
        words=search.words if search.by_parts else [],
        account_id=search.account_id,
        before=search.before,
        conditions=conditions,
        is_final=search.is_final,
        has_index=search.by_parts and search_index.has_trigrams(),
    )


def _is_walked(search: Search, wanted: by_table.Wanted) -> bool:
    """Whether the other filters find them: very many sign-ups have these words."""
    if not (search.by_parts and search.is_narrowed and search.is_final):
        return False
    return by_table.is_frequent(wanted, MAX)


def how_many(search: Search, until: datetime) -> int:
    """Count the sign-ups that a decision about one reason or signal would move."""
    conditions = which_of(search, until).conditions()
    query = select(func.count()).select_from(Signup).where(*conditions)
    return db.session.scalar(query) or 0


def _begins(text: str, onward: str = "") -> tuple[ColumnElement[bool], ...]:
    """Match addresses that begin with a text, by the index on them.

    On SQLite LIKE would not use that index, nor would a second lower bound: there
    `onward` takes the place of the text.
    """
    if not _on_postgresql():
        return Signup.person >= (onward or text), Signup.person < text + LAST
    begins = Signup.person.startswith(text, autoescape=True)
    if not onward:
        return (begins,)
    return begins, Signup.person.bool_op("~>=~")(onward)


def which_of(search: Search, until: datetime | None = None) -> Which:
    """Return the same sign-ups for a decision about all of them."""
    return Which(
        search.state,
        search.reason,
        search.form_id,
        search.since,
        until,
        search.signal,
    )


def by_person() -> ColumnElement[Any] | TextClause:
    """Order by the index on addresses, which on PostgreSQL is one of bytes."""
    if _on_postgresql():
        return text_of_sql("signup.person USING ~<~")
    return Signup.person.asc()


def _on_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"
