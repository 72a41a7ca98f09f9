"""Turn what happened to an account into lines that a person can read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_babel import LazyString, format_date, format_timedelta, gettext, ngettext

from app import messages
from app.accounts.models import AccountEvent
from app.services import services

LOOKS = {
    "grant_refused": ("danger", "stop"),
    "answer_lost": ("danger", "stop"),
    "trouble": ("info", "alert"),
    "mended": ("ok", "check"),
    "refreshed": ("ok", "refresh"),
    "connect_failed": ("danger", "alert"),
    "spare_used": ("info", "key"),
    "disconnected": ("quiet", "unplug"),
    "moved_out": ("quiet", "archive"),
    "moved_in": ("ok", "archive"),
    "not_sent": ("quiet", "x"),
    "owner_asked": ("info", "send"),
    "link_opened": ("info", "link"),
    "staged": ("info", "info"),
}
BY_SOMEBODY = (
    "connected",
    "reconnected",
    "connect_failed",
    "spare_used",
    "disconnected",
)
EXACT = ("grant_refused", "answer_lost")  # their detail are the provider's words


@dataclass(frozen=True)
class Line:
    """One line of a timeline; `first` is when a run of renewals began."""

    when: datetime
    title: str | LazyString
    text: str | LazyString
    detail: str
    tone: str
    icon: str
    first: datetime | None = None


def fold(occurrences: Iterable[AccountEvent]) -> list[Line]:
    """Make lines of occurrences, both newest first; renewals in a row are one line."""
    lines: list[Line] = []
    trouble_since: datetime | None = None
    oldest_first = list(occurrences)[::-1]
    for what, run in groupby(oldest_first, key=lambda occurrence: occurrence.what):
        several = list(run)
        if what == "refreshed" and len(several) > 1:
            lines.append(_renewals(several))
            continue
        for occurrence in several:
            if what == "trouble":
                trouble_since = trouble_since or occurrence.at
            lines.append(_line(occurrence, trouble_since))
            if what in ("mended", "reconnected"):
                trouble_since = None
    return lines[::-1]


def by_month(occurrences: Iterable[AccountEvent]) -> list[tuple[str, list[Line]]]:
    """Make lines month by month, in the operator's time zone."""
    zone = ZoneInfo(services().settings.timezone)

    def month_of(occurrence: AccountEvent) -> date:
        return occurrence.at.astimezone(zone).date().replace(day=1)

    months = groupby(occurrences, key=month_of)
    return [(str(format_date(month, "MMMM y")), fold(few)) for month, few in months]


def _renewals(several: list[AccountEvent]) -> Line:
    title = ngettext(
        "Connection renewed %(num)s time",
        "Connection renewed %(num)s times",
        len(several),
    )
    return Line(several[-1].at, title, "", "", *LOOKS["refreshed"], first=several[0].at)


def _line(occurrence: AccountEvent, trouble_since: datetime | None) -> Line:
    what = occurrence.what
    tone, icon = LOOKS.get(what, ("ok", "key"))
    detail = ""
    if what in EXACT:
        detail = occurrence.detail
    return Line(
        when=occurrence.at,
        title=messages.OCCURRENCES.get(what, what),
        text=_text(occurrence, trouble_since),
        detail=detail,
        tone=tone,
        icon=icon,
    )


def _text(occurrence: AccountEvent, trouble_since: datetime | None) -> str | LazyString:
    what, detail = occurrence.what, occurrence.detail
    if what == "trouble":
        return messages.reason(detail)
    if what == "mended" and trouble_since:
        lasted = format_timedelta(occurrence.at - trouble_since, threshold=1.2)
        return str(gettext("After %(time)s.", time=lasted))
    if what == "disconnected" and detail == "owner":
        return str(gettext("By %(who)s.", who=gettext("its owner")))
    if what == "owner_asked":
        return str(gettext("To %(who)s.", who=detail))
    if what in BY_SOMEBODY and detail:
        return str(gettext("By %(who)s.", who=detail))
    if what == "not_sent":
        return str(ngettext("%(num)s sign-up.", "%(num)s sign-ups.", int(detail or 0)))
    if what in ("moved_in", "moved_out"):
        return detail
    return ""
