"""What the pages read.

Nothing here writes, and nothing here asks the provider. Numbers: counts; accounts:
ranking.
"""

from dataclasses import dataclass
from datetime import datetime
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
from app.signups.models import FINAL, Signup, SignupState

PAGE = 50
MAX = 1000  # sign-ups that a search counts and pages through
LAST = "\U0010ffff"  # no letter comes behind it
NEEDS_A_PERSON = (SignupState.HELD, SignupState.PARKED)


@dataclass(frozen=True)
class Drift:
    """What a form sends that its account no longer has, by the name it had; and lists
    called otherwise by now.
    """

    missing: list[str]
    renamed: list[tuple[str, str]]


@dataclass(frozen=True)
class Search:
    """What the list of sign-ups is narrowed to.

    `since` and `reason` are of held and parked ones alone.
    """

    text: str = ""
    state: str = ""
    form_id: str = ""
    reason: str = ""
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class SearchResult:
    """One page of sign-ups.

    Of more than are counted at most, `total` says so many, and `more` that there are
    more.
    """

    rows: list[Signup]
    total: int
    page: int
    more: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def undelivered(states: dict[str, int]) -> int:
    """How many of them go along when another account takes over."""
    return sum(states.get(state, 0) for state in UNDELIVERED)


def account_events(account_id: str, most: int | None) -> list[AccountEvent]:
    """An account's life, newest first; all of it without a limit."""
    return list(
        db.session.scalars(
            select(AccountEvent)
            .where(AccountEvent.account_id == account_id)
            .order_by(AccountEvent.at.desc())
            .limit(most)
        )
    )


def any_form() -> bool:
    return (
        db.session.scalar(select(Form.id).where(Form.deleted_at.is_(None)).limit(1))
        is not None
    )


def any_deleted_form() -> bool:
    return (
        db.session.scalar(select(Form.id).where(Form.deleted_at.is_not(None)).limit(1))
        is not None
    )


def any_account() -> bool:
    """Whether there is an account that a form can be made for."""
    return (
        db.session.scalar(
            select(Account.id).where(Account.disconnected_at.is_(None)).limit(1)
        )
        is not None
    )


