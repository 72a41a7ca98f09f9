"""An account's life as lines a person can read: renewals in a row are one line, trouble
says how long it lasted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
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
    "disconnected": ("quiet", "unplug"),
    "moved_out": ("quiet", "archive"),
    "moved_in": ("ok", "archive"),
    "not_sent": ("quiet", "x"),
}
EXACT = ("grant_refused", "answer_lost")  # their detail are the provider's words


@dataclass(frozen=True)
class Line:
    """`first` is when a run of renewals began; None for everything else."""

    when: datetime
    title: str | LazyString
    text: str | LazyString
    detail: str
    tone: str
    icon: str
    first: datetime | None = None


def fold(occurrences: Iterable[AccountEvent]) -> list[Line]:
    """Lines for occurrences, both newest first."""
    lines: list[Line] = []
    began: datetime | None = None
    oldest_first = list(occurrences)[::-1]
    for what, run in groupby(oldest_first, key=lambda one: one.what):
        several = list(run)
        if what == "refreshed" and len(several) > 1:
            lines.append(_renewals(several))
            continue
        for one in several:
            if what == "trouble":
                began = began or one.at
            lines.append(_line(one, began))
            if what in ("mended", "reconnected"):
                began = None
    return lines[::-1]


def by_month(occurrences: Iterable[AccountEvent]) -> list[tuple[str, list[Line]]]:
    """The same, under the months of the operator's time zone."""
    zone = ZoneInfo(services().settings.timezone)
    months = groupby(
        occurrences, key=lambda one: one.at.astimezone(zone).date().replace(day=1)
    )
    return [(str(format_date(month, "MMMM y")), fold(few)) for month, few in months]


def _renewals(several: list[AccountEvent]) -> Line:
    title = ngettext(
        "Token set renewed %(num)s time",
        "Token set renewed %(num)s times",
        len(several),
    )
    return Line(several[-1].at, title, "", "", *LOOKS["refreshed"], first=several[0].at)


def _line(one: AccountEvent, began: datetime | None) -> Line:
    title = messages.OCCURRENCES.get(one.what, one.what)
    detail = one.detail if one.what in EXACT else ""
    return Line(
        one.at, title, _text(one, began), detail, *LOOKS.get(one.what, ("ok", "key"))
    )


def _text(one: AccountEvent, began: datetime | None) -> str | LazyString:
    if one.what == "trouble":
        return messages.reason(one.detail)
    if one.what == "mended" and began:
        return str(
            gettext(
                "After %(time)s.", time=format_timedelta(one.at - began, threshold=1.2)
            )
        )
    if one.what in ("connected", "reconnected") and one.detail:
        return str(gettext("By %(who)s.", who=one.detail))
    if one.what == "disconnected" and one.detail:
        who = gettext("its owner") if one.detail == "owner" else one.detail
        return str(gettext("By %(who)s.", who=who))
    if one.what == "not_sent":
        return str(
            ngettext("%(num)s sign-up.", "%(num)s sign-ups.", int(one.detail or 0))
        )
    return one.detail if one.what in ("moved_in", "moved_out") else ""
