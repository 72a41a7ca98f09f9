"""Make the cards of the first screen: each says what needs a person, and where."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString, gettext, ngettext
from flask_babel import lazy_gettext as _

from app import messages
from app.accounts.api_client import pace
from app.dashboard import queries as queries_of_forms
from app.dashboard.forms.going_on import batch_of, sentence_on_attack
from app.delivery import read_back
from app.imports import queries
from app.imports.models import ImportState as ImportState
from app.mail import outbox
from app.monitoring.api_usage import at
from app.services import services
from app.signups.models import SignupState
from app.stats import account_ranking, attacks
from app.stats.counts import Balance
from app.status import worker_health

MAX_OWNERS = 5  # one card each; the others share one
OPERATORS = {
    "client_refused": (_("The API key was refused"), "/setup", _("Open the setup")),
    "cannot_open": (_("Stored tokens do not open"), "/accounts", _("See the accounts")),
}


@dataclass(frozen=True)
class Card:
    """A card that says what happened, and where to go."""

    title: str
    text: str | LazyString
    href: str
    action: str | LazyString
    tone: str = "danger"


def cards(
    balance: Balance, summary: account_ranking.Summary, now: datetime
) -> list[Card]:
    """List everything that needs a person, the worst first."""
    return [
        *_balance_need(balance),
        *_worker_need(now),
        *_operator_needs(summary, now),
        *_owner_needs(summary, now),
        *_mail_need(now),
        *_attack_needs(now),
        *_state_needs(balance),
        *_import_needs(),
        *_arrival_need(now),
        *_outage(balance, now),
        *_protection_need(),
    ]


def _balance_need(balance: Balance) -> list[Card]:
    if balance.holds:
        return []
    return [
        Card(
            gettext("The balance does not hold"),
            gettext(
                "%(accepted)s sign-ups were accepted, but %(rows)s are stored. Somebody"
                " or something changed the database behind Latchkey's back. Look into"
                " the backup before anything else.",
                accepted=balance.accepted,
                rows=balance.rows,
            ),
            "/signups",
            _("See the sign-ups"),
        )
    ]


def _worker_need(now: datetime) -> list[Card]:
    if not worker_health.worker_alive():
        text = gettext(
            "No worker has given a sign of life for a minute. Sign-ups are accepted and"
            " wait safely. Start “flask latchkey worker”, or set"
            " LATCHKEY_WORKER=embedded."
        )
    elif worker_health.overdue_seconds(now):
        text = gettext(
            "A worker lives, but sign-ups are due for more than a minute and it takes"
            " none. They wait safely. Restart it, and look into its log."
        )
    else:
        return []
    title = gettext("Nothing is being delivered")
    return [Card(title, text, "/signups?state=waiting", _("See who waits"))]


def _arrival_need(now: datetime) -> list[Card]:
    """Warn when Constant Contact does not hold what it took as it was sent."""
    drifted = read_back.drifted(now)
    if not drifted:
        return []
    text = ngettext(
        "Of %(read)s delivered sign-ups that were read back within seven days, %(num)s"
        " was missing or not on its lists. Somebody may have changed it at Constant"
        " Contact.",
        "Of %(read)s delivered sign-ups that were read back within seven days, %(num)s"
        " were missing or not on their lists. Somebody may have changed them at"
        " Constant Contact.",
        len(drifted),
        read=sum(read_back.lately(now).values()),
    )
    return [
        Card(
            gettext("Not everything that was delivered is still there"),
            text,
            f"/signups/{drifted[0]}",
            _("See the newest"),
            "warn",
        )
    ]


def _operator_needs(summary: account_ranking.Summary, now: datetime) -> list[Card]:
    """Make a card for each fault of this installation, not for each account."""
    needs = []
    for reason, (title, href, action) in OPERATORS.items():
        number = summary.stopped[reason]
        if not number:
            continue
        name, waiting = account_ranking.stopped_by(reason, now)
        stopped = ngettext(
            "%(name)s is stopped by it.",
            "%(num)s accounts are stopped by it.",
            number,
            name=name,
        )
        text = f"{stopped} {_waiting(waiting)} {messages.reason(reason)}"
        needs.append(Card(str(title), text, href, action))
    return needs


def _owner_needs(summary: account_ranking.Summary, now: datetime) -> list[Card]:
    number = summary.by_state["needs_owner"] - sum(summary.stopped.values())
    if number <= 0:
        return []
    needs = []
    for id, name, waiting in account_ranking.need_their_owner(now, MAX_OWNERS):
        title = gettext("%(name)s needs its owner", name=name)
        text = gettext(
            "%(waiting)s Send the owner a connect link.", waiting=_waiting(waiting)
        )
        needs.append(Card(title, text, f"/accounts/{id}", _("See what happened")))
    if more := number - len(needs):
        title = ngettext(
            "%(num)s more account needs its owner",
            "%(num)s more accounts need their owners",
            more,
        )
        needs.append(
            Card(
                title,
                _("Each says what happened, and makes a link to send."),
                "/accounts?show=attention",
                _("See them all"),
            )
        )
    return needs


def _mail_need(now: datetime) -> list[Card]:
    """Warn of mails that do not go out: else nobody would know that none was told."""
    late, given_up = outbox.trouble(now)
    sentences = []
    if late:
        sentences.append(
            ngettext(
                "%(num)s mail waits for longer than ten minutes.",
                "%(num)s mails wait for longer than ten minutes.",
                late,
            )
        )
    if given_up:
        sentences.append(
            ngettext(
                "%(num)s mail was given up within seven days.",
                "%(num)s mails were given up within seven days.",
                given_up,
            )
        )
    if not sentences:
        return []
    return [
        Card(
            gettext("Not everybody could be told"),
            " ".join(sentences),
            "/setup#mail",
            _("See the mails"),
            "warn",
        )
    ]


def _attack_needs(now: datetime) -> list[Card]:
    """Tell of forms that get far more sign-ups than usual; it ends by itself."""
    return [
        Card(
            gettext("Far more sign-ups than usual"),
            sentence_on_attack(form),
            batch_of(form),
            _("See what came in"),
            "warn",
        )
        for form in attacks.under_attack(now)
    ]


def _protection_need() -> list[Card]:
    """Offer better protection to forms that are older than it."""
    forms = queries_of_forms.offering_protection() if services().settings.mails else []
    if not forms:
        return []
    text = gettext(
        "Unusual sign-ups would be asked to confirm by email, and strangers could not"
        " change what is known of your contacts. One press each."
    )
    title = ngettext(
        "%(num)s form can be protected better",
        "%(num)s forms can be protected better",
        len(forms),
    )
    return [Card(title, text, f"/forms/{forms[0]}/share", _("See the first"), "info")]


def _state_needs(balance: Balance) -> list[Card]:
    held, parked = (
        balance.by_state[SignupState.HELD],
        balance.by_state[SignupState.PARKED],
    )
    needs = []
    if parked:
        needs.append(
            Card(
                ngettext(
                    "%(num)s sign-up is parked", "%(num)s sign-ups are parked", parked
                ),
                _("Constant Contact will not take them as they are. Each says why."),
                "/signups?state=parked",
                _("Look at them"),
                "urgent",
            )
        )
    if held:
        needs.append(
            Card(
                ngettext("%(num)s sign-up is held", "%(num)s sign-ups are held", held),
                _(
                    "People who unsubscribed earlier, or sign-ups that look unusual."
                    " You decide."
                ),
                "/signups?state=held",
                _("Decide"),
                "warn",
            )
        )
    return needs


def _import_needs() -> list[Card]:
    """Name imports that stopped half-way, and checked ones that nobody has begun."""
    needs = []
    for id, file, account, state, good in queries.for_somebody():
        if state == ImportState.FAILED:
            title = gettext("An import did not come through whole")
            text = gettext("“%(file)s” for %(account)s.", file=file, account=account)
            action, tone = _("See what happened"), "urgent"
        else:
            title = gettext("An import waits for you")
            text = ngettext(
                "“%(file)s” for %(account)s was checked: %(num)s contact can be"
                " imported.",
                "“%(file)s” for %(account)s was checked: %(num)s contacts can be"
                " imported.",
                good,
                file=file,
                account=account,
            )
            action, tone = _("Look at it"), "info"
        needs.append(Card(title, text, f"/imports/{id}", action, tone))
    return needs


def _outage(balance: Balance, now: datetime) -> list[Card]:
    """Tell of an outage of the provider, though nobody can do anything about it."""
    row = pace().today()
    if row is None or row.down_since is None:
        return []
    waiting = balance.by_state[SignupState.WAITING]
    who = gettext("Nobody waits")
    if waiting:
        who = ngettext(
            "%(num)s sign-up waits safely", "%(num)s sign-ups wait safely", waiting
        )
    again = gettext("it is being tried at this moment")
    if row.probe_at and row.probe_at > now:
        again = gettext("it is tried again at %(time)s", time=at(row.probe_at, now))
    text = gettext(
        "%(who)s since %(since)s; nothing is lost, and %(again)s.",
        who=who,
        since=at(row.down_since, now),
        again=again,
    )
    return [
        Card(
            gettext("Constant Contact has trouble"),
            text,
            "/signups?state=waiting",
            _("See who waits"),
            "info",
        )
    ]


def _waiting(number: int) -> str:
    return str(
        ngettext(
            "%(num)s sign-up is waiting safely.",
            "%(num)s sign-ups are waiting safely.",
            number,
        )
    )
