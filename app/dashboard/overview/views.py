"""Show the first screen: one sentence of health, what needs a person, the balance."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from app.accounts import api_key
from app.dashboard import balance_bar, blueprint, queries
from app.dashboard.overview.cards import cards
from app.monitoring import api_usage
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, counts
from app.web import access, times

WORST = 10  # accounts shown here


@dataclass(frozen=True)
class Step:
    """One of the steps from nothing to the first sign-up."""

    title: LazyString
    text: LazyString
    endpoint: str
    action: LazyString
    for_admins: bool = False


STEPS = (
    Step(
        _("Set up"),
        _(
            "An application of your own at Constant Contact, and its API key here."
            " Once, ten minutes."
        ),
        "dashboard.setup",
        _("Begin the setup"),
        for_admins=True,
    ),
    Step(
        _("Connect an account"),
        _("Your own, or send its owner a link. It takes a minute, once."),
        "dashboard.accounts",
        _("Connect an account"),
    ),
    Step(
        _("Make a form"),
        _("Choose the lists, what to ask, and the sentence people agree to."),
        "dashboard.new_form",
        _("Make the first form"),
        for_admins=True,
    ),
    Step(
        _("Paste it, or send its link"),
        _("The first sign-up appears here the moment somebody presses the button."),
        "dashboard.forms",
        _("See the forms"),
    ),
)


@blueprint.get("/")
@access.viewer
def overview() -> str:
    """Show how everything is going."""
    now = services().clock.now()
    balance, summary, days = (
        counts.balance(),
        account_ranking.summary(now),
        counts.per_day(),
    )
    worst = account_ranking.lines_of(account_ranking.worst(now, WORST), now)
    week = sum(number for _day, number in days[-7:])
    return render_template(
        "dashboard/overview/overview.html",
        section="overview",
        balance=balance,
        agreement=_agreement(balance),
        parts=balance_bar.parts_of_all(balance.by_state),
        lines=worst,
        accounts=sum(summary.by_state.values()),
        sentence=_sentence(balance, summary, week),
        needs=cards(balance, summary, now),
        days=[{"label": times.day_words(day), "value": number} for day, number in days],
        allowance=api_usage.today(now, balance.by_state[SignupState.WAITING]),
        latest=queries.latest(),
        steps=STEPS,
        steps_done=_steps_done(any_account=bool(worst)),
    )


def _steps_done(any_account: bool) -> int:
    if any_account:
        if queries.any_form():
            return 3
        return 2
    if api_key.current() is None:
        return 0
    return 1


def _agreement(balance: counts.Balance) -> str:
    """Say whether as many are stored as were accepted."""
    accepted = format_decimal(balance.accepted)
    if balance.holds:
        return str(gettext("%(count)s accepted, and every one is here", count=accepted))
    return str(
        gettext(
            "%(count)s accepted, but %(rows)s are here",
            count=accepted,
            rows=format_decimal(balance.rows),
        )
    )


def _sentence(
    balance: counts.Balance, summary: account_ranking.Summary, week: int
) -> str:
    """Say in one sentence how it is going."""
    if not any(summary.by_state.values()):
        if api_key.current() is None:
            return str(
                gettext("Welcome. Begin with the setup; it takes ten minutes, once.")
            )
        return str(gettext("Welcome. Connect your first account, then make a form."))
    return f"{_health_sentence(summary)} {_queue_sentence(balance, week)}"


def _health_sentence(summary: account_ranking.Summary) -> str:
    if not summary.connected:
        return str(gettext("No account is connected at the moment."))
    if summary.unwell:
        return str(
            ngettext(
                "%(name)s is not healthy.",
                "%(num)s accounts are not healthy.",
                summary.unwell,
                name=summary.ill,
            )
        )
    return str(
        ngettext(
            "The account is healthy.",
            "All %(num)s accounts are healthy.",
            summary.connected,
        )
    )


def _queue_sentence(balance: counts.Balance, week: int) -> str:
    waiting = balance.by_state[SignupState.WAITING]
    queue = gettext("none waiting")
    if waiting:
        queue = ngettext("%(num)s waiting safely", "%(num)s waiting safely", waiting)
    return str(
        ngettext(
            "%(num)s sign-up in seven days, %(queue)s.",
            "%(num)s sign-ups in seven days, %(queue)s.",
            week,
            queue=queue,
        )
    )
