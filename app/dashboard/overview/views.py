"""Show the first screen: one sentence of health, what needs a person, the balance."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import LazyString, format_decimal, gettext
from flask_babel import lazy_gettext as _

from app.accounts import api_key
from app.dashboard import balance_bar, blueprint, queries
from app.dashboard.overview import headline, situation
from app.services import services
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
            "Create an application at Constant Contact and enter its API key here. You"
            " do this once, in about ten minutes."
        ),
        "dashboard.setup",
        _("Begin the setup"),
        for_admins=True,
    ),
    Step(
        _("Connect an account"),
        _("Connect your own, or send the owner a link. It takes a minute."),
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
        _("Embed it or share its link"),
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
    now_is = situation.read(now)
    needs = headline.needs_of(now_is)
    balance = now_is.balance
    worst = account_ranking.lines_of(account_ranking.worst(now, WORST), now)
    return render_template(
        "dashboard/overview/overview.html",
        section="overview",
        now=now,
        balance=balance,
        agreement=_agreement(balance),
        parts=balance_bar.parts_of_all(balance.by_state),
        causes=balance_bar.causes_of(now_is.waiting),
        lines=worst,
        accounts=sum(now_is.accounts.by_state.values()),
        sentence=headline.headline(now_is, needs),
        needs=[need for need in needs if need.title],
        days=[
            {"label": times.day_words(day), "value": number}
            for day, number in now_is.per_day
        ],
        allowance=now_is.allowance,
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
        return str(
            gettext("%(count)s accepted, every one accounted for", count=accepted)
        )
    return str(
        gettext(
            "%(count)s accepted, but %(rows)s in the database",
            count=accepted,
            rows=format_decimal(balance.rows),
        )
    )
