"""One thing that needs somebody, or that people should know: a sentence and a card."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import LazyString, gettext, ngettext
from markupsafe import Markup, escape

from app.monitoring.api_usage import at
from app.signups.models import SignupState
from app.status.waiting import Cause
from app.web import times


@dataclass(frozen=True)
class Need:
    """`headline` is what the page's heading says when nothing is worse; "" never.

    `who` goes on with who waits because of it, `waiting` counts them. Without a title
    it has no card.
    """

    headline: str
    title: str = ""
    text: str | LazyString = ""
    href: str = ""
    action: str | LazyString = ""
    tone: str = "danger"
    who: str = ""
    waiting: int = 0


def sentences(*parts: str) -> Markup:
    """Put sentences together; what is markup among them stays so."""
    return Markup(" ").join(part for part in parts if part)


def with_time(sentence: str, moment: datetime, now: datetime) -> Markup:
    """Put a moment, in the reader's zone, in the place of %(time)s."""
    return escape(sentence) % {"time": times.element(moment, at(moment, now))}


def people_waiting(number: int) -> str:
    """Say how many people wait."""
    if not number:
        return str(gettext("Nobody is waiting."))
    return str(
        ngettext("%(num)s person is waiting.", "%(num)s people are waiting.", number)
    )


def and_nothing_is_lost(number: int) -> str:
    """Say the same where it was checked that everything accepted is still here."""
    if not number:
        return people_waiting(0)
    return str(
        ngettext(
            "%(num)s person is waiting, and nothing is lost.",
            "%(num)s people are waiting, and nothing is lost.",
            number,
        )
    )


def waiting_page(cause: Cause | None = None) -> str:
    """Return the address of the list of those who wait, for one cause."""
    name = cause.value if cause else None
    return url_for("dashboard.signups", state=SignupState.WAITING, cause=name)
