"""What the list is narrowed by, as chips: each a link that takes it away."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from app import messages
from app.accounts.models import Account
from app.dashboard.filters import FILTERS
from app.dashboard.search import Search
from app.database.session import db
from app.forms.models import Form
from app.signups.models import SignupState
from app.web import times

# what goes with a state when that is taken away
OF_A_STATE = ("why", "signal")


@dataclass(frozen=True)
class Chip:
    """One thing that narrows the list, and the address of the list without it."""

    label: LazyString
    value: str
    href: str


def chips_of(search: Search, filters: dict[str, Any]) -> list[Chip]:
    """Return a chip for each of the address's filters, in the order of the page."""
    chips = []
    for name, (label, value) in _in_words(search).items():
        rest = {key: filters[key] for key in filters if key != name}
        if name == "state":
            rest |= dict.fromkeys(_dropped_with_state())
        chips.append(Chip(label, value, url_for("dashboard.signups", **rest)))
    return chips


def _dropped_with_state() -> list[str]:
    return [*OF_A_STATE, *(name for name in FILTERS if not FILTERS[name].stays)]


def _in_words(search: Search) -> dict[str, tuple[LazyString, str]]:
    """Name each filter in the address, with its label and value."""
    words: dict[str, tuple[LazyString, str]] = {}
    if search.words:
        words["q"] = (_("Search"), search.text.strip())
    if search.state in set(SignupState):
        words["state"] = (_("State"), str(messages.STATES[search.state]))
    if search.reason:
        words["why"] = (_("Why"), str(messages.reason_in_short(search.reason)))
    if search.signal:
        words["signal"] = (_("Signal"), str(messages.SIGNALS_IN_SHORT[search.signal]))
    if search.form_id:
        words["form"] = (_("Form"), _name_of(Form.name, Form.id == search.form_id))
    if search.account_id:
        name = _name_of(Account.name, Account.id == search.account_id)
        words["account"] = (_("Account"), name)
    if search.since:
        words["since"] = (_("From"), times.day_words(search.since))
    for narrowing in search.more:
        filter = FILTERS[narrowing.name]
        words[narrowing.name] = (filter.label, filter.chip(narrowing.value))
    if search.before:
        words["before"] = (_("Before"), times.words(search.before))
    return words


def _name_of(name: Any, is_it: Any) -> str:
    """Return a form's or account's name; an id that nobody has says so."""
    return db.session.scalar(select(name).where(is_it)) or str(_("not found"))
