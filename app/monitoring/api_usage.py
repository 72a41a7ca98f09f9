"""Today's calls to the provider, and in a sentence how far they will reach."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import (
    format_datetime,
    format_decimal,
    format_time,
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
    """Those that wait and may go, and the calls that they take."""

    people: int
    calls: int


def count_ready() -> Ready:
    """Of those whose account is neither disconnected nor in trouble; a form that
    updates exactly looks up first.
    """
    people, calls = db.session.execute(
        select(func.count(), func.sum(case((Form.exactly, 2), else_=1)))
        .select_from(Signup)
        .join(Account, Account.id == Signup.account_id)
        .join(Form, Form.id == Signup.form_id)
        .where(
            Signup.state == WAITING,
            Account.disconnected_at.is_(None),
            Account.trouble.is_(None),
        )
    ).one()
    return Ready(people, calls or 0)


def today(
    now: datetime, waiting: int, ready: Callable[[], Ready] = count_ready
) -> Allowance:
    """`waiting`: sign-ups of all accounts that wait; `ready` tells, when there are
    many, how many of them may go.
    """
    row, of = pace().today(), services().settings.calls_per_day
    left = max(0, remaining(row, of, now.date()))
    spent = left == 0 or _paused_for_quota(row, now)
    strain = strain_of(row, now)
    forecast = [
        (
            _spent(waiting, now)
            if spent
            else _queue(waiting, ready, left, strain, now) or _pace(of - left, of, now)
        )
    ]
    if strain.steps and strain.until:
        forecast.append(
            gettext(
                "Somebody else seems to use the same API key: calls are spaced wider"
                " until %(time)s.",
                time=at(strain.until, now),
            )
        )
    return Allowance(of - left, of, forecast)


def strain_of(row: Governor | None, now: datetime) -> Strain:
    """A step less for every ten minutes that went well, also while nobody calls."""
    if row is None or not row.strain or row.strained_until is None:
        return Strain(0, None)
    gone = (
        0
        if now < row.strained_until
        else 1 + (now - row.strained_until) // STRAINED_FOR
    )
    return Strain(
        max(0, row.strain - gone), row.strained_until + STRAINED_FOR * (row.strain - 1)
    )


def at(moment: datetime, now: datetime) -> str:
    """A time of day where the operator is, with its date when that is another."""
    zone = ZoneInfo(services().settings.timezone)
    same_day = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return str(
        format_time(moment, "HH:mm")
        if same_day
        else format_datetime(moment, "d MMM, HH:mm")
    )


def midnight(now: datetime) -> str:
    """When the next day of UTC begins, and what the clocks of the operator show then."""
    here = midnight_after(now).astimezone(ZoneInfo(services().settings.timezone))
    if not here.utcoffset():
        return str(gettext("00:00 UTC"))
    return str(gettext("00:00 UTC, which is %(time)s here", time=f"{here:%H:%M}"))


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
                "The allowance is spent until %(midnight)s. Nobody waits for it.",
                midnight=midnight(now),
            )
        )
    return str(
        ngettext(
            "The allowance is spent: %(who)s waits until %(midnight)s.",
            "The allowance is spent: %(who)s wait until %(midnight)s.",
            waiting,
            who=format_decimal(waiting),
            midnight=midnight(now),
        )
    )


def _queue(
    waiting: int, count: Callable[[], Ready], left: int, strain: Strain, now: datetime
) -> str | None:
    """How long a queue takes at the pace of this moment; None for a short one."""
    calls_a_second = 1 / (services().settings.call_gap * WIDER**strain.steps)
    if (
        2 * waiting < calls_a_second * QUEUE_SECONDS
        or (ready := count()).calls < calls_a_second * QUEUE_SECONDS
    ):
        return None
    each = ready.calls / ready.people
    if ready.calls > left:
        return str(
            gettext(
                "%(waiting)s wait, and today’s allowance is enough for %(left)s of"
                " them; the others go on after %(midnight)s.",
                waiting=format_decimal(ready.people),
                left=format_decimal(int(left / each)),
                midnight=midnight(now),
            )
        )
    return str(
        gettext(
            "%(waiting)s wait: at %(rate)s a second they are through in about"
            " %(time)s.",
            waiting=format_decimal(ready.people),
            rate=format_decimal(calls_a_second / each, "#,##0.#"),
            time=format_timedelta(
                timedelta(seconds=ready.calls / calls_a_second), threshold=1.5
            ),
        )
    )


def _pace(used: int, of: int, now: datetime) -> str:
    gone = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) / DAY
    if not used:
        return str(gettext("No call was made yet today."))
    if gone < 1 / 48:
        return str(gettext("The day of UTC has only begun."))
    rounded = _rounded(min(used / gone, of))
    return str(
        gettext(
            "At today’s pace about %(forecast)s of %(of)s by midnight UTC.",
            forecast=format_decimal(rounded),
            of=format_decimal(of),
        )
    )


def _rounded(number: float) -> int:
    """To two digits: more would be a promise."""
    unit = 10 ** max(0, len(str(int(number))) - 2)
    return int(round(number / unit) * unit)
