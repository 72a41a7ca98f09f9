"""Some days in numbers: what came in, what was delivered, which forms did best."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from app.database.session import db
from app.forms.models import Form, FormDay, FormView
from app.signups.intake import day_of
from app.signups.models import Signup, SignupState, Tally
from app.stats.counts import unindexed

MIN_VIEWS = 20  # fewer say nothing about a form
BEST = 3


@dataclass(frozen=True)
class BestForm:
    """A form with the share of looks that became a sign-up."""

    name: str
    views: int
    signups: int

    @property
    def conversion(self) -> float:
        return self.signups / self.views


@dataclass(frozen=True)
class Period:
    """Sign-ups of some days, how many of them were delivered, and the best forms."""

    accepted: int
    delivered: int
    best_forms: list[BestForm]


def of(first: date, last: date) -> Period:
    """Count the sign-ups of these days of the operator's time zone."""
    accepted = select(func.sum(Tally.accepted)).where(Tally.day.between(first, last))
    counted = select(func.sum(FormDay.delivered)).where(
        FormDay.day.between(first, last)
    )
    delivered = int(db.session.scalar(counted) or 0)
    just_delivered = select(Signup.created_at).where(
        ~Signup.counted, unindexed(Signup.state) == SignupState.DELIVERED
    )
    for created_at in db.session.scalars(just_delivered):
        delivered += first <= day_of(created_at) <= last
    number = int(db.session.scalar(accepted) or 0)
    return Period(number, delivered, _best_forms(first, last))


def _best_forms(first: date, last: date) -> list[BestForm]:
    """List the forms with the best conversion, of those that enough people saw."""
    views, signups = func.sum(FormView.views), func.sum(FormView.signups)
    query = (
        select(Form.name, views, signups)
        .join(FormView, FormView.form_id == Form.id)
        .where(FormView.day.between(first, last), Form.deleted_at.is_(None))
        .group_by(Form.id, Form.name)
        .having(views >= MIN_VIEWS, views >= signups, signups > 0)
    )
    forms = []
    for name, seen, pressed in db.session.execute(query):
        forms.append(BestForm(name, int(seen), int(pressed)))
    forms.sort(key=lambda form: (-form.conversion, form.name))
    return forms[:BEST]
