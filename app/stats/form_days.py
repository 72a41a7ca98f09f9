"""What happened at a form, day by day: numbers only."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from app.database.session import db
from app.forms.models import FormDay
from app.signups.intake import day_of
from app.signups.models import Signup, SignupState
from app.stats.counts import unindexed


@dataclass
class Numbers:
    """One day of a form. `delivered` are sign-ups of that day, whenever they arrived."""

    begun: int = 0
    turned_away: int = 0
    held: int = 0
    asked: int = 0
    confirmed: int = 0
    delivered: int = 0

    @property
    def guarded(self) -> bool:
        """Whether anybody was turned away, held, or asked to confirm."""
        return bool(self.turned_away or self.held or self.asked or self.confirmed)


def of(form_id: str, first: date, last: date) -> dict[date, Numbers]:
    """Return the days from the first to the last that have any numbers."""
    days: dict[date, Numbers] = defaultdict(Numbers)
    query = select(FormDay).where(
        FormDay.form_id == form_id, FormDay.day.between(first, last)
    )
    for row in db.session.scalars(query):
        days[row.day] = Numbers(
            row.begun,
            row.turned_away,
            row.held,
            row.asked,
            row.confirmed,
            row.delivered,
        )
    for created_at in db.session.scalars(_just_delivered(form_id)):
        day = day_of(created_at)
        if first <= day <= last:
            days[day].delivered += 1
    return days


def _just_delivered(form_id: str) -> Select[datetime]:
    """Select when those were pressed that are delivered and not counted yet: few."""
    return select(Signup.created_at).where(
        ~Signup.counted,
        Signup.state == SignupState.DELIVERED,
        unindexed(Signup.form_id) == form_id,
    )
