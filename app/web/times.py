"""Write moments the one way that people read them: "Nov 30, 2:06 PM".

The server writes them in the operator's zone; `static/js/app.js` rewrites the elements
of the macro `time` in the reader's zone, and those of the last day as "5 minutes ago".
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import format_date, format_datetime, format_time, gettext
from markupsafe import Markup

from app.services import services

DAY = "MMM d"
DAY_AND_YEAR = "MMM d, y"
CLOCK = "h:mm a"


def init(app: Flask) -> None:
    """Give the templates what they write moments with."""
    app.add_template_filter(zone_name, "zone")
    app.add_template_filter(words, "moment_words")
    app.add_template_filter(day_words, "day_words")
    app.add_template_filter(exact, "exact_moment")


def words(moment: datetime) -> str:
    """Write day and time in the operator's zone, with the year unless it is this one.

    For example "Nov 30, 2:06 PM".
    """
    return f"{day_words(_there(moment).date())}, {clock_words(moment)}"


def day_words(day: date) -> str:
    """Write a day, for example "Nov 30", with the year unless it is this one."""
    if isinstance(day, datetime):
        day = _there(day).date()
    if day.year == _there(services().clock.now()).year:
        return str(format_date(day, DAY))
    return str(format_date(day, DAY_AND_YEAR))


def clock_words(moment: datetime) -> str:
    """Write a time of day in the operator's zone, for example "2:06 PM"."""
    return str(format_time(moment, CLOCK))


def exact(moment: datetime) -> str:
    """Write the exact moment in UTC, for example "Nov 30, 2026, 14:06:09 UTC"."""
    text = format_datetime(moment, f"{DAY_AND_YEAR}, HH:mm:ss", rebase=False)
    return f"{text} UTC"


def element(moment: datetime, words: str) -> Markup:
    """Write a moment in words of the operator's zone that a script rewrites in the
    reader's, for a sentence with "at", "on" or "since"; see the macro `time`.
    """
    return Markup('<time datetime="{}" title="{}" data-time="clock">{}</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", exact(moment), words
    )


def midnight_words(midnight: datetime) -> str:
    """Write when a day of UTC ends, on the operator's clock and by its name."""
    if not _there(midnight).utcoffset():
        return str(gettext("midnight UTC"))
    return str(
        gettext(
            "%(time)s %(zone)s (midnight UTC)",
            time=clock_words(midnight),
            zone=zone_name(midnight),
        )
    )


def zone_name(moment: datetime) -> str:
    """Return the operator's zone then, such as CET or CEST; UTC-03 for a mere -03."""
    name = _there(moment).strftime("%Z")
    if name.startswith(("+", "-")):
        return f"UTC{name}"
    return name


def _there(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(services().settings.timezone))
