"""What is done when nobody signs up: signs of life, refreshes, reads, mails.

Reads of the provider that can wait stand behind every sign-up in line, and after a
failure are left alone for a while.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import alerts, connecting, facts, sync, tokens
from app.accounts.api_rate import RateLimited
from app.accounts.authorized_call import authorized_call
from app.accounts.models import Account
from app.confirmation import asking
from app.constant_contact import errors
from app.core.crypto import CannotDecrypt
from app.core.logs import log
from app.database.leases import Lease
from app.database.session import db, insert, write_transaction
from app.database.sqlite_lock import Busy
from app.delivery import optouts, read_back
from app.delivery.models import Heartbeat
from app.services import services
from app.signups import view_counts
from app.signups.models import Signup, SignupState
from app.stats import rollup, search_table
from app.worker import attack_alerts, daily_alerts, summaries

HEARTBEATS_KEPT = timedelta(days=1)
FACTS_EVERY = timedelta(days=1)
# of a login that lacked some: its owner may be mending that
RIGHTS_AGAIN = timedelta(hours=1)

# about people's confirmations, before something else has its turn
MAX_STEPS = 200

PeriodicJob = Callable[[datetime], None]


def run_due(now: datetime, which: tuple[PeriodicJob, ...] = ()) -> None:
    """Do these, or all of them; one that fails holds up none of the others."""
    for chore in which or (beat, *READS, ask_people, tell, tell_daily, send_summaries):
        try:
            chore(now)
        except Exception as error:
            stumbled("chore_failed", error, chore=chore.__name__)


def stumbled(event: str, error: Exception, **more: str) -> None:
    """Note what went wrong and let go of the database: the lease makes a row due again."""
    tell = log.error if isinstance(error, Busy | SQLAlchemyError) else log.exception
    tell(event, error=type(error).__name__, **more)
    with suppress(SQLAlchemyError):  # the connection may be gone as well
        db.session.rollback()


def beat(now: datetime) -> None:
    row = {"worker": tokens.whoami().rpartition(":")[0], "seen_at": now}
    with write_transaction() as session:
        session.execute(
            insert(Heartbeat)
            .values(row)
            .on_conflict_do_update(index_elements=["worker"], set_={"seen_at": now})
        )
        session.execute(
            delete(Heartbeat).where(Heartbeat.seen_at < now - HEARTBEATS_KEPT)
        )


def _refresh_tokens(now: datetime) -> None:
    for account_id in tokens.due(now):
        try:
            tokens.fresh_token(account_id, patience=0)
        except (tokens.NeedsOwner, tokens.NotNow, CannotDecrypt) as error:
            log.warning("refresh_put_off", account=account_id, reason=str(error))


def _finish_connects(now: datetime) -> None:
    connecting.finish_what_was_left(now)


def _read_facts(now: datetime) -> None:
    before, mended_before = now - FACTS_EVERY, now - RIGHTS_AGAIN
    for account_id in facts.unread(before, mended_before):
        _ask(
            "facts",
            account_id,
            now,
            partial(sync.look_if_unread, account_id, before, mended_before),
            partial(_put_off, facts.LEASE, account_id),
        )


def _read_optouts(now: datetime) -> None:
    """In line with sign-ups: until it is read each of them costs a look-up."""
    for account_id in optouts.unread():
        _ask(
            "optouts",
            account_id,
            now,
            partial(
                authorized_call, account_id, partial(optouts.read_whole, account_id), 0
            ),
            partial(_put_off, optouts.LEASE, account_id),
        )


def _write_views(_now: datetime) -> None:
    """Write down the looks at forms that this process has counted.

    When it serves the web as well: nobody may look again for days.
    """
    view_counts.write()


def _check_arrivals(now: datetime) -> None:
    _ask("arrivals", "", now, partial(read_back.check_some, now), read_back.put_off)


def _ask(
    what: str,
    account_id: str,
    now: datetime,
    ask: Callable[[], object],
    put_off: Callable[[datetime], None],
) -> None:
    """Do a read that can wait.

    After a failure no process repeats it for a while, nor before a pause of everybody's
    is over.
    """
    try:
        ask()
    except RateLimited as none:
        put_off(none.until)
    except (
        tokens.NeedsOwner,
        tokens.NotNow,
        CannotDecrypt,
        errors.ProviderError,
    ) as error:
        put_off(now + read_back.AGAIN)
        log.warning(f"{what}_unread", account=account_id, reason=str(error))


def _put_off(lease: Lease[Account], account_id: str, until: datetime) -> None:
    now = services().clock.now()
    with write_transaction() as session:
        lease.put_off(session, Account.id == account_id, now=now, until=until)


def ask_people(_now: datetime) -> None:
    """Do what is due about sign-ups that wait for their person's word."""
    for _ in range(MAX_STEPS):
        if not asking.step():
            break


def tell(now: datetime) -> None:
    if services().settings.mails:
        alerts.tell(now, _waiting)
        attack_alerts.tell(now)


def tell_daily(now: datetime) -> None:
    """Put what admins are mailed once a day; a cause that fails stops no other."""
    if not services().settings.mails:
        return
    for cause, seen in daily_alerts.due(now).items():
        try:
            daily_alerts.look(cause, seen, now)
        except Exception as error:
            stumbled("alert_failed", error, cause=cause)


def send_summaries(now: datetime) -> None:
    if services().settings.mails:
        summaries.send_due(now)


def _waiting(account_ids: list[str]) -> int:
    return (
        db.session.scalar(
            select(func.count()).where(
                Signup.account_id.in_(account_ids), Signup.state == SignupState.WAITING
            )
        )
        or 0
    )


READS: tuple[PeriodicJob, ...] = (
    _refresh_tokens,
    _finish_connects,
    _read_facts,
    _read_optouts,
    _write_views,
    _check_arrivals,
    search_table.fill,
    rollup.fold,
    rollup.recount,
)
