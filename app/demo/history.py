"""The past, written as rows: what connecting, signing up, delivering, renewing and
checking would have left behind.

To play it through takes most of a minute. Everybody is signed up at the simulator all
the same, so that whoever is looked up there is found.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.accounts.models import Account, AccountEvent, TokenSet
from app.constant_contact.client import Client, SignUpReply
from app.database.session import new_id, write_transaction
from app.delivery import read_back
from app.delivery.models import Arrival
from app.demo.stage import Connection
from app.demo.visits import Visit, body_of
from app.signups.intake import day_of
from app.signups.models import Attempt, Signup, SignupState, Tally

OUTAGE = timedelta(hours=9)  # half-way, so that accounts' lives have something to tell
CALL = timedelta(seconds=0.2)  # how long one takes
TOKEN_LIFE = timedelta(days=1)
RENEWED_AFTER = 0.8 * TOKEN_LIFE


def write(
    visits: list[Visit],
    connections: list[Connection],
    begin: datetime,
    end: datetime,
) -> None:
    """Write all visits as delivered sign-ups, and what else happened meanwhile, in one
    transaction.
    """
    apis = {each.account_id: each.api for each in connections}
    outage_begins = begin + (end - begin) / 2
    tries = _tries(visits, outage_begins, outage_begins + OUTAGE)
    signups = [
        _signup(visit, _sign_up(visit, apis[visit.form.account_id]), tried_at)
        for visit, tried_at in zip(visits, tries, strict=True)
    ]
    renewals = list(_renewals(begin, end))
    with write_transaction() as session:
        session.add_all(signups)
        session.flush()
        session.add_all(_tallies(visits))
        session.add_all(_arrivals(signups, begin, end))
        session.add_all(_trouble(signups))
        for connection in connections:
            _keep_connected(session, connection.account_id, renewals, end)


def _tries(
    visits: Iterable[Visit], outage_begins: datetime, outage_ends: datetime
) -> Iterator[list[datetime]]:
    """Give when each sign-up was tried: in the outage one of each account, while the
    others wait for its end.
    """
    accounts_in_trouble: set[str] = set()
    for visit in visits:
        account_id = visit.form.account_id
        if not outage_begins <= visit.at < outage_ends:
            yield [visit.at]
        elif account_id in accounts_in_trouble:
            yield [outage_ends]
        else:
            accounts_in_trouble.add(account_id)
            yield [visit.at, outage_ends]


def _sign_up(visit: Visit, api: Client) -> SignUpReply:
    body = body_of(visit.form, visit.person)
    return api.sign_up({"email_address": visit.person.email, **body})


def _signup(visit: Visit, reply: SignUpReply, tried_at: list[datetime]) -> Signup:
    signup_id = new_id()
    attempts = [
        Attempt(
            signup_id=signup_id,
            number=number,
            started_at=at,
            ended_at=at + CALL,
            outcome="provider_down",
            detail="Service Unavailable",
        )
        for number, at in enumerate(tried_at, 1)
    ]
    attempts[-1].outcome, attempts[-1].detail = reply.action, ""
    return Signup(
        id=signup_id,
        form_id=visit.form.id,
        account_id=visit.form.account_id,
        consent_id=visit.form.consent_id,
        press_id=uuid4().hex,
        email=visit.person.email,
        person=visit.person.email.lower(),
        body=body_of(visit.form, visit.person),
        host_page=visit.page,
        created_at=visit.at,
        state=SignupState.DELIVERED,
        reason=reply.action,
        attempts=len(attempts),
        tries=attempts,
        settled_at=attempts[-1].ended_at,
        contact_id=reply.contact_id,
        action=reply.action,
    )


def _tallies(visits: Iterable[Visit]) -> Iterator[Tally]:
    counts = Counter((visit.form.id, day_of(visit.at)) for visit in visits)
    for (form_id, day), number in counts.items():
        yield Tally(form_id=form_id, day=day, accepted=number)


def _arrivals(
    signups: Iterable[Signup], begin: datetime, end: datetime
) -> Iterator[Arrival]:
    """Give what the daily checks read back; what came after the last of them is left to
    the next.
    """
    for signup in signups:
        ready_at = signup.tries[-1].started_at + 2 * read_back.SETTLED_FOR
        days = (ready_at - begin) // read_back.EVERY + 1
        checked_at = begin + days * read_back.EVERY
        if checked_at <= end:
            yield Arrival(
                signup_id=signup.id,
                account_id=signup.account_id,
                checked_at=checked_at,
                found=read_back.THERE,
            )


def _trouble(signups: Iterable[Signup]) -> Iterator[AccountEvent]:
    for signup in signups:
        if len(signup.tries) > 1:
            account_id = signup.account_id
            first, last = signup.tries[0], signup.tries[-1]
            yield AccountEvent(
                account_id=account_id,
                at=first.ended_at,
                what="trouble",
                detail=first.outcome,
            )
            yield AccountEvent(account_id=account_id, at=last.ended_at, what="mended")


def _renewals(begin: datetime, end: datetime) -> Iterator[datetime]:
    """Give when a token set that was stored at `begin` was renewed before `end`."""
    at = begin + RENEWED_AFTER
    while at < end:
        yield at
        at += RENEWED_AFTER


def _keep_connected(
    session: Session, account_id: str, renewals: list[datetime], looked_at: datetime
) -> None:
    session.add_all(
        AccountEvent(account_id=account_id, at=at, what="refreshed") for at in renewals
    )
    session.execute(
        update(Account).where(Account.id == account_id).values(facts_read_at=looked_at)
    )
    session.execute(
        update(TokenSet)
        .where(TokenSet.account_id == account_id)
        .values(
            version=1 + len(renewals),
            obtained_at=renewals[-1],
            expires_at=renewals[-1] + TOKEN_LIFE,
            refresh_due_at=renewals[-1] + RENEWED_AFTER,
        )
    )
