"""The stored token set: read, sealed and opened, leased, and written over only what was
read.

All its times are the database's on PostgreSQL, whose hosts may have clocks that differ,
and the host's on SQLite.
"""

import os
import random
import socket
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import NO_TROUBLE, Account, AccountEvent, TokenSet
from app.constant_contact import http, oauth
from app.core.crypto import CannotDecrypt
from app.database.leases import Lease
from app.database.session import database_now, db, new_id, rowcount, write_transaction
from app.services import backoff, services

# the end of a lease is its fence: whoever takes over writes a later one
LEASE = Lease(
    TokenSet, TokenSet.id, until=TokenSet.lease_until, fence=TokenSet.lease_until
)
# a token this close to its end is no longer handed out
MARGIN = timedelta(minutes=5)
REFRESH_AT = 0.8  # of its life
JITTER = 0.05
LAST_CALL = 0.1  # of a lease
# troubles of an account
ENDED_BY_A_PAIR = ("unauthorized", "grant_refused", "answer_lost")


@dataclass(frozen=True)
class TokenRow:
    """The stored token set as read, still sealed."""

    id: str
    account_id: str
    grant_id: str
    version: int
    access_token: str
    refresh_token: str
    expires_at: datetime
    refresh_due_at: datetime
    lease_until: datetime | None
    intent_at: datetime | None
    intent_fingerprint: str | None
    replays: int
    next_attempt_at: datetime | None
    refused_at: datetime | None
    failures: int
    failure: str | None
    ahead: timedelta  # how much later it is by the row's clock than by ours

    def now(self) -> datetime:
        """This instant by the clock that the row's times are of."""
        return services().clock.now() + self.ahead

    def works(self, now: datetime) -> bool:
        """Still good for a call; the margin shrinks for short-lived tokens."""
        return now < self.expires_at - min(
            MARGIN, (self.expires_at - self.refresh_due_at) / 2
        )

    @property
    def answer_lost(self) -> bool:
        """It was offered before, and nobody knows what became of that: this is a
        replay.
        """
        return self.intent_at is not None

    def may_try(self, now: datetime) -> bool:
        return (
            self.refused_at is None
            and (self.lease_until is None or self.lease_until <= now)
            and (self.next_attempt_at is None or self.next_attempt_at <= now)
        )


_TABLE = TokenSet.__table__
_READ = select(
    *(_TABLE.c[name] for name in TokenRow.__dataclass_fields__ if name != "ahead"),
    database_now(),
).where(
    # built once: each call to the provider begins with it
    _TABLE.c.account_id == bindparam("account_id")
)


def read(account_id: str) -> TokenRow | None:
    """The token set as it is now; no transaction stays open."""
    row = db.session.execute(_READ, {"account_id": account_id}).one_or_none()
    db.session.rollback()
    if row is None:
        return None
    stored: list[Any] = list(row)
    stored[-1] = _ahead(stored[-1])
    return TokenRow(*stored)


def clock_ahead(session: Session) -> timedelta:
    """How much later it is by the clock of the rows' times than by ours."""
    return _ahead(session.scalar(select(database_now())))


def _ahead(there: datetime | None) -> timedelta:
    clock = services().clock
    return there - clock.now() if there and not clock.shared else timedelta()


def store_grant(
    session: Session, account_id: str, granted: oauth.Tokens, now: datetime
) -> None:
    """Replace an account's token set by that of a new consent, inside the caller's
    transaction.
    """
    session.execute(delete(TokenSet).where(TokenSet.account_id == account_id))
    id = new_id()
    session.add(
        TokenSet(
            id=id,
            account_id=account_id,
            grant_id=new_id(),
            **pair(id, granted, now + clock_ahead(session)),
            refresh_token=sealed(granted.refresh_token or "", id, "refresh_token"),
        )
    )


def last_call(held: TokenRow) -> None:
    """A lease ran out. Whoever held it may be alive with a pair that the database would
    not take: give it a moment.

    This very write proves that the database takes writes again.
    """
    pause = services().settings.token_lease * LAST_CALL
    with write_transaction() as session:
        write_over(
            session,
            held,
            _untouched(held),
            lease_until=None,
            lease_by=None,
            next_attempt_at=held.now() + timedelta(seconds=pause),
        )
    services().clock.sleep(pause)


