"""How busy a form under attack is beside its own usual days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.database.session import db
from app.forms.models import Confirmation, Form
from app.services import services
from app.signups.intake import day_of
from app.signups.models import Signup, Tally
from app.signups.screening.verdict import confirmation_of

JUST_BEFORE = timedelta(minutes=10)  # what was counted before anybody noticed
USUAL_DAYS = 7
MINUTES_OF_A_DAY = 24 * 60
MAX_COUNTED = 10_000


@dataclass(frozen=True)
class Activity:
    """Sign-ups of a form since an attack began, and how many there usually are."""

    number: int
    minutes: int
    usual: int
    asks: bool  # new ones are asked to confirm; else they are held


def under_attack(now: datetime) -> list[Form]:
    """List the forms that are in attack mode, by name."""
    query = (
        select(Form)
        .where(Form.attack_until > now, Form.deleted_at.is_(None))
        .order_by(Form.name, Form.id)
    )
    return list(db.session.scalars(query))


def asks(form: Form) -> bool:
    """Whether suspicious people are asked by mail; else their sign-ups are held."""
    return confirmation_of(form) != Confirmation.OFF and services().settings.mails


def activity(form: Form, now: datetime) -> Activity:
    """Measure what happens at a form in attack mode."""
    began = (form.attack_since or now) - JUST_BEFORE
    minutes = max(1, round((now - began).total_seconds() / 60))
    usual = round(_usual_a_day(form, began) * minutes / MINUTES_OF_A_DAY)
    return Activity(_number(form, began), minutes, usual, asks(form))


def _number(form: Form, since: datetime) -> int:
    """Count sign-ups since then, and no more than `MAX_COUNTED`."""
    newest = (
        select(Signup.created_at)
        .where(Signup.form_id == form.id, Signup.created_at >= since)
        .limit(MAX_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(newest)) or 0


def _usual_a_day(form: Form, before: datetime) -> float:
    """Return how many signed up on one of the days before, on average."""
    day = day_of(before)
    query = select(func.sum(Tally.accepted)).where(
        Tally.form_id == form.id,
        Tally.day >= day - timedelta(days=USUAL_DAYS),
        Tally.day < day,
    )
    return (db.session.scalar(query) or 0) / USUAL_DAYS
