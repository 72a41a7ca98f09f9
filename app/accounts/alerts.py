"""Mails that say that an account needs its owner, and again that it is mended.

Each is sent once per event. Whoever inserts the row in `told` puts the mails, whoever
deletes it says that it is over, both in that transaction. What ends by itself is no
event: while an account is only retried, nothing is told and nothing is taken back.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from flask_babel import format_date
from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from app import messages
from app.accounts import health, invitations
from app.accounts.health import Health
from app.accounts.models import Account, AccountEvent, ConnectLink, TokenSet
from app.auth import alert_choices
from app.database.session import db, insert, rowcount, write_transaction
from app.mail import outbox
from app.mail.message import one_line
from app.mail.models import Told
from app.services import services

Mail = tuple[str, str]  # subject and text
Waiting = Callable[[list[str]], int]  # how many sign-ups wait for these accounts

INSTALLATION = "installation"
OF_A_FORM = "form:"  # begins what is told of a form (worker/attack_alerts)
WELL = ("healthy", "ageing")
MAX_AN_HOUR = 2  # times that one account's need is told
OUTLASTS = 2  # times the longest pause between two tries: then one must have been made


def tell(now: datetime, waiting: Waiting) -> None:
    """Put the mails that follow from how every account is, and what was told of it.

    Called every few seconds.
    """
    reported = set(
        db.session.scalars(select(Told.about).where(~Told.about.startswith(OF_A_FORM)))
    )
    states = {
        account.id: health.of(account, now) for account in _worth_a_look(reported)
    }
    for id, state in states.items():
        if _is_the_owners(state) and id not in reported:
            _needs_owner(id, now, waiting)
        elif id in reported and state.state in WELL:
            _mended(id, now)
    for id in reported - {INSTALLATION}:
        if id not in states or states[id].state == "disconnected":
            _forget(id)
    _look_at_installation(states, INSTALLATION in reported, now, waiting)


def disconnected(session: Session, account: Account, by_owner: bool) -> None:
    """Tell the admins when an owner has ended the connection without them.

    Inside the caller's transaction.
    """
    if by_owner and services().settings.mails:
        subject, text = messages.letter(
            "disconnected", name=_name(account), page=_page(account)
        )
        for email in alert_choices.who_wants("disconnected"):
            outbox.put(session, account.id, "disconnected", email, subject, text)


def _worth_a_look(reported: set[str]) -> Iterable[Account]:
    """Load accounts that are not simply well, and those of which something was told.

    Of a thousand healthy ones that is none.
    """
    return db.session.scalars(
        select(Account)
        .outerjoin(Account.token_set)
        .options(contains_eager(Account.token_set))
        .where(
            or_(
                TokenSet.refused_at.is_not(None),
                TokenSet.failures > 0,
                Account.trouble.is_not(None),
                Account.privileges_missing != "",
                Account.id.in_(reported),
            )
        )
    ).unique()


# -- an account


def _is_the_owners(state: Health) -> bool:
    return state.state == "needs_owner" and state.reason not in messages.NOT_THE_OWNERS


def _needs_owner(id: str, now: datetime, waiting: Waiting) -> None:
    with write_transaction() as session:
        account = session.get_one(Account, id)  # as it is now, under the lock
        state = health.of(account, now)
        if not _is_the_owners(state) or not _is_certain(session, account, state, now):
            return
        an_hour_ago = now - timedelta(hours=1)
        events = outbox.events(session, id, "needs_owner", an_hour_ago)
        if events >= MAX_AN_HOUR:
            return  # it comes and goes; whoever was told twice knows
        if not begin(session, id, state.reason, now):
            return
        admins, owner = alert_choices.who_wants("account"), _owner_of(account)
        how_many = messages.how_many_wait(waiting([id]))
        to_owner: dict[str, Mail] = {}
        request = str(messages.NOBODY_ASKED)
        link_id = None
        if owner:
            until = format_date(
                now + timedelta(days=invitations.DAYS_TO_RECONNECT), "d MMMM y"
            )
            link = _link_for_owner(session, account, owner, now)
            link_id = link.id
            request = str(messages.OWNER_ASKED % {"email": owner, "until": until})
            to_owner[owner] = messages.letter(
                "owner_needed",
                name=_name(account),
                happened=messages.happened(state.reason),
                waiting=how_many,
                link=link.address,
                until=until,
                who=_who(),
            )
        to_admins = messages.letter(
            "admin_needed",
            name=_name(account),
            reason=str(messages.reason(state.reason)),
            waiting=how_many,
            asked=request,
            page=_page(account),
        )
        notice_id = _put(session, account, "needs_owner", to_owner, admins, to_admins)
        mailed = update(ConnectLink).where(ConnectLink.id == link_id)
        session.execute(mailed.values(notice_id=notice_id))


def _link_for_owner(
    session: Session, account: Account, owner: str, now: datetime
) -> invitations.NewLink:
    """Make the link of the owner's mail: it ends with what is told, and is noted."""
    link = invitations.add(
        session,
        one_line(account.name, 120),
        invitations.DAYS_TO_RECONNECT,
        _who(),
        account.id,
    )
    session.execute(
        update(Told).where(Told.about == account.id).values(link_id=link.id)
    )
    session.add(
        AccountEvent(account_id=account.id, at=now, what="owner_asked", detail=owner)
    )
    return link


