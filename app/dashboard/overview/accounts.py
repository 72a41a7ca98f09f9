"""What keeps accounts, or all of them, from being served."""

from datetime import datetime

from flask import url_for
from flask_babel import LazyString, format_decimal, gettext, ngettext
from flask_babel import lazy_gettext as _

from app import messages
from app.accounts.what_was_done import LastLink, last_links
from app.dashboard.overview.need import (
    Need,
    and_nothing_is_lost,
    people_waiting,
    sentences,
    waiting_page,
    with_time,
)
from app.dashboard.overview.situation import Situation
from app.monitoring.api_usage import midnight
from app.stats import account_ranking
from app.stats.account_ranking import ClosedDoor
from app.status.waiting import Cause

# of each reason that only an operator can mend: a headline, and where to go
OPERATORS: dict[str, tuple[LazyString, str, LazyString]] = {
    "client_refused": (
        _("Constant Contact refused this installation’s API key."),
        "dashboard.setup",
        _("Open setup"),
    ),
    "cannot_open": (
        _("The stored connections can’t be decrypted with this LATCHKEY_KEY."),
        "dashboard.accounts",
        _("View accounts"),
    ),
}


def needing_operator(now_is: Situation) -> list[Need]:
    """Make one need for each fault of this installation, not for each account."""
    needs = []
    for reason, (headline, endpoint, action) in OPERATORS.items():
        number = now_is.accounts.stopped[reason]
        if not number:
            continue
        groups = now_is.waiting.accounts(Cause.NEEDS_OPERATOR)
        waiting = sum(group.number for group in groups if group.reason == reason)
        stopped = ngettext(
            "%(name)s can’t be served.",
            "%(num)s accounts can’t be served.",
            number,
            name=account_ranking.stopped_by(reason),
        )
        who = people_waiting(waiting)
        text = sentences(stopped, who, str(messages.reason(reason)))
        needs.append(
            Need(
                str(headline),
                _without_stop(headline),
                text,
                url_for(endpoint),
                action,
                who=who,
                waiting=waiting,
            )
        )
    return needs


def needing_owner(now_is: Situation) -> list[Need]:
    """Make a card for each of the first accounts, and one for all others."""
    number = now_is.accounts.by_state["needs_owner"]
    number -= sum(now_is.accounts.stopped.values())
    # counted and named by two statements: somebody may have reconnected in between
    if number <= 0 or not now_is.need_owners:
        return []
    waiting = {}
    for group in now_is.waiting.accounts(Cause.NEEDS_OWNER):
        waiting[group.account_id] = group.number
    total = sum(waiting.values())
    title = ngettext(
        "%(name)s needs its owner",
        "%(num)s accounts need their owners",
        number,
        name=now_is.need_owners[0][1],
    )
    links = last_links([id for id, _name in now_is.need_owners])
    needs = []
    for id, name in now_is.need_owners:
        who = people_waiting(waiting.get(id, 0))
        text = sentences(who, _what_to_do(id, links, now_is.now))
        needs.append(
            Need(
                f"{title}.",
                gettext("%(name)s needs its owner", name=name),
                text,
                url_for("dashboard.account", account_id=id),
                _("View account"),
                who=people_waiting(total),
                waiting=total,
            )
        )
    if more := number - len(needs):
        needs.append(_more_owners(more))
    return needs


def _what_to_do(account_id: str, links: dict[str, LastLink], now: datetime) -> str:
    """Say what was done to reach the owner already, or what to do."""
    if account_id in links:
        return links[account_id].sentence(
            lambda moment: with_time(gettext("on %(time)s"), moment, now)
        )
    return str(gettext("Send the owner a link to reconnect."))


def _more_owners(number: int) -> Need:
    title = ngettext(
        "%(num)s more account needs its owner",
        "%(num)s more accounts need their owners",
        number,
    )
    text = gettext("Each account’s page says what happened and makes a link to send.")
    page = url_for("dashboard.accounts", show="attention")
    return Need("", title, text, page, _("View all"))


def disconnected(now_is: Situation) -> list[Need]:
    """Warn of disconnected accounts that people still sign up for, or wait for."""
    doors = {door.account_id: door for door in now_is.closed_doors}
    waiting = {}
    for group in now_is.waiting.accounts(Cause.DISCONNECTED):
        waiting[group.account_id] = group.number
        doors.setdefault(
            group.account_id, ClosedDoor(group.account_id, group.account, 0, "")
        )
    total = sum(waiting.values())
    needs = []
    for door in doors.values():
        what = _of_closed_door(door)
        headline = what
        if len(doors) > 1:
            headline = gettext("%(num)s accounts are disconnected.", num=len(doors))
        text = gettext(
            "%(what)s %(waiting)s They will wait until the account is connected again.",
            what=what,
            waiting=people_waiting(waiting.get(door.account_id, 0)),
        )
        if door.account_id not in waiting:
            text = gettext(
                "%(what)s People who sign up will wait until the account is connected"
                " again.",
                what=what,
            )
        needs.append(
            Need(
                headline,
                gettext("%(name)s is disconnected", name=door.account),
                text,
                url_for("dashboard.account", account_id=door.account_id),
                _("View account"),
                who=people_waiting(total),
                waiting=total,
            )
        )
    return needs


