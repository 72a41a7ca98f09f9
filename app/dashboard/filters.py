"""What else the list of sign-ups can be narrowed by: one line each in `FILTERS`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from sqlalchemy import ColumnElement

from app import messages
from app.services import services
from app.signups.models import Signup
from app.status import waiting
from app.web import times


@dataclass(frozen=True)
class Filter:
    """One more thing that the list can be narrowed by: see `FILTERS`.

    `condition` returns None for a value that makes no sense. `chip` says the value in
    words. `stays` when another state is chosen.
    """

    label: LazyString
    condition: Callable[[str], ColumnElement[bool] | None]
    chip: Callable[[str], str]
    stays: bool = False


@dataclass(frozen=True)
class Narrowing:
    """A filter with the value that an address gives it.

    Its condition is made once for a request: it may have to ask the database.
    """

    name: str
    value: str
    condition: ColumnElement[bool] = field(compare=False)


def narrowing(name: str, value: str) -> Narrowing | None:
    """Apply a filter; None for a value that makes no sense."""
    condition = FILTERS[name].condition(value)
    if condition is None:
        return None
    return Narrowing(name, value, condition)


def _until_end_of_day(text: str) -> ColumnElement[bool] | None:
    """Match what came until a day of the operator ended."""
    try:
        next_day = date.fromisoformat(text) + timedelta(days=1)
        zone = ZoneInfo(services().settings.timezone)
        end = datetime.combine(next_day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Signup.created_at < end


def _waits_for(cause: str) -> ColumnElement[bool] | None:
    """Match what waits for this cause."""
    if cause not in set(waiting.Cause):
        return None
    return waiting.having(waiting.Cause(cause), services().clock.now())


def _day_in_words(text: str) -> str:
    return times.day_words(date.fromisoformat(text))


# To narrow the list by something more, add a line: the name is the one in the address.
# The list, its chips and links, its tabs and the export follow.
FILTERS: dict[str, Filter] = {
    "cause": Filter(
        _("Waiting for"),
        _waits_for,
        lambda cause: str(messages.CAUSES_OF_WAITING[cause]),
    ),
    "to": Filter(_("To"), _until_end_of_day, _day_in_words, stays=True),
}
