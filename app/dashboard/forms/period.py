"""The days that a form's results are shown for, and those before to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import format_percent, gettext, ngettext

from app.stats import counts
from app.web import times

CHOICES = (7, 30, 90)
USUAL = 30
MAX_DAYS = 366
EARLIEST = 2000


@dataclass(frozen=True)
class Period:
    """Days of the operator's zone, from the first to the last."""

    first: date
    last: date
    chosen: int  # of the last days; 0 for days that somebody picked

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.length)]

    @property
    def before(self) -> "Period":
        """The same number of days just before."""
        step = timedelta(days=self.length)
        return Period(self.first - step, self.last - step, 0)

    @property
    def title(self) -> str:
        if self.chosen:
            return str(ngettext("Last %(num)s day", "Last %(num)s days", self.chosen))
        first, last = times.day_words(self.first), times.day_words(self.last)
        return str(gettext("%(first)s to %(last)s", first=first, last=last))

    @property
    def query(self) -> dict[str, str | int]:
        """What an address of these days says."""
        if self.chosen:
            return {"days": self.chosen}
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


def asked_for(query: Mapping[str, str]) -> Period:
    """Read the days of an address; what is no day is as though it were not there."""
    today = counts.last_days(1)[0]
    first, last = _day(query.get("from")), _day(query.get("to"))
    if first or last:
        last = min(last or today, today)
        first = min(first or last, last)
        return Period(max(first, last - timedelta(days=MAX_DAYS - 1)), last, 0)
    chosen = USUAL
    days = query.get("days", "")
    if days in [str(choice) for choice in CHOICES]:
        chosen = int(days)
    return Period(today - timedelta(days=chosen - 1), today, chosen)


def change(now: int, before: int) -> str:
    """Say by how much a number differs from the one before, such as "+12%"."""
    if now == before:
        return str(gettext("no change"))
    if not before:
        return str(gettext("none before"))
    return str(format_percent((now - before) / before, "+#,##0%;-#,##0%"))


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    if day.year < EARLIEST:
        return None
    return day