def _of_closed_door(door: ClosedDoor) -> str:
    if not door.forms:
        return str(gettext("%(name)s is disconnected.", name=door.account))
    return str(
        ngettext(
            "%(name)s is disconnected, but its form “%(form)s” still takes sign-ups.",
            "%(name)s is disconnected, but %(num)s of its forms still take sign-ups.",
            door.forms,
            name=door.account,
            form=door.form,
        )
    )


def outage(now_is: Situation) -> list[Need]:
    """Tell of an outage of the provider, though nobody can do anything about it."""
    gate = now_is.waiting.gate
    number = now_is.waiting.of(Cause.PROVIDER_DOWN)
    if gate.down_since is None and not number:
        return []
    what = gettext("Constant Contact isn’t answering.")
    if gate.down_since:
        what = with_time(
            gettext("Constant Contact hasn’t answered since %(time)s."),
            gate.down_since,
            now_is.now,
        )
    who = people_waiting(number)
    if now_is.is_certain:
        who = and_nothing_is_lost(number)
    again = gettext("Latchkey is trying again now.")
    if gate.probe_at and gate.probe_at > now_is.now:
        again = with_time(
            gettext("Latchkey will try again at %(time)s."),
            gate.probe_at,
            now_is.now,
        )
    return [
        Need(
            what,
            gettext("Constant Contact isn’t answering"),
            sentences(who, again),
            waiting_page(Cause.PROVIDER_DOWN),
            _("See who is waiting"),
            "info",
            who=who,
            waiting=number,
        )
    ]


def daily_limit(now_is: Situation) -> list[Need]:
    """Say that today's calls are used up, and whose they were."""
    gate = now_is.waiting.gate
    number = now_is.waiting.of(Cause.DAILY_LIMIT)
    if gate.limit_until is None and not number:
        return []
    who = gettext("Nobody is waiting for it.")
    if number:
        who = ngettext(
            "%(num)s person is waiting until %(midnight)s.",
            "%(num)s people are waiting until %(midnight)s.",
            number,
            midnight=midnight(now_is.now),
        )
    calls = {
        "used": format_decimal(now_is.allowance.used),
        "all": format_decimal(now_is.allowance.of),
    }
    if gate.limit_is_ours or gate.limit_until is None:
        what = gettext("Today’s API limit is used up.")
        whose = gettext("Latchkey made %(used)s of %(all)s calls today.", **calls)
    else:
        what = gettext("Something else used up today’s API limit.")
        whose = gettext(
            "Constant Contact says that today’s calls are used up, but Latchkey made"
            " only %(used)s of %(all)s. Another installation or tool must be using the"
            " same API key. Use one API key per installation.",
            **calls,
        )
    return [
        Need(
            what,
            gettext("The daily API limit is used up"),
            f"{whose} {who}",
            waiting_page(Cause.DAILY_LIMIT),
            _("See who is waiting"),
            "info",
            who=who,
            waiting=number,
        )
    ]


def retrying(now_is: Situation) -> list[Need]:
    """Say which accounts are in trouble that may pass; they need nobody, so no card."""
    number = now_is.accounts.by_state["retrying"]
    if not number:
        return []
    waiting = now_is.waiting.of(Cause.ACCOUNT_RETRYING)
    what = ngettext(
        "Deliveries for %(name)s are failing, and Latchkey keeps trying.",
        "Deliveries for %(num)s accounts are failing, and Latchkey keeps trying.",
        number,
        name=now_is.accounts.ill,
    )
    return [Need(what, who=people_waiting(waiting), waiting=waiting)]


def renewal_overdue(now_is: Situation) -> list[Need]:
    """Say which connections should have been renewed by now; they still work."""
    number = now_is.accounts.by_state["ageing"]
    if not number:
        return []
    headline = ngettext(
        "The connection of %(name)s still works, but its renewal is overdue.",
        "%(num)s connections still work, but their renewal is overdue.",
        number,
        name=now_is.accounts.ill,
    )
    return [Need(headline)]


def _without_stop(sentence: LazyString) -> str:
    return str(sentence).rstrip(".")