def _mended(id: str, now: datetime) -> None:
    with write_transaction() as session:
        account = session.get_one(Account, id)
        if health.of(account, now).state not in WELL or not end(session, id):
            return
        # the mail server was away: they need not know
        spared = outbox.take_back(session, id, "needs_owner")
        admins, owner = alert_choices.who_wants("account"), _owner_of(account)
        to_owner: dict[str, Mail] = {}
        if owner and owner not in spared:
            to_owner[owner] = messages.letter(
                "owner_mended", name=_name(account), who=_who()
            )
        to_admins = messages.letter(
            "admin_mended", name=_name(account), page=_page(account)
        )
        others = [email for email in admins if email not in spared]
        _put(session, account, "mended", to_owner, others, to_admins)


def _put(
    session: Session,
    account: Account,
    what: str,
    to_owner: dict[str, Mail],
    admins: list[str],
    to_admins: Mail,
) -> str | None:
    """Put a mail to each; return the id of the owner's.

    An owner who is an admin too gets one, the owner's, that leads to the dashboard as
    well.
    """
    owners_id = None
    of_owner = {email.casefold() for email in to_owner}
    of_admins = {email.casefold() for email in admins}
    for email, (subject, text) in to_owner.items():
        if email.casefold() in of_admins:
            text = f"{text}\n\n{messages.ADMIN_TOO % {'page': _page(account)}}"
        owners_id = outbox.put(session, account.id, what, email, subject, text)
    for email in admins:
        if email.casefold() not in of_owner:
            outbox.put(session, account.id, what, email, *to_admins)
    return owners_id


def _is_certain(
    session: Session, account: Account, state: Health, now: datetime
) -> bool:
    """Whether a 403 is more than one odd answer of a gateway.

    The next try has to say the same, least of all amid an outage. A 403 from the token
    endpoint says nothing about the login, so it is none either.
    """
    if state.reason != "forbidden":
        return True
    if account.trouble != "forbidden" or (
        account.token_set and account.token_set.failures
    ):
        return False
    began = session.scalar(
        select(func.max(AccountEvent.at)).where(
            AccountEvent.account_id == account.id, AccountEvent.what == "trouble"
        )
    )
    if began and account.trouble_since and began > account.trouble_since:
        return now - began > timedelta(
            seconds=OUTLASTS * services().settings.retry_most
        )
    return account.trouble_count >= 2


