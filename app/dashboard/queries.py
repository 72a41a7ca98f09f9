"""Read what the pages show of forms, sign-ups and an account's life."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.accounts import facts
from app.accounts.models import Account, AccountEvent
from app.database.session import db
from app.delivery.transfer import UNDELIVERED
from app.forms.models import Form
from app.signups.models import Signup, SignupState

PAGE = 50
JUST_BEFORE = timedelta(days=1)
NEEDS_A_PERSON = (SignupState.HELD, SignupState.PARKED)
# those that are searched by reason, and decided about in one batch
DECIDABLE = (*NEEDS_A_PERSON, SignupState.CONFIRMING)


@dataclass(frozen=True)
class Drift:
    """How an account differs from what a form was made with."""

    missing: list[str]  # the names that its lists and fields had
    lists: list[str]  # those of lists among them
    renamed: list[tuple[str, str]]  # lists by their old and new names


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


def account_names(chosen: str) -> list[tuple[str, str]]:
    """Return id and name of the first accounts by name, and of the chosen one."""
    names = select(Account.id, Account.name)
    rows = dict(db.session.execute(names.order_by(Account.name).limit(PAGE)).all())
    if chosen and chosen not in rows:
        rows |= dict(db.session.execute(names.where(Account.id == chosen)).all())
    return list(rows.items())


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
