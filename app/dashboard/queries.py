"""Read what the pages show of forms, sign-ups and an account's life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, func, select
from sqlalchemy import text as text_of_sql
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.accounts import facts
from app.accounts.models import Account, AccountEvent
from app.database.session import db
from app.delivery.admin_actions import Which
from app.delivery.transfer import UNDELIVERED
from app.forms.models import Form
from app.services import services
from app.signups.models import FINAL, Signup, SignupState
from app.status import waiting

PAGE = 50
MAX = 1000  # sign-ups that a search counts and pages through
LAST = "\U0010ffff"  # no letter comes behind it
JUST_BEFORE = timedelta(days=1)
NEEDS_A_PERSON = (SignupState.HELD, SignupState.PARKED)
# those that are searched by reason, and decided about in one batch
DECIDABLE = (*NEEDS_A_PERSON, SignupState.CONFIRMING)
# those that are searched by what screening saw: few beside all that are over
BY_SIGNAL = (*DECIDABLE, SignupState.WAITING)


@dataclass(frozen=True)
class Drift:
    """How an account differs from what a form was made with."""

    missing: list[str]  # the names that its lists and fields had
    lists: list[str]  # those of lists among them
    renamed: list[tuple[str, str]]  # lists by their old and new names


@dataclass(frozen=True)
class Search:
    """What sign-ups are searched for.

    `since` and `reason` of `DECIDABLE` ones, `signal` of `BY_SIGNAL` ones.
    """

    text: str = ""
    state: str = ""
    form_id: str = ""
    reason: str = ""
    since: datetime | None = None
    before: datetime | None = None
    signal: str = ""
    cause: str = ""  # why waiting ones wait


@dataclass(frozen=True)
class SearchResult:
    """One page of sign-ups; `more` than `total` were found, or not."""

    rows: list[Signup]
    total: int
    page: int
    more: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def undelivered(states: dict[str, int]) -> int:
    """Count those that go along when another account takes over."""
    return sum(states.get(state, 0) for state in UNDELIVERED)


def failed_connect(account_id: str, before: datetime | None) -> AccountEvent | None:
    """Return the last attempt to connect an account again that failed just before."""
    query = select(AccountEvent).where(
        AccountEvent.account_id == account_id, AccountEvent.what == "connect_failed"
    )
    if before:
        query = query.where(
            AccountEvent.at.between(before - JUST_BEFORE, before + JUST_BEFORE)
        )
    return db.session.scalar(query.order_by(AccountEvent.at.desc()).limit(1))


def account_events(account_id: str, most: int | None) -> list[AccountEvent]:
    """List what happened to an account, the newest first; all of it without a limit."""
    query = (
        select(AccountEvent)
        .where(AccountEvent.account_id == account_id)
        .order_by(AccountEvent.at.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def any_form() -> bool:
    """Tell whether there is a form that is not deleted."""
    return _any(select(Form.id).where(Form.deleted_at.is_(None)))


def any_deleted_form() -> bool:
    """Tell whether there is a deleted form."""
    return _any(select(Form.id).where(Form.deleted_at.is_not(None)))


def offering_protection() -> list[str]:
    """List the ids of forms that offer the recommended protection, by name."""
    query = select(Form.id).where(
        Form.deleted_at.is_(None), ~Form.draft, Form.offers_protection
    )
    return list(db.session.scalars(query.order_by(Form.name, Form.id)))


def any_account() -> bool:
    """Tell whether there is an account that a form can be made for."""
    return _any(select(Account.id).where(Account.disconnected_at.is_(None)))


def _any(query: Select[str]) -> bool:
    return db.session.scalar(query.limit(1)) is not None


def forms(text: str, page: int, deleted: bool = False) -> tuple[list[Form], int, int]:
    """Return a page of forms by name, how many match, and which page it is.

    `text` is in the form's or the account's name. Past the end it is the last page.
    """
    is_shown = Form.deleted_at.is_(None)
    if deleted:
        is_shown = Form.deleted_at.is_not(None)
    query = select(Form).join(Account, Account.id == Form.account_id).where(is_shown)
    counting = select(func.count()).select_from(Form).where(is_shown)
    if text := text.strip():
        query = query.where(
            Form.name.icontains(text, autoescape=True)
            | Account.name.icontains(text, autoescape=True)
        )
        matching = query.with_only_columns(Form.id).subquery()
        counting = select(func.count()).select_from(matching)
    total = db.session.scalar(counting) or 0
    page = min(page, max(1, -(-total // PAGE)))
    rows = db.session.scalars(
        query.options(contains_eager(Form.account))
        .order_by(Form.name, Form.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return list(rows), total, page


def form_names(chosen: str) -> tuple[list[tuple[str, str]], bool]:
    """Return id and name of the first forms and the chosen one; are there more?"""
    query = (
        select(Form.id, Form.name)
        .where(Form.deleted_at.is_(None))
        .order_by(Form.name, Form.id)
        .limit(PAGE + 1)
    )
    names = dict(db.session.execute(query).all())
    more = len(names) > PAGE
    if more:
        names.popitem()
    if chosen and chosen not in names:
        chosen_one = select(Form.id, Form.name).where(Form.id == chosen)
        names |= dict(db.session.execute(chosen_one).all())
    return list(names.items()), more


def forms_of(account_id: str) -> list[Form]:
    """List an account's forms that are not deleted, by name."""
    query = (
        select(Form)
        .where(Form.account_id == account_id, Form.deleted_at.is_(None))
        .order_by(Form.name)
    )
    return list(db.session.scalars(query))


