"""What is wrong with this installation itself."""

from flask import url_for
from flask_babel import format_decimal, format_timedelta, gettext, ngettext
from flask_babel import lazy_gettext as _

from app.dashboard.overview.need import Need, people_waiting, waiting_page
from app.dashboard.overview.situation import Situation
from app.status.machine import MEGABYTE
from app.status.waiting import Cause


def missing_rows(now_is: Situation) -> list[Need]:
    """Warn when as many as were accepted are not stored."""
    balance = now_is.balance
    missing = balance.accepted - balance.rows
    if not missing:
        return []
    if missing > 0:
        headline = ngettext(
            "%(num)s sign-up is missing from the database.",
            "%(num)s sign-ups are missing from the database.",
            missing,
        )
    else:
        headline = ngettext(
            "The database holds %(num)s sign-up that was never accepted.",
            "The database holds %(num)s sign-ups that were never accepted.",
            -missing,
        )
    text = gettext(
        "Latchkey accepted %(accepted)s sign-ups, but the database holds %(rows)s. Check"
        " your backups before you do anything else: something changed the database from"
        " outside.",
        accepted=format_decimal(balance.accepted),
        rows=format_decimal(balance.rows),
    )
    return [
        Need(
            f"{headline} {gettext('Check your backups first.')}",
            gettext("Some sign-ups are not accounted for"),
            text,
            url_for("dashboard.signups"),
            _("View sign-ups"),
        )
    ]


def no_worker(now_is: Situation) -> list[Need]:
    """Warn when nothing is delivered, since nobody does it."""
    total = now_is.waiting.total
    match now_is.waiting.gate.worker:
        case Cause.NO_WORKER:
            headline = gettext("No worker is running, so nothing is being delivered.")
            text = gettext(
                "No worker has reported for a minute. New sign-ups are still stored."
                " Start “flask latchkey worker”, or set LATCHKEY_WORKER=embedded."
            )
        case Cause.STUCK_WORKER:
            headline = gettext("A worker is running, but it isn’t delivering anything.")
            text = gettext(
                "Sign-ups have been due for more than a minute and no worker has taken"
                " them. New ones are still stored. Restart the worker and check its"
                " log."
            )
        case _:
            return []
    return [
        Need(
            headline,
            gettext("Nothing is being delivered"),
            text,
            waiting_page(),
            _("See who is waiting"),
            who=people_waiting(total),
            waiting=total,
        )
    ]


def low_disk(now_is: Situation) -> list[Need]:
    """Warn before sign-ups can no longer be stored."""
    free = now_is.low_disk
    if free is None:
        return []
    headline = gettext(
        "The disk is nearly full: %(left)s MB left.",
        left=format_decimal(free // MEGABYTE),
    )
    return [
        Need(
            headline,
            gettext("The disk is nearly full"),
            gettext(
                "%(left)s MB are left where LATCHKEY_DATA_DIR is. When the disk is"
                " full, new sign-ups can’t be stored. Free up some space now.",
                left=format_decimal(free // MEGABYTE),
            ),
        )
    ]


def wrong_clock(now_is: Situation) -> list[Need]:
    """Warn when the clocks of this machine, the database and the worker differ."""
    off = now_is.clock_off
    if off is None:
        return []
    duration = format_timedelta(off, threshold=1.5)
    return [
        Need(
            gettext("This machine’s clock is off by %(duration)s.", duration=duration),
            gettext("A clock is wrong"),
            gettext(
                "The clocks of this machine, the database and the worker differ by"
                " %(duration)s, or one was set back. Connections are renewed by the"
                " clock. Turn on network time (NTP) on every machine.",
                duration=duration,
            ),
        )
    ]