def _forget(id: str) -> None:
    """Forget what was told of an account that was disconnected or is gone.

    Whoever disconnected it knows. One that is well again is not forgotten here.
    """
    with write_transaction() as session:
        account = session.get(Account, id)
        if (
            account is None
            or health.of(account, services().clock.now()).state == "disconnected"
        ):
            end(session, id)


# -- the installation


def _look_at_installation(
    states: dict[str, Health], is_reported: bool, now: datetime, waiting: Waiting
) -> None:
    """Put one mail to the admins, however many accounts a wrong API key stops."""
    is_stopped = any(_is_the_installations(state) for state in states.values())
    if is_stopped and not is_reported:
        _installation_needs(now, waiting)
    elif is_reported and not is_stopped and _proven(states):
        with write_transaction() as session:
            if end(session, INSTALLATION):
                put_to_admins(
                    session,
                    INSTALLATION,
                    "mended",
                    "account",
                    messages.letter(
                        "installation_mended",
                        host=_host(),
                        page=services().settings.public_url,
                    ),
                )


def _is_the_installations(state: Health) -> bool:
    return state.state == "needs_owner" and state.reason in messages.NOT_THE_OWNERS


def _installation_needs(now: datetime, waiting: Waiting) -> None:
    with write_transaction() as session:
        # as they are now, under the lock
        states = {one.id: health.of(one, now) for one in _worth_a_look(set())}
        stopped = [id for id, each in states.items() if _is_the_installations(each)]
        if not stopped:
            return
        first = states[stopped[0]]
        if not begin(session, INSTALLATION, first.reason, now):
            return
        where = "/accounts"
        if first.reason == "client_refused":
            where = "/setup"
        put_to_admins(
            session,
            INSTALLATION,
            "needs_owner",
            "account",
            messages.letter(
                "installation_needed",
                host=_host(),
                reason=str(messages.reason(first.reason)),
                stopped=messages.how_many_stopped(len(stopped)),
                waiting=messages.how_many_wait(waiting(stopped)),
                page=f"{services().settings.public_url}{where}",
            ),
        )


def _proven(states: dict[str, Health]) -> bool:
    """Whether one was renewed or served since, and none is retried.

    That no account is stopped proves nothing before that.
    """
    if any(state.state == "retrying" for state in states.values()):
        return False
    since = select(Told.told_at).where(Told.about == INSTALLATION).scalar_subquery()
    renewed = select(TokenSet.id).where(TokenSet.obtained_at > since)
    served = select(AccountEvent.id).where(
        AccountEvent.what == "mended", AccountEvent.at > since
    )
    return bool(db.session.scalar(select(or_(exists(renewed), exists(served)))))


def put_to_admins(
    session: Session, about: str, what: str, alert: str, mail: Mail
) -> None:
    """Put a mail to each admin who wants this alert."""
    for email in alert_choices.who_wants(alert):
        outbox.put(session, about, what, email, *mail)


# -- once


def begin(session: Session, about: str, reason: str | None, now: datetime) -> bool:
    """Whether it was me who noted first that this is told."""
    row = insert(Told).values(about=about, reason=reason, told_at=now)
    return rowcount(session, row.on_conflict_do_nothing()) == 1


def end(session: Session, about: str) -> bool:
    """Whether it was me who noted first that this is over.

    A link that went out with it ends.
    """
    link_id = session.scalar(select(Told.link_id).where(Told.about == about))
    invitations.revoke_all(session, ConnectLink.id == link_id)
    return rowcount(session, delete(Told).where(Told.about == about)) == 1


# -- people and names


def _owner_of(account: Account) -> str:
    return account.notify_email.strip()


def _who() -> str:
    """Whom an owner can ask: the first admin, who may want no alerts."""
    return next((user.email for user in alert_choices.admins()), _host())


def _name(account: Account) -> str:
    return one_line(account.name) or account.provider_id


def _page(account: Account) -> str:
    return f"{services().settings.public_url}/accounts/{account.id}"


def _host() -> str:
    return services().settings.public_url.partition("://")[2]
