"""Find sign-ups by name, any part of the address, or account, at a bounded cost.

What is counted is found in the search table, from the newest on and no more than so
many; what is not yet, in the few rows that still change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    union,
    union_all,
)

from app.database.folding import contains_all, folded, folded_column
from app.database.session import db
from app.signups.models import Searchable, Signup
from app.stats import search_index, search_table
from app.stats.search_index import MIN_LETTERS, TRIGRAMS

MAX_LETTERS, MAX_WORDS = 100, 8  # of what is typed
# Of a text that very many have, so many of the other filters' sign-ups are looked
# through, from the newest on.
MAX_WALKED = 2000
INDEX = table(TRIGRAMS, column("rowid"))
FOUND: Any = select(Signup.id, Signup.created_at)

Conditions = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class Wanted:
    """What is looked for: folded words, an account, and what the other filters say.

    `conditions` are asked for with True for the rows that still change: there a column
    is hidden from SQLite's planner (`hidden`), which else may leave their own index.
    """

    words: list[str]
    account_id: str = ""
    before: datetime | None = None
    conditions: Callable[[bool], Conditions] = lambda _live: ()
    is_final: bool = True  # may be found among those that change no more
    has_index: bool = False  # SQLite's, over parts of words


def words_of(text: str) -> list[str]:
    """Return the folded words of what somebody typed."""
    return folded(text[:MAX_LETTERS]).split()[:MAX_WORDS]


def finds_parts(words: list[str]) -> bool:
    """Whether one of the words is long enough for the index."""
    return any(len(word) >= MIN_LETTERS for word in words)


def hidden(column: Any) -> Any:
    """Hide a column from SQLite's planner: see `counts.unindexed`."""
    return func.coalesce(column, column)


def matching(wanted: Wanted, most: int) -> Any:
    """Select id and time of what still changes, and of the newest `most` others."""
    if not wanted.is_final:
        return live(wanted, FOUND)
    newest = counted(wanted, FOUND).limit(most).subquery()
    return union_all(live(wanted, FOUND), select(newest))


def matching_exactly(wanted: Wanted, most: int) -> Any:
    """Select the same, and also those of the same moment as the last one.

    So that a walk can go on behind them.
    """
    if not wanted.is_final:
        return live(wanted, FOUND)
    number, _conditions = _by_words(wanted)
    numbers = counted(wanted, FOUND).with_only_columns(number)
    edge = numbers.offset(most - 1).limit(1).correlate(None)
    lowest = func.coalesce(edge.scalar_subquery(), 0) - search_table.TIES
    onward = counted(wanted, FOUND).where(number >= lowest).subquery()
    return union_all(live(wanted, FOUND), select(onward))


def is_frequent(wanted: Wanted, most: int) -> bool:
    """Tell whether more than so many sign-ups that are counted have these words."""
    everything = Wanted(wanted.words, has_index=wanted.has_index)
    query = _source(everything, select(Searchable.number)).limit(most + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(query)) or 0) > most


def walked(wanted: Wanted, *columns: Any) -> Select[Any]:
    """Select the newest sign-ups that the other filters let through, with their text."""
    if wanted.account_id:
        query = select(Signup.created_at, *columns, Searchable.text)
        all_of_account = Wanted([], wanted.account_id, wanted.before)
        query = _source(all_of_account, query).join(Signup, _same_signup())
    else:
        query = select(Signup.created_at, *columns, _text().label("text"))
        query = query.order_by(Signup.created_at.desc())
    return query.where(*wanted.conditions(False)).limit(MAX_WALKED)


def matching_among_walked(wanted: Wanted) -> Any:
    """Select id and time of those of them that have the words, and of what changes."""
    rows = walked(wanted, Signup.id).subquery()
    has_them = select(rows.c.id, rows.c.created_at)
    return union(live(wanted, FOUND), has_them.where(has_words(rows.c.text, wanted)))


def walked_until(wanted: Wanted) -> datetime | None:
    """Return the time of the last one, if there may be more behind it."""
    rows = walked(wanted).subquery()
    query = select(func.count(), func.min(rows.c.created_at))
    number, oldest = db.session.execute(query).one()
    return oldest if number == MAX_WALKED else None


def has_words(text: ColumnElement[str], wanted: Wanted) -> ColumnElement[bool]:
    return contains_all(text, wanted.words)


def live(wanted: Wanted, query: Select[Any]) -> Select[Any]:
    """Narrow a query to what is found among the rows that are not counted yet."""
    query = query.where(~Signup.counted, *wanted.conditions(True))
    if wanted.account_id:
        query = query.where(hidden(Signup.account_id) == wanted.account_id)
    if wanted.words:
        query = query.where(has_words(_text(), wanted))
    return query


def counted(wanted: Wanted, query: Select[Any]) -> Select[Any]:
    """Narrow a query to what the search table finds, the newest first."""
    query = _source(wanted, query).join(Signup, _same_signup())
    return query.where(*wanted.conditions(False))


def _text() -> ColumnElement[str]:
    """Put together what a sign-up is searched by (`search_table` stores the same)."""
    parts: list[ColumnElement[str]] = []
    for name in ("first_name", "last_name"):
        parts += (func.coalesce(Signup.body[name].as_string(), ""), literal(" "))
    text: Any = Signup.email
    for part in reversed(parts):
        text = part.concat(text)
    return folded_column(text)


def _same_signup() -> ColumnElement[bool]:
    """Join a sign-up to its row in the search table, and never the other way round."""
    id = Searchable.signup_id
    return Signup.id == (id if search_index.on_postgresql() else hidden(id))


def _source(wanted: Wanted, query: Select[Any]) -> Select[Any]:
    """Select from the search table, the newest first."""
    number, conditions = _by_words(wanted)
    query = query.select_from(Searchable).where(*conditions)
    if number is not Searchable.number:
        # FTS5 comes first, and its index is not asked for one row after the other
        query = query.where(Searchable.number == hidden(number))
    if wanted.account_id:
        query = query.where(Searchable.account_id == wanted.account_id)
    if wanted.before:
        latest = search_table.number_of(wanted.before) + search_table.TIES
        query = query.where(number <= latest)
    return query.order_by(number.desc())


def _read(words: list[str]) -> Conditions:
    """Match words in PostgreSQL's index, or by reading.

    Of an address only what is before the @ is looked up: a domain has many trigrams,
    and so many people have them that it costs more than it finds.
    """
    rare = [word.split("@")[0] for word in words]
    if not search_index.on_postgresql() or rare == words or not finds_parts(rare):
        return (contains_all(Searchable.text, words),)
    looked_up = [word for word in rare if word]
    checked = contains_all(hidden(Searchable.text), words)
    return contains_all(Searchable.text, looked_up), checked


def _by_words(wanted: Wanted) -> tuple[Any, Conditions]:
    """Return the column that gives the order, and what finds the words.

    FTS5 goes from the newest to the oldest by its own column only.
    """
    words = wanted.words
    if not words:
        return Searchable.number, ()
    if not wanted.has_index:
        return Searchable.number, _read(words)
    long = [word for word in words if len(word) >= MIN_LETTERS]
    conditions: list[ColumnElement[bool]] = []
    if short := [word for word in words if len(word) < MIN_LETTERS]:
        conditions.append(contains_all(Searchable.text, short))
    is_found = literal_column(TRIGRAMS).bool_op("MATCH")(search_index.query_of(long))
    return INDEX.c.rowid, (is_found, *conditions)
