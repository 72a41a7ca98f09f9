"""The first screen: one sentence of health, cards for what needs a person, the balance."""

from dataclasses import dataclass

from flask import render_template
from flask_babel import LazyString, format_date, gettext, ngettext
from flask_babel import lazy_gettext as _

from app import gate, notices, words
from app.accounts import api_key
from app.dashboard import queries
from app.dashboard.blueprint import blueprint
from app.ground import ground
from app.signups.models import State

OPERATORS = {
    "client_refused": (_("The API key was refused"), "/setup", _("Open the setup")),
    "cannot_open": (_("Stored tokens do not open"), "/accounts", _("See the accounts")),
}


@dataclass(frozen=True)
class Need:
    """A card for a person: what happened and where to go."""

    title: str
    text: str | LazyString
    href: str
    action: str | LazyString
    tone: str = "danger"


@blueprint.get("/")
@gate.viewer
def overview() -> str:
    balance, lines = queries.balance(), queries.account_lines()
    days = queries.per_day()
    return render_template(
        "dashboard/overview.html", section="overview", balance=balance, lines=lines,
        sentence=_sentence(balance, lines, sum(n for _day, n in days[-7:])), needs=_needs(balance, lines),
        days=[{"label": format_date(day, "d MMM"), "value": n} for day, n in days],
        allowance=queries.allowance(), latest=queries.latest(), any_form=queries.any_form(),
        credentials=api_key.current() is not None)


def _sentence(balance: queries.Balance, lines: list[queries.AccountLine], week: int) -> str:
    """How it is going, in one sentence."""
    if not lines and api_key.current() is None:
        return str(gettext("Welcome. Begin with the setup; it takes ten minutes, once."))
    if not lines:
        return str(gettext("Welcome. Connect your first account, then make a form."))
    connected = [line for line in lines if line.health.state != "disconnected"]
    ill = [line for line in connected if line.health.state != "healthy"]
    if not connected:
        well = gettext("No account is connected at the moment.")
    elif ill:
        well = ngettext("%(name)s is not healthy.", "%(num)s accounts are not healthy.", len(ill),
                        name=ill[0].account.name)
    else:
        well = ngettext("The account is healthy.", "All %(num)s accounts are healthy.", len(connected))
    waiting = balance.by_state[State.WAITING]
    queue = gettext("none waiting") if not waiting else ngettext(
        "%(num)s waiting safely", "%(num)s waiting safely", waiting)
    came = ngettext("%(num)s sign-up in seven days, %(queue)s.",
                    "%(num)s sign-ups in seven days, %(queue)s.", week, queue=queue)
    return f"{well} {came}"


def _needs(balance: queries.Balance, lines: list[queries.AccountLine]) -> list[Need]:
    return [*_balance_need(balance), *_worker_need(), *_operator_needs(lines), *_owner_needs(lines),
            *_mail_need(), *_state_needs(balance)]


def _balance_need(balance: queries.Balance) -> list[Need]:
    if balance.holds:
        return []
    return [Need(gettext("The balance does not hold"), gettext(
        "%(accepted)s sign-ups were accepted, but %(rows)s are stored. Somebody or something changed the database "
        "behind Latchkey's back. Look into the backup before anything else.",
        accepted=balance.accepted, rows=balance.rows), "/signups", _("See the sign-ups"))]


def _worker_need() -> list[Need]:
    if queries.worker_alive():
        return []
    return [Need(gettext("Nothing is being delivered"), gettext(
        "No worker has given a sign of life for a minute. Sign-ups are accepted and wait safely. Start "
        "“flask latchkey worker”, or set LATCHKEY_WORKER=embedded."), "/signups?state=waiting", _("See who waits"))]


def _operator_needs(lines: list[queries.AccountLine]) -> list[Need]:
    """A refused API key or a missing key is for whoever runs this: one card, however many accounts it stops."""
    needs = []
    for reason, (title, href, action) in OPERATORS.items():
        if ill := [line for line in lines if line.health.reason == reason]:
            stopped = ngettext("%(name)s is stopped by it.", "%(num)s accounts are stopped by it.", len(ill),
                               name=ill[0].account.name)
            needs.append(Need(str(title), f"{stopped} {_waiting(ill)} {words.reason(reason)}", href, action))
    return needs


def _owner_needs(lines: list[queries.AccountLine]) -> list[Need]:
    return [Need(gettext("%(name)s needs its owner", name=line.account.name),
                 gettext("%(waiting)s Send the owner a connect link.", waiting=_waiting([line])),
                 f"/accounts/{line.account.id}", _("See what happened"))
            for line in lines if line.health.state == "needs_owner" and line.health.reason not in OPERATORS]


def _mail_need() -> list[Need]:
    """A mail that does not go out: else nobody would know that somebody was not told."""
    late, given_up = notices.trouble(ground().clock.now())
    if not late and not given_up:
        return []
    told = [ngettext("%(num)s mail waits for longer than ten minutes.", "%(num)s mails wait for longer than ten "
                     "minutes.", late)] if late else []
    told += [ngettext("%(num)s mail was given up within seven days.", "%(num)s mails were given up within seven days.",
                      given_up)] if given_up else []
    return [Need(gettext("Not everybody could be told"), " ".join(map(str, told)), "/setup#mail",
                 _("See the mails"), "warn")]


def _waiting(lines: list[queries.AccountLine]) -> str:
    return str(ngettext("%(num)s sign-up is waiting safely.", "%(num)s sign-ups are waiting safely.",
                        sum(line.waiting for line in lines)))


def _state_needs(balance: queries.Balance) -> list[Need]:
    held, parked = balance.by_state[State.HELD], balance.by_state[State.PARKED]
    needs = []
    if parked:
        needs.append(Need(ngettext("%(num)s sign-up is parked", "%(num)s sign-ups are parked", parked),
                          _("Constant Contact will not take them as they are. Each says why."),
                          "/signups?state=parked", _("Look at them"), "urgent"))
    if held:
        needs.append(Need(ngettext("%(num)s sign-up is held", "%(num)s sign-ups are held", held),
                          _("People who unsubscribed earlier, or who look like robots. You decide."),
                          "/signups?state=held", _("Decide"), "warn"))
    return needs