def take_lease(held: TokenRow) -> datetime | None:
    """When the lease ends, or None when it is not ours. The intent is written before
    the token is spent.

    One replay is prompt; should this one die, the next is paced.
    """
    fingerprint = services().cipher.fingerprint(opened(held, "refresh_token"))
    with write_transaction() as session:
        now = held.now()  # the turn to write may have been long in coming
        until = now + timedelta(seconds=services().settings.token_lease)
        replay = {
            "replays": held.replays + 1,
            "next_attempt_at": until + backoff(held.replays + 1),
        }
        won = LEASE.claim(
            session,
            held.id,
            *_same_pair(held),
            _untouched(held),
            fence=until,
            until=until,
            lease_by=whoami(),
            intent_at=held.intent_at or now,
            intent_fingerprint=fingerprint,
            **(replay if held.answer_lost else {}),
        )
    return until if won else None


def _untouched(held: TokenRow) -> Any:
    """Nobody began, ended or put off a refresh since this was read."""
    return and_(
        *(
            getattr(TokenSet, name).is_not_distinct_from(getattr(held, name))
            for name in ("lease_until", "intent_at", "next_attempt_at", "refused_at")
        )
    )


def change(
    held: TokenRow, *occurrences: AccountEvent, only: Any = None, **values: Any
) -> bool:
    """Write values, and lines of the account's life, unless somebody else wrote
    meanwhile or the grant was refused.

    `only` is a condition in place of the latter.
    """
    with write_transaction() as session:
        # the account before its token set, as everybody who writes to both
        if occurrences:
            session.execute(
                select(Account.id)
                .where(Account.id == held.account_id)
                .with_for_update()
            )
        done = write_over(
            session,
            held,
            TokenSet.refused_at.is_(None) if only is None else only,
            **values,
        )
        if done:
            session.add_all(occurrences)
            if values.get("version"):
                _clear_token_trouble(session, held.account_id)
        return done


def write_over(session: Session, held: TokenRow, condition: Any, **values: Any) -> bool:
    """Write only over the version and grant that were read."""
    statement = (
        update(TokenSet)
        .where(TokenSet.id == held.id, *_same_pair(held), condition)
        .values(**values)
    )
    return rowcount(session, statement) == 1


def _same_pair(held: TokenRow) -> tuple[ColumnElement[bool], ...]:
    return TokenSet.version == held.version, TokenSet.grant_id == held.grant_id


def _clear_token_trouble(session: Session, account_id: str) -> None:
    session.execute(
        update(Account)
        .where(Account.id == account_id, Account.trouble.in_(ENDED_BY_A_PAIR))
        .values(**NO_TROUBLE)
    )


def pair(id: str, granted: oauth.Tokens, now: datetime) -> dict[str, Any]:
    """The columns a new pair fills.

    The earlier of `expires_in` and the token's own `exp` counts.
    """
    expires_at = now + granted.expires_in
    claimed = oauth.claims_of(granted.access_token).expires_at
    if claimed and claimed > now:
        expires_at = min(expires_at, claimed)
    due_in = (expires_at - now) * (REFRESH_AT + random.uniform(-JITTER, JITTER))
    return {
        "access_token": sealed(granted.access_token, id, "access_token"),
        "obtained_at": now,
        "expires_at": expires_at,
        "refresh_due_at": now + due_in,
        "scopes": http.plain(" ".join(granted.scopes), 255),
    }


def sealed(text: str, id: str, column: str) -> str:
    return services().cipher.encrypt(text, "token_set", id, column)


def opened(held: TokenRow, column: str = "access_token") -> str:
    """Raises `CannotOpen`."""
    return services().cipher.decrypt(
        getattr(held, column), "token_set", held.id, column
    )


def claims_in(held: TokenSet) -> oauth.Claims | None:
    """What a stored access token says of itself, or None when it does not open; the
    token itself goes nowhere.
    """
    try:
        return oauth.claims_of(
            services().cipher.decrypt(
                held.access_token, "token_set", held.id, "access_token"
            )
        )
    except CannotDecrypt:
        return None


def whoami() -> str:
    return (
        f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_ident() % 100_000}"
    )