def forms(text: str, page: int, deleted: bool = False) -> tuple[list[Form], int, int]:
    """(one page of forms by name, how many match, which page it is).

    `text` is in the form's or the account's name.
    """
    there = Form.deleted_at.is_not(None) if deleted else Form.deleted_at.is_(None)
    query = select(Form).join(Account, Account.id == Form.account_id).where(there)
    if text := text.strip():
        query = query.where(
            Form.name.icontains(text, autoescape=True)
            | Account.name.icontains(text, autoescape=True)
        )
        total = (
            db.session.scalar(
                select(func.count()).select_from(
                    query.with_only_columns(Form.id).subquery()
                )
            )
            or 0
        )
    else:
        total = (
            db.session.scalar(select(func.count()).select_from(Form).where(there)) or 0
        )
    page = min(page, max(1, -(-total // PAGE)))
    rows = db.session.scalars(
        query.options(contains_eager(Form.account))
        .order_by(Form.name, Form.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return list(rows), total, page


def form_names(chosen: str) -> tuple[list[tuple[str, str]], bool]:
    """(id and name of the first forms by name and of the chosen one, whether there are
    more).
    """
    found = [
        (id, name)
        for id, name in db.session.execute(
            select(Form.id, Form.name)
            .where(Form.deleted_at.is_(None))
            .order_by(Form.name, Form.id)
            .limit(PAGE + 1)
        )
    ]
    shown, more = found[:PAGE], len(found) > PAGE
    if chosen and chosen not in dict(shown):
        shown += [
            (id, name)
            for id, name in db.session.execute(
                select(Form.id, Form.name).where(Form.id == chosen)
            )
        ]
    return shown, more


def forms_of(account_id: str) -> list[Form]:
    """Those that are not deleted, by name."""
    return list(
        db.session.scalars(
            select(Form)
            .where(Form.account_id == account_id, Form.deleted_at.is_(None))
            .order_by(Form.name)
        )
    )


def drift_of(form: Form) -> Drift:
    """How the account's lists and custom fields, as last read, differ from what the
    form was made with.
    """
    lists = {item.list_id: item.name for item in facts.lists_of(form.account_id)}
    fields = {item.custom_field_id for item in facts.fields_of(form.account_id)}
    return Drift(
        [
            *(item["label"] for item in form.lists if item["list_id"] not in lists),
            *(
                item["label"]
                for item in form.fields
                if item.get("custom_field_id", "") not in {"", *fields}
            ),
        ],
        [
            (item["label"], lists[item["list_id"]])
            for item in form.lists
            if item["label"] != lists.get(item["list_id"], item["label"])
        ],
    )


def signups(search: Search, page: int, most: int = MAX) -> SearchResult:
    """One page, the newest first, or of addresses that begin with a text the exact one
    first and then by address.

    Past the end it is the last page. Neither counts nor pages through more than `most`.
    """
    matching = filtered(select(Signup), search)
    # the time, since it stands in the indexes that searches use: no row is read for it
    counted = filtered(select(Signup.created_at), search).limit(most + 1).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    page = min(page, max(1, -(-min(total, most) // PAGE)))
    order = (
        (by_person(), Signup.created_at.desc())
        if search.text.strip()
        else (Signup.created_at.desc(), Signup.id)
    )
    rows = db.session.scalars(
        matching.options(joinedload(Signup.form), joinedload(Signup.account))
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return SearchResult(list(rows), min(total, most), page, more=total > most)


def reasons(state: str) -> dict[str, int]:
    """Why sign-ups are held or parked, the most frequent first."""
    found = (
        db.session.execute(
            select(Signup.reason, func.count())
            .where(~Signup.counted, Signup.state == state, Signup.reason.is_not(None))
            .group_by(Signup.reason)
            .order_by(func.count().desc(), Signup.reason)
        )
        if state in NEEDS_A_PERSON
        else ()
    )
    return {reason: number for reason, number in found if reason}


def signup(id: str) -> Signup | None:
    return db.session.scalar(
        select(Signup)
        .where(Signup.id == id)
        .options(
            joinedload(Signup.form),
            joinedload(Signup.account),
            joinedload(Signup.consent),
            selectinload(Signup.tries),
        )
    )


def latest(most: int = 6) -> list[Signup]:
    return list(
        db.session.scalars(
            select(Signup)
            .options(joinedload(Signup.form))
            .order_by(Signup.created_at.desc())
            .limit(most)
        )
    )


def filtered(query: Select[Any], search: Search, onward: str = "") -> Select[Any]:
    """Of a query about sign-ups what the search finds, in no order yet; of a text only
    from person `onward` on.
    """
    text = search.text.strip().lower()
    if text:
        query = query.where(*_begins(text, onward))
    if search.state in set(SignupState):
        query = query.where(Signup.state == search.state)
    if search.state in set(SignupState) - set(FINAL):
        # the index of those few, whatever statistics say
        query = query.where(~Signup.counted)
    if search.form_id:
        query = query.where(Signup.form_id == search.form_id)
    if search.before:
        query = query.where(Signup.created_at <= search.before)
    if search.state in NEEDS_A_PERSON and (search.reason or search.since):
        query = query.where(*which_of(search).conditions())
    return query


def how_many(search: Search, until: datetime) -> int:
    """All held or parked sign-ups that a decision about one reason would move."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Signup)
            .where(*which_of(search, until).conditions())
        )
        or 0
    )


def _begins(text: str, onward: str = "") -> tuple[ColumnElement[bool], ...]:
    """An address that begins so; a whole one is its own beginning. SQLite's LIKE would
    not use the index.

    Nor would it use more than one lower bound of it: there `onward` takes the place of
    the text.
    """
    if db.engine.dialect.name == "postgresql":
        begins = Signup.person.startswith(text, autoescape=True)
        return (begins, Signup.person.bool_op("~>=~")(onward)) if onward else (begins,)
    return Signup.person >= (onward or text), Signup.person < text + LAST


def which_of(search: Search, until: datetime | None = None) -> Which:
    """The same held or parked sign-ups as a decision about all of them."""
    return Which(search.state, search.reason, search.form_id, search.since, until)


def by_person() -> ColumnElement[Any] | TextClause:
    """In the order of the index on addresses, which on PostgreSQL is that of bytes."""
    return (
        text_of_sql("signup.person USING ~<~")
        if db.engine.dialect.name == "postgresql"
        else Signup.person.asc()
    )
