"""The first screen: one sentence of health, cards for what needs a person, the balance."""

from flask import render_template
from flask_babel import format_date, gettext, ngettext

from app.accounts import api_key
from app.dashboard import blueprint, queries
from app.dashboard.overview.cards import cards
from app.monitoring import api_usage
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, counts
from app.web import access

WORST = 10  # accounts shown here


@blueprint.get("/")
@access.viewer
def overview() -> str:
    now = services().clock.now()
    balance, summary, days = (
        counts.balance(),
        account_ranking.summary(now),
        counts.per_day(),
    )
    worst = account_ranking.lines_of(account_ranking.worst(now, WORST), now)
    return render_template(
        "dashboard/overview/overview.html",
        section="overview",
        balance=balance,
        lines=worst,
        accounts=sum(summary.by_state.values()),
        sentence=_sentence(balance, summary, sum(n for _day, n in days[-7:])),
        needs=cards(balance, summary, now),
        days=[{"label": format_date(day, "d MMM"), "value": n} for day, n in days],
        allowance=api_usage.today(now, balance.by_state[SignupState.WAITING]),
        latest=queries.latest(),
        any_form=queries.any_form(),
        credentials=api_key.current() is not None,
    )


def _sentence(
    balance: counts.Balance, summary: account_ranking.Summary, week: int
) -> str:
    """How it is going, in one sentence."""
    if not any(summary.by_state.values()) and api_key.current() is None:
        return str(
            gettext("Welcome. Begin with the setup; it takes ten minutes, once.")
        )
    if not any(summary.by_state.values()):
        return str(gettext("Welcome. Connect your first account, then make a form."))
    if not summary.connected:
        well = gettext("No account is connected at the moment.")
    elif summary.unwell:
        well = ngettext(
            "%(name)s is not healthy.",
            "%(num)s accounts are not healthy.",
            summary.unwell,
            name=summary.ill,
        )
    else:
        well = ngettext(
            "The account is healthy.",
            "All %(num)s accounts are healthy.",
            summary.connected,
        )
    waiting = balance.by_state[SignupState.WAITING]
    queue = (
        gettext("none waiting")
        if not waiting
        else ngettext("%(num)s waiting safely", "%(num)s waiting safely", waiting)
    )
    came = ngettext(
        "%(num)s sign-up in seven days, %(queue)s.",
        "%(num)s sign-ups in seven days, %(queue)s.",
        week,
        queue=queue,
    )
    return f"{well} {came}"
