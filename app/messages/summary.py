"""The mail with the numbers of a day or a week: nothing in it is of a single person."""

from collections.abc import Sequence

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _


def subject(number: int, days: str) -> str:
    """Return the subject: how many signed up, and when."""
    return str(
        ngettext(
            "%(num)s sign-up, %(days)s", "%(num)s sign-ups, %(days)s", number, days=days
        )
    )


def signed_up(accepted: int, delivered: int, days: str) -> str:
    """Say how many signed up on some days, and what came of it."""
    if not accepted:
        return str(gettext("%(days)s: nobody signed up.", days=days))
    people = ngettext(
        "%(days)s: %(num)s person signed up.",
        "%(days)s: %(num)s people signed up.",
        accepted,
        days=days,
    )
    if delivered >= accepted:
        return f"{people} {gettext('Constant Contact has them all.')}"
    there = ngettext(
        "%(num)s of them is at Constant Contact.",
        "%(num)s of them are at Constant Contact.",
        delivered,
    )
    return f"{people} {there}"


def missing(accepted: int, rows: int) -> str:
    """Say that what was accepted is not what is stored."""
    return str(
        gettext(
            "Some sign-ups are missing: %(accepted)s were accepted and %(rows)s are"
            " stored. Look into this first.",
            accepted=accepted,
            rows=rows,
        )
    )


def waiting(number: int, why: str) -> str:
    """Return a line on those who wait for the same."""
    return str(
        ngettext(
            "%(num)s is waiting: %(why)s",
            "%(num)s are waiting: %(why)s",
            number,
            why=why,
        )
    )


def confirming(number: int) -> str:
    """Return a line on those who were asked to confirm."""
    return str(
        ngettext(
            "%(num)s has not confirmed yet", "%(num)s have not confirmed yet", number
        )
    )


def on_hold(number: int) -> str:
    """Return a line on those that somebody has to decide about."""
    return str(ngettext("%(num)s is on hold", "%(num)s are on hold", number))


def need_a_fix(number: int) -> str:
    """Return a line on those that the provider does not take as they are."""
    return str(ngettext("%(num)s needs a fix", "%(num)s need a fix", number))


def form_line(name: str, percent: str, signups: int, views: int) -> str:
    """Return a line on one of the best forms."""
    return str(
        ngettext(
            "%(name)s: %(percent)s (%(num)s sign-up of %(views)s views)",
            "%(name)s: %(percent)s (%(num)s sign-ups of %(views)s views)",
            signups,
            name=name,
            percent=percent,
            views=views,
        )
    )


def text(parts: Sequence[tuple[str, Sequence[str]]], page: str) -> str:
    """Put sections together: a sentence or a heading, and its lines."""
    sections = []
    for heading, lines in parts:
        section = [heading, *(f"- {line}" for line in lines)]
        sections.append("\n".join(section))
    last = f"{gettext('Open Latchkey:')}\n{page}"
    return "\n\n".join([*sections, last])


NOW = _("Right now:")
NOBODY_WAITS = _("Right now nobody is waiting and nothing needs you.")
ACCOUNTS = _("Accounts that need their owner:")
BEST_FORMS = _("Best conversion rates:")