def drift_of(form: Form) -> Drift:
    """Compare a form with its account's lists and custom fields, as last read."""
    names = {row.list_id: row.name for row in facts.lists_of(form.account_id)}
    field_ids = {row.custom_field_id for row in facts.fields_of(form.account_id)}
    lists, missing, renamed = [], [], []
    for item in form.lists:
        name = names.get(item["list_id"])
        if name is None:
            lists.append(item["label"])
        elif name != item["label"]:
            renamed.append((item["label"], name))
    for item in form.fields:
        custom_field_id = item.get("custom_field_id")
        if custom_field_id and custom_field_id not in field_ids:
            missing.append(item["label"])
    return Drift([*lists, *missing], lists, renamed)


def signups(search: Search, page: int, most: int = MAX) -> SearchResult:
    """Return a page of what a search finds, without counting more than `most`.

    The newest come first; of addresses that begin with a text the exact one, then by
    address. Past the end it is the last page.
    """
    matching = filtered(select(Signup), search)
    # the time, since it stands in the indexes that searches use: no row is read for it
    counted = filtered(select(Signup.created_at), search).limit(most + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    page = min(page, max(1, -(-min(total, most) // PAGE)))
    order: tuple[Any, ...] = (Signup.created_at.desc(), Signup.id)
    if search.text.strip():
        order = (by_person(), Signup.created_at.desc())
    rows = db.session.scalars(
        matching.options(joinedload(Signup.form), joinedload(Signup.account))
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return SearchResult(list(rows), min(total, most), page, more=total > most)


def reasons(state: str) -> dict[str, int]:
    """Count sign-ups that can be decided about by reason, the most frequent first."""
    if state not in DECIDABLE:
        return {}
    query = (
        select(Signup.reason, func.count())
        .where(~Signup.counted, Signup.state == state, Signup.reason.is_not(None))
        .group_by(Signup.reason)
        .order_by(func.count().desc(), Signup.reason)
    )
    return {reason: number for reason, number in db.session.execute(query) if reason}


def signup(id: str) -> Signup | None:
    """Load a sign-up with everything that its page shows."""
    query = select(Signup).where(Signup.id == id)
    return db.session.scalar(
        query.options(
            joinedload(Signup.form),
            joinedload(Signup.account),
            joinedload(Signup.consent),
            selectinload(Signup.tries),
            selectinload(Signup.events),
        )
    )


def latest(most: int = 6) -> list[Signup]:
    """List the newest sign-ups."""
    query = (
        select(Signup)
        .options(joinedload(Signup.form))
        .order_by(Signup.created_at.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def filtered(query: Select[Any], search: Search, onward: str = "") -> Select[Any]:
    """Narrow a query to what a search finds, in no order yet.

    Of addresses that begin with a text only those from the person `onward` on.
    """
    text = search.text.strip().lower()
    if text:
        query = query.where(*_begins(text, onward))
    if search.state in set(SignupState):
        query = query.where(Signup.state == search.state)
    if search.state in set(SignupState) - set(FINAL):
        # SQLite then takes the partial index of these few, whatever its statistics
        query = query.where(~Signup.counted)
    if search.form_id:
        query = query.where(Signup.form_id == search.form_id)
    if search.before:
        query = query.where(Signup.created_at <= search.before)
    if search.state in BY_SIGNAL and (search.reason or search.since or search.signal):
        query = query.where(*which_of(search).conditions())
    if search.cause:
        cause, now = waiting.Cause(search.cause), services().clock.now()
        query = query.where(waiting.having(cause, now))
    return query


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
