"""Say how many of today's calls to the provider are left, and how far they reach."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import (
    format_decimal,
    format_timedelta,
    gettext,
    ngettext,
)
from sqlalchemy import case, func, select

from app.accounts.api_client import pace
from app.accounts.api_rate import (
    STRAINED_FOR,
    WIDER,
    Governor,
    midnight_after,
    remaining,
)
from app.accounts.models import Account
from app.database.session import db
from app.delivery.queue_order import WAITING
from app.forms.models import Form
from app.services import services
from app.signups.models import Signup
from app.web import times

QUEUE_SECONDS = 60  # a shorter queue needs no forecast
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Allowance:
    """Calls used of today's, and how it goes on, a sentence each."""

    used: int
    of: int
    forecast: list[str]


@dataclass(frozen=True)
class Strain:
    """How many steps wider than set calls are spaced, and until when at all."""

    steps: int
    until: datetime | None


@dataclass(frozen=True)
class Ready:
    """The sign-ups that wait and may go, and the calls that they take."""

    people: int
    calls: int


def count_ready() -> Ready:
    """Count what waits in accounts that are neither disconnected nor in trouble."""
    calls_of_one = case((Form.exactly, 2), else_=1)  # an exact form looks up first
    query = (
        select(func.count(), func.sum(calls_of_one))
        .select_from(Signup)
        .join(Account, Account.id == Signup.account_id)
        .join(Form, Form.id == Signup.form_id)
        .where(
            Signup.state == WAITING,
            Account.disconnected_at.is_(None),
            Account.trouble.is_(None),
        )
    )
    people, calls = db.session.execute(query).one()
    return Ready(people, calls or 0)


def today(
    now: datetime, waiting: int, ready: Callable[[], Ready] = count_ready
) -> Allowance:
    """Forecast today's allowance, with `waiting` sign-ups in all accounts.

    `ready` is asked how many of them may go, when there are many.
    """
    row, of = pace().today(), services().settings.calls_per_day
    left = max(0, remaining(row, of, now.date()))
    strain = strain_of(row, now)
    if left == 0 or _paused_for_quota(row, now):
        forecast = [_spent(waiting, now)]
    else:
        queue = _queue(waiting, ready, left, strain, now)
        forecast = [queue or _pace(of - left, of, now)]
    if strain.steps and strain.until:
        forecast.append(
            gettext(
                "Another program seems to be using the same API key, so Latchkey makes"
                " fewer calls a second until %(time)s.",
                time=at(strain.until, now),
            )
        )
    return Allowance(of - left, of, forecast)


def strain_of(row: Governor | None, now: datetime) -> Strain:
    """Return the steps that are left: one less for every ten minutes that went well."""
    if row is None or not row.strain or row.strained_until is None:
        return Strain(0, None)
    until = row.strained_until + STRAINED_FOR * (row.strain - 1)
    if now < row.strained_until:
        return Strain(row.strain, until)
    steps_gone = 1 + (now - row.strained_until) // STRAINED_FOR
    return Strain(max(0, row.strain - steps_gone), until)


def at(moment: datetime, now: datetime) -> str:
    """Write a time of day where the operator is, with its date unless it is today."""
    zone = ZoneInfo(services().settings.timezone)
    if moment.astimezone(zone).date() == now.astimezone(zone).date():
        return times.clock_words(moment)
    return times.words(moment)


def midnight(now: datetime) -> str:
    """Say when the next day of UTC begins, and what the operator's clocks show then."""
    return times.midnight_words(midnight_after(now))


def _paused_for_quota(row: Governor | None, now: datetime) -> bool:
    return bool(
        row
        and row.paused_for == "quota_exceeded"
        and row.paused_until
        and row.paused_until > now
    )


def _spent(waiting: int, now: datetime) -> str:
    if not waiting:
        return str(
            gettext(
                "The daily API limit is used up until %(midnight)s. No sign-ups are"
                " waiting for it.",
                midnight=midnight(now),
            )
        )
    return str(
        ngettext(
            "The daily API limit is used up. %(who)s sign-up waits until %(midnight)s.",
            "The daily API limit is used up. %(who)s sign-ups wait until %(midnight)s.",
            waiting,
            who=format_decimal(waiting),
            midnight=midnight(now),
        )
    )


def _queue(
    waiting: int, count: Callable[[], Ready], left: int, strain: Strain, now: datetime
) -> str | None:
    """Say how long the queue takes at the current pace; None for a short one."""
    calls_a_second = 1 / (services().settings.call_gap * WIDER**strain.steps)
    short = calls_a_second * QUEUE_SECONDS  # calls
    # counting takes a while, and a sign-up takes two calls at most
    if 2 * waiting < short:
        return None
    ready = count()
    if ready.calls < short:
        return None
    calls_of_one = ready.calls / ready.people
    if ready.calls > left:
        return str(
            gettext(
                "%(waiting)s sign-ups are waiting. Today’s remaining API calls are"
                " enough for %(left)s of them. Latchkey will send the others after"
                " %(midnight)s.",
                waiting=format_decimal(ready.people),
                left=format_decimal(int(left / calls_of_one)),
                midnight=midnight(now),
            )
        )
    duration = timedelta(seconds=ready.calls / calls_a_second)
    return str(
        gettext(
            "%(waiting)s sign-ups are waiting. At %(rate)s a second, Latchkey will send"
            " them all in about %(time)s.",
            waiting=format_decimal(ready.people),
            rate=format_decimal(calls_a_second / calls_of_one, "#,##0.#"),
            time=format_timedelta(duration, threshold=1.5),
        )
    )


def _pace(used: int, of: int, now: datetime) -> str:
    midnight_before = now.replace(hour=0, minute=0, second=0, microsecond=0)
    part_of_day = (now - midnight_before) / DAY
    if not used:
        return str(gettext("No API calls yet today."))
    if part_of_day < 1 / 48:
        return str(gettext("The API day (UTC) has just started."))
    rounded = _rounded(min(used / part_of_day, of))
    return str(
        gettext(
            "At today’s pace, about %(forecast)s of %(of)s calls will be used by"
            " midnight UTC.",
            forecast=format_decimal(rounded),
            of=format_decimal(of),
        )
    )


def _rounded(number: float) -> int:
    """Round to two digits: more would be a promise."""
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return int(round(number / unit) * unit)
