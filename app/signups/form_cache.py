"""A form as a visitor is shown it, and what is made of it, kept while it reads the
same.

A form and its consent sentence are read in one statement and kept until this process
writes anything but sign-ups, and for a second at most: so long may a change by another
process, or by hand, stay unseen on a page. None is stored for a form that has changed
since: `intake.accept` asks for that as it writes. Classes and pages made of a form are
kept under everything that was read of it, so nothing has to be told to forget them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, TypeVar

from flask import current_app
from markupsafe import Markup
from sqlalchemy import JSON, Text, bindparam, cast, select

from app.database import session
from app.database.raw import single
from app.forms import sites, theme
from app.forms.models import ConsentWording, Form

T = TypeVar("T")
MAX_KEPT = 1000
KEPT_SECONDS = 1.0
# stands in a kept page where each visitor's ticket goes; no form can hold it
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
    consent: str

    @property
    def style(self) -> Markup:
        """The text of its inline `<style>`; empty for our own look."""
        return theme.css(self.theme)

    def mode(self, framed: bool) -> str:
        """ "light", "dark", or "" for as the visitor's device is."""
        return theme.mode(self.theme, framed)

    @property
    def ends_at(self) -> str:
        """The origin of the page that visitors are sent to, in ASCII as headers are; ""
        for none.
        """
        return sites.origin(self.redirect_url) or "" if self.redirect_url else ""

    def takes(self, now: datetime) -> bool:
        """Whether sign-ups are taken at this moment."""
        return self.open and (self.closes_at is None or now < self.closes_at)


@dataclass(frozen=True)
class FormPage:
    """An empty form's page around its ticket, and a digest of all that it says."""

    before: str
    after: str
    digest: str

    def __call__(self, ticket: str) -> str:
        return f"{self.before}{ticket}{self.after}"


def page(html: str, form: ShownForm) -> FormPage:
    """A page that was made with `HOLE` for a ticket.

    What its headers or its ticket say otherwise is another page.
    """
    before, _, after = html.partition(HOLE)
    said = "\n".join((form.consent_id, form.sites, form.redirect_url, before, after))
    return FormPage(before, after, sha256(said.encode()).hexdigest()[:20])


_form, _wording = Form.__table__.c, ConsentWording.__table__.c
_columns = [
    cast(column, Text) if isinstance(column.type, JSON) else column
    for column in (
        _form[name] for name in ShownForm.__dataclass_fields__ if name != "consent"
    )
]
_one = select(*_columns, _wording.text).where(
    _form.id == bindparam("id"),
    _form.deleted_at.is_(None),
    _wording.id == _form.consent_id,
)


@dataclass(frozen=True)
class _Recent:
    form: ShownForm
    until: float  # by the monotonic clock
    writes: int


def recent(form_id: str) -> ShownForm | None:
    """The form as it stands, or as it stood within the last second; None when there is
    none.
    """
    things: dict[str, _Recent] = current_app.extensions.setdefault("latchkey.forms", {})
    found, writes, now = things.get(form_id), session.writes(), time.monotonic()
    if found and found.writes == writes and now < found.until:
        return found.form
    if len(things) >= MAX_KEPT:
        things.clear()
    if form := read(form_id):
        things[form_id] = _Recent(form, now + KEPT_SECONDS, writes)
    else:
        things.pop(form_id, None)
    return form


def forget(form_id: str) -> None:
    """Read this form afresh when it is asked for next."""
    current_app.extensions["latchkey.forms"].pop(form_id, None)


def read(form_id: str) -> ShownForm | None:
    """The form as it stands now, or None."""
    with single() as connection:
        row: Any = connection.execute(_one, {"id": form_id}).first()
    return ShownForm(*row) if row else None


def kept(key: Any, make: Callable[[], T]) -> T:
    """What was made under this key before, or made now.

    Threads may make one twice: both are the same.
    """
    things = current_app.extensions.setdefault("latchkey.shown", {})
    found: T | None = things.get(key)
    if found is not None and not current_app.debug:
        return found
    if len(things) >= MAX_KEPT:
        things.clear()
    made = things[key] = make()
    return made
