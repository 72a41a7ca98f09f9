"""Say in the page's heading how everything is: the worst need, or that all is well."""

from collections.abc import Callable

from flask_babel import gettext, ngettext

from app.accounts import api_key
from app.dashboard.overview import accounts, house, signups
from app.dashboard.overview.need import Need, people_waiting, sentences
from app.dashboard.overview.situation import Situation
from app.signups.models import SignupState
from app.status.waiting import Cause

MOVING = (Cause.NEXT, Cause.DELIVERING)
# Those first that are worse for the people who sign up, and that last longer.
WORST_FIRST: tuple[Callable[[Situation], list[Need]], ...] = (
    house.missing_rows,
    house.no_worker,
    house.low_disk,
    house.wrong_clock,
    accounts.needing_operator,
    accounts.needing_owner,
    accounts.disconnected,
    signups.what_is_gone,
    accounts.outage,
    accounts.daily_limit,
    signups.needing_a_fix,
    signups.failed_imports,
    signups.undelivered_mails,
    signups.attacks,
    signups.on_hold,
    accounts.retrying,
    signups.not_as_sent,
    accounts.renewal_overdue,
    signups.checked_imports,
    signups.better_protection,
)


def needs_of(now_is: Situation) -> list[Need]:
    """List what needs somebody or should be known, the worst first."""
    needs = []
    for find in WORST_FIRST:
        needs += find(now_is)
    return needs


def headline(now_is: Situation, needs: list[Need]) -> str:
    """Say in a sentence or two how it is going."""
    if now_is.is_welcome:
        if api_key.current() is None:
            return str(gettext("Welcome. Start with the setup; it takes ten minutes."))
        return str(gettext("Welcome. Connect your first account, then make a form."))
    for need in needs:
        if need.headline:
            return sentences(need.headline, *_who_waits(now_is, need))
    return f"{_health(now_is)} {_week(now_is)}"


def _who_waits(now_is: Situation, need: Need) -> list[str]:
    """Say who waits because of this need, and who for something else.

    Those who are being delivered now are not worth a word here.
    """
    moving = now_is.waiting.of(*MOVING)
    others = now_is.waiting.total - moving - need.waiting
    if others <= 0:
        return [need.who]
    if not need.who:
        return [people_waiting(others)]
    if not need.waiting:
        only = ngettext(
            "%(num)s person is waiting for another reason.",
            "%(num)s people are waiting for other reasons.",
            others,
        )
        return [only]
    more = ngettext(
        "%(num)s more person is waiting for another reason.",
        "%(num)s more people are waiting for other reasons.",
        others,
    )
    return [need.who, more]


def _health(now_is: Situation) -> str:
    by_state = now_is.accounts.by_state
    if not now_is.accounts.connected:
        return str(gettext("No account is connected."))
    if by_state["disconnected"]:
        return str(
            ngettext(
                "The connected account is healthy.",
                "All %(num)s connected accounts are healthy.",
                now_is.accounts.connected,
            )
        )
    return str(
        ngettext(
            "The account is healthy.",
            "All %(num)s accounts are healthy.",
            now_is.accounts.connected,
        )
    )


def _week(now_is: Situation) -> str:
    """Say how many signed up within seven days, and how many are on their way."""
    sentence = ngettext(
        "%(num)s sign-up in 7 days, %(queue)s.",
        "%(num)s sign-ups in 7 days, %(queue)s.",
        now_is.week,
        queue=_queue(now_is),
    )
    return str(sentence)


def _queue(now_is: Situation) -> str:
    total = now_is.waiting.total
    moving = now_is.waiting.of(*MOVING)
    parts = []
    if total == moving and total:
        parts.append(gettext("%(num)s being delivered now", num=total))
    elif total:
        parts.append(gettext("%(num)s waiting", num=total))
    else:
        parts.append(gettext("none waiting"))
    if confirming := now_is.balance.by_state[SignupState.CONFIRMING]:
        parts.append(gettext("%(num)s asked to confirm", num=confirming))
    return ", ".join(parts)
