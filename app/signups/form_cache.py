"""A form as a visitor is shown it, and what is made of it, kept while it reads the
same.

A form and its consent sentence are read in one statement and kept until this process
writes anything but sign-ups, and for a second at most: so long may a change by another
process, or by hand, stay unseen on a page. None is stored for a form that has changed
since: `intake.accept` asks for that as it writes. Classes and pages made of a form are
kept under everything that was read of it, so nothing has to be told to forget them.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from secrets import token_hex
from typing import Any, TypeVar

from flask import current_app
from markupsafe import Markup
from sqlalchemy import JSON, ColumnElement, Text, bindparam, cast, func, select

from app.accounts.models import Account, AccountList
from app.core.clock import lasts
from app.database import session
from app.database.raw import single
from app.forms import gone, theme
from app.forms.models import ConsentWording, Form

T = TypeVar("T")
MAX_KEPT = 1000
KEPT_SECONDS = 1.0
# stands in a kept page where each visitor's ticket and challenge go; no form can hold it
HOLE = token_hex(16)


@dataclass(frozen=True)
class ShownForm:
    """A form and its consent sentence as they were read; `fields`, `lists`, `theme` and
    `sites` are JSON.
    """

    id: str
    account_id: str
    heading: str
    intro: str
    button: str
    success: str
    fields: str
    lists: str
    visitor_chooses: bool
    exactly: bool
    theme: str
    privacy_url: str
    redirect_url: str
    sites: str
    open: bool
    closes_at: datetime | None
    closed_words: str
    consent_id: str
    updated_at: datetime
    deleted_at: datetime | None
    confirmation: str
    known_contacts: str
    shows_sender: bool
    # what goes on at the form makes no other page of it
    event_until: datetime | None = field(compare=False)
    attack_until: datetime | None = field(compare=False)
    consent: str
    sender_name: str
    sender_address: str

    @property
    def style(self) -> Markup:
        """The text of its inline `<style>`; empty for our own look."""
        return theme.css(self.theme)

    def mode(self, framed: bool) -> str:
        """ "light", "dark", or "" for as the visitor's device is."""
        return theme.mode(self.theme, framed)

    def takes(self, now: datetime) -> bool:
        """Whether sign-ups are taken at this moment."""
        if self.deleted_at or not self.open:
            return False
        return self.closes_at is None or now < self.closes_at

    def is_attacked(self, now: datetime) -> bool:
        """Whether the form is in attack mode."""
        return lasts(self.attack_until, now)


@dataclass(frozen=True)
class FormPage:
    """An empty form's page around its challenge and the ticket that goes with it."""

    before: str
    between: str
    after: str

    def __call__(self, ticket: str, challenge: str) -> str:
        return f"{self.before}{challenge}{self.between}{ticket}{self.after}"


def page(html: str) -> FormPage:
    """Cut a page that was made with `HOLE` for its challenge and for its ticket."""
    return FormPage(*html.split(HOLE))


_form, _wording = Form.__table__.c, ConsentWording.__table__.c
_account = Account.__table__.c
ELSEWHERE = ("consent", "sender_name", "sender_address")  # not columns of the form


def _column(name: str) -> ColumnElement[Any]:
    """Select JSON as its text: it can be compared, and is what pages are kept under."""
    column = _form[name]
    return cast(column, Text) if isinstance(column.type, JSON) else column


_SELECT = select(
    *(_column(each.name) for each in fields(ShownForm) if each.name not in ELSEWHERE),
    _wording.text,
    func.coalesce(func.nullif(_account.sender_name, ""), _account.name),
    func.coalesce(func.nullif(_account.sender_address, ""), _account.postal_address),
).where(
    _form.id == bindparam("id"),
    _wording.id == _form.consent_id,
    _account.id == _form.account_id,
)


_GONE = select(AccountList.list_id).where(
    AccountList.account_id == bindparam("account_id"),
    AccountList.gone_at.is_not(None),
)


@dataclass(frozen=True)
class _Recent:
    form: ShownForm
    until: float  # by the monotonic clock
    writes: int


def recent(form_id: str) -> ShownForm | None:
    """Return the form as it stands, or as it stood within the last second; None when
    there is none. A deleted one takes no sign-ups.
    """
    forms: dict[str, _Recent] = current_app.extensions.setdefault("latchkey.forms", {})
    cached, writes, now = forms.get(form_id), session.writes(), time.monotonic()
    if cached and cached.writes == writes and now < cached.until:
        return cached.form
    if len(forms) >= MAX_KEPT:
        forms.clear()
    form = read(form_id)
    if form:
        forms[form_id] = _Recent(form, now + KEPT_SECONDS, writes)
    else:
        forms.pop(form_id, None)
    return form


def forget(form_id: str) -> None:
    """Read this form afresh when it is asked for next."""
    current_app.extensions["latchkey.forms"].pop(form_id, None)


def read(form_id: str) -> ShownForm | None:
    """Read the form as it stands now, or None.

    Of lists to choose among, those that are gone are marked so.
    """
    with single() as connection:
        row: Any = connection.execute(_SELECT, {"id": form_id}).first()
        if row is None:
            return None
        form = ShownForm(*row)
        if not form.visitor_chooses:
            return form
        lists_gone = connection.scalars(_GONE, {"account_id": form.account_id}).all()
    lists = gone.with_marks(json.loads(form.lists), lists_gone)
    return replace(form, lists=json.dumps(lists))


def kept(key: Any, make: Callable[[], T]) -> T:
    """Return what was made under this key before, or make it now.

    Threads may make one twice: both are the same.
    """
    cache = current_app.extensions.setdefault("latchkey.shown", {})
    cached: T | None = cache.get(key)
    if cached is not None and not current_app.debug:
        return cached
    if len(cache) >= MAX_KEPT:
        cache.clear()
    made = cache[key] = make()
    return made
