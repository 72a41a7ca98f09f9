"""Attack mode of a form: begun by the press that is one too many, over by itself.

A form is busy when it got more presses in ten minutes than are usual there:
LATCHKEY_ATTACK_PRESSES, or ten times the pace of its third busiest day of the last four
weeks, if that is more. Two busy days may have been attacks themselves. While the mode
is on, every new sign-up is asked to confirm, or is held.
"""

import time
from datetime import datetime, timedelta
from typing import cast

from flask import current_app
from sqlalchemy import Table, case, or_, select, update

from app.core.logs import log
from app.database.raw import single, storing
from app.forms.models import Form
from app.services import services
from app.signups.intake import day_of
from app.signups.models import Tally

WEEKS = timedelta(weeks=4)
BUSY_DAYS = 2  # that are left out
TEN_MINUTES_OF_A_DAY, TIMES_THE_PACE = 144, 10
QUIET = timedelta(minutes=30)  # without a busy moment, and it is over
AGAIN = timedelta(minutes=1)  # the end is moved on once a minute
KEPT_SECONDS = 600.0

_form = cast(Table, Form.__table__)
_tally = cast(Table, Tally.__table__).c


def usual(form_id: str, now: datetime) -> int:
    """Return how many presses in ten minutes the form may get; read anew every ten
    minutes.
    """
    floor = services().settings.attack_presses
    kept: dict[str, tuple[float, int]] = current_app.extensions.setdefault(
        "latchkey.usual", {}
    )
    until, number = kept.get(form_id, (0.0, floor))
    if time.monotonic() < until:
        return number
    today = day_of(now)
    query = (
        select(_tally.accepted)
        .where(
            _tally.form_id == form_id, _tally.day < today, _tally.day >= today - WEEKS
        )
        .order_by(_tally.accepted.desc())
        .offset(BUSY_DAYS)
        .limit(1)
    )
    with single() as connection:
        busy_day = connection.execute(query).scalar() or 0
    number = max(floor, busy_day * TIMES_THE_PACE // TEN_MINUTES_OF_A_DAY)
    kept[form_id] = (time.monotonic() + KEPT_SECONDS, number)
    return number


def ends_soon(attack_until: datetime | None, now: datetime) -> bool:
    """Tell whether a busy moment is news: the mode is not on, or its end was not moved
    on within the last minute.
    """
    return attack_until is None or attack_until < now + QUIET - AGAIN


def note(form_id: str, now: datetime) -> None:
    """Begin the mode, or move its end on; of many presses that see it one writes."""
    until = _form.c.attack_until
    since = case((until > now, _form.c.attack_since), else_=now)
    statement = (
        update(_form)
        .where(
            _form.c.id == form_id,
            or_(until.is_(None), until < now + QUIET - AGAIN),
        )
        # not `updated_at`: pages that were shown before stay good
        .values(attack_since=since, attack_until=now + QUIET)
    )
    with storing() as connection:
        moved = connection.execute(statement).rowcount
    if moved:
        log.warning("form_under_attack", form=form_id)
